"""People with a browser of their own: signed in or not, in a language, a theme and a width."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from tests.browser.stack import Stack

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 360, "height": 780}
# On a machine that is busy with other tests; what got lost is found by the sweep, every 30 s.
PATIENCE_MILLISECONDS = 45_000


@dataclass(frozen=True)
class Known:
    """What the seed made: sessions by role, and the values of URLs, by tenant."""

    seeded: dict[str, dict[str, dict[str, str]]]

    def session(self, role: str, tenant: str = "demo") -> str:
        return self.seeded[tenant]["sessions"][role]

    def email(self, role: str, tenant: str = "demo") -> str:
        return self.seeded[tenant]["emails"][role]

    def value(self, name: str, tenant: str = "demo") -> str:
        return self.seeded[tenant]["values"][name]


@dataclass
class Visitors:
    """Opens pages, and remembers what went wrong on them beside what a test looks at."""

    chromium: Browser
    stack: Stack
    known: Known
    contexts: dict[tuple[str, str, str, int], BrowserContext] = field(default_factory=dict)
    own: list[BrowserContext] = field(default_factory=list)
    # Chromium takes a second to open a page: those of kept browsers are kept too.
    kept: dict[tuple[str, str, str, int], Page] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(
        self,
        name: str = "",
        *arguments: object,
        role: str = "",
        tenant: str = "demo",
        language: str = "de",
        path: str = "",
        fresh: bool = True,
        status: int = 200,
    ) -> Page:
        """Open a page by its URL's name, or by its path; it must answer with this status.

        With `fresh` the visitor has a browser nobody used before; without, one that is kept for
        all tests, which is faster.
        """
        page = self.page(role, tenant, language, fresh=fresh)
        answer = page.goto(self.stack.url(path or reverse(name, args=arguments), tenant))
        assert answer is not None
        assert answer.status == status, (answer.url, answer.status)
        return page

    def page(self, role: str, tenant: str, language: str, *, fresh: bool, port: int = 0) -> Page:
        """An empty page of a visitor with this role."""
        key = (role, tenant, language, port)
        page = None if fresh else self.kept.get(key)
        if page is None or page in self.pages:
            page = self._new_page(self._context(key, fresh=fresh))
            if not fresh:
                self.kept.setdefault(key, page)
        elif page.viewport_size != WIDE:
            page.set_viewport_size(WIDE)
        self.pages.append(page)
        return page

    def _new_page(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("response", self._see)
        return page

    def leave(self) -> list[str]:
        """Close what was opened; return what pages complained about."""
        for page in self.pages:
            if page in self.kept.values():
                page.goto("about:blank")
            else:
                page.close()
        for context in self.own:
            context.close()
        found, self.complaints = self.complaints, []
        self.pages, self.own = [], []
        return found

    def forgive(self, part: str) -> None:
        """Take back the complaints with this text: the test brought them about on purpose."""
        if not part:
            return
        kept = [one for one in self.complaints if part not in one]
        assert kept != self.complaints, f"Nobody complained about {part!r}."
        self.complaints = kept

    def close(self) -> None:
        for context in self.contexts.values():
            context.close()

    def _context(self, key: tuple[str, str, str, int], *, fresh: bool) -> BrowserContext:
        role, tenant, language, _port = key
        if not fresh and key in self.contexts:
            return self.contexts[key]
        context = self.chromium.new_context(
            viewport=WIDE, reduced_motion="reduce", locale=language, timezone_id="Europe/Berlin"
        )
        url = self.stack.url("/", tenant)
        cookies = [{"name": "django_language", "value": language, "url": url}]
        if role:
            key_of_session = self.known.session(role, tenant)
            cookies.append({"name": "sessionid", "value": key_of_session, "url": url})
        context.add_cookies(cookies)
        if fresh:
            self.own.append(context)
        else:
            self.contexts[key] = context
        return context

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            where = message.location.get("url", "")
            self.complaints.append(f"{message.type}: {message.text} ({where})")

    def _see(self, response: Response) -> None:
        is_page = response.request.is_navigation_request()
        if response.status >= 400 and not is_page:
            self.complaints.append(f"{response.status} {response.url}")
