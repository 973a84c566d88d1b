"""The one search: what fits, best first, and only what its reader may see."""

import time

import pytest
from django.db import connection
from django.urls import reverse
from django_tenants.utils import schema_context

from faq import services
from faq.models import Article, FailedSearch
from faq.models import Category as Shelf
from forum import writing
from forum.models import Category, Post, Topic
from forum.writing import Draft
from helpdesk.fulltext import Document
from portal import search as searching
from portal.views import search
from tests.factories import AgentFactory, CustomerFactory, open_ticket
from tickets.writing import add_note

URL = "/suche/"
# Markdown that takes long to read, and seconds for which nobody minds waiting on a busy machine.
SLOW, QUICK = "a.de *b* " * 200 + "langsam\n\n", 3.0


@pytest.fixture
def category(tenant):
    return Category.objects.first() or Category.objects.create(name="Fragen", slug="fragen")


def topic(category, title, text="Guten Tag zusammen.", *, author=None):
    return writing.open_topic(
        category, author=author or AgentFactory(), title=title, draft=Draft(text)
    )


def found(client, words, **values):
    """The titles that a search shows, as plain text, in order."""
    response = client.get(URL, {"q": words, **values})
    assert response.status_code == 200
    hits = [hit for section in response.context["sections"] for hit in section.hits]
    return [hit.title.replace("<mark>", "").replace("</mark>", "") for hit in hits]


def article(title, text="Guten Tag.", **fields):
    shelf = Shelf.objects.first() or Shelf.objects.create(name="Erste Schritte", slug="start")
    writing = services.Writing(title=title, text=text, category=shelf, **fields)
    written = services.write(None, writing, by=AgentFactory())
    services.publish(written)
    return written


def test_an_article_that_helped_stands_before_one_that_did_not(client):
    for title, yes, no in [("Etikett A", 0, 9), ("Etikett B", 40, 2), ("Etikett C", 3, 3)]:
        written = article(title)
        Article.objects.filter(pk=written.pk).update(helpful_count=yes, not_helpful_count=no)

    assert found(client, "Etikett") == ["Etikett B", "Etikett C", "Etikett A"]


def test_an_article_is_found_by_those_it_is_for(client, customer, agent):
    for visibility in ("public", "customers", "agents"):
        article(f"Etikett {visibility}", visibility=visibility)
    draft = article("Etikett draft")
    services.withdraw(draft)

    assert set(found(client, "Etikett")) == {"Etikett public"}
    client.force_login(customer)
    assert set(found(client, "Etikett")) == {"Etikett public", "Etikett customers"}
    client.force_login(agent)
    assert "Etikett agents" in found(client, "Etikett")
    assert "Etikett draft" not in found(client, "Etikett")


def test_an_article_in_the_readers_language_stands_first(client):
    article("Label printing", language="en")
    article("Label Druck", language="de")

    assert found(client, "Label")[0] == "Label Druck"
    page = client.get(URL, {"q": "Label"}, headers={"accept-language": "en"})
    assert "Label</mark> printing" in page.context["sections"][0].hits[0].title


def test_what_was_searched_in_vain_is_remembered_without_anybodys_name(client, customer):
    client.force_login(customer)
    for words in ("Faxgerät", "faxgerät ", customer.email, "Kundennummer 12345678"):
        client.get(URL, {"q": words})
    # While somebody types, nothing is searched in vain yet.
    client.get(URL, {"q": "Faxger"}, headers={"hx-request": "true"})

    assert list(FailedSearch.objects.values_list("words", "count")) == [("faxgerät", 2)]


@pytest.mark.parametrize(
    "words", ["Grüße", "gruesse", "GRÜSSE", "Grüs", "Etikett Grüße", '"Grüße drucken"']
)
def test_words_are_found_however_they_are_written(client, category, words):
    topic(category, "Grüße drucken auf Etiketten")
    topic(category, "Etwas ganz anderes")

    assert found(client, words) == ["Grüße drucken auf Etiketten"]


def test_english_words_are_found_by_their_stems(client, category):
    topic(category, "Printing labels twice")

    assert found(client, "label print") == ["Printing labels twice"]


