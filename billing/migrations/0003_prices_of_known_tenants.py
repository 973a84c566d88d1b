"""Tenants that were there before prices get those that a new one starts with (DESIGN §1)."""

from datetime import date

from django.db import migrations

START = {"basis": 0, "bronze": 1900, "silber": 3900, "gold": 5900}


def create_prices(apps, schema_editor):
    tiers = apps.get_model("sla", "SupportTier").objects.all()
    prices = {str(tier.pk): START[tier.metal] for tier in tiers if tier.metal in START}
    # A tenant that is being created has no tiers yet; `create_prices` follows.
    if prices:
        apps.get_model("billing", "PriceList").objects.create(
            valid_from=date(2000, 1, 1), prices=prices
        )


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_invoices_are_final"), ("sla", "0004_tier_is_offered")]
    operations = [migrations.RunPython(create_prices, migrations.RunPython.noop)]
