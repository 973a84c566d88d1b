"""Batches are read whatever is in them, and splitting one loses and doubles nothing."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.facebook import events
from channels.facebook.events import NotUnderstoodError, parse, split
from tests.channels.facebook.hooks import START, batch, said

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "time", "messaging", "changes", "standby", "value", "field", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["1", "2", "3"]),
            "messaging": st.lists(
                st.fixed_dictionaries({"timestamp": st.integers(0, 9), "n": st.integers()}),
                max_size=150,
            ),
        }
    ),
    min_size=1,
    max_size=6,
)


@given(st.binary(max_size=60) | JSON.map(lambda one: json.dumps(one).encode()))
def test_nothing_breaks_the_reader(raw):
    for part in split(raw):
        try:
            parse(part.raw)
        except NotUnderstoodError:
            assert part.page_id == ""


@given(st.lists(JSON, max_size=4))
def test_odd_entries_are_kept_in_some_part(entries):
    raw = json.dumps({"object": "page", "entry": entries}).encode()

    found = split(raw)

    assert found
    for part in found:
        if part.page_id:
            assert {event.page_id for event in parse(part.raw)} == {part.page_id}


@given(ENTRIES)
def test_splitting_loses_and_doubles_no_event(entries):
    raw = json.dumps({"object": "page", "entry": entries}).encode()

    found = split(raw)

    before = Counter((e["id"], m["timestamp"], m["n"]) for e in entries for m in e["messaging"])
    after = Counter(
        (part.page_id, event.whole["timestamp"], event.whole["n"])
        for part in found
        if part.page_id
        for event in parse(part.raw)
    )
    assert after == before
    assert found == split(raw)
    assert all(len(parse(part.raw)) <= events.MOST_IN_A_PART for part in found if part.page_id)


def test_what_is_of_one_page_stays_as_it_came():
    raw = batch(said("Grüße"), said("Zwei", "m_2"))

    assert split(raw) == [events.Part("100200300", raw)]


def test_messenger_counts_milliseconds_and_the_wall_seconds():
    wall = {"field": "feed", "value": {"item": "comment", "created_time": START // 1000}}
    raw = json.dumps(
        {
            "object": "page",
            "entry": [{"id": "1", "time": 5, "messaging": [said("x")], "changes": [wall]}],
        }
    ).encode()

    at = datetime.fromtimestamp(START / 1000, UTC)
    assert [(event.kind, event.at) for event in parse(raw)] == [("message", at), ("feed", at)]


def test_events_are_in_the_order_of_metas_clock():
    raw = batch(*[said("x", f"m_{n}", START - n) for n in range(5)])

    assert [event.value["mid"] for event in parse(raw)] == ["m_4", "m_3", "m_2", "m_1", "m_0"]


@pytest.mark.parametrize("number", [0, -1, 10**30, 1])
def test_a_time_that_is_none_is_none(number):
    assert events.moment(number) is None


def test_however_deep_a_batch_is_it_is_kept():
    for depth in range(800, 1010):
        nested = '{"a":' * depth + "1" + "}" * depth
        first, second = f'{{"id":"1","messaging":[{nested}]}}', '{"id":"2","messaging":[{}]}'

        assert split(f'{{"object":"page","entry":[{first},{second}]}}'.encode())


def test_half_a_character_stops_nothing():
    entry = rb'{"id":"1\ud83d","messaging":[{"message":{"text":"x\udca9"}}]}'
    raw = b'{"object":"page","entry":[' + entry + b"]}"

    [event] = parse(raw)

    assert event.page_id == "1?"
    assert events.text_of(event.value, "text") == "x?"
