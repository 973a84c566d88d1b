"""Loading the demo: through the intake and answer functions of production, with explicit moments.

The moments are counted back in *business* time from now, so that the queue shows overdue, due-soon
and relaxed tickets of every tier on a Sunday too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import make_msgid

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.timezone import localtime, now
from django_tenants.utils import tenant_context

from accounts import invitations
from accounts.models import Organisation, Team, TeamMembership, User
from accounts.services import accept_invitation
from channels import arrivals, intake
from channels.arrivals import Arrival
from channels.intake import InboundMessage
from channels.models import SystemMail
from helpdesk.demo import PASSWORD
from helpdesk.demo.calls import agree_calls
from helpdesk.demo.commerce import open_books
from helpdesk.demo.faq import write_faq
from helpdesk.demo.forum import open_forum
from helpdesk.demo.people import MUSTERHANDEL, ZWEITMARKE, Customer, House
from helpdesk.demo.stories import DONE, FOLLOW_UPS, OPEN, SECOND_OPEN, Story
from helpdesk.demo.together import share_and_rate
from helpdesk.provisioning import create_tenant
from sla.calendar import Calendar
from sla.changes import assign_tier
from sla.models import Promise, SupportTier
from sla.tiers import default_tier, tier_of, version_for
from tenants.acts import act
from tenants.connection import connection
from tenants.models import Tenant
from tickets import assigning, changing, outcomes, writing
from tickets.models import Channel, Message, Ticket
from tickets.recording import Content, File
from tickets.states import State

HOUSES = (
    (MUSTERHANDEL, OPEN, (*FOLLOW_UPS, *DONE)),
    (ZWEITMARKE, SECOND_OPEN, ()),
)
# How long the demo's customers have been customers, with the tier they have.
CUSTOMERS_FOR = timedelta(days=400)
# A queue without anything due this soon is yesterday's: it is worked off and filled again.
SOON = timedelta(hours=2)
WORKED_OFF = (
    "Guten Tag,\n\nIhr Anliegen ist erledigt. Melden Sie sich gern, wenn noch etwas offen ist."
)


def load(at: datetime | None = None) -> list[str]:
    """Make what is missing and refresh what has gone stale; returns the slugs it touched.

    `at` (aware) is the moment the deadlines are counted back from; now unless given.
    """
    moment = at or now()
    touched = []
    for house, current, done in HOUSES:
        tenant = Tenant.objects.filter(slug=house.slug).first()
        if tenant is None:
            tenant = _found(house, moment - CUSTOMERS_FOR)
            with tenant_context(tenant):
                open_books(house, moment)
                _write(house, (*done, *current), moment)
                agree_calls(moment)
                share_and_rate()
                if house is MUSTERHANDEL:
                    write_faq(User.objects.agents().order_by("pk")[0])
                    open_forum(moment)
            touched.append(house.slug)
            continue
        with tenant_context(tenant):
            if _is_stale(moment):
                _work_off(moment)
                _write(house, current, moment)
                agree_calls(moment)
                touched.append(house.slug)
    return touched


def _found(house: House, since: datetime) -> Tenant:
    """The tenant with its team and its customers, each in the tier they booked."""
    name, email = house.admin
    domain = f"{house.slug}.localhost"
    tenant = create_tenant(
        house.slug, name=house.name, domain=domain, admin_email=email, admin_name=name
    )
    with tenant_context(tenant), transaction.atomic():
        _enter(User.objects.with_address(email).get())
        team = Team.objects.create(name=house.team)
        for position, (agent_name, agent_email) in enumerate(house.agents):
            agent = _enter(User.objects.create_agent(agent_email, agent_name))
            TeamMembership.objects.create(team=team, user=agent, is_lead=position == 0)
        for customer in house.customers:
            _admit(customer, since)
    return tenant


def _enter(user: User) -> User:
    return accept_invitation(invitations.token(user), name=user.name, password=PASSWORD)


def _admit(customer: Customer, since: datetime) -> None:
    organisation = Organisation.objects.filter(name=customer.organisation).first()
    if organisation is None:
        organisation = Organisation.objects.open(customer.organisation, since=since)
        tier = SupportTier.objects.get(name=customer.tier)
        if tier != default_tier():
            assign_tier(organisation, tier, at=since)
    user = User.objects.create_customer(customer.email, customer.name, organisation=organisation)
    if customer.is_admin:
        user.join(organisation, "admin")
    if customer.signs_in:
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


def _is_stale(at: datetime) -> bool:
    """True when some tier has nothing in the queue that is still ahead and due soon."""
    hours = version_for(default_tier()).hours
    ahead = Promise.objects.open().filter(due_at__gt=at, due_at__lte=hours.add(at, SOON))
    return not ahead.filter(is_guaranteed=True).exists()


@act()
def _work_off(at: datetime) -> None:
    """Answer what yesterday's demo left, so that the queue stays a plausible one."""
    agent = User.objects.agents().filter(role=User.Role.AGENT).order_by("pk")[0]
    for ticket in Ticket.objects.queued().filter(due_at__lt=at):
        _answer(ticket, agent, WORKED_OFF, at)
        changing.change_state(ticket, State.SOLVED, by=agent, at=at)


