"""python -m tests.browser.screenshots [NAME …]: the pictures of docs/screenshots, from the demo.

Starts a helpdesk with demo data on ports of its own and photographs what its people see, on a
desktop and on a phone, light and dark.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import django

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
AGENT = "jana.lind@demo.localhost"
ADMIN = "chefin@demo.localhost"
CUSTOMER = "anna.berg@teehaus-nord.example"
# Which page, who sees it, and what is clicked to get there from its address.
PICTURES = {
    "queue": (AGENT, "/desk/", ""),
    "ticket": (AGENT, "/desk/", "[data-row]"),
    "notices": (AGENT, "/desk/hinweise/", ""),
    "report": (AGENT, "/desk/berichte/zusagen/?period=quarter", ""),
    "levels": (ADMIN, "/desk/einstellungen/supportlevel/", ""),
    "hours": (ADMIN, "/desk/einstellungen/geschaeftszeiten/1/", ""),
    "modules": (CUSTOMER, "/einstellungen/zusatzmodule/", ""),
    "public-levels": ("", "/supportlevel/", ""),
    "portal": (CUSTOMER, "/", ""),
    "portal-ticket": (CUSTOMER, "/tickets/", ".hit:has(.chip.warn) .subject"),
    "portal-tickets": (CUSTOMER, "/tickets/", ""),
    "news": (CUSTOMER, "/mitteilungen/", ""),
    "notifications": (CUSTOMER, "/einstellungen/mitteilungen/", ""),
    "portal-new-ticket": (CUSTOMER, "/tickets/neu/", ""),
    "portal-rated": (CUSTOMER, "/tickets/?state=done", ".hit .subject"),
    "contact": ("", "/kontakt/", ""),
    "contact-settings": (ADMIN, "/desk/einstellungen/kontaktformular/", ""),
    "new-call": (CUSTOMER, "/rueckruf/", ""),
    "calls": (AGENT, "/desk/rueckrufe/", ""),
    "facebook-settings": (ADMIN, "/desk/einstellungen/facebook/", ""),
    "facebook-ticket": (AGENT, "/desk/suche/?q=Facebook", "[data-row]"),
    "settings": (CUSTOMER, "/einstellungen/", ""),
    "security": (CUSTOMER, "/einstellungen/sicherheit/", ""),
    "team": (CUSTOMER, "/einstellungen/team/", ""),
    "faq": ("", "/faq/", ""),
    "faq-article": ("", "/faq/", 'a[href^="/faq/etiketten"]'),
    "faq-editor": (AGENT, "/desk/faq/", ".hit:nth-child(3) .subject"),
    "faq-list": (AGENT, "/desk/faq/", ""),
    "faq-statistics": (AGENT, "/desk/faq/auswertung/", ""),
    "forum": ("", "/forum/", ""),
    "forum-topic": (CUSTOMER, "/forum/", ".topic-row.solved .subject"),
    "forum-new": (CUSTOMER, "/forum/neu/?title=Etiketten%20drucken", ""),
    "forum-desk": (AGENT, "/desk/forum/", ""),
    "home": ("", "/", ""),
    "search": (CUSTOMER, "/suche/?q=Etikett", ""),
    "branding": (ADMIN, "/desk/einstellungen/auftritt/", ""),
    "domains": (ADMIN, "/desk/einstellungen/domains/", ""),
    "sign-in": ("", "/konto/anmelden/", ""),
}


def main(names: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    django.setup()
    from django.conf import settings
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import ARGUMENTS, path_of_chromium
    from tests.browser.stack import running

    FOLDER.mkdir(parents=True, exist_ok=True)
    with running(settings.DATA_DIR) as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path_of_chromium(), args=ARGUMENTS)
        for picture in photograph(browser, stack, names or list(PICTURES)):
            print(picture.relative_to(FOLDER.parent))
        browser.close()


def photograph(browser, stack, names) -> Iterator[Path]:
    """Take the named pictures; yields each file as it is written."""
    from tests.browser import axe

    states = {email: sign_in(browser, stack, email) for email in (AGENT, ADMIN, CUSTOMER)}
    for name in names:
        email, path, click = PICTURES[name]
        for device, size in (("desktop", DESKTOP), ("phone", PHONE)):
            context = browser.new_context(
                viewport=size,
                storage_state=states.get(email),
                locale="de-DE",
                reduced_motion="reduce",
                timezone_id="Europe/Berlin",
            )
            page = context.new_page()
            page.goto(stack.url(path))
            if click:
                address = page.url
                page.locator(click).first.click()
                # The address changes with the page, whether it was swapped or loaded.
                page.wait_for_url(lambda url, before=address: url != before)
            for theme in ("light", "dark"):
                axe.show(page, theme)
                file = FOLDER / f"{name}-{device}-{theme}.png"
                page.screenshot(path=file)
                yield file
            context.close()
    if "queue" in names:
        shutil.copyfile(FOLDER / "queue-desktop-light.png", FOLDER / "queue.png")


def sign_in(browser, stack, email):
    """Sign in by the page, as the start of the helpdesk says; returns the browser's state."""
    from helpdesk.demo import PASSWORD

    context = browser.new_context()
    page = context.new_page()
    page.goto(stack.url("/konto/anmelden/"))
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/konto/" not in url)
    state = context.storage_state()
    context.close()
    return state


if __name__ == "__main__":
    main(sys.argv[1:])
