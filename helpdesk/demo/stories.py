"""What was written: tickets of every tier and state, as plain data in German.

`left` says where the due moment lies, in business minutes from now: negative is overdue. `used`
of a finished story says how many business minutes ago it began.
"""

from __future__ import annotations

from dataclasses import dataclass

from tickets.models import Channel
from tickets.states import State


@dataclass(frozen=True, slots=True)
class Story:
    """One ticket: who wrote what, and what became of it."""

    email: str
    subject: str
    text: str
    left: int = 0
    channel: str = Channel.EMAIL
    assignee: str = ""
    note: str = ""
    answer: str = ""
    # Business minutes from the first message to the answer, and on to the customer's next one.
    answered_after: int = 60
    began: int = 0
    follow_up: str = ""
    state: State = State.NEW
    file: tuple[str, str, str] | None = None


LOG = (
    "import.log",
    "text/plain",
    "08:02:11 Abruf gestartet\n08:02:13 Fehler 401: Zugang abgelaufen\n08:02:13 Abruf beendet\n",
)
TABLE = (
    "bestand.csv",
    "text/csv",
    "Artikel;Kanal A;Kanal B\nAssam 250 g;14;11\nEarl Grey 100 g;32;32\nSencha 500 g;3;0\n",
)

# In the queue: for each tier something overdue, something due soon and something relaxed.
OPEN = (
    Story(
        "anna.berg@teehaus-nord.example",
        "Bestellungen werden seit heute früh nicht mehr importiert",
        "Guten Morgen,\n\nseit etwa 8 Uhr kommt keine einzige Bestellung mehr an. Das Protokoll "
        "hänge ich an. Wir können im Moment nichts versenden, bitte sehen Sie schnell nach.\n\n"
        "Viele Grüße\nAnna Berg",
        left=-18,
        assignee="Jana Lind",
        note="Zugang beim Marktplatz ist abgelaufen, Erneuerung angestoßen. Rückmeldung steht aus.",
        file=LOG,
    ),
    Story(
        "lena@radwerk-kassel.example",
        "Rechnungslayout nach dem Update verschoben",
        "Hallo,\n\nseit dem Update rutscht die Fußzeile auf jeder Rechnung auf eine zweite Seite. "
        "Heute Nachmittag gehen 60 Rechnungen raus, können Sie vorher helfen?\n\nLena Krüger",
        left=24,
    ),
    Story(
        "h.paulsen@teehaus-nord.example",
        "Lagerbestand weicht zwischen zwei Kanälen ab",
        "Guten Tag,\n\nder Bestand stimmt bei drei Artikeln nicht überein, die Liste liegt bei. "
        "Woran kann das liegen?\n\nMit freundlichen Grüßen\nHenrik Paulsen",
        left=165,
        channel=Channel.PORTAL,
        assignee="Malte Stein",
        file=TABLE,
    ),
    Story(
        "mira@papierkontor.example",
        "Versandetiketten drucken doppelt",
        "Hallo zusammen,\n\njedes Etikett kommt zweimal aus dem Drucker, seit wir den "
        "Dienstleister gewechselt haben. Die Einstellungen habe ich schon geprüft.\n\nMira Sander",
        left=-35,
        channel=Channel.PORTAL,
    ),
    Story(
        "hofladen@weiss.example",
        "Pfand wird auf der Rechnung nicht ausgewiesen",
        "Sehr geehrte Damen und Herren,\n\nauf den Rechnungen fehlt die Zeile für das Pfand. "
        "Unser Steuerberater verlangt sie. Wo stelle ich das ein?\n\nOskar Weiß",
        left=55,
        assignee="Derya Aksoy",
    ),
    Story(
        "mira@papierkontor.example",
        "Mehrere Absenderadressen hinterlegen",
        "Guten Tag,\n\nwir versenden künftig aus zwei Lagern. Kann ich je Lager eine eigene "
        "Absenderadresse hinterlegen?\n\nMira Sander",
        left=400,
    ),
    Story(
        "info@glas-roeder.example",
        "Artikelbilder verschwinden nach dem Speichern",
        "Hallo,\n\nbei neuen Artikeln ist das Bild nach dem Speichern wieder weg. Bei alten "
        "Artikeln klappt es.\n\nGruß, Jörg Röder",
        left=-90,
    ),
    Story(
        "thiel@nadelundfaden.example",
        "Kundengruppe für Händler anlegen",
        "Guten Tag,\n\nich möchte für Händler andere Preise zeigen. Gibt es dafür Kundengruppen, "
        "und wie weise ich sie zu?\n\nSabine Thiel",
        left=80,
    ),
    Story(
        "info@glas-roeder.example",
        "Wie lege ich eine zweite Steuernummer an?",
        "Guten Tag,\n\nwir verkaufen demnächst auch nach Österreich und brauchen dort eine eigene "
        "Steuernummer auf den Belegen.\n\nJörg Röder",
        left=610,
    ),
    Story(
        "paul.neumann@mail.example",
        "Passwort wird nicht angenommen",
        "Hallo,\n\nmein neues Passwort wird mit einer roten Meldung abgelehnt, obwohl es lang "
        "genug ist. Was mache ich falsch?\n\nPaul Neumann",
        left=-240,
    ),
    Story(
        "katrin.vogel@mail.example",
        "Newsletter abbestellen",
        "Guten Tag,\n\nich bekomme den Newsletter doppelt. Bitte tragen Sie die zweite Adresse aus."
        "\n\nKatrin Vogel",
        left=95,
    ),
    Story(
        "t.frank@mail.example",
        "Kann man die Startseite anpassen?",
        "Moin,\n\nlässt sich einstellen, welche Kacheln auf der Startseite stehen? Ich brauche nur "
        "drei davon.\n\nTobias Frank",
        left=830,
        channel=Channel.PORTAL,
    ),
    # From the tenant's own website, by somebody whom nobody knows.
    Story(
        "jonas.albrecht@mail.example",
        "Gibt es eine Testversion?",
        "Guten Tag,\n\nwir überlegen, mit unserem Shop zu Ihnen zu wechseln. Kann man vorher "
        "ausprobieren, ob alles passt?\n\nJonas Albrecht",
        left=540,
        channel=Channel.CONTACT_FORM,
    ),
)

