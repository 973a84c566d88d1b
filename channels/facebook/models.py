"""A tenant's pages, who writes to them, and what of ours is known to Facebook under which id."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from channels.facebook import sealing
from tickets.models import Attachment, Message

# An id as Meta writes them; `{page}_{post}` and message ids are longer than those of people.
ID_LENGTH = 255


class FacebookPageQuerySet(models.QuerySet["FacebookPage"]):
    def connected(self) -> FacebookPageQuerySet:
        """Those whose events are taken in, whether or not something is wrong with them."""
        return self.exclude(state=FacebookPage.State.DISCONNECTED)

    def to_check(self, at: datetime | None = None) -> FacebookPageQuerySet:
        """Those whose health is to be looked at now."""
        return self.connected().filter(next_check_at__lte=at or now())

    def next_check(self) -> datetime | None:
        found: datetime | None = self.connected().aggregate(next=models.Min("next_check_at"))[
            "next"
        ]
        return found


class FacebookPage(models.Model):
    """A page of the tenant, with the token that lets us speak for it."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Connected")
        FAILING = "failing", _("Needs attention")
        DISCONNECTED = "disconnected", _("Disconnected")

    class TicketsFrom(models.TextChoices):
        ALL = "all", _("Every post and comment")
        QUESTIONS = "questions", _("Questions only")
        NONE = "none", _("Nothing")

    page_id = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=State, default=State.ACTIVE)
    sealed_token = models.TextField(blank=True)
    permissions = models.JSONField(default=list)
    # Who has signed in at Facebook for it, by the id that only our app knows them under.
    granted_by = models.CharField(max_length=64, blank=True)
    # What Meta tells us of; compared with what we want by the daily check.
    subscribed_fields = models.JSONField(default=list)
    connected_at = models.DateTimeField(default=now)
    connected_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    # The last check of the token, and when it ends (None: it does not say).
    checked_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    next_check_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    token_expires_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    # What Meta last refused for the whole page: its code, and its words without any token.
    error_code: models.IntegerField[int | None, int | None] = models.IntegerField(
        null=True, blank=True
    )
    error_subcode: models.IntegerField[int | None, int | None] = models.IntegerField(
        null=True, blank=True
    )
    error_message = models.TextField(blank=True)
    failed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    # Nothing is asked of Meta for this page until then (its limits are used up).
    paused_until: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    # What of the wall becomes a ticket, and for how long after its solution a ticket is gone on in.
    tickets_from = models.CharField(
        max_length=9, choices=TicketsFrom, default=TicketsFrom.QUESTIONS
    )
    solved_hours = models.PositiveSmallIntegerField(default=48)
    # Whether a new ticket is confirmed to its sender.
    acknowledges = models.BooleanField(default=True)

    objects = FacebookPageQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name or self.page_id

    @property
    def token(self) -> str:
        """The page token in clear; raises SealBrokenError."""
        return sealing.unseal(self.sealed_token)

    @property
    def is_active(self) -> bool:
        return self.state == self.State.ACTIVE


