from __future__ import annotations

import json
import re
import time

import pytest
from django.test import Client
from django_tenants.utils import schema_context
from lxml import etree

from forum import moderation, writing
from forum.models import Post, Profile, Report, Topic
from forum.writing import Draft
from helpdesk import keyset, markdown
from tests.forum.conftest import question_of, url_of

# Seconds in which a page is there, also on a busy machine.
QUICK = 3.0
NASTY = "<script>alert(1)</script><img src=x onerror=alert(2)> \"'&"


def test_anybody_reads_the_forum(client, topic):
    for path in ("/forum/", f"/forum/{topic.category.slug}/", url_of(topic)):
        page = client.get(path)
        assert page.status_code == 200
        assert topic.title in page.content.decode()


def test_an_address_with_other_words_leads_to_the_right_one(client, topic):
    page = client.get(f"/forum/ideen/{topic.pk}-irgendwas/?from=7")

    assert page.status_code == 301
    assert page["Location"] == f"{url_of(topic)}?from=7"
    assert page["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("key", ["0-x", "abc", "99999999-x", "12345678901234567890-x"])
def test_what_is_no_topic_is_not_found(client, topic, key):
    assert client.get(f"/forum/{topic.category.slug}/{key}/").status_code == 404


def test_the_names_of_people_appear_nowhere(client, topic):
    body = client.get(url_of(topic)).content.decode()

    assert "Fragerin" in body
    assert topic.author.name not in body
    assert topic.author.email not in body
    assert topic.author.organisation.name not in body


def test_a_held_post_is_seen_by_its_author_and_agents_alone(client, topic, member, agent, customer):
    newcomer = member("Neu Hier", newcomer=True)
    post = writing.reply(topic, author=newcomer, draft=Draft("Geheime Antwort"))
    for user, sees in ((None, False), (customer, False), (newcomer, True), (agent, True)):
        visitor = Client(headers={"host": "alpha.localhost"})
        if user:
            visitor.force_login(user)
        assert ("Geheime Antwort" in visitor.get(url_of(topic)).content.decode()) is sees
        assert visitor.get(f"/forum/beitraege/{post.pk}/verlauf/").status_code == (
            200 if sees else 404
        )


def test_a_hidden_topic_is_nowhere(client, topic, agent):
    moderation.hide(question_of(topic), by=agent, reason="Werbung")
    visitor = Client(headers={"host": "alpha.localhost"})

    assert visitor.get(url_of(topic)).status_code == 404
    for path in (
        "/forum/",
        f"/forum/{topic.category.slug}/",
        "/forum/feed/",
        f"/forum/{topic.category.slug}/feed/",
    ):
        assert topic.title not in visitor.get(path).content.decode()
    assert visitor.get(f"{url_of(topic)}feed/").status_code == 404


def test_feeds_hold_what_is_public_and_nothing_else(client, topic, member, agent):
    held = writing.reply(topic, author=member("Neu Hier", newcomer=True), draft=Draft("Gehaltenes"))
    hidden = writing.reply(topic, author=member("Laut"), draft=Draft("Verborgenes"))
    moderation.hide(hidden, by=agent, reason="Rüpelhaft")
    writing.reply(topic, author=agent, draft=Draft("Öffentliches\x0b"))

    for path in ("/forum/feed/", f"{url_of(topic)}feed/"):
        body = client.get(path).content
        etree.fromstring(body)
        said = body.decode()
        assert "Öffentliches" in said
        assert "Alpha GmbH" in said
        assert held.source not in said
        assert hidden.source not in said
        assert agent.name not in said


def test_another_tenants_topic_is_not_found(client, topic, other_tenant):
    with schema_context(other_tenant.schema_name):
        visitor = Client(headers={"host": "beta.localhost"})
        assert visitor.get(url_of(topic)).status_code == 404


def test_nothing_that_people_write_runs(client, category, member):
    user = member("</script>")
    topic = writing.open_topic(category, author=user, title=NASTY, draft=Draft(NASTY))
    writing.reply(topic, author=user, draft=Draft(f"[x](javascript:alert(1)) {NASTY}"))

    for path in (url_of(topic), "/forum/", f"/forum/{category.slug}/"):
        body = client.get(path).content.decode()
        assert "<script>alert" not in body
        assert "<img src=x" not in body
        assert 'href="javascript' not in body
    found = re.search(
        r'<script type="application/ld\+json">(.*?)</script>',
        client.get(url_of(topic)).content.decode(),
        re.S,
    )
    said = json.loads(found[1])
    assert said["mainEntity"]["name"] == NASTY
    assert said["mainEntity"]["author"]["name"] == "</script>"


def test_a_question_with_its_answers_is_told_to_search_engines(client, topic, agent):
    post = writing.reply(topic, author=agent, draft=Draft("Im Treiber."))
    moderation.accept(post)

    body = client.get(url_of(topic)).content.decode()

    said = json.loads(re.search(r'ld\+json">(.*?)</script>', body, re.S)[1])
    assert said["@type"] == "QAPage"
    assert said["mainEntity"]["answerCount"] == 1
    assert said["mainEntity"]["acceptedAnswer"]["text"] == "Im Treiber."
    assert said["mainEntity"]["acceptedAnswer"]["author"]["name"] == "Alpha GmbH"
    assert f'<link rel="canonical" href="http://alpha.localhost{url_of(topic)}">' in body
    assert '<meta name="description" content="Wo stelle ich den Rand ein?">' in body


def test_a_stranger_is_asked_to_sign_in_before_writing(client, topic):
    question = question_of(topic)
    for path in (
        "/forum/neu/",
        "/forum/profil/",
        f"/forum/beitraege/{question.pk}/bearbeiten/",
        f"/forum/beitraege/{question.pk}/meldung/",
        f"/forum/beitraege/{question.pk}/ticket/",
    ):
        page = client.get(path)
        assert page.status_code == 302
        assert "/konto/anmelden/" in page["Location"]


def test_who_writes_first_chooses_a_name(client, category, customer):
    client.force_login(customer)
    values = {"category": category.slug, "title": "Darf ich?", "text": "Eine Frage"}

    refused = client.post("/forum/neu/", values)
    taken = client.post("/forum/neu/", {**values, "public_name": "Anna B."})

    assert refused.status_code == 422
    assert "Eine Frage" in refused.content.decode()
    assert taken.status_code == 302
    assert Profile.objects.get(user=customer).public_name == "Anna B."
    assert question_of(Topic.objects.get()).state == "held"
    page = client.get(taken["Location"]).content.decode()
    assert "nur Sie" in page


def test_topics_like_the_new_one_are_offered(client, topic, member):
    client.force_login(member("Bekannt"))

    part = client.get("/forum/aehnlich/?title=Rand beim Etikettendruck einstellen")
    page = client.get("/forum/neu/?title=Etiketten")

    assert topic.title in part.content.decode()
    assert topic.title in page.content.decode()
    assert topic.title not in client.get("/forum/aehnlich/?title=Mahnung").content.decode()


def test_too_many_links_are_refused_and_the_text_is_kept(client, topic, member):
    client.force_login(member("Neu Hier", newcomer=True))

    page = client.post(
        f"/forum/themen/{topic.pk}/antwort/", {"text": "https://a.example https://b.example"}
    )

    assert page.status_code == 422
    assert "https://b.example" in page.content.decode()
    assert Post.objects.filter(is_question=False).count() == 0


def test_a_flood_of_posts_is_stopped_and_the_text_is_kept(client, topic, member):
    client.force_login(member("Viel"))
    path = f"/forum/themen/{topic.pk}/antwort/"

    answers = [client.post(path, {"text": f"Nummer {n}"}).status_code for n in range(16)]

    assert answers == [302] * 15 + [429]
    assert "Nummer 99" in client.post(path, {"text": "Nummer 99"}).content.decode()


def test_a_huge_post_is_refused_and_kept(client, topic, member):
    client.force_login(member("Bekannt"))

    page = client.post(f"/forum/themen/{topic.pk}/antwort/", {"text": "x" * 20_001})

    assert page.status_code == 422
    assert "x" * 20_001 in page.content.decode()


def test_only_its_author_edits_a_post(client, topic, member):
    question = question_of(topic)
    path = f"/forum/beitraege/{question.pk}/bearbeiten/"
    client.force_login(member("Bekannt"))
    assert client.get(path).status_code == 404
    assert client.post(path, {"text": "Gekapert", "title": "Gekapert"}).status_code == 404

    client.force_login(topic.author)
    assert client.post(path, {"text": "Besser", "title": "Neu"}).status_code == 302

    question.refresh_from_db()
    assert question.source == "Besser"


def test_only_who_asked_says_what_solved_it(client, topic, member):
    post = writing.reply(topic, author=member("Helfer"), draft=Draft("So"))
    path = f"/forum/beitraege/{post.pk}/loesung/"
    client.force_login(member("Bekannt"))
    assert client.post(path, {"accepted": "on"}).status_code == 404

    client.force_login(topic.author)
    client.post(path, {"accepted": "on"})

    topic.refresh_from_db()
    assert topic.accepted == post
    client.post(path, {"accepted": "off"})
    topic.refresh_from_db()
    assert topic.accepted is None


def test_nobody_votes_for_their_own_post(client, topic, member):
    path = f"/forum/beitraege/{question_of(topic).pk}/stimme/"
    client.force_login(topic.author)
    assert client.post(path, {"vote": "on"}).status_code == 404

    client.force_login(member("Bekannt"))
    part = client.post(path, {"vote": "on"}, headers={"hx-request": "true"})

    assert 'aria-pressed="true"' in part.content.decode()
    assert question_of(topic).votes == 1


def test_a_report_reaches_the_agents_once(client, topic, member, agent):
    reporter = member("Bekannt")
    client.force_login(reporter)
    path = f"/forum/beitraege/{question_of(topic).pk}/meldung/"

    assert client.post(path, {}).status_code == 422
    for _again in range(2):
        assert client.post(path, {"reason": "spam", "text": NASTY}).status_code == 302

    assert Report.objects.count() == 1
    client.force_login(agent)
    body = client.get("/desk/forum/").content.decode()
    assert "Werbung oder Spam" in body
    assert "<script>alert" not in body


@pytest.mark.parametrize("replies", [3, 40])
def test_a_topic_costs_the_same_queries_however_long(
    client, topic, agent, member, replies, django_assert_max_num_queries
):
    others = [member(f"Name {n}") for n in range(3)]
    for n in range(replies):
        writing.reply(topic, author=others[n % 3], draft=Draft(f"Antwort {n}"))
    client.force_login(others[0])

    with django_assert_max_num_queries(24):
        page = client.get(url_of(topic))

    assert page.status_code == 200


def test_long_topics_go_on_on_the_next_page(client, topic, member):
    user = member("Bekannt")
    posts = [writing.reply(topic, author=user, draft=Draft(f"Nr. {n:02}.")) for n in range(33)]

    first = client.get(url_of(topic)).content.decode()
    second = client.get(f"{url_of(topic)}?from={posts[30].pk}").content.decode()

    assert "Nr. 29." in first
    assert "Nr. 30." not in first
    assert f"?from={posts[30].pk}" in first
    assert "Nr. 30." in second
    assert "Nr. 29." not in second


def test_a_topic_of_huge_posts_is_quick_and_says_so_much_to_search_engines(client, topic):
    source = ("a.de *b* " * 200 + "\n\n") * 11
    html = str(markdown.render(source))
    for _number in range(30):
        Post.objects.create(topic=topic, author=topic.author, source=source, html=html)

    began = time.process_time()
    page = client.get(url_of(topic)).content.decode()

    assert time.process_time() - began < QUICK
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1])
    said = data["mainEntity"]["suggestedAnswer"]
    assert {len(one["text"]) for one in said} == {5_000}


