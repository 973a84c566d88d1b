from django.db import migrations, models

import tenants.models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_unrouted"),
    ]

    operations = [
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("deletion", "Deletion"), ("deauthorisation", "Deauthorisation")],
                        max_length=16,
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        default=tenants.models.new_confirmation_code, max_length=20, unique=True
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=64)),
                ("asked_at", models.DateTimeField()),
                ("reached", models.CharField(blank=True, max_length=63)),
                ("has_found", models.BooleanField(default=False)),
                ("has_failed", models.BooleanField(default=False)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("done_at", None)),
                        fields=("kind", "subject"),
                        name="withdrawal_once_while_waiting",
                    )
                ],
            },
        ),
    ]
