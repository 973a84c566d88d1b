"""A deterministic corpus of German support mails, as varied as what really arrives.

About a third is plain text (some of it in old character sets), a third text with HTML, a fifth
answers with a quote, the rest carries files. The same arguments give the same bytes.
"""

import quopri
import random
import string
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from email import policy
from email.header import Header
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr

CET = timezone(timedelta(hours=1))
FIRST_DAY = datetime(2026, 1, 5, 8, 0, tzinfo=CET)

FIRST_NAMES = ("Jürgen", "Anneliese", "Fatma", "Sören", "Käthe", "Milan", "Britta", "Özlem", "Götz")
LAST_NAMES = ("Müßig", "Kräftner", "Yılmaz", "Petersen", "Großkopf", "Zwölfer", "Brüning", "Wójcik")
DOMAINS = (
    "muessig-gartenbau.example",
    "kraeftner.example",
    "buerobedarf-nord.example",
    "web-laden.example",
    "zwoelfer-technik.example",
    "post.example",
)
TOPICS = (
    "Lagerbestand stimmt nach dem Abgleich nicht",
    "Rechnung wird doppelt erzeugt",
    "Etikettendruck bricht ab",
    "Frage zur Umsatzsteuer bei Lieferungen nach Österreich",
    "Zugang für eine neue Kollegin",
    "Artikelbilder fehlen im Shop",
    "Auftrag lässt sich nicht stornieren",
    "Übertragung der Sendungsnummern hängt",
    "Zahlungseingang wird nicht zugeordnet",
    "Export nach DATEV enthält falsche Konten",
)
SENTENCES = (
    "Seit dem Wochenende werden bei uns die Bestände von drei Artikeln nicht mehr übertragen.",
    "Wir haben den Abgleich schon zweimal von Hand angestoßen, leider ohne Erfolg.",
    "Im Protokoll steht nur „Zeitüberschreitung“, mehr ist nicht zu sehen.",
    "Betroffen sind ausschließlich Aufträge aus dem zweiten Shop.",
    "Können Sie bitte prüfen, ob auf Ihrer Seite etwas geändert wurde?",
    "Die Kundin wartet bereits auf ihre Ware, deshalb wäre eine schnelle Antwort schön.",
    "Beim Drucken erscheint für einen kurzen Moment ein leeres Fenster, danach passiert nichts.",
    "Auf dem anderen Rechner im Büro tritt der Fehler nicht auf.",
    "Ich habe das Passwort geändert und mich neu angemeldet, das Verhalten bleibt gleich.",
    "Für die Buchhaltung brauchen wir die Belege spätestens am Freitagmittag.",
    "Der Betrag von 1.249,90 € ist eingegangen, der Auftrag steht aber weiter auf „offen“.",
    "Gestern Nachmittag lief noch alles einwandfrei.",
    "Falls es hilft, schicke ich Ihnen gern Bildschirmfotos oder einen Export.",
    "Die Größe der Etiketten steht auf 100 × 150 mm, so wie in Ihrer Anleitung beschrieben.",
    "Unser Steuerberater meint, der Satz müsse bei diesen Lieferungen anders ausgewiesen werden.",
    "Gibt es dafür eine Einstellung, die wir übersehen haben?",
)
OLDER_SENTENCES = (
    "vielen Dank für Ihre Nachricht, wir sehen uns das gleich an.",
    "Bitte nennen Sie uns noch die Nummer eines betroffenen Auftrags.",
    "Mit der nächsten Aktualisierung sollte das Verhalten behoben sein.",
    "Wir haben den Vorgang an die Kollegen der Technik weitergegeben.",
)


STYLE = "".join(
    f"{name} {{margin:0cm; font-size:11.0pt; font-family:Calibri; mso-style-priority:{number};}}\n"
    for number, name in enumerate(
        ("p.MsoNormal", "li.MsoNormal", "div.MsoNormal", "a:link", "span.EmailStyle17")
    )
)
GREETINGS = ("Guten Tag", "Sehr geehrte Damen und Herren", "Hallo zusammen", "Moin", "Grüß Gott")
CLOSINGS = ("Mit freundlichen Grüßen", "Viele Grüße", "Beste Grüße aus Köln", "Herzliche Grüße")


