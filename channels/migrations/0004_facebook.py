import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0003_callback"),
        ("tickets", "0004_unclear"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FacebookPage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("page_id", models.CharField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "Connected"),
                            ("failing", "Needs attention"),
                            ("disconnected", "Disconnected"),
                        ],
                        default="active",
                        max_length=12,
                    ),
                ),
                ("sealed_token", models.TextField(blank=True)),
                ("permissions", models.JSONField(default=list)),
                ("granted_by", models.CharField(blank=True, max_length=64)),
                ("subscribed_fields", models.JSONField(default=list)),
                ("connected_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                ("next_check_at", models.DateTimeField(blank=True, null=True)),
                ("token_expires_at", models.DateTimeField(blank=True, null=True)),
                ("error_code", models.IntegerField(blank=True, null=True)),
                ("error_subcode", models.IntegerField(blank=True, null=True)),
                ("error_message", models.TextField(blank=True)),
                ("failed_at", models.DateTimeField(blank=True, null=True)),
                ("paused_until", models.DateTimeField(blank=True, null=True)),
                (
                    "tickets_from",
                    models.CharField(
                        choices=[
                            ("all", "Every post and comment"),
                            ("questions", "Questions only"),
                            ("none", "Nothing"),
                        ],
                        default="questions",
                        max_length=9,
                    ),
                ),
                ("solved_hours", models.PositiveSmallIntegerField(default=48)),
                ("acknowledges", models.BooleanField(default=True)),
                (
                    "connected_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FacebookPerson",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("psid", models.CharField(blank=True, max_length=64)),
                ("author_id", models.CharField(blank=True, max_length=64)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("name_checked_at", models.DateTimeField(blank=True, null=True)),
                ("last_inbound_at", models.DateTimeField(blank=True, null=True)),
                ("unreachable_at", models.DateTimeField(blank=True, null=True)),
                ("linked_at", models.DateTimeField(blank=True, null=True)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "linked_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="people",
                        to="channels.facebookpage",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="facebook_people",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FacebookObject",
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
                        choices=[("message", "Message"), ("post", "Post"), ("comment", "Comment")],
                        max_length=8,
                    ),
                ),
                ("external_id", models.CharField(blank=True, max_length=255)),
                ("is_own", models.BooleanField(default=False)),
                ("app_id", models.CharField(blank=True, max_length=40)),
                ("author_id", models.CharField(blank=True, max_length=64)),
                ("author_name", models.CharField(blank=True, max_length=120)),
                ("parent_id", models.CharField(blank=True, max_length=255)),
                ("post_id", models.CharField(blank=True, max_length=255)),
                ("permalink", models.TextField(blank=True)),
                ("text", models.TextField(blank=True)),
                ("at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("visible", "Visible"),
                            ("hidden", "Hidden"),
                            ("deleted", "Deleted"),
                        ],
                        default="visible",
                        max_length=7,
                    ),
                ),
                ("edits", models.JSONField(default=list)),
                ("reactions", models.JSONField(default=dict)),
                ("part", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "delivery",
                    models.CharField(
                        blank=True,
                        choices=[("waiting", "Waiting"), ("sending", "Sending"), ("sent", "Sent")],
                        max_length=7,
                    ),
                ),
                ("files", models.JSONField(default=list)),
                ("fetch_at", models.DateTimeField(blank=True, null=True)),
                (
                    "attachment",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="tickets.attachment",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="facebook_objects",
                        to="tickets.message",
                    ),
                ),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="objects_known",
                        to="channels.facebookpage",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="objects_known",
                        to="channels.facebookperson",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="facebookperson",
            constraint=models.UniqueConstraint(
                condition=models.Q(("psid", ""), _negated=True),
                fields=("page", "psid"),
                name="facebook_person_by_psid",
            ),
        ),
        migrations.AddConstraint(
            model_name="facebookperson",
            constraint=models.UniqueConstraint(
                condition=models.Q(("author_id", ""), _negated=True),
                fields=("page", "author_id"),
                name="facebook_person_by_author",
            ),
        ),
        migrations.AddIndex(
            model_name="facebookobject",
            index=models.Index(fields=["person", "-at"], name="facebook_of_person"),
        ),
        migrations.AddIndex(
            model_name="facebookobject",
            index=models.Index(
                condition=models.Q(("post_id", ""), _negated=True),
                fields=["page", "post_id"],
                name="facebook_thread",
            ),
        ),
        migrations.AddIndex(
            model_name="facebookobject",
            index=models.Index(
                condition=models.Q(("at__isnull", False), ("is_own", False), ("message", None)),
                fields=["-at", "-id"],
                name="facebook_unticketed",
            ),
        ),
        migrations.AddIndex(
            model_name="facebookobject",
            index=models.Index(
                condition=models.Q(("fetch_at__isnull", False)),
                fields=["fetch_at"],
                name="facebook_files_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="facebookobject",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=("page", "external_id"),
                name="facebook_object_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="facebookobject",
            constraint=models.UniqueConstraint(
                condition=models.Q(("part__isnull", False)),
                fields=("message", "part"),
                name="facebook_part_once",
            ),
        ),
    ]
