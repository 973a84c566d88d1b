"""The demo's page at Facebook (Demo): connected as an operator would, and people who wrote to it.

What they write takes the whole way in: the stand-in tells our webhook, as Meta does.
"""

from __future__ import annotations

import time
from typing import Any

import httpx
from django_tenants.utils import tenant_context

from channels.facebook import connecting, pages
from channels.facebook.connecting import NotAPageTokenError
from channels.facebook.errors import FacebookError
from channels.facebook.models import FacebookPage
from helpdesk.demo import standin
from tenants.models import Tenant

PATIENCE = 20.0
TIMEOUT = 10.0
# Direct messages first, one after the other; then what is on the wall.
DIRECT = (
    (
        "Nele Brandt",
        (
            "Hallo, ich habe letzte Woche den Wasserkocher bestellt.",
            "Wann kommt der denn ungefähr? Ich bin ab Freitag im Urlaub 😬",
        ),
    ),
    ("Cem Yıldız", ("Kann ich die Rechnung auch auf meine Firma umschreiben lassen?",)),
)
WALL = (
    ("Birgit Hansen", "Habt ihr am Samstag vor dem zweiten Advent länger geöffnet?"),
    ("Ole Petersen", "Die neue Teekanne ist ein Traum. Danke für die schnelle Lieferung!"),
)


def open_page(patience: float = PATIENCE) -> bool:
    """Connect the demo's page, and let people write to it the first time.

    False where no stand-in is there for `patience` seconds; running it twice does it once.
    """
    tenant = Tenant.objects.filter(slug="demo").first()
    if tenant is None or not standin.is_on() or not _answers(patience):
        return False
    with tenant_context(tenant):
        if not _is_connected():
            connecting.connect(_order("staff/grant", page=standin.PAGE_ID))
    if not _look("state")["people"]:
        _tell()
    return True


def _is_connected() -> bool:
    """Whether the page is connected with a token that the stand-in still knows."""
    page = FacebookPage.objects.connected().filter(page_id=standin.PAGE_ID).first()
    # Somebody who disconnected it in the settings wants it so.
    if page is None:
        return FacebookPage.objects.filter(page_id=standin.PAGE_ID).exists()
    try:
        connecting.checked(pages.token_of(page))
    except (FacebookError, NotAPageTokenError):
        return False
    return True


def _tell() -> None:
    for name, texts in DIRECT:
        person = _order("people/add", name=name)["id"]
        for text in texts:
            _order("people/write", page=standin.PAGE_ID, person=person, text=text)
    for name, text in WALL:
        person = _order("people/add", name=name)["id"]
        _order("wall/post", page=standin.PAGE_ID, by=person, text=text)


def _answers(patience: float) -> bool:
    end = time.monotonic() + patience
    while True:
        try:
            _look("health")
        except httpx.HTTPError:
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        else:
            return True


def _order(what: str, **arguments: Any) -> Any:
    answer = httpx.post(f"{standin.url()}/_standin/{what}", json=arguments, timeout=TIMEOUT)
    return answer.raise_for_status().json()["result"]


def _look(what: str) -> Any:
    answer = httpx.get(f"{standin.url()}/_standin/{what}", timeout=TIMEOUT)
    return answer.raise_for_status().json()["result"]
