"""What a person newly wrote, in the forms of the programs that people use."""

import time

import pytest

from channels.email.confined import Budget
from channels.email.parser import read
from channels.email.quotes import reply_text
from tests.channels.email.test_parser import HEAD

ANSWER = "Guten Tag,\n\ndas hat geholfen, danke!\n\nViele Grüße\nKäthe Müßig"
OLDER = "Guten Tag,\n\nbitte starten Sie das Programm neu.\n\nIhr Kundendienst"
MARKED = "\n".join("> " + line if line else ">" for line in OLDER.split("\n"))
FIELDS = (
    "Von: Kundendienst <support@firma.example>\nGesendet: Montag, 5. Januar 2026 16:40\n"
    "An: Käthe Müßig <k@x.example>\nBetreff: Ihre Frage\n\n"
)
HISTORIES = {
    "thunderbird": f"Am 05.01.26 um 16:40 schrieb Kundendienst:\n{MARKED}",
    "gmail": "Am Mo., 5. Jan. 2026 um 16:40 Uhr schrieb Kundendienst <\n"
    f"support@firma.example>:\n\n{MARKED}",
    "gmail english": "On Mon, Jan 5, 2026 at 4:40 PM Support <support@firma.example> wrote:\n"
    f"\n{MARKED}",
    "apple": f"Am 05.01.2026 um 16:40 schrieb Kundendienst <s@firma.example>:\n\n{MARKED}",
    "name first": f"Kundendienst schrieb am 05.01.2026 16:40:\n{MARKED}",
    "web mail without marks": f"Am 05.01.2026 um 16:40 schrieb Kundendienst:\n\n{OLDER}",
    "outlook": f"{FIELDS}{OLDER}",
    "outlook with a rule": f"________________________________\n{FIELDS}{OLDER}",
    "outlook english": "From: Support <support@firma.example>\nSent: Monday, January 5, 2026\n"
    f"To: Käthe\nSubject: Question\n\n{OLDER}",
    "outlook bold": "*Von:* Kundendienst\n*Gesendet:* Montag, 5. Januar\n*An:* Käthe\n"
    f"*Betreff:* Ihre Frage\n\n{OLDER}",
    "outlook without a date": f"Von: Kundendienst\nAn: Käthe\nBetreff: Ihre Frage\n\n{OLDER}",
    "date without marks": f"Am 5. Januar 2026 schrieb Kundendienst:\n\n{OLDER}",
    "capitals, by the library": f"ON 5 JAN 2026 AT 16:40 SUPPORT WROTE:\n\n{OLDER}",
    "gmx": "Gesendet: Montag, 05. Januar 2026 um 16:40 Uhr\nVon: support@firma.example\n"
    f"An: k@x.example\nBetreff: Ihre Frage\n\n{OLDER}",
    "old outlook": f"-----Ursprüngliche Nachricht-----\n{FIELDS}{OLDER}",
    "old outlook english": f"-----Original Message-----\nFrom: Support\n\n{OLDER}",
    "marks alone": MARKED,
    "phone": f"Von meinem iPhone gesendet\n\n> Am 05.01.2026 um 16:40 schrieb S:\n> \n{MARKED}",
    "k-9": f"Am 5. Januar 2026 16:40:12 MEZ schrieb Support <s@firma.example>:\n{MARKED}\n\n-- \n"
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "twice": f"Am 05.01.26 um 16:40 schrieb S:\n{MARKED}\n>> Am 04.01.26 um 9:00 schrieb K:\n>> x",
    "header in two lines": f"Am Montag, 5. Januar 2026\nschrieb S <s@firma.example>:\n{MARKED}",
}


def cut(text: str, subject: str = "AW: Frage") -> str:
    return reply_text(text, subject, Budget())


@pytest.mark.parametrize("program", HISTORIES)
def test_history_below_the_answer_is_cut(program):
    assert cut(f"{ANSWER}\n\n{HISTORIES[program]}\n") == ANSWER