def mails(count: int, seed: int, recipient: str, message_id_domain: str) -> Iterator[bytes]:
    """Yield `count` mails to `recipient`, CRLF, each with a Message-ID of its own at the domain."""
    chance = random.Random(seed)
    for number in range(count):
        name = f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"
        build = chance.choices(BUILDERS, WEIGHTS)[0]
        message = build(chance, name)
        _add_headers(message, chance, name, number)
        for part in message.walk():
            if part.is_multipart():  # the library's own boundaries come from another chance
                part.set_boundary(f"=_{chance.getrandbits(64):016x}")
        message["To"] = recipient
        message["Message-ID"] = f"<{number:x}.{chance.getrandbits(80):x}@{message_id_domain}>"
        yield message.as_bytes(policy=policy.SMTP.clone(cte_type="8bit", max_line_length=None))


def _add_headers(message: Message, chance: random.Random, name: str, number: int) -> None:
    mailbox = chance.choice(
        ("info", "einkauf", "buero", "kontakt", f"kunde{chance.randrange(5000)}")
    )
    domain = chance.choice(DOMAINS)
    sent_at = FIRST_DAY + timedelta(minutes=7 * number, seconds=chance.randrange(60))
    for hop in range(chance.randrange(2, 5)):
        message["Received"] = (
            f"from mx{hop}.{domain} (mx{hop}.{domain} [192.0.2.{chance.randrange(1, 255)}])\r\n"
            f"\tby relay{hop}.example with ESMTPS id {chance.getrandbits(40):x};\r\n"
            f"\t{format_datetime(sent_at)}"
        )
    message["DKIM-Signature"] = (
        f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=mail;\r\n"
        f"\tbh={_letters(chance, 44)};\r\n\tb={_letters(chance, 72)}\r\n\t {_letters(chance, 72)}"
    )
    message["From"] = formataddr((name, f"{mailbox}@{domain}"), "utf-8")
    prefix = "AW: " if message["In-Reply-To"] else ""
    message["Subject"] = Header(prefix + chance.choice(TOPICS), "utf-8").encode(linesep="\r\n")
    message["Date"] = format_datetime(sent_at)
    message["User-Agent"] = chance.choice(("Mozilla Thunderbird", "Microsoft Outlook 16.0", "K-9"))


def _letters(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(string.ascii_letters + string.digits, k=count))


def _body(chance: random.Random, name: str) -> str:
    """Return a letter of two to six paragraphs with greeting and closing."""
    paragraphs = [f"{chance.choice(GREETINGS)},"]
    paragraphs += [
        " ".join(chance.sample(SENTENCES, chance.randrange(1, 5)))
        for _ in range(chance.randrange(2, 7))
    ]
    paragraphs.append(f"{chance.choice(CLOSINGS)}\n{name}")
    if chance.random() < 0.3:
        paragraphs.append(
            f"-- \n{name}\nTelefon 0{chance.randrange(200, 999)} {chance.randrange(10**6)}"
        )
    return "\n\n".join(paragraphs)


def _history(chance: random.Random, marks: str) -> str:
    older = "\n\n".join(["Guten Tag,", *chance.sample(OLDER_SENTENCES, 3), "Ihr Kundendienst"])
    return "\n".join((marks + line).rstrip() for line in older.split("\n"))


def _plain(chance: random.Random, name: str) -> Message:
    return MIMEText(_body(chance, name), "plain", "utf-8")


def _plain_latin(chance: random.Random, name: str) -> Message:
    """A text in an old character set, as 8-bit or quoted-printable."""
    charset = chance.choice(("iso-8859-15", "windows-1252"))
    content = _body(chance, "Jürgen Müßig").encode(charset, "replace")
    message = MIMENonMultipart("text", "plain", charset=charset)
    if chance.random() < 0.5:
        message["Content-Transfer-Encoding"] = "quoted-printable"
        message.set_payload(quopri.encodestring(content).decode("ascii"))
    else:
        message["Content-Transfer-Encoding"] = "8bit"
        message.set_payload(content.decode("ascii", "surrogateescape"))
    return message


