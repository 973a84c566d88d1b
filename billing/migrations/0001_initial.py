import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("sla", "0004_tier_is_offered"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BillingAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="Company or name")),
                ("street", models.CharField(max_length=120, verbose_name="Street and number")),
                ("postcode", models.CharField(max_length=5, verbose_name="Postcode")),
                ("city", models.CharField(max_length=80, verbose_name="Town")),
                ("country", models.CharField(default="DE", editable=False, max_length=2)),
                (
                    "vat_id",
                    models.CharField(
                        blank=True, max_length=14, verbose_name="VAT identification number"
                    ),
                ),
                (
                    "contact",
                    models.CharField(
                        blank=True, max_length=120, verbose_name="For the attention of"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="Invoices by e-mail to")),
                (
                    "reference",
                    models.CharField(blank=True, max_length=60, verbose_name="Your reference"),
                ),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "organisation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="billing_address",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="InvoiceRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField(unique=True)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("blocked", models.CharField(blank=True, max_length=20)),
                ("total", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("held_back", models.JSONField(default=list)),
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
            ],
            options={
                "ordering": ["-month"],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
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
                        choices=[("invoice", "Invoice"), ("cancellation", "Cancellation invoice")],
                        default="invoice",
                        max_length=12,
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("sequence", models.PositiveIntegerField()),
                ("number", models.CharField(max_length=40, unique=True)),
                ("month", models.DateField()),
                ("issued_on", models.DateField()),
                ("due_on", models.DateField()),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("currency", models.CharField(default="EUR", max_length=3)),
                ("is_gross", models.BooleanField()),
                ("net", models.IntegerField()),
                ("vat", models.IntegerField()),
                ("gross", models.IntegerField()),
                ("supplier", models.JSONField()),
                ("customer", models.JSONField()),
                ("lines", models.JSONField()),
                ("taxes", models.JSONField()),
                ("language", models.CharField(max_length=5)),
                ("paid_on", models.DateField(blank=True, null=True)),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
                ("pdf_sha256", models.CharField(blank=True, max_length=64)),
                ("mailed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "cancels",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cancelled_by",
                        to="billing.invoice",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="billing.invoicerun",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PriceList",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateField(unique=True)),
                ("is_gross", models.BooleanField(default=False)),
                (
                    "vat_rate",
                    models.PositiveSmallIntegerField(
                        default=1900, validators=[django.core.validators.MaxValueValidator(10000)]
                    ),
                ),
                ("prices", models.JSONField(default=dict)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("announce_at", models.DateTimeField(blank=True, null=True)),
                ("announced_at", models.DateTimeField(blank=True, null=True)),
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
            ],
            options={
                "ordering": ["-valid_from"],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("cancel_at", models.DateTimeField(blank=True, null=True)),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "tier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="sla.supporttier",
                    ),
                ),
                (
                    "told_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="billing.pricelist",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Supplier",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="Company or name")),
                ("street", models.CharField(max_length=120, verbose_name="Street and number")),
                ("postcode", models.CharField(max_length=5, verbose_name="Postcode")),
                ("city", models.CharField(max_length=80, verbose_name="Town")),
                ("country", models.CharField(default="DE", editable=False, max_length=2)),
                (
                    "vat_id",
                    models.CharField(
                        blank=True, max_length=14, verbose_name="VAT identification number"
                    ),
                ),
                (
                    "contact_email",
                    models.EmailField(blank=True, max_length=254, verbose_name="E-mail address"),
                ),
                ("phone", models.CharField(blank=True, max_length=40, verbose_name="Phone")),
                ("website", models.CharField(blank=True, max_length=120, verbose_name="Website")),
                (
                    "tax_number",
                    models.CharField(blank=True, max_length=20, verbose_name="Tax number"),
                ),
                (
                    "register",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="Register and management"
                    ),
                ),
                ("bank", models.CharField(blank=True, max_length=80, verbose_name="Bank")),
                ("iban", models.CharField(blank=True, max_length=34, verbose_name="IBAN")),
                ("bic", models.CharField(blank=True, max_length=11, verbose_name="BIC")),
                (
                    "days_to_pay",
                    models.PositiveSmallIntegerField(
                        default=14,
                        validators=[django.core.validators.MaxValueValidator(90)],
                        verbose_name="Days to pay",
                    ),
                ),
                (
                    "number_prefix",
                    models.CharField(
                        default="RE-", max_length=12, verbose_name="Prefix of invoice numbers"
                    ),
                ),
                (
                    "exemption",
                    models.CharField(blank=True, max_length=200, verbose_name="Reason for no VAT"),
                ),
                (
                    "notice_days",
                    models.PositiveSmallIntegerField(
                        default=30,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(365),
                        ],
                        verbose_name="Notice of new prices, days",
                    ),
                ),
                (
                    "accent",
                    models.CharField(default="#0b6168", max_length=7, verbose_name="Colour"),
                ),
                ("logo", models.CharField(blank=True, max_length=120)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="supplier_one")
                ],
            },
        ),
        migrations.CreateModel(
            name="BillingEvent",
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
                            ("booked", "Booked"),
                            ("changed", "Changed"),
                            ("cancelled", "Cancelled"),
                            ("planned", "Cancelled for later"),
                            ("revoked", "Cancellation taken back"),
                            ("ended", "Ended as cancelled"),
                            ("paid", "Paid"),
                            ("unpaid", "Payment taken back"),
                            ("address", "Address changed"),
                        ],
                        max_length=9,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by_name", models.CharField(blank=True, max_length=254)),
                ("is_by_tenant", models.BooleanField(default=False)),
                ("net", models.PositiveIntegerField(blank=True, null=True)),
                ("gross", models.PositiveIntegerField(blank=True, null=True)),
                ("vat_rate", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("effective_at", models.DateTimeField(blank=True, null=True)),
                (
                    "before",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sla.supporttier",
                    ),
                ),
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
                        related_name="billing_events",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "tier",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sla.supporttier",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="billing.invoice",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organisation", "-at", "-id"], name="billing_event_of")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["organisation", "-year", "-sequence"], name="invoice_of"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["month", "organisation"], name="invoice_month"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("cancelled_at", None), ("kind", "invoice"), ("paid_on", None)),
                fields=["due_on"],
                name="invoice_open",
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("pdf_sha256", "")), fields=["id"], name="invoice_unrendered"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                fields=("year", "sequence"), name="invoice_sequence_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cancelled_at", None), ("kind", "invoice")),
                fields=("organisation", "month"),
                name="invoice_one_a_month",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "gross",
                        django.db.models.expressions.CombinedExpression(
                            models.F("net"), "+", models.F("vat")
                        ),
                    )
                ),
                name="invoice_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cancels", None), ("kind", "invoice")),
                    models.Q(("cancels__isnull", False), ("kind", "cancellation")),
                    _connector="OR",
                ),
                name="invoice_cancellation_names_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="pricelist",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_from__day", 1)), name="price_list_begins_with_a_month"
            ),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(fields=["organisation", "started_at"], name="subscription_of"),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                condition=models.Q(("cancel_at__isnull", False), ("ended_at", None)),
                fields=["cancel_at"],
                name="subscription_ending",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("organisation",),
                name="subscription_one_running",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_at", None), ("ended_at__gte", models.F("started_at")), _connector="OR"
                ),
                name="subscription_ends_after_it_starts",
            ),
        ),
    ]
