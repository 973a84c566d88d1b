"""What exists in the stand-in: one app, its accounts, pages, people, messages and the wall.

Moments are seconds since 1970 by the stand-in's clock unless a name says otherwise.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from typing import Any

# The page's own inbox at Meta: what an agent answers there carries this app's id.
PAGE_INBOX = "263902037430900"
TASKS = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"]
PERMISSIONS = [
    "pages_show_list",
    "pages_manage_metadata",
    "pages_messaging",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "business_management",
]
MAX_EDITS = 5
HUMAN_AGENT = "human_agent"
PROFILES = "profiles"


@dataclass
class App:
    """The one app; features are what Meta's App Review has approved."""

    id: str
    secret: str
    verify_token: str = ""
    webhook_url: str = ""
    deletion_url: str = ""
    deauthorize_url: str = ""
    features: list[str] = field(default_factory=lambda: [HUMAN_AGENT, PROFILES])
    # The app setting "Require App Secret".
    demands_proof: bool = True
    redirect_urls: list[str] = field(default_factory=list)
    webhook_verified: bool = False
    # Whether an echo reaches the webhook before the Send API has answered.
    echoes_first: bool = False
    refused_fields: list[str] = field(default_factory=list)
    link_seconds: float = 300


@dataclass
class Account:
    """Somebody who administers pages and signs in at the dialog."""

    id: str
    name: str
    tasks: dict[str, list[str]] = field(default_factory=dict)
    declined: list[str] = field(default_factory=list)


@dataclass
class Page:
    id: str
    name: str
    category: str = "Software"
    fields: list[str] = field(default_factory=list)
    is_restricted: bool = False


@dataclass
class Person:
    """A customer on Facebook, with another id on each page: in messages, and on the wall."""

    id: str
    name: str
    psids: dict[str, str] = field(default_factory=dict)
    wall_ids: dict[str, str] = field(default_factory=dict)
    blocks: list[str] = field(default_factory=list)
    # "", "none" (no profile for this user) or "consent" (profile consent missing).
    profile_refused: str = ""


@dataclass
class Token:
    value: str
    account_id: str
    scopes: list[str]
    page_ids: list[str]
    issued_at: float
    expires_at: float | None
    # Of a page token: its page.
    page_id: str = ""
    # Why it no longer works: the subcode of error 190.
    dead: int | None = None


@dataclass
class Code:
    value: str
    account_id: str
    scopes: list[str]
    page_ids: list[str]
    redirect_uri: str
    issued_at: float
    is_used: bool = False


@dataclass
class Thread:
    """One person's conversation with one page."""

    page_id: str
    person_id: str
    psid: str
    last_action_at: float | None = None
    # Which app answers; empty: ours.
    owner: str = ""


@dataclass
class Message:
    mid: str
    page_id: str
    person_id: str
    from_page: bool
    at: float
    text: str = ""
    attachments: list[dict[str, Any]] = field(default_factory=list)
    metadata: str = ""
    app_id: str = ""
    reply_to: str = ""
    tag: str = ""
    edits: list[str] = field(default_factory=list)
    is_deleted: bool = False
    is_read: bool = False
    reaction: str = ""


@dataclass
class Entry:
    """A post or a comment on a page's wall; `author_id` of the page's own is the page's id."""

    id: str
    page_id: str
    item: str
    author_id: str
    author_name: str
    message: str
    at: int
    post_id: str
    parent_id: str = ""
    photo: str = ""
    is_hidden: bool = False
    is_removed: bool = False
    # On somebody's own wall, where it mentions the page.
    is_elsewhere: bool = False
    # A private reply was sent; there is one per post or comment.
    was_answered_privately: bool = False

    @property
    def is_comment(self) -> bool:
        return self.item == "comment"

    @property
    def is_own(self) -> bool:
        return self.author_id == self.page_id


@dataclass
class File:
    id: str
    name: str
    content_type: str
    content: bytes
    # After it a link is refused; None: it stays.
    expires_at: float | None = None


@dataclass
class World:
    app: App
    pages: dict[str, Page] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    threads: dict[str, Thread] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()

    def new_id(self) -> str:
        """A number of 15 digits, as Meta's ids look."""
        return str(secrets.randbelow(9 * 10**14) + 10**14)

    def thread(self, page_id: str, person_id: str) -> Thread:
        """The conversation of a person with a page, made on first use, with its PSID."""
        key = f"{page_id}:{person_id}"
        if key not in self.threads:
            psid = self.new_id()
            self.people[person_id].psids[page_id] = psid
            self.threads[key] = Thread(page_id, person_id, psid)
        return self.threads[key]

    def person_of(self, page_id: str, psid: str) -> Person | None:
        """Who a page-scoped id is, on this page alone."""
        return next((one for one in self.people.values() if one.psids.get(page_id) == psid), None)

    def entry(self, object_id: str) -> Entry | None:
        found = self.entries.get(object_id)
        return None if found is None or found.is_removed else found
