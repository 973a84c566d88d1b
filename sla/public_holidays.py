"""Public holidays by country and federal state, from the package `holidays`.

Only the category "public" counts. Its other categories hold what is a holiday in some
municipalities only, and even school vacations.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

import holidays

from sla.calendar_errors import CalendarError

GERMAN = "de"
ENGLISH = "en_US"


def region(country: str, subdivision: str) -> str:
    """Return the subdivision's own code: "Nordrhein-Westfalen" and "NW" are both "NW" in "DE".

    "" is the whole country and stays "". Raises CalendarError for an unknown country or
    subdivision.
    """
    known = holidays.list_supported_countries(include_aliases=False)
    if country and country not in known:
        raise CalendarError(f"Unknown country {country!r}: a two-letter ISO 3166 code is needed")
    if not subdivision:
        return ""
    if not country:
        raise CalendarError(f"The subdivision {subdivision!r} needs a country")
    if subdivision in known[country]:
        return subdivision
    aliases = holidays.country_holidays(country).get_subdivision_aliases()
    for code, names in aliases.items():
        if subdivision in names:
            return code
    raise CalendarError(
        f"Unknown subdivision {subdivision!r} of {country}: known are {', '.join(known[country])}"
    )


def is_country(country: str) -> bool:
    """Say whether a country's public holidays are known, by its two letters."""
    return country in holidays.list_supported_countries(include_aliases=False)


def subdivisions(country: str) -> list[tuple[str, str]]:
    """Return code and name of each federal state or other part of a country; [] for an unknown one.

    A part without a name of its own is named by its code.
    """
    codes = holidays.list_supported_countries(include_aliases=False).get(country, [])
    if not codes:
        return []
    aliases = holidays.country_holidays(country).get_subdivision_aliases()
    named = [(code, next(iter(aliases.get(code) or [code]))) for code in codes]
    return sorted(named, key=lambda part: part[1])


@lru_cache(maxsize=2048)
def holiday_names(
    country: str, subdivision: str, year: int, language: str = GERMAN
) -> Mapping[date, str]:
    """Return the public holidays of one year by day, in order, with their names in `language`.

    A country that has no names in that language is named in its own. No country has no holidays.
    """
    if not country:
        return MappingProxyType({})
    found = holidays.country_holidays(
        country, subdiv=subdivision or None, years=year, language=language, expand=False
    )
    names = {day: name for day, name in found.items() if day.year == year}
    return MappingProxyType(dict(sorted(names.items())))
