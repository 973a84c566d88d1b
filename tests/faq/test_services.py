"""Articles are written, kept in every version, and read by those they are for."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django_tenants.utils import schema_context

from faq import privacy, services
from faq.models import Article, ArticleVersion, Category, FailedSearch
from faq.suggesting import suggestions
from tests.factories import AgentFactory, article
from tests.threads import side_by_side
from tickets.recording import File


@pytest.mark.parametrize(
    ("visibility", "readers"),
    [
        ("public", ["stranger", "customer", "agent"]),
        ("customers", ["customer", "agent"]),
        ("agents", ["agent"]),
    ],
)
def test_article_is_read_by_those_it_is_for(tenant, customer, agent, visibility, readers):
    people = {"stranger": AnonymousUser(), "customer": customer, "agent": agent}
    shown = article(visibility=visibility)
    article("Entwurf", visibility=visibility, is_published=False)

    found = {who: list(Article.objects.visible_to(user)) for who, user in people.items()}

    assert found == {who: [shown] if who in readers else [] for who in people}


def test_another_text_is_another_version_and_the_same_is_none(tenant, agent):
    written = article(text="Erst so.")
    writing = services.Writing(title=written.title, text="Dann so.", category=written.category)

    services.write(written, writing, by=agent)
    services.write(written, writing, by=agent)

    assert [(v.number, v.text) for v in written.versions.all()] == [
        (2, "Dann so."),
        (1, "Erst so."),
    ]


def test_version_never_changes(tenant):
    version = article().current

    with pytest.raises(IntegrityError, match="is final"), transaction.atomic():
        ArticleVersion.objects.filter(pk=version.pk).update(text="Anders.")


def test_restoring_makes_a_new_version(tenant, agent):
    written = article(title="Alt", text="Erst so.")
    changed = services.Writing(title="Neu", text="Dann so.", category=written.category)
    services.write(written, changed, by=agent)

    services.restore(written.versions.get(number=1), by=agent)

    written.refresh_from_db()
    assert written.title == "Alt"
    assert written.current.number == 3
    assert written.current.text == "Erst so."
    assert list(Article.objects.matching("erst")) == [written]


def test_two_titles_alike_have_two_addresses(tenant):
    first, second = article("Größe ändern"), article("Größe ändern")
    reserved = article("Vorschläge")

    assert first.slug == "groesse-aendern"
    assert second.slug == "groesse-aendern-2"
    assert reserved.slug == "vorschlaege-2"


def test_only_a_draft_can_be_removed_and_its_files_go_with_it(
    tenant, django_capture_on_commit_callbacks
):
    written = article(files=[File("a.txt", "text/plain", b"x")])
    stored = written.files.get().file

    assert not services.remove(written)
    services.withdraw(written)
    with django_capture_on_commit_callbacks(execute=True):
        assert services.remove(written)

    assert not Article.objects.exists()
    assert not stored.storage.exists(stored.name)


def test_one_person_has_one_vote_and_may_change_it(tenant, customer):
    written = article()

    services.vote(written, is_helpful=False, comment="Bild fehlt", person=customer, visitor="")
    services.vote(written, is_helpful=True, person=customer, visitor="ignored")
    services.vote(written, is_helpful=False, person=None, visitor="a")
    services.vote(written, is_helpful=False, person=None, visitor="a")

    written.refresh_from_db()
    assert (written.helpful_count, written.not_helpful_count) == (1, 1)
    assert written.votes.get(person=customer).comment == "Bild fehlt"


def test_failed_searches_are_counted_without_anybodys_data(tenant):
    for words in ["Größe  ändern", "größe ändern", "a", "anna@example.org", "0170 1234567"]:
        services.note_failed_search(words)

    assert list(FailedSearch.objects.values_list("words", "count")) == [("größe ändern", 2)]


def test_failed_searches_have_an_end(tenant, monkeypatch):
    monkeypatch.setattr(services, "FAILED_SEARCHES", 2)

    for words in ["eins", "zwei", "drei", "zwei"]:
        services.note_failed_search(words)

    assert dict(FailedSearch.objects.values_list("words", "count")) == {"eins": 1, "zwei": 2}


def test_what_somebody_writes_is_offered_its_answer(tenant):
    fitting = article("Etiketten für DHL drucken", "Wählen Sie das Format A6.")
    article("Rechnungen herunterladen", "Unter Einstellungen.")
    article("DHL-Vertrag", "Nur intern.", visibility="agents")

    found = suggestions(
        "Etikett", "Hallo, ich kann kein DHL-Etikett drucken. Was tun?", AnonymousUser()
    )

    assert found == [fitting]
    assert suggestions("", "", AnonymousUser()) == []


def test_faq_stays_in_its_tenant(tenant, other_tenant):
    with schema_context(other_tenant.schema_name):
        article("Nur dort")

    assert not Article.objects.exists()


def test_ten_thousand_votes_are_not_read_with_the_page(
    client, tenant, django_assert_max_num_queries
):
    written = article()
    written.votes.bulk_create(
        written.votes.model(article=written, visitor=str(n), is_helpful=True, comment="x")
        for n in range(10_000)
    )

    with django_assert_max_num_queries(7):
        response = client.get(written.get_absolute_url())

    assert response.status_code == 200
    assert len(response.content) < 40_000


def test_person_is_handed_out_what_they_said_and_forgotten(tenant, customer):
    written = article("Drucken")
    services.vote(written, is_helpful=False, comment="Bild fehlt", person=customer, visitor="")

    said = privacy.export(customer)
    privacy.erase(customer)

    assert [(one["article"], one["comment"]) for one in said] == [("Drucken", "Bild fehlt")]
    assert privacy.export(customer) == []
    assert (written.votes.get().is_helpful, written.votes.get().comment) == (False, "")


def test_articles_and_categories_of_one_name_saved_at_once_get_addresses_of_their_own(fresh_tenant):
    agent = AgentFactory()
    category = Category.objects.order_by("pk").first() or Category.objects.create(
        name="Alles", slug="alles"
    )

    def write():
        writing = services.Writing(title="Etiketten drucken", text="So.", category=category)
        return services.write(None, writing, by=agent).slug

    def add():
        return services.add_category(Category(name="Versand und Porto")).slug

    assert sorted(side_by_side(fresh_tenant, [write] * 4)) == [
        "etiketten-drucken",
        *(f"etiketten-drucken-{number}" for number in (2, 3, 4)),
    ]
    assert sorted(side_by_side(fresh_tenant, [add] * 3)) == [
        "versand-und-porto",
        *(f"versand-und-porto-{number}" for number in (2, 3)),
    ]
