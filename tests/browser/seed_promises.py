"""Tiers, teams and calendars, and people whose tier decides how they may write to us."""

from __future__ import annotations

from tests.browser.seed_arrivals import portal_ticket


def gold_customer(slug):
    """An organisation with the highest tier and a mail domain; nobody of it has written yet."""
    from accounts.models import Organisation, OrganisationDomain
    from sla.changes import assign_tier
    from sla.models import SupportTier

    organisation = Organisation.objects.open("Teehaus Nordlicht GmbH")
    domain = f"nordlicht-{slug}.example"
    OrganisationDomain.objects.create(organisation=organisation, domain=domain)
    assign_tier(organisation, SupportTier.objects.get(name="Gold"))
    return {"gold_domain": domain, "gold_organisation": organisation.name}


def promises_rules():
    """What every tenant starts with, where its settings pages find it."""
    from accounts.models import Team
    from sla.models import SupportTier
    from sla.tiers import default_calendar

    return {
        "tier": SupportTier.objects.get(name="Gold").pk,
        "calendar": default_calendar().pk,
        "team": Team.objects.order_by("pk")[0].pk,
    }


def take_the_portal_from(user):
    """Their organisation has a tier that takes requests by e-mail alone."""
    from sla.changes import assign_tier
    from sla.models import SupportTier
    from sla.tier_edits import save_tier

    by_mail = SupportTier(
        name="Nur E-Mail",
        first_response_minutes=960,
        is_guaranteed=False,
        allowed_channels=["email"],
    )
    assign_tier(user.organisation, save_tier(by_mail))


def called(people):
    """Somebody with Gold who waits for a call, which did not reach them yet."""
    from channels.callback import attempts, calls
    from channels.callback.attempts import Attempt
    from channels.callback.calls import CallRequest
    from channels.callback.numbers import Number
    from sla.changes import assign_tier
    from sla.models import SupportTier

    caller = people["caller"]
    assign_tier(caller.organisation, SupportTier.objects.get(name="Gold"))
    ticket = portal_ticket(caller, "Kasse meldet einen Fehler", "Bitte rufen Sie an.")
    request = CallRequest(Number("+4930123456"), ticket.subject)
    call = calls.agree(ticket, request, by=caller)
    attempts.log(call, Attempt("not_reached", note="Besetzt."), by=people["agent"])
    return {"call": call.pk, "call_ticket": ticket.number}
