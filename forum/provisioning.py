"""What every tenant's forum starts with, as rows: its administrators rename, add and remove."""

from __future__ import annotations

from forum.topics import Category

START = (
    (
        "Fragen und Antworten",
        "fragen",
        "Wie geht das? Fragen zum Alltag, von Kunden und vom Team beantwortet.",
    ),
    ("Ideen und Wünsche", "ideen", "Was fehlt Ihnen? Stimmen Sie ab, was als Nächstes kommt."),
    ("Tipps aus der Praxis", "tipps", "Wie andere arbeiten, und was sich bewährt hat."),
)


def create_categories() -> None:
    for position, (name, slug, description) in enumerate(START, start=1):
        Category.objects.create(name=name, slug=slug, description=description, position=position)