# Answered and written again: a follow-up stands in the same queue, with a target of its own.
FOLLOW_UPS = (
    Story(
        "lena@radwerk-kassel.example",
        "Schnittstelle zur Buchhaltung liefert leere Datei",
        "Guten Tag,\n\nder Export für die Buchhaltung ist seit gestern leer. Was brauchen Sie von "
        "uns?\n\nLena Krüger",
        answer="Guten Tag Frau Krüger,\n\ndas sehen wir uns an. Können Sie uns sagen, welchen "
        "Zeitraum Sie ausgewählt haben?",
        began=300,
        answered_after=90,
        follow_up="Wir nehmen immer den Vormonat, vom ersten bis zum letzten Tag.\n\nLena Krüger",
        assignee="Jana Lind",
    ),
)

# Answered, solved, closed, spam: what the queue does not show and the search finds.
DONE = (
    Story(
        "anna.berg@teehaus-nord.example",
        "Export bricht bei 2.000 Artikeln ab",
        "Hallo,\n\nder Artikelexport endet immer nach 2.000 Zeilen. Ist das eine Grenze?\n\n"
        "Anna Berg",
        answer="Guten Tag Frau Berg,\n\ndie Grenze lässt sich unter Einstellungen, Export anheben. "
        "Ich habe sie für Sie auf 20.000 gesetzt. Passt es jetzt?",
        began=700,
        answered_after=95,
        assignee="Malte Stein",
        state=State.WAITING,
        channel=Channel.PORTAL,
    ),
    Story(
        "anna.berg@teehaus-nord.example",
        "Etiketten drucken sich doppelt",
        "Guten Tag,\n\nseit dem Update kommt jedes Etikett zweimal aus dem Drucker.\n\nAnna Berg",
        answer="Guten Tag Frau Berg,\n\nin der Druckvorlage waren zwei Exemplare eingestellt. Wir "
        "haben das auf eines gesetzt; die Vorlage brauchen Sie nur neu zu laden.",
        began=1900,
        answered_after=70,
        assignee="Jana Lind",
        state=State.SOLVED,
        channel=Channel.PORTAL,
    ),
    Story(
        "hofladen@weiss.example",
        "Umsatzsteuer bei Gutscheinen",
        "Guten Tag,\n\nwird die Umsatzsteuer beim Verkauf oder beim Einlösen eines Gutscheins "
        "berechnet?\n\nOskar Weiß",
        answer="Guten Tag Herr Weiß,\n\nbei Mehrzweckgutscheinen erst beim Einlösen. So ist es bei "
        "Ihnen auch eingestellt.",
        began=1500,
        answered_after=240,
        assignee="Derya Aksoy",
        state=State.WAITING,
    ),
    Story(
        "mira@papierkontor.example",
        "Mahnstufen lassen sich nicht speichern",
        "Hallo,\n\ndie dritte Mahnstufe verschwindet nach dem Speichern.\n\nMira Sander",
        answer="Guten Tag Frau Sander,\n\ndas war ein Fehler bei uns, seit heute Mittag ist er "
        "behoben. Danke für den Hinweis!",
        began=2600,
        answered_after=310,
        assignee="Jana Lind",
        state=State.SOLVED,
        channel=Channel.PORTAL,
    ),
    Story(
        "thiel@nadelundfaden.example",
        "Zugang für eine neue Mitarbeiterin",
        "Guten Tag,\n\nbitte richten Sie einen Zugang für Frau Ebert ein.\n\nSabine Thiel",
        answer="Guten Tag Frau Thiel,\n\ndie Einladung ist unterwegs.",
        began=3100,
        answered_after=55,
        assignee="Malte Stein",
        state=State.SOLVED,
    ),
    Story(
        "paul.neumann@mail.example",
        "Lieferschein ohne Preise",
        "Hallo,\n\nkann man Lieferscheine ohne Preise drucken?\n\nPaul Neumann",
        answer="Guten Tag Herr Neumann,\n\nja: in der Vorlage das Feld „Preise zeigen“ abwählen.",
        began=4000,
        answered_after=800,
        assignee="Derya Aksoy",
        state=State.CLOSED,
    ),
    Story(
        "gewinn@glueckslos.example",
        "Sie haben gewonnen!!!",
        "Herzlichen Glückwunsch, Ihr Los wurde gezogen. Antworten Sie noch heute.",
        began=120,
        state=State.SPAM,
    ),
)

SECOND_OPEN = (
    Story(
        "ines@cafe-albers.example",
        "Kassenlade öffnet nicht",
        "Hilfe,\n\ndie Lade geht seit dem Morgen nicht mehr auf, und der Laden ist voll!\n\n"
        "Ines Albers",
        left=40,
    ),
    Story(
        "lorenz@buchladen.example",
        "Tagesabschluss stimmt nicht",
        "Guten Tag,\n\nes fehlen 12,40 € im Tagesabschluss von gestern.\n\nUwe Lorenz",
        left=-25,
        assignee="Tom Haas",
    ),
    Story(
        "nina.petri@mail.example",
        "Bonrollen nachbestellen",
        "Hallo,\n\nwo bestelle ich Bonrollen nach?\n\nNina Petri",
        left=500,
    ),
    Story(
        "anna.berg@teehaus-nord.example",
        "Zweite Kasse anmelden",
        "Guten Tag,\n\nwir möchten eine zweite Kasse anmelden.\n\nAnna Berg",
        left=300,
    ),
)
