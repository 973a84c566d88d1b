"""Web addresses in what somebody wrote, as links."""

from __future__ import annotations

from django import template
from django.utils.html import escape, urlize
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# Finding addresses takes some microseconds for each letter of a text that is full of them.
LOOKED_AT = 20_000


@register.filter
def linked(text: str) -> SafeString:
    """Text as HTML, the addresses in its first LOOKED_AT characters as links."""
    cut = text.rfind(" ", 0, LOOKED_AT) if len(text) > LOOKED_AT else len(text)
    cut = cut if cut >= 0 else LOOKED_AT
    head = urlize(text[:cut], nofollow=True, autoescape=True)
    return mark_safe(head + escape(text[cut:]))  # noqa: S308  (both are escaped)
