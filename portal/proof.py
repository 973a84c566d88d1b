"""What django-allauth knows about proofs and limits, in our types: the package has none."""

from __future__ import annotations

from typing import ParamSpec

from allauth.account.decorators import reauthentication_required
from allauth.core import ratelimit
from django.http import HttpResponse

from helpdesk.http import Request, View

P = ParamSpec("P")


def proof_required(view: View[P]) -> View[P]:
    """Ask once more who it is, unless that was proven a moment ago; what was sent is kept."""
    guarded: View[P] = reauthentication_required(view)
    return guarded


def too_many_mails(request: Request) -> HttpResponse | None:
    """Count one more mail that this person has us send; the refusal where it is one too many."""
    refusal: HttpResponse | None = ratelimit.consume_or_429(
        request, action="manage_email", user=request.user
    )
    return refusal
