"""Where Meta sends people and their wishes: one address for all tenants, on no tenant's host."""

from __future__ import annotations

import logging

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from channels.facebook import graph, login, signed, withdrawals
from channels.facebook.login import TooLateError
from channels.facebook.signed import NotSignedError
from tenants.models import Withdrawal

logger = logging.getLogger(__name__)


@login_not_required
@require_safe
def connected(request: HttpRequest) -> HttpResponse:
    """Somebody comes back from the sign-in at Facebook: on to their tenant's host."""
    try:
        return HttpResponseRedirect(login.handed_over(request.GET.dict()))
    except TooLateError:
        return render(request, "channels/facebook/too_late.html", status=400)


@csrf_exempt
@login_not_required
@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """Somebody asks at Facebook for the deletion of their data: say where they see how it goes."""
    found = _asked(request, Withdrawal.Kind.DELETION)
    if isinstance(found, HttpResponse):
        return found
    path = reverse("facebook_deletion_status", args=[found.code])
    return JsonResponse({"url": f"{settings.PUBLIC_URL}{path}", "confirmation_code": found.code})


@login_not_required
@require_safe
def deletion(request: HttpRequest, code: str) -> HttpResponse:
    """How a deletion stands, for the person who asked; knows nobody's name."""
    asked = Withdrawal.objects.filter(kind=Withdrawal.Kind.DELETION)
    found = get_object_or_404(asked, code=code.strip().upper()[:20])
    return render(request, "channels/facebook/deletion.html", {"withdrawal": found})


@csrf_exempt
@login_not_required
@require_POST
def deauthorise(request: HttpRequest) -> HttpResponse:
    """Somebody has removed the app at Facebook: the pages they connected need somebody else."""
    found = _asked(request, Withdrawal.Kind.DEAUTHORISATION)
    if isinstance(found, HttpResponse):
        return found
    return JsonResponse({"confirmation_code": found.code})


def _asked(request: HttpRequest, kind: str) -> Withdrawal | HttpResponse:
    """What Meta has signed, written down; or what to answer where it has not."""
    if not graph.is_set_up():
        raise Http404
    try:
        asked = signed.parse(request.POST.get("signed_request", ""))
    except NotSignedError as error:
        logger.warning("Refused a Facebook %s: %s", kind, error)
        return JsonResponse({"error": str(error)}, status=403)
    return withdrawals.ask(kind, asked)
