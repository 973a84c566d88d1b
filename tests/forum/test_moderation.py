from __future__ import annotations

import pytest

from forum import moderation, writing
from forum.models import Category, ForumSettings
from forum.writing import Draft
from tests.forum.conftest import question_of, url_of

AT_THE_DESK = [
    "/desk/forum/beitraege/{post}/freigabe/",
    "/desk/forum/beitraege/{post}/ausblendung/",
    "/desk/forum/beitraege/{post}/wiederherstellung/",
    "/desk/forum/beitraege/{post}/offiziell/",
    "/desk/forum/beitraege/{post}/meldungen/",
    "/desk/forum/themen/{topic}/",
    "/desk/einstellungen/forum/kategorien/{category}/",
    "/desk/einstellungen/forum/kategorien/{category}/loeschung/",
    "/desk/einstellungen/forum/kategorien/neu/",
    "/desk/einstellungen/forum/",
]


@pytest.mark.parametrize("path", AT_THE_DESK)
def test_the_desks_part_of_the_forum_does_not_exist_for_customers(client, topic, path):
    client.force_login(topic.author)
    known = {
        "post": question_of(topic).pk,
        "topic": topic.pk,
        "category": topic.category_id,
    }

    assert client.post(path.format(**known)).status_code == 404
    assert client.get("/desk/forum/").status_code == 404


@pytest.mark.parametrize("path", [one for one in AT_THE_DESK if "einstellungen" in one])
def test_agents_do_not_arrange_the_forum(client, agent, topic, path):
    client.force_login(agent)

    assert client.post(path.format(category=topic.category_id)).status_code == 404


def test_an_agent_lets_a_post_through(client, agent, topic, member):
    post = writing.reply(topic, author=member("Neu Hier", newcomer=True), draft=Draft("Antwort"))
    client.force_login(agent)
    assert "Antwort" in client.get("/desk/forum/").content.decode()

    client.post(f"/desk/forum/beitraege/{post.pk}/freigabe/")

    post.refresh_from_db()
    assert post.is_visible
    assert "Nichts wartet" in client.get("/desk/forum/").content.decode()


def test_an_agent_hides_with_a_reason_and_shows_again(client, agent, topic):
    question = question_of(topic)
    moderation.report(question, by=topic.author, reason="spam")
    client.force_login(agent)
    path = f"/desk/forum/beitraege/{question.pk}/ausblendung/"
    assert client.get(path).status_code == 200
    assert client.post(path, {"reason": " "}).status_code == 422

    client.post(path, {"reason": "Werbung"})

    question.refresh_from_db()
    assert (question.state, question.reason, question.moderated_by) == (
        "hidden",
        "Werbung",
        agent,
    )
    assert not question.reports.filter(handled_at=None).exists()
    assert "Werbung" in client.get("/desk/forum/?only=hidden").content.decode()
    client.post(f"/desk/forum/beitraege/{question.pk}/wiederherstellung/")
    question.refresh_from_db()
    assert question.is_visible


def test_an_agent_locks_pins_and_moves_a_topic(client, agent, topic):
    client.force_login(agent)
    ideas = Category.objects.get(slug="ideen")

    client.post(
        f"/desk/forum/themen/{topic.pk}/",
        {"is_locked": "on", "is_pinned": "on", "category": ideas.pk},
    )

    topic.refresh_from_db()
    assert (topic.is_locked, topic.is_pinned, topic.category) == (True, True, ideas)
    assert "Angeheftet" in client.get("/forum/ideen/").content.decode()


def test_what_agents_write_stands_under_the_tenants_name(client, agent, topic):
    client.force_login(agent)

    client.post(f"/forum/themen/{topic.pk}/antwort/", {"text": "So geht es"})

    topic.refresh_from_db()
    assert topic.official.source == "So geht es"
    client.logout()
    body = client.get(url_of(topic)).content.decode()
    assert "Alpha GmbH" in body
    assert agent.name not in body