KEPT = {
    "nothing to cut": ANSWER,
    "own sentence": "Guten Tag,\n\nam Montag schrieb ich Ihnen:\n\nder Export geht nicht.",
    "own dated sentence": "Hallo,\n\nAm 05.01. um 16:40 schrieb ich:\n\nDer Export geht nicht.",
    "sentence about another": "Hallo,\n\nHerr Meier schrieb mir am Montag:\n\nGeht nicht.",
    "sentence about a third": "Hallo,\n\nAm 05.01.2026 schrieb Frau Groß mir:\n\nGeht nicht.",
    "capitals": "Hallo,\n\nON MONDAY I WROTE:\n\nnothing works.",
    "stock move": "Bitte umbuchen:\n\nVon: Lager A\nAn: Lager B\n\nDanke",
    "one field": "Hallo,\n\nVon: Lager Nord\nbitte umbuchen.\n\nDanke",
    "answer in the quote": f"Am 05.01.26 um 16:40 schrieb S:\n{MARKED}\n\nJa.\n\n> Sonst?\nNein.",
    "answer below the quote": f"Am 05.01.26 um 16:40 schrieb S:\n{MARKED}\n\n{ANSWER}",
    "quote first": f"{MARKED}\n\n{ANSWER}",
    "list with dashes": "Es fehlen:\n\n- Artikel 1\n- Artikel 2\n\nDanke",
    "table with rules": "Bestand:\n--------\n12 Stück\n\nDanke",
}


@pytest.mark.parametrize("case", KEPT)
def test_text_that_may_be_new_stays(case):
    assert cut(KEPT[case]) == KEPT[case]


@pytest.mark.parametrize("subject", ["WG: Frage", "Fwd: Frage", "FW: Frage", "Wtr: x", "wg: x"])
def test_forwarded_mail_stays_whole(subject):
    text = f"Zur Kenntnis.\n\n{FIELDS}{OLDER}"

    assert cut(text, subject) == text


@pytest.mark.parametrize(
    "line",
    [
        "-------- Weitergeleitete Nachricht --------",
        "---------- Forwarded message ---------",
        "Anfang der weitergeleiteten Nachricht:",
        "Begin forwarded message:",
    ],
)
def test_forward_is_known_by_its_line(line):
    text = f"Zur Kenntnis.\n\n{line}\n{FIELDS}{OLDER}"

    assert cut(text, "Frage") == text


def test_forward_inside_the_history_does_not_keep_the_history():
    text = f"{ANSWER}\n\n{FIELDS}---------- Forwarded message ---------\nalt"

    assert cut(text) == ANSWER


@pytest.mark.parametrize("text", [f"{FIELDS}{OLDER}", f"ok\n\n{FIELDS}{OLDER}", MARKED, "-- \nEva"])
def test_next_to_nothing_left_shows_everything(text):
    assert cut(text) == text


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nKäthe Müßig\nTelefon 0221 998877",
        "--\nKäthe Müßig",
        "Von meinem iPhone gesendet",
        "Gesendet mit der GMX Mail App",
        "Gesendet von Mail für Windows",
        "Gesendet von Outlook für Android<https://x.example>",
        "Sent from my iPhone",
        "Get Outlook for iOS",
        "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    ],
)
def test_signature_is_cut(signature):
    assert cut(f"Es geht wieder.\n\n{signature}\n") == "Es geht wieder."


def test_signature_mark_far_up_without_its_space_is_kept():
    text = "Erstens\n--\n" + "Zeile\n" * 40

    assert cut(text) == text.strip()


HOSTILE = {
    "Am": "Am " * 50_000,
    "newlines": "x" + "\n" * 100_000 + "Am x schrieb",
    "On Mon": "On Mon foo wrote" * 1000,
    "On lines": "On Mon foo wrote\n" * 5000,
    "Am lines": "Am Montag schrieb\n" * 5000,
    "Am colon": "Am " + "schrieb x " * 9000 + "x",
    "fields": "Von: x\n" * 20_000,
    "wide fields": "Von:" + " " * 1900 + "\n" + "An:" + " " * 1900,
    "rules": "_" * 90_000,
    "dashes": "-----\n" * 20_000,
    "signature": "\n".join(["Hinweis: " + "mail " * 300] * 60) + "\n-----\n",
    "marks": ">" * 100_000,
    "gesendet": "Gesendet von " * 9000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_done_in_time(kind):
    raw = HEAD + b"\r\n" + HOSTILE[kind].encode()
    started = time.perf_counter()

    mail = read(raw)

    assert time.perf_counter() - started < 5
    assert mail.reply_text
