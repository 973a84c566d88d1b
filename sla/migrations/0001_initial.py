import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("tickets", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BusinessCalendar",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="Name")),
                ("is_default", models.BooleanField(default=False)),
                ("at_risk_minutes", models.PositiveSmallIntegerField(default=30)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("is_default",),
                        name="calendar_one_default",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now)),
                ("spec", models.JSONField()),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="sla.businesscalendar",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SupportTier",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, unique=True, verbose_name="Name")),
                ("metal", models.CharField(default="basis", max_length=10)),
                ("position", models.PositiveSmallIntegerField(unique=True)),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "normal"), (2, "middle"), (3, "high"), (4, "highest")],
                        default=1,
                    ),
                ),
                ("first_response_minutes", models.PositiveIntegerField()),
                ("next_response_minutes", models.PositiveIntegerField(blank=True, null=True)),
                ("is_guaranteed", models.BooleanField(default=True)),
                ("text", models.CharField(blank=True, max_length=120)),
                ("guaranteed_channels", models.JSONField(default=list)),
                ("allowed_channels", models.JSONField(default=list)),
                ("is_default", models.BooleanField(default=False)),
                (
                    "calendar",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tiers",
                        to="sla.businesscalendar",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="Promise",
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
                        choices=[("first", "First response"), ("next", "Next response")],
                        default="first",
                        max_length=5,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("opened", "Ticket opened"),
                            ("upgraded", "Support level raised"),
                            ("follow_up", "Customer wrote again"),
                            ("kept_open", "Left open after an answer"),
                            ("reopened", "Ticket opened again"),
                            ("merged", "Tickets merged"),
                            ("channel", "Channel changed"),
                            ("confirmed", "Sender confirmed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("minutes", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("is_guaranteed", models.BooleanField()),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "normal"), (2, "middle"), (3, "high"), (4, "highest")]
                    ),
                ),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("breached_at", models.DateTimeField(blank=True, null=True)),
                ("noticed_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "end_cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("replaced", "Replaced by a new promise"),
                            ("withdrawn", "Withdrawn by the customer"),
                            ("spam", "Marked as spam"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at_risk_at", models.DateTimeField()),
                ("next_check_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="answered_promises",
                        to="tickets.message",
                    ),
                ),
                (
                    "calendar_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="promises",
                        to="sla.calendarversion",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="promises",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "tier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="promises",
                        to="sla.supporttier",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TierAssignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now)),
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
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tier_assignments",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "tier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="sla.supporttier",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="calendarversion",
            constraint=models.UniqueConstraint(
                fields=("calendar", "number"), name="calendar_version_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="supporttier",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)),
                fields=("is_default",),
                name="tier_one_default",
            ),
        ),
        migrations.AddConstraint(
            model_name="supporttier",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("first_response_minutes__gt", 0),
                    models.Q(
                        ("next_response_minutes", None),
                        ("next_response_minutes__gt", 0),
                        _connector="OR",
                    ),
                ),
                name="tier_has_minutes",
            ),
        ),
        migrations.AddIndex(
            model_name="promise",
            index=models.Index(fields=["ticket", "id"], name="promise_of_ticket"),
        ),
        migrations.AddIndex(
            model_name="promise",
            index=models.Index(
                condition=models.Q(("next_check_at__isnull", False)),
                fields=["next_check_at"],
                name="promise_next_check",
            ),
        ),
        migrations.AddConstraint(
            model_name="promise",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answered_at", None), ("ended_at", None)),
                fields=("ticket",),
                name="promise_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="promise",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("breached_at", None), ("breached_at", models.F("due_at")), _connector="OR"
                ),
                name="promise_breached_when_due",
            ),
        ),
        migrations.AddIndex(
            model_name="tierassignment",
            index=models.Index(fields=["organisation", "-valid_from", "-id"], name="tier_in_force"),
        ),
    ]