def test_a_title_counts_more_than_a_mention_and_a_solution_more_than_a_question(client, category):
    mention = topic(category, "Versand", "Das Etikett kommt nicht.")
    title = topic(category, "Etikett fehlt")
    solved = topic(category, "Etikett kaputt")
    answer = writing.reply(solved, author=AgentFactory(), draft=Draft("So geht es."))
    Topic.objects.filter(pk=solved.pk).update(accepted=answer)

    assert found(client, "Etikett") == [solved.title, title.title, mention.title]


def test_a_topic_is_found_by_what_was_answered_in_it(client, category):
    asked = topic(category, "Wie geht das?")
    writing.reply(asked, author=AgentFactory(), draft=Draft("Mit dem Lieferschein."))

    response = client.get(URL, {"q": "Lieferschein"})

    assert "Mit dem <mark>Lieferschein</mark>." in response.content.decode()


def test_what_is_held_back_or_hidden_is_found_by_nobody(client, category, customer):
    hidden = topic(category, "Geheimnis im Titel", "Geheimnis im Text")
    Topic.objects.filter(pk=hidden.pk).update(is_hidden=True)
    shown = topic(category, "Offen")
    reply = writing.reply(shown, author=AgentFactory(), draft=Draft("Geheimnis als Antwort"))
    Post.objects.filter(pk=reply.pk).update(state=Post.State.HIDDEN)

    assert found(client, "Geheimnis") == []
    client.force_login(customer)
    assert found(client, "Geheimnis") == []


def test_customers_find_their_own_tickets_and_nobody_elses(client, customer, agent):
    mine = open_ticket(customer, subject="Mein Etikett", text="Es klebt nicht.")
    open_ticket(CustomerFactory(), subject="Fremdes Etikett", text="Es klebt nicht.")

    assert found(client, "Etikett") == []
    client.force_login(customer)
    assert found(client, "klebt") == ["Mein Etikett"]
    assert found(client, f"#{mine.number}") == ["Mein Etikett"]
    assert found(client, "Etikett", **{"in": "tickets"}) == ["Mein Etikett"]
    client.force_login(agent)
    assert found(client, "Etikett") == []
    assert found(client, "Etikett", **{"in": "tickets"}) == []


def test_no_customer_finds_a_note(client, customer, agent):
    ticket = open_ticket(customer)
    add_note(ticket, author=agent, text="Zahlungsmoral: miserabel")
    client.force_login(customer)

    assert found(client, "Zahlungsmoral") == []


def test_another_tenants_topics_are_not_found(client, category, other_tenant):
    with schema_context(other_tenant.schema_name):
        shelf = Category.objects.first() or Category.objects.create(name="F", slug="f")
        topic(shelf, "Etikett von Beta")

    assert found(client, "Etikett") == []


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' OR 1=1 --",
        "a & | ! ( ) : * \\",
        "''':*",
        "-",
        '"',
        "\x00\x00",
        "ß" * 5000,
        "\ud800".encode("utf-8", "replace").decode(),
        "%",
        "🦄",
    ],
)
def test_whatever_is_typed_is_words_and_nothing_else(client, category, words):
    topic(category, "Etikett <script>alert(2)</script>", "Text <b>mit</b> Etikett")

    page = client.get(URL, {"q": words}).content.decode()
    hit = client.get(URL, {"q": "Etikett"}).content.decode()

    assert "<script>alert" not in page + hit
    assert "onerror=alert(1)>" not in page
    assert "<mark>Etikett</mark> &lt;script&gt;" in hit


def test_while_typing_only_the_list_is_sent(client, category):
    topic(category, "Etikett")

    part = client.get(URL, {"q": "Eti"}, headers={"hx-request": "true"})
    whole = client.get(URL, {"q": "Eti"})

    assert part.content.decode().lstrip().startswith('<div id="found"')
    assert "<!doctype html>" in whole.content.decode()
    assert "HX-Request" in part["Vary"]
    for name in ("hx-boosted", "hx-history-restore-request"):
        headers = {"hx-request": "true", name: "true"}
        again = client.get(URL, {"q": "Eti"}, headers=headers)
        assert "<!doctype html>" in again.content.decode()
    for response in (part, whole):
        assert response["Cache-Control"] == "private, no-cache"


