"""The files of a draft: kept as soon as they are chosen, for nobody but who chose them."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from helpdesk import limits
from helpdesk.downloads import attachment_response
from helpdesk.http import Request, customer_required
from portal import forum_limits, ticket_page, told
from portal.draft_forms import DraftFileForm, too_much_for_a_message
from tickets import drafts
from tickets.drafts import Draft
from tickets.models import DraftFile

# Files of one person in so many seconds; three times as many from one place.
MOST, SECONDS = 120, 600


@require_POST
@customer_required
def create_for_new_ticket(request: Request) -> HttpResponse:
    """Keep a file with the request that somebody is writing."""
    if told.mail_instead(told.tier(request.user)):
        raise Http404
    return _keep(request, Draft(request.user))


@require_POST
@customer_required
def create_for_reply(request: Request, number: int) -> HttpResponse:
    """Keep a file with the answer that somebody is writing on a ticket they take part in."""
    return _keep(request, Draft(request.user, ticket_page.find_own(request, number)))


@require_safe
@customer_required
def draft_file(request: Request, pk: int) -> HttpResponseBase:
    """A file of one's own drafts; anybody else's is not there."""
    return attachment_response(get_object_or_404(DraftFile, person=request.user, pk=pk))


@require_POST
@customer_required
def remove(request: Request, pk: int) -> HttpResponse:
    """Take a file out of its draft."""
    found = get_object_or_404(DraftFile, person=request.user, pk=pk)
    drafts.forget(request.user, [found.pk])
    return HttpResponse(status=204)


def _keep(request: Request, draft: Draft) -> HttpResponse:
    """The file's row in the list; or in words why it was not kept."""
    if wait := _too_often(request):
        return _said(forum_limits.said(wait), 429)
    form = DraftFileForm(request)
    if not form.is_valid():
        errors = form.errors.get("files") or form.non_field_errors()
        return _said(
            " ".join(map(str, errors)) or _("The file did not arrive whole. Please try again."), 422
        )
    try:
        kept = drafts.keep(draft, form.cleaned_data["files"][0])
    except drafts.TooMuchForAMessageError:
        return _said(too_much_for_a_message(), 422)
    except drafts.TooMuchForAPersonError:
        return _said(_("Your drafts hold too many files. Please send or remove some first."), 422)
    except User.DoesNotExist as error:
        # The account has ended while the file was on its way.
        raise Http404 from error
    except OSError:
        return _said(_("We could not store the file just now. Please try again in a moment."), 503)
    context = {"file": kept, "is_ticked": True}
    return render(request, "portal/_draft_file.html", context, status=201)


def _too_often(request: Request) -> int:
    """Count one more; seconds to wait when it is too much."""
    is_allowed = limits.allowed(f"draft_file.person:{request.user.pk}", MOST, SECONDS)
    is_allowed &= limits.allowed(f"draft_file.place:{limits.place(request)}", 3 * MOST, SECONDS)
    return 0 if is_allowed else limits.wait(SECONDS)


def _said(words: str, status: int) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
