"""Icons look as the package draws them, whichever page asked first."""

from __future__ import annotations

import pytest
from django.template import engines
from lucide import IconDoesNotExist
from lucide.templatetags.lucide import lucide


def drawn(tag):
    return engines["django"].from_string("{% load lucide %}" + tag).render()


def test_an_icon_is_drawn_as_the_package_draws_it():
    for size in (18, 20, 18):
        shown = drawn(f'{{% lucide "search" size={size} aria_hidden="true" class="turn" %}}')

        assert shown == lucide("search", size=size, aria_hidden="true", **{"class": "turn"})
        assert f'width="{size}"' in shown


def test_an_icon_that_there_is_not_is_an_error():
    with pytest.raises(IconDoesNotExist):
        drawn('{% lucide "no-such-icon" %}')
