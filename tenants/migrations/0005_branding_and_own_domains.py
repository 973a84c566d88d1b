import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import tenants.domain_claims


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0004_withdrawal"),
    ]

    operations = [
        migrations.CreateModel(
            name="Branding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=60)),
                ("logo", models.CharField(blank=True, max_length=100)),
                ("logo_width", models.PositiveSmallIntegerField(default=0)),
                ("logo_height", models.PositiveSmallIntegerField(default=0)),
                ("accent_light", models.CharField(blank=True, max_length=7)),
                ("accent_dark", models.CharField(blank=True, max_length=7)),
                ("imprint_url", models.CharField(blank=True, max_length=300)),
                ("privacy_url", models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name="DomainClaim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("host", models.CharField(max_length=253)),
                ("token", models.CharField(default=tenants.domain_claims.new_token, max_length=40)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("not_found", "Not Found"),
                            ("private", "Private"),
                            ("elsewhere", "Elsewhere"),
                            ("taken", "Taken"),
                        ],
                        default="waiting",
                        max_length=12,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="domain",
            name="proven_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="tenant",
            name="public_version",
            field=models.BigIntegerField(db_default=1, default=1),
        ),
        migrations.AddConstraint(
            model_name="domain",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_primary", True)),
                fields=("tenant",),
                name="domain_one_primary",
            ),
        ),
        migrations.AddField(
            model_name="branding",
            name="tenant",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="branding",
                to="tenants.tenant",
            ),
        ),
        migrations.AddField(
            model_name="domainclaim",
            name="tenant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="domain_claims",
                to="tenants.tenant",
            ),
        ),
        migrations.AddConstraint(
            model_name="branding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("imprint_url", ""), ("imprint_url__startswith", "https://"), _connector="OR"
                ),
                name="branding_imprint",
            ),
        ),
        migrations.AddConstraint(
            model_name="branding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("privacy_url", ""), ("privacy_url__startswith", "https://"), _connector="OR"
                ),
                name="branding_privacy",
            ),
        ),
        migrations.AddConstraint(
            model_name="branding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("accent_light", ""), ("accent_light__regex", "^#[0-9a-f]{6}$"), _connector="OR"
                ),
                name="branding_light",
            ),
        ),
        migrations.AddConstraint(
            model_name="branding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("accent_dark", ""), ("accent_dark__regex", "^#[0-9a-f]{6}$"), _connector="OR"
                ),
                name="branding_dark",
            ),
        ),
        migrations.AddConstraint(
            model_name="domainclaim",
            constraint=models.UniqueConstraint(fields=("tenant", "host"), name="domain_claim_once"),
        ),
    ]
