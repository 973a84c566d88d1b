import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sla", "0002_promise_terms_are_final"),
        ("tickets", "0002_merge"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Notice",
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
                        choices=[
                            ("percent", "Running out"),
                            ("minutes", "Due very soon"),
                            ("breached", "Guarantee missed"),
                            ("missed", "Target missed"),
                        ],
                        max_length=8,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("mail_at", models.DateTimeField(blank=True, null=True)),
                ("mailed_at", models.DateTimeField(blank=True, null=True)),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="businesscalendar",
            name="warn_minutes",
            field=models.PositiveSmallIntegerField(default=30),
        ),
        migrations.AddField(
            model_name="businesscalendar",
            name="warn_percent",
            field=models.PositiveSmallIntegerField(default=75),
        ),
        migrations.AddField(
            model_name="calendarversion",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="promise",
            name="replaced_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replaces",
                to="sla.promise",
            ),
        ),
        migrations.AddField(
            model_name="promise",
            name="warn_minutes_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="promise",
            name="warn_percent_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="promise",
            name="end_cause",
            field=models.CharField(
                blank=True,
                choices=[
                    ("replaced", "Replaced by a new promise"),
                    ("withdrawn", "Withdrawn by the customer"),
                    ("spam", "Marked as spam"),
                    ("merged", "Goes on in another ticket"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="promise",
            name="reason",
            field=models.CharField(
                choices=[
                    ("opened", "Ticket opened"),
                    ("upgraded", "Support level raised"),
                    ("follow_up", "Customer wrote again"),
                    ("kept_open", "Left open after an answer"),
                    ("reopened", "Ticket opened again"),
                    ("merged", "Tickets merged"),
                    ("channel", "Channel changed"),
                    ("confirmed", "Sender confirmed"),
                    ("linked", "Sender joined their organisation"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="promise",
            index=models.Index(fields=["started_at"], name="promise_started"),
        ),
        migrations.AddField(
            model_name="notice",
            name="promise",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notices",
                to="sla.promise",
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notices",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["user", "-made_at", "-id"], name="notice_of_user"),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("seen_at", None)), fields=["user"], name="notice_unseen"
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("mail_at__isnull", False)),
                fields=["mail_at"],
                name="notice_to_mail",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                fields=("user", "promise", "kind"), name="notice_once"
            ),
        ),
    ]
