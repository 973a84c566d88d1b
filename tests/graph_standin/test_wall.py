"""The page's own acts on its wall, and looking things up there."""

from __future__ import annotations

import pytest

from tests.graph_standin.conftest import refusal


@pytest.fixture
def post(standin, app, page, eva) -> str:
    return standin.wall.post(page, eva, "Wann habt ihr offen?")


def test_comment_is_the_pages_and_comes_back_as_an_update(standin, app, page, post, webhook):
    answer = app.post(f"/{post}/comments", message="Ab 9 Uhr.")

    assert standin.deliveries.settle()
    value = webhook.updates()[-1]["value"]
    assert (value["comment_id"], value["from"]["id"]) == (answer["id"], page)
    assert value["parent_id"] == post


def test_reply_to_a_reply_hangs_below_the_top_comment(standin, app, eva, post):
    top = standin.wall.comment(post, eva, "Morgen?")
    reply = app.post(f"/{top}/comments", message="Ja.")["id"]
    deeper = app.post(f"/{reply}/comments", message="Ab 9.")["id"]

    assert app.get(f"/{deeper}", fields="parent,object") == {
        "id": deeper,
        "parent": {"id": top},
        "object": {"id": post},
    }
    assert [one["id"] for one in app.get(f"/{top}/comments")["data"]] == [reply, deeper]


def test_same_comment_twice_in_a_row_is_refused(app, post):
    app.post(f"/{post}/comments", message="Ab 9 Uhr.")

    assert refusal(app.post(f"/{post}/comments", message="Ab 9 Uhr.")) == (506, None)


def test_comment_needs_a_text_the_permission_and_the_task(standin, app, page, post):
    assert refusal(app.post(f"/{post}/comments", message=" ")) == (100, None)
    standin.staff.set_tasks(next(iter(standin.world.accounts)), page, ["MESSAGING"])
    assert refusal(app.post(f"/{post}/comments", message="Hallo")) == (10, None)
    standin.staff.lose_permission(page, "pages_manage_engagement")
    assert refusal(app.post(f"/{post}/comments", message="Hallo")) == (200, None)


def test_hidden_comment_is_seen_by_its_author_only(standin, app, page, eva, post):
    jonas = standin.people.add("Jonas Klein")["id"]
    comment = standin.wall.comment(post, eva, "Unfug")

    assert app.post(f"/{comment}", is_hidden=True) == {"success": True}

    assert app.get(f"/{comment}", fields="is_hidden")["is_hidden"] is True
    assert len(standin.player.view(page, eva)["posts"][0]["comments"]) == 1
    assert standin.player.view(page, jonas)["posts"][0]["comments"] == []
    app.post(f"/{comment}", is_hidden="false")
    assert len(standin.player.view(page, jonas)["posts"][0]["comments"]) == 1


def test_own_comment_cannot_be_hidden(app, post):
    own = app.post(f"/{post}/comments", message="Hallo")["id"]

    assert refusal(app.post(f"/{own}", is_hidden=True)) == (100, None)


def test_deleted_comment_is_gone(standin, app, eva, post, webhook):
    comment = standin.wall.comment(post, eva, "Unfug")

    assert app.delete(f"/{comment}") == {"success": True}

    assert refusal(app.get(f"/{comment}")) == (100, 33)
    assert refusal(app.post(f"/{comment}/comments", message="Hallo")) == (100, 33)
    assert standin.deliveries.settle()
    assert webhook.updates()[-1]["value"]["verb"] == "remove"


def test_look_up_of_a_post(standin, app, eva, post):
    standin.clock.set(1790000000)
    post = standin.wall.post(app.get("/me")["id"], eva, "Grüße")

    found = app.get(f"/{post}", fields="message,from{id,name},created_time,permalink_url")

    assert (found["message"], found["from"]["name"]) == ("Grüße", "Eva Muster")
    assert found["created_time"] == "2026-09-21T14:13:20+0000"
    assert found["permalink_url"].startswith(standin.base_url)


def test_visitors_words_need_their_permission(standin, app, page, post):
    standin.staff.lose_permission(page, "pages_read_user_content")
    own = standin.wall.post(page, page, "Neu")

    assert refusal(app.get(f"/{post}")) == (200, None)
    assert app.get(f"/{own}")["message"] == "Neu"


def test_feed_lists_posts_newest_first(standin, app, page, post):
    newer = standin.wall.post(page, page, "Neu")

    assert [one["id"] for one in app.get(f"/{page}/feed")["data"]] == [newer, post]


def test_retired_private_replies_edge_is_refused(app, post):
    assert refusal(app.post(f"/{post}/private_replies", message="Hallo")) == (100, None)
