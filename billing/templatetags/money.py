"""Amounts in templates."""

from __future__ import annotations

from django import template

from billing import amounts

register = template.Library()
register.filter("euro", amounts.euro)
register.filter("short_euro", amounts.short_euro)
register.filter("percent", amounts.percent)
register.filter("month", amounts.month)
