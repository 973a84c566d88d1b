"""Agents write the FAQ at the desk; for customers these pages do not exist."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from faq import services as faq
from faq.models import Article, Category
from tests.factories import CategoryFactory, CustomerFactory, article, open_ticket
from tickets import writing


@pytest.fixture
def desk(client, agent):
    client.force_login(agent)
    return client


def typed(category, /, **values):
    return {
        "title": "Wie geht das?",
        "text": "## So\n\nUnd **so**.",
        "category": category.pk,
        "visibility": "public",
        "language": "de",
        **values,
    }


def test_customers_and_strangers_find_none_of_it(client, customer):
    written = article()
    addresses = [
        reverse("desk:faq"),
        reverse("desk:new_faq_article"),
        reverse("desk:faq_statistics"),
        reverse("desk:faq_picker"),
        reverse("desk:faq_categories"),
        reverse("desk:faq_category", args=[written.category.pk]),
        reverse("desk:faq_article", args=[written.pk]),
        reverse("desk:faq_versions", args=[written.pk]),
        reverse("desk:faq_version", args=[written.pk, 1]),
    ]
    acts = [
        reverse("desk:faq_category_removal", args=[written.category.pk]),
        reverse("desk:faq_publication", args=[written.pk]),
        reverse("desk:faq_removal", args=[written.pk]),
        reverse("desk:faq_restoration", args=[written.pk, 1]),
    ]

    assert {client.get(address).status_code for address in addresses} == {302}
    client.force_login(customer)
    assert {client.get(address).status_code for address in addresses} == {404}
    assert {client.post(address).status_code for address in acts} == {404}


def test_article_is_written_previewed_and_published(desk):
    category = CategoryFactory()
    address = reverse("desk:new_faq_article")

    preview = desk.post(address, typed(category, preview="yes"))
    desk.post(address, typed(category))
    draft = Article.objects.get()
    desk.post(reverse("desk:faq_publication", args=[draft.pk]), {"publish": "yes"})

    assert preview.status_code == 200
    assert '<h3 id="p-so">So</h3>' in preview.content.decode()
    assert draft.state == "draft"
    assert desk.get(draft.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"title": ""}, {"text": "  "}, {"category": 0}, {"review_on": "31.2."}]
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(desk, wrong):
    response = desk.post(reverse("desk:new_faq_article"), typed(CategoryFactory(), **wrong))

    assert response.status_code == 422
    assert wrong.get("title", "Wie geht das?") in response.content.decode()
    assert not Article.objects.exists()


def test_without_a_category_the_way_leads_there(desk):
    response = desk.get(reverse("desk:new_faq_article"))

    assert response.url == reverse("desk:faq_categories")


def test_category_is_made_changed_and_removed_while_empty(desk):
    desk.post(reverse("desk:faq_categories"), {"name": "Größe & Maß", "position": 1})
    category = Category.objects.get()
    written = article(category=category)
    removal = reverse("desk:faq_category_removal", args=[category.pk])

    desk.post(reverse("desk:faq_category", args=[category.pk]), {"name": "Maß", "position": 2})
    desk.post(removal)
    assert Category.objects.get().name == "Maß"
    faq.withdraw(written)
    faq.remove(written)
    desk.post(removal)

    assert category.slug == "groesse-mass"
    assert not Category.objects.exists()


def test_versions_show_what_changed_and_are_restored(desk, agent):
    written = article(text="Eins\nZwei")
    changed = faq.Writing(title=written.title, text="Eins\nDrei", category=written.category)
    faq.write(written, changed, by=agent)

    page = desk.get(reverse("desk:faq_version", args=[written.pk, 2])).content.decode()
    desk.post(reverse("desk:faq_restoration", args=[written.pk, 1]))

    assert '<del class="faq-removed">Zwei</del>' in page
    assert '<ins class="faq-added">Drei</ins>' in page
    assert written.current.text == "Eins\nZwei"


def test_published_article_is_not_removed(desk):
    written = article()

    desk.post(reverse("desk:faq_removal", args=[written.pk]))
    assert Article.objects.exists()
    desk.post(reverse("desk:faq_publication", args=[written.pk]))
    desk.post(reverse("desk:faq_removal", args=[written.pk]))

    assert not Article.objects.exists()


@pytest.mark.parametrize(
    ("only", "shown"),
    [
        ("", {"Offen", "Entwurf", "Alt", "Intern"}),
        ("drafts", {"Entwurf"}),
        ("review", {"Alt"}),
        ("agents", {"Intern"}),
        ("nonsense", {"Offen", "Entwurf", "Alt", "Intern"}),
    ],
)
def test_list_is_filtered(desk, only, shown):
    article("Offen")
    article("Entwurf", is_published=False)
    article("Alt", review_on="2020-01-01")
    article("Intern", visibility="agents")

    response = desk.get(reverse("desk:faq"), {"only": only})

    assert {one.title for one in response.context["articles"]} == shown


def test_statistics_say_what_readers_do(desk, customer):
    written = article("Drucken")
    faq.vote(written, is_helpful=False, comment="<b>Bild</b>", person=customer, visitor="")
    faq.count_reading(written, is_before_ticket=True)
    faq.count_solved(written)
    faq.note_failed_search("Lieferantenportal")

    response = desk.get(reverse("desk:faq_statistics"))

    page = response.content.decode()
    assert response.context["sums"] == {"read": 1, "solved": 1}
    assert "lieferantenportal" in page
    assert "&lt;b&gt;Bild&lt;/b&gt;" in page


def test_answer_becomes_a_draft_without_its_people(desk, agent):
    CategoryFactory()
    person = CustomerFactory(name="Berta Kaiser", email="berta@kaiser.example")
    ticket = open_ticket(person, subject="Frage von Berta Kaiser")
    answer = writing.reply(ticket, author=agent, text="Guten Tag Frau Kaiser, so geht es.")
    address = f"{reverse('desk:new_faq_article')}?message={answer.pk}"

    response = desk.get(address)

    form = response.context["form"]
    assert form["title"].value() == "Frage von [Name]"
    assert form["text"].value() == "Guten Tag Frau [Name], so geht es."
    assert "<del>Kaiser</del> <ins>[Name]</ins>" in response.content.decode()
    assert address in desk.get(reverse("desk:ticket", args=[ticket.number])).content.decode()


@pytest.mark.parametrize("kind", ["note", "inbound", "none"])
def test_only_a_public_answer_becomes_an_article(desk, agent, kind):
    CategoryFactory()
    ticket = open_ticket()
    writing.add_note(ticket, author=agent, text="Intern")
    found = ticket.messages.filter(kind=kind).first()
    pk = found.pk if found else 999_999

    response = desk.get(f"{reverse('desk:new_faq_article')}?message={pk}")

    assert response.status_code == 404


def test_article_is_found_for_an_answer_and_an_internal_ones_link_is_not_offered(desk):
    shown = article("Etiketten drucken", "Über **Drucken**.")
    article("Etiketten intern", "Geheimes.", visibility="agents")
    article("Etiketten Entwurf", is_published=False)

    part = desk.get(
        reverse("desk:faq_picker"), {"q": "etikett"}, headers={"HX-Request": "true"}
    ).content.decode()

    assert f'data-faq-insert="Etiketten drucken: http://alpha.localhost/faq/{shown.slug}/"' in part
    assert 'data-faq-insert="Über **Drucken**."' in part
    assert "Geheimes." in part
    assert "/faq/etiketten-intern/&quot;" not in part
    assert 'data-faq-insert="Etiketten intern' not in part
    assert "Entwurf" not in part


def test_without_scripts_only_what_customers_may_read_is_offered_for_an_answer(desk):
    shown = article("Etiketten drucken")
    known = article("Etiketten für Kunden", visibility="customers")
    article("Etiketten intern", visibility="agents")

    page = desk.get(reverse("desk:faq_picker"), {"q": "etikett"}).content.decode()

    assert f"http://alpha.localhost/faq/{shown.slug}/" in page
    assert f"http://alpha.localhost/faq/{known.slug}/" in page
    assert "Etiketten intern" not in page


def test_without_scripts_a_customers_article_is_found_behind_many_internal_ones(desk):
    for number in range(9):
        article(f"Etiketten intern {number}", visibility="agents")
    shown = article("Etiketten drucken", "Hier steht etwas mehr über anderes.")

    page = desk.get(reverse("desk:faq_picker"), {"q": "etiketten"}).content.decode()

    assert f"/faq/{shown.slug}/" in page


def test_files_are_added_and_removed(desk):
    written = article()
    address = reverse("desk:faq_article", args=[written.pk])
    values = typed(written.category)
    desk.post(address, {**values, "files": SimpleUploadedFile("plan.pdf", b"%PDF-")})
    stored = written.files.get()
    assert stored.filename == "plan.pdf"
    desk.post(address, {**values, "removed_files": stored.pk})

    assert not written.files.exists()


@pytest.mark.parametrize(
    "odd", [{"category": "x"}, {"category": "9" * 40}, {"related": "9" * 5000}]
)
def test_what_is_no_article_and_no_category_is_refused_in_words(desk, odd):
    page = desk.post(reverse("desk:new_faq_article"), typed(CategoryFactory(), **odd))

    assert page.status_code == 422
    assert "Und **so**." in page.content.decode()
