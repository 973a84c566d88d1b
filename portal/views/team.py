"""Einstellungen / Team: who belongs to an organisation; its administrators invite and remove."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import membership
from accounts.models import Membership, Organisation, OrganisationInvitation, User
from accounts.services import LastAdminError
from helpdesk.http import Request, customer_required
from portal.organisation import administered, membership_of
from portal.proof import too_many_mails
from portal.settings_forms import InvitationForm


@require_safe
@customer_required
def team(request: Request) -> HttpResponse:
    """The people of one's organisation; administrators also see whom they wait for."""
    return _page(request)


@require_POST
@customer_required
def invite(request: Request) -> HttpResponseBase:
    """Write to somebody; what comes back never says whether the address has an account."""
    organisation = administered(request)
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    limited = too_many_mails(request)
    if limited is not None:
        return limited
    email, role = form.cleaned_data["email"], Membership.Role(form.cleaned_data["role"])
    try:
        membership.invite(organisation, email, role, by=request.user)
    except membership.AlreadyThereError:
        form.add_error("email", _("This address is in your team already."))
        return _page(request, form, status=422)
    except membership.TooManyInvitationsError:
        form.add_error(None, _("Too many invitations are open. Please withdraw some of them."))
        return _page(request, form, status=422)
    except membership.TooSoonError:
        form.add_error("email", _("We wrote to this address a moment ago. Try again later."))
        return _page(request, form, status=422)
    messages.success(request, _("The invitation to %(email)s is on its way.") % {"email": email})
    return redirect("portal:team")


@require_POST
@customer_required
def resend(request: Request, pk: int) -> HttpResponse:
    """Send an invitation once more; the link before ends."""
    organisation = administered(request)
    limited = too_many_mails(request)
    if limited is not None:
        return limited
    try:
        again = membership.resend(organisation, pk)
    except OrganisationInvitation.DoesNotExist as error:
        raise Http404 from error
    except membership.TooSoonError:
        messages.info(request, _("We wrote to this address a moment ago. Try again later."))
    else:
        said = _("The invitation to %(email)s is on its way.")
        messages.success(request, said % {"email": again.email})
    return redirect("portal:team")


@require_POST
@customer_required
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Take an invitation back."""
    try:
        membership.withdraw(administered(request), pk)
    except OrganisationInvitation.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("The invitation is withdrawn; its link no longer works."))
    return redirect("portal:team")


@require_POST
@customer_required
def change_role(request: Request, pk: int) -> HttpResponse:
    """Make somebody of the team its administrator, or a plain member."""
    organisation = administered(request)
    role = request.POST.get("role", "")
    if role not in Membership.Role.values:
        raise Http404
    try:
        place = membership.set_role(organisation, pk, Membership.Role(role))
    except Membership.DoesNotExist as error:
        raise Http404 from error
    except LastAdminError:
        messages.error(request, _last_admin())
    else:
        said = _("%(name)s is now: %(role)s.")
        messages.success(request, said % {"name": place.user, "role": place.get_role_display()})
    return redirect("portal:team")


@require_http_methods(["GET", "HEAD", "POST"])
@customer_required
def removal(request: Request, pk: int) -> HttpResponse:
    """Ask first, then take somebody out of the team; everybody may take themselves out."""
    own = membership_of(request.user)
    if own is None or not (own.is_admin or pk == request.user.pk):
        raise Http404
    places = own.organisation.memberships.select_related("user").filter(user__is_active=True)
    place = places.filter(user=pk).first()
    # Who is alone has no team to leave.
    if place is None or places.count() < 2:
        raise Http404
    if request.method == "POST":
        return _remove(request, own.organisation, place.user)
    shown = {"place": place, "organisation": own.organisation, "is_self": pk == request.user.pk}
    return render(request, "portal/team_removal.html", shown)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Where an invitation leads: only the invited address, signed in, gets in, and only once."""
    user = request.user
    try:
        invitation = membership.invitation_of(token)
    except membership.InvitationGoneError:
        return render(request, "portal/team_invitation.html", status=404)
    shown: dict[str, object] = {"invitation": invitation}
    if not isinstance(user, User):
        return render(request, "portal/team_invitation.html", shown)
    if not membership.is_for(invitation, user):
        shown["is_for_another"] = True
        return render(request, "portal/team_invitation.html", shown, status=403)
    if request.method == "POST":
        try:
            organisation = membership.accept(token, user)
        except membership.InvitationGoneError:
            return render(request, "portal/team_invitation.html", status=404)
        except (LastAdminError, membership.MayNotLeaveError) as error:
            shown["obstacle"] = "team" if isinstance(error, LastAdminError) else "booking"
            return render(request, "portal/team_invitation.html", shown, status=409)
        messages.success(request, _("You now belong to %(name)s.") % {"name": organisation})
        return redirect("portal:team")
    return render(request, "portal/team_invitation.html", shown)


def _remove(request: Request, organisation: Organisation, person: User) -> HttpResponse:
    try:
        membership.remove(organisation, person.pk)
    except Membership.DoesNotExist as error:
        raise Http404 from error
    except LastAdminError:
        messages.error(request, _last_admin())
        return redirect("portal:team")
    if person.pk == request.user.pk:
        said = _("You have left %(name)s and now have an organisation of your own.")
        messages.success(request, said % {"name": organisation})
    else:
        messages.success(request, _("%(name)s is no longer in the team.") % {"name": person})
    return redirect("portal:team")


def _last_admin() -> str:
    return _("A team needs an administrator. Make somebody else one first.")


def _page(
    request: Request, form: InvitationForm | None = None, *, status: int = 200
) -> HttpResponse:
    own = membership_of(request.user)
    context: dict[str, object] = {"membership": own}
    if own is not None:
        places = own.organisation.memberships.select_related("user").filter(user__is_active=True)
        context |= {
            "places": places.order_by("role", "user__name", "user__email"),
            "roles": Membership.Role.choices,
            "invitations": own.organisation.invitations.order_by("email") if own.is_admin else [],
            "expired_before": now() - membership.VALID_FOR,
            "form": form or InvitationForm(),
            # For who opened the mail's link before the address was theirs.
            "invited_to": [(one, membership.token(one)) for one in membership.waiting_for(own)],
        }
    return render(request, "portal/team.html", context, status=status)
