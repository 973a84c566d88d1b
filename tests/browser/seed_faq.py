"""The articles the browser tests know."""

from __future__ import annotations

from tests.browser.seed_arrivals import PNG


def written_faq(agent):
    """A published article with a file and two versions, a draft, and an internal one."""
    from faq import services
    from faq.models import Category
    from tickets.recording import File

    category = Category.objects.create(
        name="Prüfung", slug="pruefung", description="Was die Prüfung braucht."
    )
    empty = Category.objects.create(name="Noch leer", slug="noch-leer", position=9)

    def write(title, text, **values):
        writing = services.Writing(title=title, text=text, category=category, **values)
        return services.write(None, writing, by=agent)

    internal = write("Nur für das Team", "Intern.", visibility="agents")
    services.publish(internal)
    draft = write("Noch ein Entwurf", "Folgt.")
    text = (
        "## Eins\n\nText mit `Code`.\n\n## Zwei\n\n|A|B|\n|-|-:|\n|1|2|\n\n### Drei\n\n- a\n- b\n"
    )
    shown = write("Wie geht die Prüfung?", text, files=[File("plan.png", "image/png", PNG)])
    services.publish(shown)
    again = services.Writing(
        title="Wie geht die Prüfung?", text=text + "\nMehr.", category=category, related=[internal]
    )
    services.write(shown, again, by=agent)
    services.vote(shown, is_helpful=False, comment="Zu kurz", person=None, visitor="seed")
    services.count_reading(shown, is_before_ticket=True)
    return {
        "article": shown.pk,
        "article_slug": shown.slug,
        "internal_slug": internal.slug,
        "article_file": shown.files.get().pk,
        "draft_article": draft.pk,
        "category": category.pk,
        "empty_category": empty.pk,
        "first_version": 1,
        "second_version": 2,
    }