def _with_html(chance: random.Random, name: str) -> Message:
    """Text and HTML as Outlook writes it, 5 to 20 KB."""
    body = _body(chance, name)
    message = MIMEMultipart("alternative")
    message.attach(MIMEText(body, "plain", "utf-8"))
    message.attach(MIMEText(_html(body), "html", "utf-8"))
    return message


def _html(body: str) -> str:
    paragraphs = "".join(
        '<p class="MsoNormal" style="margin:0cm">'
        '<span style="font-size:11.0pt;font-family:Calibri,sans-serif">'
        f"{line or '&nbsp;'}<o:p></o:p></span></p>\n"
        for line in body.split("\n")
    )
    return (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>'
        '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
        f'<style><!--\n{STYLE}--></style></head><body lang="DE" link="#0563C1">'
        f'<div class="WordSection1">{paragraphs}</div><p><a href="https://www.example/">www.example</a>'
        '<img src="https://www.example/logo.png"></p></body></html>'
    )


def _reply(chance: random.Random, name: str) -> Message:
    """An answer with the older mail below, in the three common forms."""
    day, minute = chance.randrange(1, 29), chance.randrange(10, 60)
    head = f"Am {day:02}.01.2026 um 10:{minute} schrieb Kundendienst:"
    block = (
        "Von: Kundendienst <support@firma.example>\nGesendet: Montag, 5. Januar 2026 10:12\n"
        f"An: {name}\nBetreff: Ihre Anfrage\n\n{_history(chance, '')}"
    )
    once = f"{head}\n{_history(chance, '> ')}"
    history = chance.choice((once, f"{once}\n>\n{_history(chance, '>> ')}", block))
    text = f"{_body(chance, name)}\n\n{history}\n"
    message: Message = MIMEText(text, "plain", "utf-8")
    if chance.random() < 0.5:
        plain, message = message, MIMEMultipart("alternative")
        message.attach(plain)
        message.attach(MIMEText(_html(text.replace(">", "&gt;")), "html", "utf-8"))
    older = f"<{chance.getrandbits(64):x}@firma.example>"
    message["In-Reply-To"] = older
    message["References"] = f"<{chance.getrandbits(64):x}@firma.example> {older}"
    return message


def _with_attachment(chance: random.Random, name: str) -> Message:
    message = MIMEMultipart("mixed")
    message.attach(chance.choice((_plain, _with_html))(chance, name))
    content = b"%PDF-1.7\n" + chance.randbytes(chance.randrange(2_000, 60_000))
    file = MIMEApplication(content, "pdf")
    file.add_header(
        "Content-Disposition", "attachment", filename=("utf-8", "", "Übersicht Aufträge.pdf")
    )
    message.attach(file)
    return message


def _with_picture(chance: random.Random, name: str) -> Message:
    """HTML with a screen picture shown in it."""
    message = MIMEMultipart("related")
    identity = f"bild{chance.getrandbits(32):x}@mail"
    body = _html(_body(chance, name)).replace(
        "<p><a", f'<p><img src="cid:{identity}" alt=""></p><p><a'
    )
    message.attach(MIMEText(body, "html", "utf-8"))
    picture = MIMEImage(b"\x89PNG\r\n\x1a\n" + chance.randbytes(8_000), "png")
    picture.add_header("Content-ID", f"<{identity}>")
    picture.add_header("Content-Disposition", "inline", filename="bildschirm.png")
    message.attach(picture)
    return message


BUILDERS: tuple[Callable[[random.Random, str], Message], ...] = (
    _plain,
    _plain_latin,
    _with_html,
    _reply,
    _with_attachment,
    _with_picture,
)
WEIGHTS = (24, 10, 34, 20, 9, 3)
