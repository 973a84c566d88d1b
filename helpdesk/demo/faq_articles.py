"""What the demo's FAQ says: a dozen answers in four categories."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoArticle:
    title: str
    text: str
    related: tuple[str, ...] = ()
    visibility: str = "public"
    is_published: bool = True
    helpful: tuple[int, int] = (0, 0)
    comment: str = ""


@dataclass(frozen=True)
class DemoCategory:
    name: str
    description: str
    articles: tuple[DemoArticle, ...]


LABELS = DemoArticle(
    "Etiketten werden nicht gedruckt – was tun?",
    """Meist liegt es an einer von drei Stellen. Gehen Sie sie in dieser Reihenfolge durch.

## Ist der Drucker bereit?

Drucken Sie eine Testseite aus Windows oder macOS. Kommt sie nicht heraus, liegt es nicht an uns: Prüfen Sie Kabel, Papier und Treiber.

## Stimmt das Format?

Öffnen Sie **Einstellungen / Versand / Etiketten** und vergleichen Sie:

| Versender | Format | Auflösung |
|:----------|:------:|----------:|
| DHL | 103 × 199 mm | 203 dpi |
| DPD | A6 | 300 dpi |
| Hermes | A6 | 203 dpi |

Ein falsches Format erkennen Sie daran, dass das Etikett leer oder halb bedruckt herauskommt.

## Hängt ein alter Auftrag fest?

1. Öffnen Sie die Druckerwarteschlange.
2. Löschen Sie alle wartenden Aufträge.
3. Drucken Sie das Etikett noch einmal.

> Ein Etikett zweimal zu drucken kostet nichts: Der Versender berechnet nur, was er annimmt.

## Wenn nichts davon hilft

Schreiben Sie uns und nennen Sie das Modell des Druckers. Ein Foto des Etiketts hilft sehr.
""",
    ("Versanddienstleister anbinden", "Sendungsnummern an den Shop zurückmelden"),
    helpful=(46, 5),
    comment="Das falsche Format war es. Danke!",
)
CATEGORIES = (
    DemoCategory(
        "Erste Schritte",
        "Vom Anmelden bis zum ersten Versand.",
        (
            DemoArticle(
                "Wie verbinde ich meinen Shop?",
                """In fünf Minuten ist Ihr Shop verbunden.

1. Öffnen Sie **Einstellungen / Kanäle** und wählen Sie **Neuer Kanal**.
2. Wählen Sie Ihr Shopsystem und melden Sie sich dort an.
3. Bestätigen Sie, welche Daten wir lesen dürfen: Bestellungen, Artikel und Bestände.

Danach holen wir die Bestellungen der letzten 30 Tage. Bei 1.000 Bestellungen dauert das etwa zwei Minuten.

**Wichtig:** Der Bestand bleibt beim ersten Abgleich unverändert. Erst wenn Sie den Abgleich einschalten, schreiben wir Bestände in den Shop.
""",
                ("Bestände zwischen Shops abgleichen",),
                helpful=(31, 2),
            ),
            DemoArticle(
                "Wie lade ich Kolleginnen und Kollegen ein?",
                """Unter **Einstellungen / Team** geben Sie die E-Mail-Adresse ein und wählen eine Rolle. Die Einladung gilt sieben Tage; danach senden Sie einfach eine neue.

- **Mitglied**: bearbeitet Bestellungen und schreibt uns.
- **Verwaltung**: bucht außerdem Leistungen und sieht Rechnungen.
""",
                helpful=(12, 0),
            ),
            DemoArticle(
                "Welche Browser werden unterstützt?",
                "Alle aktuellen Fassungen von Firefox, Chrome, Edge und Safari, am Rechner wie am Telefon. Ohne JavaScript können Sie lesen und schreiben; manches geht dann in mehr Schritten.",
            ),
        ),
    ),
    DemoCategory(
        "Versand und Etiketten",
        "Etiketten, Versender und Sendungsnummern.",
        (
            LABELS,
            DemoArticle(
                "Versanddienstleister anbinden",
                """Sie brauchen einen eigenen Vertrag mit dem Versender und dessen Zugangsdaten.

## DHL

Kundennummer (EKP), Benutzername und Passwort des Geschäftskundenportals.

## DPD

Delis-ID und Passwort. Bitten Sie DPD, die Schnittstelle für Sie freizuschalten.

## Hermes

