"""The translations are complete, and nothing to translate was forgotten."""

import gettext
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

from helpdesk.messages import compile_messages

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
NOT_COPIED = (".venv", ".data", ".git", "tests", "docs", "benchmarks", ".*_cache", "*.mo")


@pytest.fixture(scope="module")
def extracted(tmp_path_factory):
    """The catalogues as makemessages would write them, in a copy of the tree."""
    copy = tmp_path_factory.mktemp("messages") / "tree"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
    for domain in ("django", "djangojs"):
        if (ROOT / f"locale/de/LC_MESSAGES/{domain}.po").exists():
            command = [sys.executable, "manage.py", "makemessages", "--all", "--domain", domain]
            environment = {**os.environ, "PYTHONPATH": str(copy)}
            done = subprocess.run(
                command, cwd=copy, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
    return copy


def texts(path: Path) -> set[tuple[str | None, str, str]]:
    found = polib.pofile(str(path))
    return {(one.msgctxt, one.msgid, one.msgid_plural) for one in found if not one.obsolete}


def test_german_is_there():
    assert ROOT / "locale/de/LC_MESSAGES/django.po" in SOURCES


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_catalogue_holds_just_what_the_code_says(source, extracted):
    assert texts(source) == texts(extracted / source.relative_to(ROOT))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_everything_is_translated_and_nothing_is_fuzzy(source):
    found = polib.pofile(str(source))

    assert [one.msgid for one in found.fuzzy_entries()] == []
    assert [one.msgid for one in found.untranslated_entries()] == []


def test_what_customers_write_has_one_name_in_german():
    """DESIGN §2 calls it Ticket, wherever it came from and whoever reads of it."""
    found = polib.pofile(str(ROOT / "locale/de/LC_MESSAGES/django.po"))
    said = {one.msgid: [one.msgstr, *one.msgstr_plural.values()] for one in found}

    other = [msgid for msgid, texts in said.items() if "nfrage" in " ".join(texts)]

    assert other == []


def test_compiled_messages_are_those_of_the_source_and_compiled_once(tmp_path):
    source = tmp_path / "de/LC_MESSAGES/django.po"
    source.parent.mkdir(parents=True)
    source.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "Queue"\nmsgstr "Warteschlange"\n'
    )

    assert compile_messages(tmp_path) == [source.with_suffix(".mo")]

    with source.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Queue") == "Warteschlange"
    assert compile_messages(tmp_path) == []