def test_an_agent_marks_a_members_reply_as_the_official_answer(client, agent, topic, member):
    post = writing.reply(topic, author=member("Helfer"), draft=Draft("So"))
    client.force_login(agent)
    path = f"/desk/forum/beitraege/{post.pk}/offiziell/"

    there = client.post(path, {"official": "on"}, follow=True)

    topic.refresh_from_db()
    assert topic.official == post
    assert f'id="message-{post.pk}"' in there.text
    client.post(path, {"official": "off"})
    topic.refresh_from_db()
    assert topic.official is None


def test_categories_are_arranged_in_the_settings(client, admin, topic):
    client.force_login(admin)
    path = "/desk/einstellungen/forum/kategorien/neu/"
    assert client.post(path, {"name": "Neu", "slug": "", "position": 1}).status_code == 422
    assert (
        client.post(path, {"name": "Fragen 2", "slug": "fragen", "position": 1}).status_code == 422
    )

    client.post(path, {"name": "Zubehör", "slug": "", "position": 1})

    made = Category.objects.get(name="Zubehör")
    assert made.slug == "zubehoer"
    client.post(f"/desk/einstellungen/forum/kategorien/{made.pk}/loeschung/")
    client.post(f"/desk/einstellungen/forum/kategorien/{topic.category_id}/loeschung/")
    assert not Category.objects.filter(pk=made.pk).exists()
    assert Category.objects.filter(pk=topic.category_id).exists()


def test_the_number_of_held_posts_is_set(client, admin):
    client.force_login(admin)
    assert client.post("/desk/einstellungen/forum/", {"held_posts": -1}).status_code == 422

    client.post("/desk/einstellungen/forum/", {"held_posts": 3})

    assert ForumSettings.current().held_posts == 3


def test_what_a_newcomer_makes_of_a_post_that_was_let_through_is_looked_at_again(
    client, agent, topic, member
):
    """Who writes something harmless first could put advertising into it afterwards."""
    ForumSettings(pk=1, held_posts=3).save()
    newcomer = member("Neu Hier", newcomer=True)
    post = writing.reply(topic, author=newcomer, draft=Draft("Danke, das hilft"))
    moderation.approve(post, by=agent)
    path = f"/forum/beitraege/{post.pk}/bearbeiten/"
    client.force_login(newcomer)
    assert "prüfen die Änderung erst" in client.get(path).content.decode()

    client.post(path, {"text": "Danke, das hilft"})
    post.refresh_from_db()
    assert post.is_visible
    page = client.post(path, {"text": "Kaufen Sie jetzt"}, follow=True).content.decode()

    assert "prüfen die Änderung erst" in page
    post.refresh_from_db()
    topic.refresh_from_db()
    assert (post.state, topic.replies) == ("held", 0)
    client.logout()
    assert "Kaufen Sie" not in client.get(url_of(topic)).content.decode()
    client.force_login(agent)
    assert "Kaufen Sie jetzt" in client.get("/desk/forum/").content.decode()
    moderation.approve(post, by=agent)
    topic.refresh_from_db()
    newcomer.forum_profile.refresh_from_db()
    assert (topic.replies, newcomer.forum_profile.shown_posts) == (1, 1)


def test_a_newcomers_question_that_is_edited_is_looked_at_again_with_its_topic(
    agent, category, member
):
    ForumSettings(pk=1, held_posts=3).save()
    newcomer = member("Neu Hier", newcomer=True)
    topic = writing.open_topic(
        category, author=newcomer, title="Hallo", draft=Draft("Wie geht das?")
    )
    question = moderation.approve(question_of(topic), by=agent)

    writing.edit(question, by=newcomer, draft=Draft("Wie geht das?"), title="Jetzt kaufen")

    topic.refresh_from_db()
    assert topic.is_hidden
    # An agent's own change needs nobody's look, and lets nothing through on the way.
    assert writing.edit(question, by=agent, draft=Draft("Wie geht das nun?")).state == "held"
    moderation.approve(question, by=agent)
    topic.refresh_from_db()
    assert not topic.is_hidden
