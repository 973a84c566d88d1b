import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0004_facebook"),
        ("tickets", "0005_sharing_and_rating"),
    ]

    operations = [
        migrations.CreateModel(
            name="RatingSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_mailed", models.BooleanField(default=False)),
                ("after_hours", models.PositiveSmallIntegerField(default=24)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pk", 1)), name="rating_settings_one_row"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("after_hours__gte", 1), ("after_hours__lte", 336)),
                        name="rating_settings_hours",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RatingMail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("mail_at", models.DateTimeField(blank=True, null=True)),
                ("mailed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ticket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rating_mail",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("mail_at__isnull", False)),
                        fields=["mail_at"],
                        name="rating_mail_waiting",
                    )
                ],
            },
        ),
    ]
