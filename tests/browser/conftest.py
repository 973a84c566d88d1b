"""The whole helpdesk and a real Chromium, started once for all tests of this folder.

The fixtures are scoped to the package: Playwright's loop must be gone before other tests of the
same process use the database.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator, Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from tests.browser import stack as stacks
from tests.browser.stack import Stack
from tests.browser.visitors import PATIENCE_MILLISECONDS, Known, Visitors

# The shell is the same engine without the browser around it: half the work for each page.
CHROMIUMS = ("chromium-headless-shell", "chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# For what should be there at once, on a machine that is busy with other tests.
expect.set_options(timeout=PATIENCE_MILLISECONDS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the helpdesk's processes said; nobody can ask them afterwards."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and isinstance(stack, Stack):
        report.sections.append(("The helpdesk's logs", stack.logs()))
    return report


def path_of_chromium() -> str | None:
    """The lightest Chromium that is installed; None without one."""
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = path_of_chromium()
    if path is None:
        pytest.fail(
            "The browser tests need Chromium: install it "
            f"(Debian: sudo apt-get install {CHROMIUMS[0]}).",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error as error:
            pytest.fail(f"Chromium ({path}) did not start: {error}", pytrace=False)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    with stacks.running(settings.DATA_DIR) as running:
        yield running


@pytest.fixture(scope="package")
def known(stack: Stack) -> Known:
    """Who can sign in, and the values of the URLs, by tenant."""
    return Known(json.loads(stack.python("-m", "tests.browser.seed")))


@pytest.fixture(scope="package")
def all_visitors(chromium: Browser, stack: Stack, known: Known) -> Iterator[Visitors]:
    found = Visitors(chromium, stack, known)
    yield found
    found.close()


@pytest.fixture
def visitors(all_visitors: Visitors) -> Iterator[Visitors]:
    """Opens pages as somebody; whatever a page complained about fails the test."""
    yield all_visitors
    complaints = all_visitors.leave()
    assert complaints == []


@pytest.fixture
def visitor(visitors: Visitors) -> Page:
    """Somebody who is not signed in, on the portal's first page."""
    return visitors.open("portal:home")
