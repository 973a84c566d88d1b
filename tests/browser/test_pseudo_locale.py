"""No text without a translation: every page in a language where each message is in brackets."""

import json
import re
from zoneinfo import available_timezones

import holidays
import polib
import pytest

from sla.public_holidays import subdivisions
from tests.browser import pseudo_locale
from tests.browser.pages import PAGES
from tests.browser.stack import ROOT
from tests.browser.states import CHOSEN_FILE, CLOSURE, STATES

pytestmark = pytest.mark.xdist_group("browser")

# Every piece of text of the page and of its attributes that people see or hear, in order; what is
# inside brackets is gone. A message may span several elements, so brackets count across them.
OUTSIDE = """([open, close]) => {
  const found = [];
  let depth = 0;
  const strip = (text) => {
    let rest = "";
    for (const letter of text) {
      if (letter === open) depth += 1;
      else if (letter === close) depth -= 1;
      else if (depth === 0) rest += letter;
    }
    return rest.replace(/\\s+/g, " ").trim();
  };
  // What people wrote, pictures of names, keys of a keyboard, technical words of machines.
  const data = ".message-body, .quote, .avatar, code, kbd, script, style, svg, textarea";
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest(data)) continue;
    const rest = strip(node.data);
    if (/\\p{L}/u.test(rest)) found.push(rest);
  }
  const balance = depth;
  depth = 0;
  const named = ["title", "placeholder", "aria-label", "alt", "aria-description", "data-kept",
    "data-restored", "data-offline", "data-failed", "data-too-big", "data-remove", "data-status"];
  for (const element of document.querySelectorAll("*")) {
    for (const name of named) {
      const rest = strip(element.getAttribute(name) ?? "");
      depth = 0;
      if (/\\p{L}/u.test(rest)) found.push(`${name}: ${rest}`);
    }
  }
  const phrases = JSON.parse(document.documentElement.dataset.phrases || "{}");
  for (const phrase of Object.values(phrases)) {
    const rest = strip(phrase);
    if (/\\p{L}/u.test(rest)) found.push(`phrase: ${rest}`);
  }
  if (balance !== 0) found.push(`brackets do not match: ${balance}`);
  return found;
}"""
# The names of languages are said in that language.
LANGUAGES = {"Deutsch", "English"}
# Units are written the same in every language.
UNITS = {"kB", "MB"}
# What stands around data: numbers, dates and punctuation.
SIGNS = " ·#0123456789:,()→–-"
SHORTENED = re.compile(r" ?(…|\.\.\.)$")
# A text that was cut must still be long enough to be recognised.
LONG_ENOUGH = 12


@pytest.fixture(scope="package")
def port(stack, known, tmp_path_factory):
    with pseudo_locale.served(stack, tmp_path_factory.mktemp("pseudo")) as port:
        yield port


@pytest.fixture(scope="package")
def texts(stack, known):
    """What people and the demo wrote, and the names of holidays."""
    found = {
        *LANGUAGES,
        *UNITS,
        CHOSEN_FILE.name,
        CLOSURE,
        *(page.query.partition("?q=")[2] for page in PAGES),
    }
    for tenant in ("demo", "zweitmarke"):
        found |= set(json.loads(stack.python("-m", "tests.browser.data_texts", tenant)))
    for state in holidays.Germany.subdivisions:
        found |= set(named(state))
    found |= {name for _code, name in subdivisions("DE")}
    found |= {zone.replace("_", " ") for zone in available_timezones()}
    return {" ".join(one.split()).strip(SIGNS) for one in found} | {""}


def named(state):
    """The holidays of a federal state in German, whatever this process's own language is."""
    return holidays.Germany(subdiv=state, years=range(2025, 2041), language="de").values()


def untranslated(page, texts):
    """What stands on the page outside of brackets and is nobody's data."""
    return [
        one
        for one in page.evaluate(OUTSIDE, [pseudo_locale.OPEN, pseudo_locale.CLOSE])
        if not is_written(re.sub(r"^[a-z-]+: ", "", one), texts)
    ]


def is_written(text, texts):
    """True when every part is data: a whole text, or the recognisable beginning of one."""
    return all(is_known(part.strip(SIGNS), texts) for part in re.split(r" · |[<>]", text))


def is_known(part, texts):
    whole = SHORTENED.sub("", part)
    if whole != part and len(whole) >= LONG_ENOUGH:
        return any(one.startswith(whole) for one in texts)
    return part in texts


def pseudo_page(visitors, port, page_of):
    page = visitors.page(page_of.role, page_of.tenant, "de", fresh=False)
    path = page_of.path(visitors.known)
    answer = page.goto(f"http://{page_of.tenant}.localhost:{port}{path}")
    assert answer.status == page_of.status
    return page


@pytest.mark.parametrize("page_of", PAGES, ids=str)
def test_page_says_nothing_untranslated(page_of, visitors, port, texts):
    page = pseudo_page(visitors, port, page_of)
    visitors.forgive(page_of.complaint)

    assert pseudo_locale.OPEN in page.locator("h1").inner_text() or page_of.name.endswith(":ticket")
    assert untranslated(page, texts) == []


@pytest.mark.parametrize("state", STATES, ids=str)
def test_page_in_use_says_nothing_untranslated(state, visitors, port, texts):
    page = pseudo_page(visitors, port, state.page)

    state.act(page)
    visitors.forgive(state.complaint)

    assert untranslated(page, texts) == []


def test_every_message_has_its_german():
    sources = sorted((ROOT / "locale").rglob("*.po"))
    entries = [entry for source in sources for entry in polib.pofile(str(source))]
    empty = [
        entry.msgid
        for entry in entries
        if not entry.obsolete and not entry.translated() and not entry.fuzzy
    ]

    assert len(entries) > 300
    assert empty == []
    assert [entry.msgid for entry in entries if entry.fuzzy] == []
