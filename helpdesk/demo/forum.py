"""A forum that people use: topics with answers, votes, a solved one, one that waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from forum import moderation, names, voting, writing
from forum.models import Category, Follow, Post, Topic
from forum.writing import Draft

TEAM = ""
NAMES = {
    "anna.berg@teehaus-nord.example": "Teekanne",
    "mira@papierkontor.example": "Falzbein",
    "lena@radwerk-kassel.example": "Speichennippel",
    "hofladen@weiss.example": "Hofladen O.",
    "info@glas-roeder.example": "Glasbläser",
    "thiel@nadelundfaden.example": "Fadenlauf",
}
ANNA, MIRA, LENA, OSKAR, JOERG, SABINE = NAMES


@dataclass(frozen=True, slots=True)
class Talk:
    """A topic: who asks, how many days ago, what is answered (by whom), and what became of it."""

    category: str
    title: str
    author: str
    days: float
    text: str
    replies: Sequence[tuple[str, str, int]] = ()
    # The place of the reply that solved it, counted from 1; 0 when none did.
    accepted: int = 0
    votes: int = 0
    is_pinned: bool = False


TALKS = (
    Talk(
        "fragen",
        "Etiketten drucken mit halbem Rand – woran liegt das?",
        ANNA,
        0.3,
        "Seit dem Wochenende fehlt beim Druck der **linke Rand**, etwa 4 mm. Drucker: Zebra ZD421, "
        "Format 10 × 15.\n\nIch habe schon:\n\n- Treiber neu installiert\n- eine andere Rolle "
        "eingelegt\n- in der Vorschau geprüft: dort ist alles da\n\nKennt das jemand?",
        (
            (
                LENA,
                (
                    "Hatte ich auch. Bei mir stand im Treiber *„An Seite anpassen“*. Auf "
                    "**Tatsächliche Größe** stellen, dann passt es wieder."
                ),
                5,
            ),
            (
                TEAM,
                (
                    "Genau so ist es. Das Update des Treibers vom Freitag stellt die Skalierung "
                    "zurück:\n\n1. Druckeinstellungen öffnen\n"
                    "2. *Seite anpassen* → `Tatsächliche Größe`"
                    "\n3. Als Standard speichern\n\nEine Korrektur von Zebra ist angekündigt."
                ),
                8,
            ),
            (MIRA, "Danke, das hat mir den Vormittag gerettet.", 1),
        ),
        accepted=2,
        votes=6,
    ),
    Talk(
        "fragen",
        "Zwei Shops, ein Lagerbestand: wie verhindert ihr Überverkäufe?",
        OSKAR,
        1.2,
        "Wir verkaufen im eigenen Shop und auf einem Marktplatz. Wenn beides gleichzeitig bestellt "
        "wird, ist das letzte Glas Honig manchmal zweimal weg. Wie löst ihr das?",
        (
            (
                SABINE,
                (
                    "Ich halte auf dem Marktplatz immer **zwei Stück zurück**. Nicht elegant, "
                    "aber seitdem ist Ruhe."
                ),
                4,
            ),
            (JOERG, "Bestandsabgleich auf 5 Minuten statt 30. Kostet nichts.", 2),
        ),
        votes=3,
    ),
    Talk(
        "ideen",
        "Packliste nach Lagerplatz sortieren",
        MIRA,
        2.5,
        "Unsere Packliste kommt in der Reihenfolge der Bestellung. Nach **Lagerplatz** sortiert "
        "würden wir viele Wege sparen. Wer möchte das auch?",
        ((LENA, "Ja, bitte! Bei 900 Teilen im Regal wäre das Gold wert.", 3),),
        votes=7,
    ),
    Talk(
        "tipps",
        "Checkliste für die Inventur",
        TEAM,
        6,
        "Zum Jahresende, gesammelt aus vielen Gesprächen:\n\n1. **Vorher** offene Retouren "
        "buchen\n2. Zählbereiche einteilen, jeder Platz genau einer Person\n3. Während der "
        "Zählung keine Wareneingänge\n4. Abweichungen über 5 % ein zweites Mal zählen\n\nWas "
        "fehlt? Schreiben Sie es dazu, wir ergänzen die Liste.",
        ((OSKAR, "Waage eichen lassen, wenn nach Gewicht gezählt wird.", 2),),
        votes=9,
        is_pinned=True,
    ),
    Talk(
        "fragen",
        "Rechnung an abweichende Adresse schicken",
        SABINE,
        9,
        "Ein Kunde möchte die Rechnung an die Buchhaltung, die Ware aber in die Filiale. Wo stelle "
        "ich das ein?",
        (
            (
                TEAM,
                (
                    "Am Kunden unter *Adressen* eine **Rechnungsadresse** anlegen und den Haken "
                    "bei „Standard für Rechnungen“ setzen. Für eine einzelne Bestellung geht es "
                    "im Auftrag selbst."
                ),
                3,
            ),
        ),
        votes=1,
    ),
)
WAITING = (
    "Hallo zusammen, ich bin neu hier. Gibt es eine Möglichkeit, Bestellungen per CSV "
    "einzulesen? In meinem alten System ging das."
)


def open_forum(at: datetime) -> None:
    """Write the demo's forum, as if it had grown over the last days."""
    agent = User.objects.agents().filter(role=User.Role.AGENT).order_by("pk")[0]
    people = {email: User.objects.with_address(email).get() for email in NAMES}
    for email, name in NAMES.items():
        profile = names.choose(people[email], name)
        profile.shown_posts = 3
        profile.save(update_fields=["shown_posts"])
    people[TEAM] = agent
    for talk in sorted(TALKS, key=lambda talk: -talk.days):
        _tell(talk, people, at)
    newcomer = User.objects.with_address("t.frank@mail.example").get()
    names.choose(newcomer, "Tobi F.")
    category = Category.objects.get(slug="fragen")
    writing.open_topic(
        category, author=newcomer, title="Bestellungen per CSV einlesen", draft=Draft(WAITING)
    )
    # Nobody is mailed of what was written before the demo began.
    Follow.objects.update(mail_at=None, told_at=at)


def _tell(talk: Talk, people: dict[str, User], at: datetime) -> None:
    category = Category.objects.get(slug=talk.category)
    moment = at - timedelta(days=talk.days)
    topic = writing.open_topic(
        category, author=people[talk.author], title=talk.title, draft=Draft(talk.text)
    )
    posts = [topic.posts.get(is_question=True)]
    for author, text, _votes in talk.replies:
        posts.append(writing.reply(topic, author=people[author], draft=Draft(text)))
    for place, post in enumerate(posts):
        written = moment + timedelta(hours=place * 1.7)
        Post.objects.filter(pk=post.pk).update(created_at=written, published_at=written)
        _vote(post, people, talk.votes if place == 0 else talk.replies[place - 1][2])
    last = moment + timedelta(hours=(len(posts) - 1) * 1.7)
    Topic.objects.filter(pk=topic.pk).update(
        created_at=moment, last_post_at=last, is_pinned=talk.is_pinned
    )
    if talk.accepted:
        moderation.accept(posts[talk.accepted])


def _vote(post: Post, people: dict[str, User], count: int) -> None:
    """Let as many of the others as there are find it helpful."""
    voters = [user for user in people.values() if user.pk != post.author_id][:count]
    for user in voters:
        voting.vote(post, by=user)
