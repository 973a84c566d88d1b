import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_export_tries"),
    ]

    operations = [
        migrations.CreateModel(
            name="Notification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event", models.CharField(max_length=30)),
                ("about", models.BigIntegerField()),
                ("first", models.BigIntegerField(null=True)),
                ("count", models.PositiveIntegerField(default=1)),
                ("at", models.DateTimeField()),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("is_hidden", models.BooleanField(default=False)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_hidden", False), ("read_at", None)),
                        fields=["user"],
                        name="notification_unread",
                    ),
                    models.Index(fields=["about", "event"], name="notification_about"),
                    models.Index(fields=["at"], name="notification_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "event", "about"), name="notification_once"
                    )
                ],
            },
        ),
    ]
