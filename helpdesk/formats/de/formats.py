"""German dates as the interface writes them: the 24-hour clock, no seconds."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j. F Y, H:i"
SHORT_DATETIME_FORMAT = "d.m.Y H:i"
