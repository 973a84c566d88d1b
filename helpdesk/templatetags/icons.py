"""The package's tag `{% lucide %}`, each icon drawn once; templates load it by the same name."""

from __future__ import annotations

from functools import lru_cache

from django import template
from lucide.templatetags import lucide as package

register = template.Library()


@register.simple_tag
# A few hundred icons as our templates ask for them; the package would serialise XML each time.
@lru_cache(maxsize=1_000)
def lucide(name: str, *, size: int | None = 24, **attributes: object) -> str:
    """An icon as inline SVG. Raises `IconDoesNotExist` for a name that there is not."""
    return package.lucide(name, size=size, **attributes)