Benutzername und Passwort aus der Vertragsbestätigung.

Tragen Sie die Daten unter **Einstellungen / Versand** ein und drücken Sie `Verbindung prüfen`.
""",
                ("Etiketten werden nicht gedruckt – was tun?",),
                helpful=(18, 4),
            ),
            DemoArticle(
                "Sendungsnummern an den Shop zurückmelden",
                """Sobald ein Etikett erzeugt ist, melden wir die Sendungsnummer innerhalb von fünf Minuten zurück. Fehlt sie, prüfen Sie unter **Bestellungen / Protokoll**, ob der Shop sie abgelehnt hat.
""",
                helpful=(9, 1),
            ),
        ),
    ),
    DemoCategory(
        "Bestellungen und Bestände",
        "Import, Abgleich und Dubletten.",
        (
            DemoArticle(
                "Bestände zwischen Shops abgleichen",
                """Ein Artikel hat bei uns einen Bestand, gleich in wie vielen Shops er steht. Nach jeder Bestellung schreiben wir die neue Menge in alle anderen Shops, in der Regel innerhalb einer Minute.

Damit nichts doppelt verkauft wird, legen Sie je Shop einen **Puffer** fest: Bei einem Puffer von 2 zeigt der Shop ab einem Bestand von 2 „ausverkauft“.
""",
                helpful=(22, 3),
            ),
            DemoArticle(
                "Import der Artikelliste bricht ab",
                """Speichern Sie die Datei als **CSV UTF-8** und prüfen Sie die Spalten:

```
SKU;Titel;Preis;Bestand
TEE-001;Assam 250 g;12,90;40
```

Preise haben ein Komma und kein Tausenderzeichen. Die Fehlerliste nennt die erste Zeile, die nicht passt; alles davor ist bereits übernommen, und ein zweiter Import legt nichts doppelt an.
""",
                helpful=(14, 6),
                comment="Ein Beispiel mit Varianten würde helfen.",
            ),
            DemoArticle(
                "Bestellung ist doppelt importiert",
                """Das geschieht, wenn derselbe Shop über zwei Kanäle verbunden ist. Schalten Sie einen davon aus und führen Sie die Bestellungen unter **Bestellungen / Zusammenführen** zusammen. Nichts geht dabei verloren.
""",
            ),
        ),
    ),
    DemoCategory(
        "Rechnung und Vertrag",
        "Ihr Supportlevel, Rechnungen und Anschrift.",
        (
            DemoArticle(
                "Wo finde ich meine Rechnungen?",
                """Unter **Einstellungen / Rechnungen** liegen alle als PDF. Wer bei Ihnen Leistungen bucht, sieht sie; Mitglieder ohne diese Rolle sehen sie nicht. Zum Ersten jedes Monats kommt eine neue, auf Wunsch auch per E-Mail.
""",
                ("Rechnungsanschrift ändern",),
                helpful=(27, 1),
            ),
            DemoArticle(
                "Rechnungsanschrift ändern",
                """Unter **Einstellungen / Rechnungsanschrift**. Die neue Anschrift gilt ab der nächsten Rechnung. Eine Rechnung, die schon geschrieben ist, ändern wir nicht; auf Wunsch stornieren wir sie und schreiben sie neu.
""",
                helpful=(11, 2),
            ),
            DemoArticle(
                "Was bedeutet mein Supportlevel?",
                """Ihr Supportlevel sagt, wann Sie spätestens eine erste Antwort haben. Gerechnet wird in Geschäftszeit, Montag bis Freitag von 9 bis 17 Uhr ohne Feiertage. Ein höheres Level gilt sofort, auch für offene Tickets.
""",
                visibility="customers",
            ),
            DemoArticle(
                "Storno und Neuausstellung: so gehen wir vor",
                """1. Rechnung öffnen und **Stornieren und neu schreiben** wählen.
2. Anschrift prüfen, bevor die neue Rechnung entsteht.
3. Dem Kunden beide Nummern nennen.
""",
                visibility="agents",
            ),
            DemoArticle(
                "Zahlung per Lastschrift einrichten",
                "Entwurf: Text folgt, sobald die Zahlungsart angeboten wird.",
                is_published=False,
            ),
        ),
    ),
)
SEARCHED_IN_VAIN = ("Lieferantenportal", "Gutscheine", "Retourenlabel Österreich", "API Schlüssel")