def _write(house: House, stories: Sequence[Story], at: datetime) -> None:
    moments = {id(story): _began(story, at) for story in stories}
    for story in sorted(stories, key=lambda story: moments[id(story)]):
        _tell(house, story, moments[id(story)], at)


def _began(story: Story, at: datetime) -> datetime:
    """When the first message came, counted back in the calendar of the sender's tier."""
    user = User.objects.with_address(story.email).first()
    tier = tier_of(user.organisation) if user and user.organisation else default_tier()
    used = story.began or tier.first_response_minutes - story.left
    return _hours(tier).subtract(at, timedelta(minutes=used))


def _hours(tier: SupportTier) -> Calendar:
    return version_for(tier).hours


@act()
def _tell(house: House, story: Story, began: datetime, at: datetime) -> None:
    """Let a story happen; all of it at once, before a sweep sees what was answered long ago."""
    message = _arrive(house, story, story.text, began)
    ticket = message.ticket
    agent = User.objects.agents().filter(name=story.assignee).first() if story.assignee else None
    hours = _hours(default_tier())
    if agent:
        moment = hours.add(began, timedelta(minutes=min(10, story.answered_after // 2)))
        assigning.assign(ticket, to=agent, by=agent, at=min(moment, at))
        if story.note:
            writing.add_note(ticket, author=agent, text=story.note, at=min(moment, at))
    if story.answer and agent:
        answered_at = hours.add(began, timedelta(minutes=story.answered_after))
        _answer(ticket, agent, story.answer, answered_at)
        if story.follow_up:
            since = hours.add(answered_at, timedelta(minutes=45))
            _arrive(house, story, story.follow_up, min(since, at), answers=message)
    if story.state not in {State.NEW, State.WAITING}:
        by = agent or User.objects.agents().order_by("pk")[0]
        ended = hours.add(began, timedelta(minutes=story.answered_after + 60))
        changing.change_state(ticket, story.state, by=by, at=min(ended, at))


@act()
def _answer(ticket: Ticket, agent: User, text: str, at: datetime) -> None:
    """An answer that arrived at once; the demo's past fills nobody's mailbox."""
    message = writing.reply(ticket, author=agent, text=text, at=at)
    outcomes.mark_delivered(message, at=at)
    # The copy of one that was given in the portal.
    SystemMail.objects.all().pending().filter(recipient=ticket.requester.email).delete()


def _arrive(
    house: House, story: Story, text: str, at: datetime, *, answers: Message | None = None
) -> Message:
    if story.channel in {Channel.PORTAL, Channel.CONTACT_FORM}:
        return _by_form(story, text, at)
    raw = _mail(house, story, text, at, answers).as_bytes()
    # Without a return path no confirmation is sent: the demo writes to nobody about its past.
    arrival = Arrival(Channel.EMAIL, raw, received_at=at, envelope_from="")
    mailbox = f"support@{house.slug}.localhost"
    [record] = arrivals.accept(arrival, {connection.schema_name: [mailbox]})
    message = intake.process(record)
    if message is None:
        raise RuntimeError(f"The demo mail “{story.subject}” was not taken in.")
    return message


@act()
def _by_form(story: Story, text: str, at: datetime) -> Message:
    """Written by somebody who is signed in, or by a stranger in the contact form."""
    is_known = story.channel == Channel.PORTAL
    author = User.objects.with_address(story.email).get() if is_known else None
    files = (_file(story.file),) if story.file else ()
    inbound = InboundMessage(
        channel=story.channel,
        subject=story.subject,
        content=Content(text=text, files=files, from_address=story.email),
        received_at=at,
        author=author,
        is_verified=is_known,
        silence="demo data",
    )
    return intake.take_in(inbound)[1]


def _mail(
    house: House, story: Story, text: str, at: datetime, answers: Message | None
) -> EmailMessage:
    user = User.objects.with_address(story.email).first()
    mail = EmailMessage()
    mail["From"] = f"{user.name} <{story.email}>" if user else story.email
    mail["To"] = f"support@{house.slug}.localhost"
    mail["Subject"] = f"Re: {story.subject}" if answers else story.subject
    mail["Date"] = localtime(at)
    mail["Message-ID"] = make_msgid(domain=story.email.rpartition("@")[2])
    if answers:
        mail["In-Reply-To"] = answers.message_id
    mail.set_content(text)
    if story.file and not answers:
        file = _file(story.file)
        main, _, sub = file.content_type.partition("/")
        mail.add_attachment(file.content, maintype=main, subtype=sub, filename=file.filename)
    return mail


def _file(file: tuple[str, str, str]) -> File:
    name, content_type, text = file
    return File(name, content_type, text.encode())
