"""Time zones, countries and their federal states, as choices."""

from __future__ import annotations

from unicodedata import normalize
from zoneinfo import available_timezones

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sla.public_holidays import subdivisions

COUNTRIES = {
    "BE": _("Belgium"),
    "BG": _("Bulgaria"),
    "DK": _("Denmark"),
    "DE": _("Germany"),
    "EE": _("Estonia"),
    "FI": _("Finland"),
    "FR": _("France"),
    "GR": _("Greece"),
    "IE": _("Ireland"),
    "IS": _("Iceland"),
    "IT": _("Italy"),
    "CA": _("Canada"),
    "HR": _("Croatia"),
    "LV": _("Latvia"),
    "LI": _("Liechtenstein"),
    "LT": _("Lithuania"),
    "LU": _("Luxembourg"),
    "MT": _("Malta"),
    "NL": _("Netherlands"),
    "NO": _("Norway"),
    "AT": _("Austria"),
    "PL": _("Poland"),
    "PT": _("Portugal"),
    "RO": _("Romania"),
    "SE": _("Sweden"),
    "CH": _("Switzerland"),
    "SK": _("Slovakia"),
    "SI": _("Slovenia"),
    "ES": _("Spain"),
    "CZ": _("Czechia"),
    "UA": _("Ukraine"),
    "HU": _("Hungary"),
    "US": _("United States"),
    "GB": _("United Kingdom"),
    "CY": _("Cyprus"),
}
EUROPE = "Europe/"
# Continents and oceans; the rest are old names of the same zones.
ELSEWHERE = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Indian/", "Pacific/")


def zone_choices(stored: str) -> list[tuple[object, list[tuple[str, str]]]]:
    """All time zones, Europe's first, and the stored one wherever it belongs."""
    known = available_timezones()
    near = sorted(zone for zone in known if zone.startswith(EUROPE))
    far = sorted(zone for zone in known if zone.startswith(ELSEWHERE))
    far += [zone for zone in {"UTC", stored} if zone and zone in known and zone not in near + far]
    return [
        (pgettext_lazy("time zones", "Europe"), [(zone, _shown(zone)) for zone in near]),
        (pgettext_lazy("time zones", "Elsewhere"), [(zone, _shown(zone)) for zone in far]),
    ]


def country_choices(stored: str) -> list[tuple[str, object]]:
    """No country, the known ones by name, and the stored one if it is none of them."""
    # Without its dots an umlaut stands where people look for it: Österreich under O.
    named = sorted(COUNTRIES.items(), key=lambda item: normalize("NFKD", str(item[1])))
    other = [(stored, stored)] if stored and stored not in COUNTRIES else []
    return [("", _("No public holidays")), *named, *other]


def subdivision_choices(country: str) -> list[tuple[str, object]]:
    """The whole country and its parts."""
    return [("", _("Nationwide holidays only")), *subdivisions(country)]


def country_name(country: str) -> str:
    return str(COUNTRIES.get(country, country)) if country else ""


def subdivision_name(country: str, subdivision: str) -> str:
    return dict(subdivisions(country)).get(subdivision, subdivision)


def _shown(zone: str) -> str:
    return zone.replace("_", " ")
