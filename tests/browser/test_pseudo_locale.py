"""No text without a translation: every page in a language where each message is in brackets."""

import json
import re
from urllib.parse import parse_qs
from zoneinfo import available_timezones

import holidays
import httpx
import polib
import pytest

from sla.public_holidays import subdivisions
from tests.browser import pseudo_locale
from tests.browser.outside import heading, outside
from tests.browser.pages import PAGES
from tests.browser.stack import ROOT
from tests.browser.states import CHOSEN_FILE, CLOSURE, STATES

pytestmark = pytest.mark.xdist_group("browser")

# The names of languages are said in that language.
LANGUAGES = {"Deutsch", "English"}
# Units are written the same in every language.
UNITS = {"kB", "MB"}
# What fields show as an example of an address.
EXAMPLES = {"https://", "hilfe.firma.de"}
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
        *EXAMPLES,
        CHOSEN_FILE.name,
        CLOSURE,
        *(word for page in PAGES for word in parse_qs(page.query.lstrip("?")).get("q", ())),
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


def untranslated(source, texts):
    """What stands on the page outside of brackets and is nobody's data."""
    return [one for one in outside(source) if not is_written(re.sub(r"^[a-z-]+: ", "", one), texts)]


def is_written(text, texts):
    """True when every part is data: a whole text, or the recognisable beginning of one."""
    if is_known(text.strip(SIGNS), texts):
        return True
    return all(
        is_known(part.strip(SIGNS), texts) or is_list(part, texts)
        for part in re.split(r" · | \(|[<>]", text)
    )


def is_list(part, texts):
    """True for several data with commas between them."""
    return all(is_known(one.strip(SIGNS), texts) for one in part.split(", "))


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


def read(page_of, known, port):
    """The page as it is sent: what scripts add to it is looked at in the states below."""
    cookies = {"django_language": "de"}
    if page_of.role:
        cookies["sessionid"] = known.session(page_of.role, page_of.tenant)
    headers = {"Host": f"{page_of.tenant}.localhost:{port}"}
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(
        headers=headers, cookies=cookies, follow_redirects=True, timeout=30
    ) as visitor:
        answer = visitor.get(address + page_of.path(known))
    assert answer.status_code == page_of.status
    return answer.text


@pytest.mark.parametrize("page_of", PAGES, ids=str)
def test_page_says_nothing_untranslated(page_of, known, port, texts):
    source = read(page_of, known, port)

    said = heading(source)
    assert pseudo_locale.OPEN in said or is_written(said, texts)
    assert untranslated(source, texts) == []


@pytest.mark.parametrize("state", STATES, ids=str)
def test_page_in_use_says_nothing_untranslated(state, visitors, port, texts):
    page = pseudo_page(visitors, port, state.page)

    state.act(page)
    visitors.forgive(state.complaint)

    assert untranslated(page.content(), texts) == []


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
