from __future__ import annotations

import pytest

from forum import moderation, names, voting, writing
from forum.models import ForumSettings, Profile, Topic
from forum.writing import Draft
from tests.forum.conftest import question_of


def test_a_newcomers_first_post_is_held_back_until_an_agent_lets_it_through(
    category, member, agent
):
    newcomer = member("Neu Hier", newcomer=True)

    topic = writing.open_topic(
        category, author=newcomer, title="Hallo", draft=Draft("Wie geht das?")
    )

    assert question_of(topic).state == "held"
    assert not Topic.objects.public().exists()
    moderation.approve(question_of(topic), by=agent)
    assert Topic.objects.public().get() == topic
    assert not writing.is_newcomer(newcomer)
    second = writing.open_topic(category, author=newcomer, title="Noch eins", draft=Draft("Und?"))
    assert question_of(second).is_visible


def test_how_many_posts_are_held_back_is_the_tenants_choice(category, member):
    newcomer = member("Neu Hier", newcomer=True)
    ForumSettings(pk=1, held_posts=0).save()

    topic = writing.open_topic(category, author=newcomer, title="Hallo", draft=Draft("Wie?"))

    assert question_of(topic).is_visible


def test_approving_twice_counts_the_post_once(topic, member, agent):
    post = writing.reply(topic, author=member("Neu Hier", newcomer=True), draft=Draft("So geht es"))
    topic.refresh_from_db()
    assert topic.replies == 0

    moderation.approve(post, by=agent)
    moderation.approve(post, by=agent)

    topic.refresh_from_db()
    assert topic.replies == 1
    assert Profile.objects.get(user=post.author).shown_posts == 1


def test_a_newcomer_may_link_to_one_place_and_no_more(topic, member):
    newcomer = member("Neu Hier", newcomer=True)
    writing.reply(topic, author=newcomer, draft=Draft("Siehe https://a.example/"))

    with pytest.raises(writing.TooManyLinksError):
        writing.reply(topic, author=newcomer, draft=Draft("https://a.example/ https://b.example/"))

    known = writing.reply(
        topic, author=member("Bekannt"), draft=Draft("https://a.example/ https://b.example/")
    )
    assert known.is_visible


def test_an_edit_keeps_how_the_post_read_before(topic):
    question = question_of(topic)

    writing.edit(question, by=topic.author, draft=Draft("Jetzt anders"), title="Etiketten schief")

    version = question.versions.get()
    assert (version.title, version.source) == (
        "Etiketten drucken ohne Rand",
        "Wo stelle ich den **Rand** ein?",
    )
    assert version.is_public
    topic.refresh_from_db()
    assert (topic.title, topic.slug) == ("Etiketten schief", "etiketten-schief")


def test_what_an_agent_takes_out_of_a_post_is_seen_by_agents_alone(topic, agent, client):
    question = question_of(topic)
    writing.edit(question, by=topic.author, draft=Draft("Meine Nummer ist 0151 1234"))

    writing.edit(question, by=agent, draft=Draft("(Nummer entfernt)"))

    assert "0151" not in client.get(f"/forum/beitraege/{question.pk}/verlauf/").content.decode()
    client.force_login(agent)
    assert "0151" in client.get(f"/forum/beitraege/{question.pk}/verlauf/").content.decode()


def test_saving_a_post_as_it_was_makes_no_version(topic):
    question = question_of(topic)

    writing.edit(question, by=topic.author, draft=Draft(question.source), title=topic.title)

    assert not question.versions.exists()


def test_a_locked_topic_takes_an_agents_word_alone(topic, member, agent):
    moderation.change_topic(topic, is_locked=True)

    with pytest.raises(writing.LockedError):
        writing.reply(topic, author=member("Bekannt"), draft=Draft("Doch noch"))

    assert writing.reply(topic, author=agent, draft=Draft("Zum Schluss")).is_official


def test_the_same_words_sent_twice_are_one_post(topic, category, member):
    user = member("Bekannt")

    first = writing.reply(topic, author=user, draft=Draft("Danke!"))
    second = writing.reply(topic, author=user, draft=Draft("Danke!"))
    topics = [
        writing.open_topic(category, author=user, title="Neu", draft=Draft("Text")) for _ in "ab"
    ]

    assert first == second
    assert topics[0] == topics[1]


def test_hiding_a_reply_takes_it_out_of_the_count_and_its_marks_with_it(topic, member, agent):
    post = writing.reply(topic, author=agent, draft=Draft("So geht es"))
    moderation.accept(post)
    topic.refresh_from_db()
    assert (topic.replies, topic.accepted, topic.official) == (1, post, post)

    moderation.hide(post, by=agent, reason="War falsch")

    topic.refresh_from_db()
    assert (topic.replies, topic.accepted, topic.official) == (0, None, None)
    moderation.restore(post, by=agent)
    topic.refresh_from_db()
    assert topic.replies == 1


def test_hiding_the_question_hides_the_topic(topic, agent):
    moderation.hide(question_of(topic), by=agent, reason="Werbung")

    assert not Topic.objects.public().exists()
    moderation.restore(question_of(topic), by=agent)
    assert Topic.objects.public().exists()


def test_a_vote_counts_once_and_can_be_taken_back(topic, member):
    post, user = question_of(topic), member("Bekannt")

    assert [voting.vote(post, by=user), voting.vote(post, by=user)] == [True, False]
    post.refresh_from_db()
    topic.refresh_from_db()
    assert (post.votes, topic.votes) == (1, 1)
    assert [voting.take_back(post, by=user), voting.take_back(post, by=user)] == [True, False]
    post.refresh_from_db()
    assert post.votes == 0


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "x" * 41,
        "anna@berg.example",
        "https://berg.example",
        "---",
        "Support",
        "ALPHA GmbH",
        "Alpha GmbH Team",
        "Ａｄｍｉｎ",
    ],
)
def test_nobody_bears_a_name_that_misleads(customer, name):
    with pytest.raises(names.NameRefusedError):
        names.choose(customer, name)


def test_a_public_name_belongs_to_one_person_whatever_its_case(customer, member):
    member("Teekanne")

    with pytest.raises(names.NameRefusedError):
        names.choose(customer, "TEEKANNE")


def test_without_a_public_name_nothing_real_is_shown(customer):
    said = names.of(customer)

    assert customer.name not in said
    assert customer.email not in said
