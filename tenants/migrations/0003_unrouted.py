import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_wakeup_for_billing"),
    ]

    operations = [
        migrations.CreateModel(
            name="Unrouted",
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
                        choices=[("email", "Email"), ("facebook_page", "Facebook Page")],
                        max_length=16,
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=254)),
                ("sha256", models.CharField(max_length=64)),
                ("raw", models.BinaryField()),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [models.Index(fields=["received_at"], name="unrouted_age")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "address", "sha256"), name="unrouted_once"
                    )
                ],
            },
        ),
    ]
