import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0002_contact_form"),
        ("tickets", "0003_calls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CallBack",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("e164", models.CharField(max_length=16)),
                ("extension", models.CharField(blank=True, max_length=8)),
                ("topic", models.CharField(max_length=250)),
                ("slot_start", models.DateTimeField(blank=True, null=True)),
                ("slot_end", models.DateTimeField(blank=True, null=True)),
                ("is_wish", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("agreed", "Agreed"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="agreed",
                        max_length=9,
                    ),
                ),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="call_backs",
                        to="tickets.ticket",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CallAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("reached", "Reached"),
                            ("not_reached", "Not reached"),
                            ("voicemail", "Spoke to the voicemail"),
                            ("wrong_number", "Wrong number"),
                        ],
                        max_length=12,
                    ),
                ),
                ("seconds", models.PositiveIntegerField(default=0)),
                ("note", models.TextField(blank=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="channels.callback",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="CallSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slot_minutes", models.PositiveSmallIntegerField(default=30)),
                ("capacity", models.PositiveSmallIntegerField(default=2)),
                ("days_ahead", models.PositiveSmallIntegerField(default=7)),
                ("lead_minutes", models.PositiveSmallIntegerField(default=15)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pk", 1)), name="call_settings_one_row"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("capacity__gte", 1), ("days_ahead__gte", 1), ("slot_minutes__gte", 5)
                        ),
                        name="call_settings_offer_something",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="callback",
            index=models.Index(
                condition=models.Q(("state", "agreed")),
                fields=["slot_start"],
                name="call_open_slot",
            ),
        ),
        migrations.AddIndex(
            model_name="callback",
            index=models.Index(fields=["ticket", "-id"], name="call_of_ticket"),
        ),
        migrations.AddConstraint(
            model_name="callback",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "agreed")), fields=("ticket",), name="call_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="callback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("slot_end", None), ("slot_start", None)),
                    ("slot_end__gt", models.F("slot_start")),
                    _connector="OR",
                ),
                name="call_slot_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="callback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "agreed")),
                    models.Q(
                        models.Q(("state", "agreed"), _negated=True), ("ended_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="call_ended_or_open",
            ),
        ),
        migrations.AddIndex(
            model_name="callattempt",
            index=models.Index(fields=["call", "id"], name="attempt_of_call"),
        ),
    ]