class FacebookPerson(models.Model):
    """Somebody as one page knows them: Meta's ids of people are a page's own."""

    page = models.ForeignKey(FacebookPage, models.CASCADE, related_name="people")
    # In Messenger, and as the author of posts and comments; either may be unknown.
    psid = models.CharField(max_length=64, blank=True)
    author_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=120, blank=True)
    # The last time we asked for the name: one that Meta does not tell is not asked for each time.
    name_checked_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="facebook_people")
    # What they last did in Messenger, by Meta's clock: it opens the windows for answers.
    last_inbound_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    # Meta says that they cannot be written to (blocked, conversation deleted).
    unreachable_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    # Which customer they are asked to be, by whom and when, and when it was proven.
    asked_customer = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    linked_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    linked_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    confirmed_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["page", "psid"], condition=~Q(psid=""), name="facebook_person_by_psid"
            ),
            models.UniqueConstraint(
                fields=["page", "author_id"],
                condition=~Q(author_id=""),
                name="facebook_person_by_author",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.psid or self.author_id


class FacebookObjectQuerySet(models.QuerySet["FacebookObject"]):
    def awaiting_files(self, at: datetime | None = None) -> FacebookObjectQuerySet:
        """Those with attachments that are to be fetched now."""
        return self.filter(fetch_at__lte=at or now())

    def unticketed(self) -> FacebookObjectQuerySet:
        """What people said on the wall that became no ticket and is still there, newest first."""
        said = self.filter(is_own=False, message=None, at__isnull=False)
        on_wall = said.exclude(kind=FacebookObject.Kind.MESSAGE)
        return on_wall.exclude(state=FacebookObject.State.DELETED).order_by("-at", "-pk")

    def next_moment(self) -> datetime | None:
        found: datetime | None = self.aggregate(next=models.Min("fetch_at"))["next"]
        return found


class FacebookObject(models.Model):
    """A message, post or comment as Facebook knows it, and the ticket's message it is here.

    One of our answers is several where it is too long for one: each `part` is written down before
    it is sent and again after (`delivery`), so that it is never sent twice.
    """

    class Kind(models.TextChoices):
        MESSAGE = "message"
        POST = "post"
        COMMENT = "comment"

    class State(models.TextChoices):
        VISIBLE = "visible"
        HIDDEN = "hidden"
        DELETED = "deleted"

    class Delivery(models.TextChoices):
        WAITING = "waiting"
        SENDING = "sending"
        SENT = "sent"

    page = models.ForeignKey(FacebookPage, models.CASCADE, related_name="objects_known")
    kind = models.CharField(max_length=8, choices=Kind)
    # Empty while we have sent something and do not know its id yet.
    external_id = models.CharField(max_length=ID_LENGTH, blank=True)
    person = models.ForeignKey(
        FacebookPerson, models.SET_NULL, null=True, blank=True, related_name="objects_known"
    )
    message = models.ForeignKey(
        Message, models.CASCADE, null=True, blank=True, related_name="facebook_objects"
    )
    # True for what was said as the page, here or elsewhere.
    is_own = models.BooleanField(default=False)
    app_id = models.CharField(max_length=40, blank=True)
    # Who wrote on the wall, as the page knows them: most of them never become a person here.
    author_id = models.CharField(max_length=64, blank=True)
    author_name = models.CharField(max_length=120, blank=True)
    # The post or comment it hangs below, and the post at the top. Of an answer of ours: the one it
    # answers; an answer in Messenger has a post only if it goes to the writer of a comment.
    parent_id = models.CharField(max_length=ID_LENGTH, blank=True)
    post_id = models.CharField(max_length=ID_LENGTH, blank=True)
    permalink = models.TextField(blank=True)
    text = models.TextField(blank=True)
    # When it was said, by Meta's clock; None until we know.
    at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )
    state = models.CharField(max_length=7, choices=State, default=State.VISIBLE)
    # Every version but the last: [[number, milliseconds, text], …]; and who reacted how.
    edits = models.JSONField(default=list)
    reactions = models.JSONField(default=dict)

    part: models.PositiveSmallIntegerField[int | None, int | None] = (
        models.PositiveSmallIntegerField(null=True, blank=True)
    )
    delivery = models.CharField(max_length=7, choices=Delivery, blank=True)
    attachment = models.ForeignKey(
        Attachment, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    # Attachments still to be fetched: [{"type", "url", "tries"}, …], and when to try next.
    files = models.JSONField(default=list)
    fetch_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        null=True, blank=True
    )

    objects = FacebookObjectQuerySet.as_manager()

    class Meta:
        constraints = [
            # Two workers cannot take the same thing in (law 1).
            models.UniqueConstraint(
                fields=["page", "external_id"],
                condition=~Q(external_id=""),
                name="facebook_object_once",
            ),
            models.UniqueConstraint(
                fields=["message", "part"],
                condition=Q(part__isnull=False),
                name="facebook_part_once",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-at"], name="facebook_of_person"),
            models.Index(
                fields=["page", "post_id"],
                name="facebook_thread",
                condition=~Q(post_id=""),
            ),
            models.Index(
                fields=["-at", "-id"],
                name="facebook_unticketed",
                condition=Q(message=None, is_own=False, at__isnull=False),
            ),
            models.Index(
                fields=["fetch_at"],
                name="facebook_files_waiting",
                condition=Q(fetch_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id or self.pk}"

    @property
    def is_on_wall(self) -> bool:
        """True for posts and comments, and for our answers to them, in private too."""
        return bool(self.post_id)
