"""What a business calendar can be wrong about."""


class CalendarError(ValueError):
    """A specification that makes no sense, or a moment beyond the years a calendar knows."""


class ZeroHoursError(CalendarError):
    """The calendar has no, or never enough, business time for what was asked of it."""
