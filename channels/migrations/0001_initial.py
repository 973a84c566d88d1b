import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tickets", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SystemMail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("queued", "Is being sent"),
                            ("sending", "Is being sent now"),
                            ("sent", "Sent"),
                            ("failed", "Not delivered"),
                            ("unclear", "Delivery unclear"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
                ("envelope_from", models.CharField(blank=True, max_length=320)),
                ("recipient", models.CharField(max_length=320)),
                ("subject", models.CharField(blank=True, max_length=250)),
                ("raw", models.BinaryField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["queued", "sending"])),
                        fields=["next_try_at"],
                        name="system_mail_unsent",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InboundRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("email", "E-mail"),
                            ("portal_form", "Portal"),
                            ("contact_form", "Contact form"),
                            ("facebook", "Facebook"),
                            ("callback", "Phone"),
                        ],
                        max_length=16,
                    ),
                ),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveBigIntegerField()),
                ("envelope_from", models.CharField(blank=True, max_length=320)),
                ("recipients", models.JSONField(default=list)),
                ("received_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("processed", "Processed"),
                            ("duplicate", "Duplicate"),
                            ("bounce", "Bounce"),
                            ("ignored", "Ignored"),
                            ("quarantined", "In quarantine"),
                        ],
                        default="received",
                        max_length=11,
                    ),
                ),
                ("external_id", models.CharField(blank=True, max_length=255)),
                ("content_sha256", models.CharField(blank=True, max_length=64)),
                ("subject", models.CharField(blank=True, max_length=250)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("processed_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
                (
                    "message",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="inbound_records",
                        to="tickets.message",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "received")),
                        fields=["next_try_at"],
                        name="inbound_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("status", "quarantined")),
                        fields=["-received_at"],
                        name="inbound_quarantine",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "sha256"), name="inbound_raw_once"),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("status", "processed"), models.Q(("external_id", ""), _negated=True)
                        ),
                        fields=("external_id", "content_sha256", "channel"),
                        name="inbound_taken_in_once",
                    ),
                ],
            },
        ),
    ]
