"""One page in the table of URLs."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from tests.browser.visitors import Known


@dataclass(frozen=True)
class PageOf:
    """One page: its URL's name, the seeded values in it, who opens it, what it answers."""

    name: str
    arguments: tuple[str, ...] = ()
    role: str = ""
    query: str = ""
    tenant: str = "demo"
    status: int = 200

    def __str__(self) -> str:
        who = f" by {self.role}" if self.role else ""
        who += f" of {self.tenant}" if self.tenant != "demo" else ""
        return f"{self.name}{'/'.join(('', *self.arguments))}{self.query}{who}"

    @property
    def complaint(self) -> str:
        """What the browser's console says about an answer that is no success."""
        return f"status of {self.status}" if self.status >= 400 else ""

    def path(self, known: Known) -> str:
        values = [known.value(name, self.tenant) for name in self.arguments]
        return reverse(self.name, args=values) + self.query
