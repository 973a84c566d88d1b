"""Which fields a reading call asks for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graph_standin.fields import names

NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
ASKED = st.recursive(
    NAMES,
    lambda inner: st.builds(
        lambda name, limit, below: f"{name}{limit}{{{','.join(below)}}}",
        NAMES,
        st.sampled_from(["", ".limit(25)", ".order(chronological)"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)


@given(st.lists(ASKED, max_size=4))
def test_fields_of_fields_are_left_out(asked):
    outer = [one.split("{")[0].split(".")[0] for one in asked]

    assert names(", ".join(asked)) == outer
