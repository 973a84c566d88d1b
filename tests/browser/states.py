"""What a page looks like once somebody has done something on it: menus, dialogs, refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.pages import PageOf
from tests.browser.visitors import NARROW

CHOSEN_FILE = Path(__file__)
CLOSURE = "Umbau"
SEND = """(selector) => {
  const form = document.querySelector(selector);
  form.noValidate = true;
  form.requestSubmit();
}"""


@dataclass(frozen=True)
class State:
    """A page and what somebody does on it."""

    what: str
    page: PageOf
    act: Callable[[Page], None]
    # What the browser's console says about it: a form that cannot be taken answers 422.
    complaint: str = ""

    def __str__(self) -> str:
        return f"{self.page}: {self.what}"


def _press(key: str) -> Callable[[Page], None]:
    return lambda page: page.keyboard.press(key)


def _click(selector: str) -> Callable[[Page], None]:
    return lambda page: page.locator(selector).first.click()


def _open_menu_of_a_phone(page: Page) -> None:
    page.set_viewport_size(NARROW)
    page.locator("[popovertarget=rail]").click()


def _unfold(page: Page) -> None:
    """Open everything that is folded, and wait for what is fetched only then."""
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => one.open = true)")
    for explanation in page.locator(".explanation").all():
        expect(explanation.locator("table.steps")).to_be_visible()


def _refused(what: str, page: PageOf, form: str = "main form", **values: str) -> State:
    """A form that cannot be taken is sent; the page comes again and says why."""

    def act(page: Page) -> None:
        for name, value in values.items():
            page.locator(f"{form} [name={name}]").fill(value)
        page.evaluate(SEND, form)
        expect(page.locator(f"{form} .errors, {form} [role=alert]").first).to_be_visible()

    is_ours = page.name.startswith(("desk:", "portal:"))
    return State(what, page, act, complaint="422" if is_ours else "")


def _choose_a_file(page: Page) -> None:
    page.locator("[name=files]").first.set_input_files(CHOSEN_FILE)


def _fill_hours(page: Page) -> None:
    """Type another closing time, a long closure and an interval that asks about midnight."""
    page.locator("[name=week-0-0-end]").fill("18")
    page.locator("#add-days").click()
    page.locator("[name=days-0-name]").fill(CLOSURE)
    page.locator("[name=days-0-first]").fill("2030-02-01")
    page.locator("[name=days-0-last]").fill("2030-04-01")


def _continue_with_hours(page: Page) -> None:
    _fill_hours(page)
    page.locator(".hours-actions .primary").click()
    expect(page.locator(".confirmation")).to_be_visible()


def _mistype_hours(page: Page) -> None:
    _fill_hours(page)
    page.locator("#add-week-1").click()
    page.locator("[name=week-1-1-start]").fill("17")
    page.locator("[name=week-1-1-end]").fill("9")
    page.locator("[name=week-2-0-end]").fill("abends")
    page.locator(".hours-actions .primary").click()
    expect(page.locator("[name=week-1-1-is_overnight]")).to_be_visible()


def _continue_with_prices(page: Page) -> None:
    page.locator("[name^=price_]").nth(1).fill("49,90")
    page.locator(".sheet .primary").click()
    expect(page.locator(".compared")).to_be_visible()


CUSTOMERS_TICKET = PageOf("portal:ticket", ("number",), role="customer")
AGENTS_TICKET = PageOf("desk:ticket", ("number",), role="agent")
QUEUE = PageOf("desk:queue", role="agent")
HOURS = PageOf("desk:calendar", ("calendar",), role="admin")
INVOICE = PageOf("desk:invoice", ("invoice",), role="admin")
NEW_PRICES = PageOf("desk:new_prices", role="admin")
LOGIN = PageOf("account_login")
STATES = [
    State("keys explained", QUEUE, _press("?")),
    State("account menu", QUEUE, _click("[popovertarget=me]")),
    State("menu of a phone", QUEUE, _open_menu_of_a_phone),
    State("reasons", QUEUE, _unfold),
    State("everything unfolded", AGENTS_TICKET, _unfold),
    State("note", AGENTS_TICKET, _press("n")),
    State("file chosen", AGENTS_TICKET, _choose_a_file),
    State("account menu", PageOf("portal:home", role="customer"), _click("[popovertarget=me]")),
    State("everything unfolded", CUSTOMERS_TICKET, _unfold),
    _refused("empty answer", AGENTS_TICKET, "#reply form"),
    _refused("empty note", AGENTS_TICKET, "#note form"),
    State("hours to confirm", HOURS, _continue_with_hours),
    State("hours mistyped", HOURS, _mistype_hours, complaint="status of 422"),
    State("all years unfolded", HOURS, _unfold),
    _refused("tier without a name", PageOf("desk:new_tier", role="admin"), ".sheet"),
    _refused(
        "booking without an address",
        PageOf("desk:organisation_booking", ("plain_organisation",), role="admin"),
        ".choice-form",
    ),
    State("table unfolded", PageOf("desk:billing", role="admin"), _unfold),
    State("cancellation unfolded", INVOICE, _unfold),
    _refused("payment without a day", INVOICE, "form[action$='/zahlung/']", on=""),
    State("withdrawal unfolded", PageOf("desk:prices", role="admin"), _unfold),
    State("prices to confirm", NEW_PRICES, _continue_with_prices),
    _refused("prices without a rate", NEW_PRICES, ".sheet", vat_rate="x"),
    _refused("wrong postcode", PageOf("desk:supplier", role="admin"), ".sheet", postcode="1"),
    _refused("wrong invitation", PageOf("desk:people", role="admin"), "main .form", email="x"),
    _refused("empty answer", CUSTOMERS_TICKET, ".compose"),
    _refused("empty form", PageOf("portal:new_ticket", role="customer")),
    _refused("wrong number", PageOf("portal:new_call", role="caller"), ".card", number="110"),
    State("all days unfolded", PageOf("portal:new_call", role="caller"), _unfold),
    _refused(
        "no outcome", PageOf("desk:call", ("call",), role="agent"), "form[action$='/versuch/']"
    ),
    _refused("no name", PageOf("portal:profile", role="customer"), "main .form", name=" "),
    _refused(
        "no address", PageOf("portal:email_change", role="protected"), "main .form", email="x"
    ),
    _refused("no address", PageOf("portal:team", role="protected"), "main .form", email="x"),
    _refused("wrong code", PageOf("mfa_authenticate", role="half_way"), code="000000"),
    _refused("wrong code", PageOf("mfa_activate_totp", role="customer"), "main .form", code="1"),
    _refused("empty form", LOGIN),
    _refused("wrong password", LOGIN, login="niemand@leute.example", password="falsch-geraten"),
    _refused(
        "weak password",
        PageOf("account_signup"),
        email="neu@leute.example",
        password1="passwort",
    ),
    _refused("no address", PageOf("account_reset_password"), email="x"),
    _refused("weak password", PageOf("account_invitation", ("invitation",)), password1="kurz"),
]
