import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What somebody wants needs no row; what is left says of an event that it comes by no mail.
FORGET_WANTED = "DELETE FROM accounts_notificationchoice WHERE by_mail"
# Going back, the table again has room for one choice an event: that about mails.
FORGET_PORTAL = "DELETE FROM accounts_notificationchoice WHERE channel <> 'mail'"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_export_tries"),
    ]

    operations = [
        migrations.RunSQL(FORGET_WANTED, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name="notificationchoice", name="notification_choice_once"
        ),
        # Only for the way back, on which it gets this value.
        migrations.AlterField(
            model_name="notificationchoice",
            name="by_mail",
            field=models.BooleanField(default=False),
        ),
        migrations.RemoveField(model_name="notificationchoice", name="by_mail"),
        migrations.AddField(
            model_name="notificationchoice",
            name="channel",
            field=models.CharField(default="mail", max_length=10),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="notificationchoice",
            constraint=models.UniqueConstraint(
                fields=("user", "event", "channel"), name="notification_choice_once"
            ),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, FORGET_PORTAL),
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
