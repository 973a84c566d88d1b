"""What the pages of the business hours show."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from desk import calendar_changes, calendar_preview
from desk.calendar_changes import Change
from desk.calendar_editing import CalendarEditing
from desk.counts import Count
from helpdesk.hours import region_text, week_text
from sla import calendar_edits
from sla.calendar import Calendar
from sla.models import BusinessCalendar, CalendarVersion, SupportTier

# Older versions are kept for the promises that name them; nobody reads on so far.
LISTED_VERSIONS = 20


@dataclass(frozen=True, slots=True)
class Summary:
    """One calendar of the list."""

    calendar: BusinessCalendar
    version: CalendarVersion
    week: list[tuple[str, str]]
    region: str
    tiers: list[SupportTier]


@dataclass(frozen=True, slots=True)
class ListedVersion:
    version: CalendarVersion
    changes: list[Change]
    is_current: bool


def summaries() -> list[Summary]:
    """All calendars with their hours and the tiers that promise by them: three queries."""
    newest = CalendarVersion.objects.order_by("calendar_id", "-number").distinct("calendar_id")
    versions = {version.calendar_id: version for version in newest}
    tiers = list(SupportTier.objects.all())
    return [
        Summary(
            calendar,
            versions[calendar.pk],
            week_text(versions[calendar.pk].spec),
            region_text(versions[calendar.pk].spec),
            [
                tier
                for tier in tiers
                if tier.calendar_id == calendar.pk or (calendar.is_default and not tier.calendar_id)
            ],
        )
        for calendar in BusinessCalendar.objects.order_by("-is_default", "name")
    ]


def form(editing: CalendarEditing) -> dict[str, object]:
    """The form of a calendar with its year view and preview, as typed or as stored."""
    is_new = editing.calendar._state.adding
    hours = editing.hours
    if editing.typed is None:
        hours = Calendar.from_spec(editing.stored)
    elif hours is None and editing.is_valid():
        hours = editing.hours
    years = calendar_preview.years(
        editing.form.chosen_country, editing.form.chosen_subdivision, editing.disabled_holidays
    )
    return {
        "editing": editing,
        "form": editing.form,
        "calendar": editing.calendar,
        "is_new": is_new,
        "years": years,
        "shown": ",".join(holiday.day.isoformat() for year in years for holiday in year.holidays),
        "preview": calendar_preview.next_days(hours) if hours else [],
        "gaps": calendar_preview.long_gaps(hours) if hours else [],
        "versions": [] if is_new else versions(editing.calendar),
        "tiers": calendar_edits.tiers_of(editing.calendar),
    }


def confirmation(editing: CalendarEditing) -> dict[str, object]:
    """The differences, what they mean for each tier, and whom they do not touch."""
    old = Calendar.from_spec(editing.stored)
    new = calendar_edits.check(editing.edited, editing.spec)
    changes = [] if old == new else calendar_changes.of_hours(editing.stored, editing.spec)
    return {
        "calendar": editing.calendar,
        "version": editing.calendar.versions.latest("number"),
        "is_new_version": old != new,
        "changes": changes,
        "settings": calendar_changes.of_settings(editing.calendar, editing.edited),
        "effects": calendar_edits.effects(editing.calendar, old, new),
        "kept": Count(calendar_edits.open_promises(editing.calendar)),
        "gaps": calendar_preview.long_gaps(new),
    }


def versions(calendar: BusinessCalendar) -> list[ListedVersion]:
    """The newest versions, each with what it changed about the one before."""
    found = list(calendar.versions.select_related("by").order_by("-number")[: LISTED_VERSIONS + 1])
    listed = [
        ListedVersion(later, calendar_changes.of_hours(earlier.spec, later.spec), later is found[0])
        for later, earlier in pairwise(found)
    ]
    if len(found) <= LISTED_VERSIONS:
        listed.append(ListedVersion(found[-1], [], found[-1] is found[0]))
    return listed
