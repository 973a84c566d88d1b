"""What a change on the wall does not say: asked of Facebook. Never inside an act."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Q

from channels.facebook import pages
from channels.facebook.errors import FacebookError, GraphError, Meaning, NotSetUpError
from channels.facebook.events import Json, inner, text_of
from channels.facebook.models import FacebookObject, FacebookPage
from channels.facebook.wall_changes import Change, permalink_of
from tenants import live
from tenants.acts import act
from tenants.queue import enqueue

Kind = FacebookObject.Kind
BOTH = "id,message,from,created_time,permalink_url"
FIELDS = {Kind.COMMENT: f"{BOTH},parent,object,attachment", Kind.POST: f"{BOTH},full_picture"}
# Known by more than its id.
SAYS_SOMETHING = ~Q(author_id="") | ~Q(permalink="") | ~Q(text="")
# It will answer another time; everything else will not get better.
LATER = frozenset({Meaning.RATE, Meaning.TEMPORARY, Meaning.RESTRICTED})


def completed(page: FacebookPage, change: Change) -> Change:
    """The change with what Facebook says about its post or comment, where something is missing.

    Raises FacebookError where it should be asked again later; where it does not want to tell,
    the change stays as it is.
    """
    if not change.lacks_something:
        return change
    try:
        found = _asked(page, change.kind, change.external_id)
    except GraphError as error:
        if error.meaning in LATER:
            raise
        return change
    except NotSetUpError:
        return change
    author = inner(found, "from")
    post_id = change.post_id or text_of(inner(found, "object"), "id")
    parent_id = change.parent_id or text_of(inner(found, "parent"), "id") or post_id
    return replace(
        change,
        post_id=post_id[:255],
        parent_id=parent_id[:255] if change.is_comment else "",
        author_id=change.author_id or text_of(author, "id")[:64],
        author_name=change.author_name or text_of(author, "name")[:120],
        text=change.text or text_of(found, "message"),
        permalink=change.permalink or permalink_of(found),
        files=change.files or _pictures(found),
    )


def ask_for_context(stored: FacebookObject) -> None:
    """Have a worker ask for what a comment hangs below, as far as it is not known yet."""
    above = {stored.post_id, stored.parent_id} - {"", stored.external_id}
    known = FacebookObject.objects.filter(SAYS_SOMETHING, page=stored.page, external_id__in=above)
    if known.count() < len(above):
        enqueue("channels.facebook_context", stored.pk)


def fetch_context(pk: int) -> None:
    """Ask for the post and the comment above, and remember them; without them the thread is there.

    What was written before the page was connected is only known this way.
    """
    stored = FacebookObject.objects.select_related("page").filter(pk=pk).first()
    if stored is None or not stored.page.is_active:
        return
    for external_id in dict.fromkeys((stored.post_id, stored.parent_id)):
        if external_id in {"", stored.external_id} or _is_known(stored.page, external_id):
            continue
        kind = Kind.POST if external_id == stored.post_id else Kind.COMMENT
        try:
            found = _asked(stored.page, kind, external_id)
        except FacebookError:
            # The context is nice to have; that the page as a whole fails shows elsewhere.
            continue
        _remember(stored, kind, external_id, found)


def _is_known(page: FacebookPage, external_id: str) -> bool:
    known = FacebookObject.objects.filter(SAYS_SOMETHING, page=page, external_id=external_id)
    return known.exists()


def _asked(page: FacebookPage, kind: str, external_id: str) -> Json:
    asked = {"fields": FIELDS[Kind(kind)]}
    return pages.call(page, "GET", external_id, params=asked, is_needed=False)


@act()
def _remember(below: FacebookObject, kind: str, external_id: str, found: Json) -> None:
    author, page = inner(found, "from"), below.page
    author_id = text_of(author, "id")[:64]
    parent_id = text_of(inner(found, "parent"), "id") or below.post_id
    values = {
        "kind": kind,
        "is_own": author_id == page.page_id,
        "author_id": author_id,
        "author_name": text_of(author, "name")[:120],
        "post_id": below.post_id,
        "parent_id": parent_id[:255] if kind == Kind.COMMENT else "",
        "permalink": permalink_of(found),
        "text": text_of(found, "message"),
    }
    FacebookObject.objects.bulk_create(
        [FacebookObject(page=page, external_id=external_id, **values)], ignore_conflicts=True
    )
    # It may be there without its text: hidden before it was known. Without a moment it stays
    # context: its own event can still come, and is taken in then.
    FacebookObject.objects.filter(page=page, external_id=external_id, at=None).update(**values)
    if below.message is not None:
        live.announce("ticket", below.message.ticket.number)


def _pictures(found: Json) -> tuple[str, ...]:
    image = text_of(inner(found, "attachment", "media", "image"), "src")
    return tuple(filter(None, (image or text_of(found, "full_picture"),)))