def is_kept(path, host="alpha.localhost"):
    """True when the page was put into the cache of strangers' pages."""
    answer = Client(headers={"host": host}).get(path)
    assert answer.status_code == 200
    return answer["Cache-Control"] == "public, no-cache"


def test_of_a_topics_pages_those_that_are_linked_are_kept(client, topic, member):
    said = [
        writing.reply(topic, author=member(name), draft=Draft(name)) for name in ("Eins", "Zwei")
    ]
    page = url_of(topic)

    assert is_kept(page)
    assert [is_kept(f"{page}?from={post.pk}") for post in said] == [True, True]
    odd = [f"0{said[0].pk}", f"{said[0].pk}&from={said[1].pk}", said[1].pk + 1, 0, "", "x"]
    assert [is_kept(f"{page}?from={value}") for value in odd] == [False] * len(odd)


def test_of_a_lists_pages_those_that_are_linked_are_kept(client, topic):
    key = keyset.encode((topic.last_post_at, topic.pk))
    other = keyset.encode((topic.last_post_at, topic.pk + 1))

    for page in ("/forum/", f"/forum/{topic.category.slug}/"):
        assert is_kept(page)
        assert is_kept(f"{page}?after={key}")
        odd = [other, f"0{key}", f"{other}&after={key}", "1.1", "", "x"]
        assert [is_kept(f"{page}?after={value}") for value in odd] == [False] * len(odd)


@pytest.mark.parametrize("host", ["ALPHA.localhost", "alpha.localhost.", "alpha.localhost:4711"])
def test_a_page_is_kept_under_the_hosts_own_name_alone(client, topic, host):
    assert is_kept("/forum/")
    assert not is_kept("/forum/", host)


def test_of_a_maps_parts_those_that_are_linked_are_kept(client, topic):
    assert is_kept("/sitemap-forum.xml")
    assert is_kept("/sitemap-forum.xml?p=1")
    assert [is_kept(f"/sitemap-forum.xml?p={odd}") for odd in ("01", "%201", "1&p=1")] == [
        False
    ] * 3


def test_a_post_that_would_become_an_endless_page_is_refused_and_its_text_kept(
    client, topic, member
):
    client.force_login(member("Bekannt"))
    text = "|" + "a|" * 100 + "\n|" + "-|" * 100 + "\n" + "|\n" * 9000

    page = client.post(f"/forum/themen/{topic.pk}/antwort/", {"text": text})

    assert page.status_code == 422
    assert "zu groß" in page.content.decode()
    assert "|\n|\n|\n" in page.content.decode()
    assert not Post.objects.filter(is_question=False).exists()