def test_a_search_is_nothing_for_search_engines(client):
    page = client.get(URL, {"q": "x"}).content.decode()

    assert '<meta name="robots" content="noindex">' in page
    assert 'rel="canonical"' not in page


def test_a_kind_that_one_may_not_search_is_all_of_them(client, category):
    topic(category, "Etikett")

    for kind in ("tickets", "<x>", ""):
        assert found(client, "Etikett", **{"in": kind}) == ["Etikett"]


def test_a_search_asks_a_fixed_number_of_times(client, category, django_assert_max_num_queries):
    for number in range(8):
        asked = topic(category, f"Etikett {number}")
        writing.reply(asked, author=AgentFactory(), draft=Draft("Etikett hier"))
    client.get(URL)

    with django_assert_max_num_queries(14):
        client.get(URL, {"q": "Etikett"})
    assert reverse("portal:search") == URL


def test_fifty_huge_posts_are_shown_quickly(client, category):
    author, text = AgentFactory(), (SLOW * 20)[:20_000]
    for number in range(50):
        topic = Topic.objects.create(
            category=category, title=f"Thema {number}", slug="thema", author=author
        )
        Post.objects.create(
            topic=topic,
            author=author,
            is_question=True,
            source=text,
            html=text,
            search=Document("", "", "langsam"),
        )

    began = time.perf_counter()
    shown = found(client, "langsam", **{"in": "forum"})

    assert len(shown) == 50
    assert time.perf_counter() - began < QUICK


def test_a_strangers_place_may_search_only_so_often(client, customer, monkeypatch):
    monkeypatch.setattr(search, "MOST_OF_A_PLACE", 2)

    def ask():
        return client.get(URL, {"q": "Etikett"}, REMOTE_ADDR="203.0.113.77")

    answers = [ask(), ask(), ask()]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= search.SECONDS
    assert "in 1 Minute " in answers[-1].content.decode()
    client.force_login(customer)
    assert ask().status_code == 200


@pytest.fixture
def few(monkeypatch):
    """Two candidates of each kind, looked for among the last two, then the last four entries."""
    for name in ("MOST_ARTICLES", "MOST_TOPICS", "MOST_POSTS"):
        monkeypatch.setattr(searching, name, 2)
    monkeypatch.setattr(searching, "NEAR", 1)
    monkeypatch.setattr(searching, "FAR", 2)


@pytest.mark.parametrize("after", [0, 2, 10])
def test_the_newest_are_found_however_far_back_they_stand(client, category, few, after):
    for number in range(4):
        article(f"Zollnummer {number}")
        topic(category, f"Zollnummer im Thema {number}")
    for number in range(after):
        article(f"Artikel {number}")
        topic(category, f"Thema {number}")

    assert sorted(found(client, "Zollnummer")) == [
        "Zollnummer 2",
        "Zollnummer 3",
        "Zollnummer im Thema 2",
        "Zollnummer im Thema 3",
    ]


@pytest.mark.parametrize("state", Post.State.values)
def test_an_old_post_with_a_rare_word_is_found_among_hidden_ones(client, category, few, state):
    topics = [topic(category, f"Thema {number}", "Zollnummer") for number in range(8)]
    Post.objects.filter(topic__in=topics[1:]).update(state=state)
    # A topic's own words are those of its question: here they are of no interest.
    Topic.objects.update(search=None)
    newest = topics[-2:] if state == Post.State.VISIBLE else topics[:1]

    assert set(found(client, "Zollnummer")) == {one.title for one in newest}


def test_of_a_word_that_hidden_posts_are_full_of_the_newest_is_found(
    client, category, few, monkeypatch
):
    monkeypatch.setattr(searching, "RARE", 2)
    topics = [topic(category, f"Thema {number}", "Zollnummer") for number in range(8)]
    Post.objects.filter(topic__in=topics[1:-1]).update(state=Post.State.HIDDEN)
    Topic.objects.update(search=None)

    assert "Thema 7" in found(client, "Zollnummer")


def test_a_search_leaves_a_transaction_around_it_as_it_was(client, category, few):
    for number in range(8):
        topic(category, f"Thema {number}")

    assert found(client, "gibtesnicht") == []
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_indexscan")
        assert cursor.fetchone() == ("on",)
