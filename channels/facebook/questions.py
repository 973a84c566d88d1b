"""Whether something on the wall asks for an answer; plain text in, a guess out."""

from __future__ import annotations

import re
import unicodedata

# Words with which a question begins, German and English; accents and case do not matter.
_OPENING = frozenset(
    word
    for line in (
        "wer wen wem wessen was wo woher wohin wann warum weshalb weswegen wieso wie wieviel",
        "wieviele welche welcher welches welchen welchem womit wofur wozu woran wodurch wovon",
        "worauf ist sind bin bist seid war waren hat habt haben habe hast hatte hatten gibt",
        "kann kannst konnen konnte konnten konnt darf durfen muss musst mussen soll sollte",
        "wird werdet werden wurde wurdet wurden weiss wisst mochte brauche geht funktioniert",
        "who whom whose what where when why how which is are am was were do does did have has",
        "had can could may might must shall should will would need",
    )
    for word in line.split()
)
# Words that ask for help wherever they stand; the beginning of longer ones too (Problems).
_HELP = re.compile(
    r"\b(?:hilfe|helft|hilft mir|help|problem\w*|frage\w*|question\w*|fehler\w*|error\w*|"
    r"storung\w*|kaputt|defekt\w*|broken|reklamation\w*|beschwerde\w*|complaint\w*|support|"
    r"geht nicht|funktioniert nicht|klappt nicht|not working|does ?n.?t work|"
    r"bitte (?:um|melden|melde|meldet)|please)\b"
)
_ADDRESS = re.compile(r"https?://\S+|\bwww\.\S+")
_QUESTION_MARK = re.compile("[?？؟]")
_WORD = re.compile(r"[a-z0-9]+")
# What people say first; the question begins behind it.
_GREETING = frozenset(
    word
    for line in (
        "hallo hi hey moin servus guten gute tag morgen abend liebes lieber liebe team leute",
        "ihr sie und aber also so ja na mal entschuldigung",
        "hello dear good morning evening afternoon sorry",
    )
    for word in line.split()
)


def is_question(text: str) -> bool:
    """True where somebody asks, or says that they need help.

    A question mark outside of an address, a question word at the start of a sentence (behind a
    greeting too), or a word such as "Hilfe" or "Problem". It rather takes one too many: what
    is taken for none waits in a list, and nobody has promised to look at it.
    """
    said = _folded(_ADDRESS.sub(" ", text))
    if _QUESTION_MARK.search(said) or _HELP.search(said):
        return True
    return any(_opens(sentence) for sentence in re.split(r"[.!,;:\n]+", said))


def _opens(sentence: str) -> bool:
    words = _WORD.findall(sentence)
    first = next((word for word in words if word not in _GREETING), "")
    # A lone word is no question: "Was" or "Ist" alone says nothing.
    return len(words) > 1 and first in _OPENING


def _folded(text: str) -> str:
    """Small letters without accents; ß as ss."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
