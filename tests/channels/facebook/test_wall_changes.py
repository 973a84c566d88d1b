"""Every item and verb that Meta documents for the wall, and what may be missing in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.facebook import events
from channels.facebook.wall_changes import POSTS, Act, read
from channels.intake import NothingToTakeInError
from tests.channels.facebook.hooks import batch

# The facts' example of a comment, and all that they list.
COMMENT: dict[str, Any] = {
    "item": "comment",
    "verb": "add",
    "comment_id": "POST_C1",
    "post_id": "PAGE_POST",
    "parent_id": "PAGE_POST",
    "from": {"id": "777", "name": "Eva Muster"},
    "message": "Wann habt ihr offen?",
    "created_time": 1790000095,
    "permalink_url": "https://www.facebook.com/x",
    "post": {"id": "PAGE_POST", "status_type": "added_photos"},
}
ITEMS = [
    "album",
    "address",
    "comment",
    "connection",
    "coupon",
    "event",
    "experience",
    "group",
    "group_message",
    "interest",
    "like",
    "link",
    "mention",
    "milestone",
    "note",
    "page",
    "picture",
    "platform-story",
    "photo",
    "photo-album",
    "post",
    "profile",
    "question",
    "rating",
    "reaction",
    "relationship-status",
    "share",
    "status",
    "story",
    "timeline cover",
    "tag",
    "video",
]
VERBS = {
    "add": Act.ADD,
    "block": None,
    "edit": Act.EDIT,
    "edited": Act.EDIT,
    "delete": Act.REMOVE,
    "follow": None,
    "hide": Act.HIDE,
    "mute": None,
    "remove": Act.REMOVE,
    "unblock": None,
    "unhide": Act.UNHIDE,
    "update": Act.EDIT,
}


def told(value: object, field: str = "feed"):
    """The change that an event of this value makes, None for what is kept and ignored."""
    [event] = events.parse(batch({"field": field, "value": value}, under="changes"))
    try:
        return read(event)
    except NothingToTakeInError:
        return None


def test_a_comment_says_who_what_where_and_when():
    found = told(COMMENT)

    assert (found.act, found.kind, found.external_id) == (Act.ADD, "comment", "POST_C1")
    assert (found.post_id, found.parent_id) == ("PAGE_POST", "PAGE_POST")
    assert (found.author_id, found.author_name) == ("777", "Eva Muster")
    assert (found.text, found.permalink) == ("Wann habt ihr offen?", "https://www.facebook.com/x")
    assert found.at.timestamp() == 1790000095
    assert not found.lacks_something


@pytest.mark.parametrize("item", ITEMS)
def test_every_item_is_a_post_a_comment_or_kept_and_ignored(item):
    found = told({**COMMENT, "item": item})

    if item == "comment":
        assert found.kind == "comment"
    elif item == "mention":
        assert (found.kind, found.is_mention) == ("comment", True)
    elif item in POSTS:
        assert (found.kind, found.external_id, found.parent_id) == ("post", "PAGE_POST", "")
    else:
        assert found is None


@pytest.mark.parametrize(("verb", "expected"), VERBS.items())
def test_every_verb_is_an_act_or_kept_and_ignored(verb, expected):
    found = told({**COMMENT, "verb": verb})

    assert (found.act if found else None) == expected


@pytest.mark.parametrize("lost", ["from", "message", "post_id", "parent_id"])
def test_what_may_be_missing_is_asked_for(lost):
    value = {key: one for key, one in COMMENT.items() if key not in {lost, "post"}}

    assert told(value).lacks_something


def test_the_post_is_also_read_from_the_object_beside_it():
    assert told({**COMMENT, "post_id": None}).post_id == "PAGE_POST"


def test_a_photo_alone_says_enough():
    photo = {"item": "photo", "verb": "add", "post_id": "P_1", "from": {"id": "7"}}

    found = told({**photo, "link": "https://scontent.example/x.jpg"})

    assert found.files == ("https://scontent.example/x.jpg",)
    assert not found.lacks_something


def test_a_photo_comment_has_its_picture_and_a_shared_link_its_address():
    with_photo = told({**COMMENT, "photo": "https://scontent.example/x.jpg"})
    shared = told({**COMMENT, "item": "share", "link": "https://example.com/a"})

    assert with_photo.files == ("https://scontent.example/x.jpg",)
    assert shared.text == "Wann habt ihr offen?\nhttps://example.com/a"


def test_a_mention_names_its_writer_in_its_own_way():
    value = {"item": "post", "verb": "add", "post_id": "9_1", "message": "Hilft @Teehaus?"}

    found = told({**value, "sender_id": "777", "sender_name": "Eva Muster"}, field="mention")

    assert (found.author_id, found.author_name) == ("777", "Eva Muster")
    assert found.is_mention


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.fixed_dictionaries({key: JSON | st.just(one) for key, one in COMMENT.items()}))
def test_whatever_is_in_a_change_it_is_read_or_ignored(value):
    found = told(value)

    assert found is None or found.external_id
