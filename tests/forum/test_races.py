"""The same act at the same moment, on connections of its own."""

from __future__ import annotations

import time
from functools import partial

import pytest
from django.db import connection, transaction
from django.test import Client
from django_tenants.utils import tenant_context

from forum import names, round_trip, voting, writing
from forum.models import Category, Post, Profile, Topic, Vote
from forum.writing import Draft
from tests.factories import CustomerFactory
from tests.threads import PATIENCE, Side, side_by_side
from tickets.models import Ticket

VOTES = 10_000
# Seconds in which a page with so many votes is there, also on a busy machine.
QUICK = 1.0


@pytest.fixture
def talk(fresh_tenant) -> Topic:
    author = CustomerFactory()
    profile = names.choose(author, "Fragerin")
    Profile.objects.filter(pk=profile.pk).update(shown_posts=3)
    return writing.open_topic(
        Category.objects.order_by("pk")[0], author=author, title="Frage", draft=Draft("Text")
    )


def test_votes_of_one_person_at_once_count_once(fresh_tenant, talk):
    question, user = talk.posts.get(), CustomerFactory()

    said = side_by_side(fresh_tenant, [partial(voting.vote, question, by=user)] * 4)

    question.refresh_from_db()
    assert sorted(said) == [False, False, False, True]
    assert question.votes == Vote.objects.count() == 1
    said = side_by_side(fresh_tenant, [partial(voting.take_back, question, by=user)] * 4)
    question.refresh_from_db()
    assert sorted(said) == [False, False, False, True]
    assert question.votes == Vote.objects.count() == 0


def test_votes_of_many_at_once_all_count(fresh_tenant, talk):
    question, users = talk.posts.get(), [CustomerFactory() for _ in range(6)]

    side_by_side(fresh_tenant, [partial(voting.vote, question, by=user) for user in users])

    question.refresh_from_db()
    assert question.votes == 6


def test_one_name_asked_for_at_once_goes_to_one(fresh_tenant, talk):
    def choose(user):
        try:
            return names.choose(user, "Wunschname")
        except names.NameRefusedError:
            return None

    users = [CustomerFactory() for _ in range(4)]

    said = side_by_side(fresh_tenant, [partial(choose, user) for user in users])

    assert len([one for one in said if one]) == 1


def test_a_post_made_a_ticket_twice_at_once_is_one_ticket(fresh_tenant, talk):
    question = talk.posts.get()

    links = side_by_side(
        fresh_tenant, [partial(round_trip.open_ticket, question, by=talk.author)] * 3
    )

    assert len({link.pk for link in links}) == 1
    assert Ticket.objects.count() == 1


def test_a_topic_with_ten_thousand_votes_is_quick(fresh_tenant, talk):
    question = talk.posts.get()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_user (password, email, name, role, is_active, language, "
            "joined_at) SELECT '', 'w' || n || '@viele.example', '', 'customer', true, '', now() "
            "FROM generate_series(1, %s) n",
            [VOTES],
        )
        cursor.execute(
            "INSERT INTO forum_vote (post_id, user_id, at) SELECT %s, id, now() "
            "FROM accounts_user WHERE email LIKE '%%@viele.example'",
            [question.pk],
        )
    Post.objects.filter(pk=question.pk).update(votes=VOTES)
    Topic.objects.filter(pk=talk.pk).update(votes=VOTES)
    visitor = Client(headers={"host": fresh_tenant.host})
    visitor.force_login(CustomerFactory())
    path = f"/forum/{talk.category.slug}/{talk.key}/"
    with tenant_context(fresh_tenant):
        visitor.get(path)

        began = time.process_time()
        page = visitor.get(path)
        voted = visitor.post(f"/forum/beitraege/{question.pk}/stimme/", {"vote": "on"})
        took = time.process_time() - began

    assert "10000" in page.content.decode().replace(".", "")
    assert voted.status_code == 302
    assert took < QUICK
    connection.set_tenant(fresh_tenant)
    question.refresh_from_db()
    assert question.votes == VOTES + 1


def test_a_vote_does_not_wait_crosswise_for_who_edits(fresh_tenant, talk):
    question, user = talk.posts.get(), CustomerFactory()
    edit = transaction.atomic()
    with Side(fresh_tenant) as editor, Side(fresh_tenant) as voter:
        editor.run(edit.__enter__).result(PATIENCE)
        editor.run(writing.locked, talk).result(PATIENCE)

        voted = voter.run(voting.vote, question, by=user)

        # It waits for the topic, and must not hold the post meanwhile.
        with pytest.raises(TimeoutError):
            voted.result(0.5)
        posts = Post.objects.select_for_update(nowait=True, no_key=True)
        assert editor.run(posts.get, pk=question.pk).result(PATIENCE) == question
        editor.run(edit.__exit__, None, None, None).result(PATIENCE)
        assert voted.result(PATIENCE) is True
