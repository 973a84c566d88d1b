"""The page of one ticket, and what an agent does on it."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Team
from channels.facebook import windows
from channels.facebook.outbound import too_large
from desk import answering, ticket_page
from desk.forms import (
    AssignmentForm,
    NoteForm,
    ReplyForm,
    StateForm,
    TicketTeamForm,
    states_after_answer,
)
from desk.page import desk_page, desk_part
from helpdesk.http import Request, agent_required, wants_partial
from sla.history import changes_of
from tickets import assigning, changing
from tickets.models import Message, Ticket
from tickets.states import State, TransitionError


@require_safe
@agent_required
def ticket(request: Request, number: int) -> HttpResponse:
    """Read a ticket; a page that is open already gets the parts that change."""
    found = ticket_page.find(request, number)
    if wants_partial(request):
        return ticket_page.parts(request, found)
    return ticket_page.whole(request, found)


@require_POST
@agent_required
def create_reply(request: Request, number: int) -> HttpResponse:
    """Answer the customer; a page that is behind shows what came in between, and asks again."""
    found = ticket_page.find(request, number)
    # Merged while somebody wrote: the answer goes out, and is asked about, where it goes on.
    here = ticket_page.goes_on_in(request, found)
    form = ReplyForm(here, request=request)
    if not states_after_answer(here):
        messages.error(request, _("This ticket is spam. Open it first, then answer."))
        return redirect("desk:ticket", here.number)
    if form.is_valid():
        _check_facebook(here, form)
    if not form.is_valid():
        return ticket_page.whole(request, here, reply_form=form)
    try:
        message = answering.answer(
            found,
            by=request.user,
            text=form.cleaned_data["text"],
            files=form.cleaned_data["files"],
            state=State(form.cleaned_data["state"]),
            last_seen=form.cleaned_data["last_message"],
            prepare=form.write_down,
        )
    except answering.MeanwhileError as meanwhile:
        return _ask_again(request, here, meanwhile.newer)
    except TransitionError:
        return _ask_for_state(request, here.number)
    messages.success(request, _("Your answer is on its way."))
    return _to_message(message)


@require_POST
@agent_required
def create_note(request: Request, number: int) -> HttpResponse:
    found = ticket_page.find(request, number)
    form = NoteForm(request=request)
    if not form.is_valid():
        here = ticket_page.goes_on_in(request, found)
        return ticket_page.whole(request, here, note_form=form)
    message = answering.note(
        found,
        by=request.user,
        text=form.cleaned_data["text"],
        files=form.cleaned_data["files"],
        last_seen=form.cleaned_data["last_message"],
    )
    messages.success(request, _("The note is saved."))
    return _to_message(message)


@require_POST
@agent_required
def change_assignment(request: Request, number: int) -> HttpResponse:
    """Give the ticket to an agent or to nobody."""
    found = ticket_page.find(request, number)
    form = AssignmentForm(data=request.POST)
    if not form.is_valid():
        return _refused(request, found, form)
    to = form.cleaned_data["assignee"]
    try:
        assigning.assign(found, to=to, by=request.user)
    except changing.MergedError:
        return _merged_meanwhile(request, number)
    said = _("Assigned to %(name)s.") % {"name": to} if to else _("Nobody has this ticket now.")
    messages.success(request, said)
    return _done(request, number)


@require_POST
@agent_required
def change_team(request: Request, number: int) -> HttpResponse:
    """Give the ticket to a team or to none."""
    found = ticket_page.find(request, number)
    form = TicketTeamForm(found, data=request.POST)
    if not form.is_valid():
        return _refused(request, found, form)
    to = form.cleaned_data["team"]
    try:
        assigning.assign_team(found, to=to, by=request.user)
    except Team.DoesNotExist:
        form.add_error("team", form.fields["team"].error_messages["invalid_choice"])
        return _refused(request, found, form)
    except changing.MergedError:
        return _merged_meanwhile(request, number)
    said = _("Team: %(team)s.") % {"team": to} if to else _("The ticket has no team now.")
    messages.success(request, said)
    return _done(request, number)


@require_POST
@agent_required
def change_state(request: Request, number: int) -> HttpResponse:
    """Move the ticket to another state, as far as there is a way."""
    found = ticket_page.find(request, number)
    form = StateForm(found, data=request.POST)
    if not form.is_valid():
        return _refused(request, found, form)
    state = State(form.cleaned_data["state"])
    try:
        changing.change_state(found, state, by=request.user)
    except TransitionError:
        # Somebody else moved it between this page and this click.
        form.add_error("state", _("The ticket cannot go to this state from here."))
        return _refused(request, ticket_page.find(request, number), form)
    except changing.MergedError:
        return _merged_meanwhile(request, number)
    messages.success(request, _("State: %(state)s.") % {"state": state.label})
    return _done(request, number)


@require_safe
@agent_required
def explanation(request: Request, number: int) -> HttpResponse:
    """Why the due moment is what it is, day by day."""
    found = ticket_page.find(request, number)
    promise = ticket_page.current_promise(found)
    steps = promise.explanation() if promise else []
    context = {
        "ticket": found,
        "promise": promise,
        "steps": steps,
        "changes": changes_of(found),
        "seconds": sum(step.seconds for step in steps),
    }
    if wants_partial(request):
        return desk_part(request, "_explanation.html", context)
    return desk_page(request, "desk/explanation.html", context)


def _check_facebook(ticket: Ticket, form: ReplyForm) -> None:
    """An answer that Facebook is sure to refuse is not even written down (law 3)."""
    window = windows.of_ticket(ticket)
    if window is None or form.wall is not None:
        return
    files = form.cleaned_data["files"]
    reasons = [too_large(one.filename, one.content_type, len(one.content)) for one in files]
    if window.is_closed:
        said = _("Not sent: Facebook takes no answer any more. Your text is kept here.")
        form.add_error(None, said)
    for reason in filter(None, reasons):
        form.add_error("files", reason)
    if files and form.errors:
        form.add_error("files", _("Please choose the files again."))


def _ask_again(request: Request, found: Ticket, newer: list[Message]) -> HttpResponse:
    """Show the form with its text, what came in between, and take the next click as meant."""
    form = ReplyForm(found, request=request)
    form.is_valid()
    names = dict.fromkeys(str(message.author or message.from_address) for message in newer)
    form.add_error(
        None,
        _(
            "Not sent yet: meanwhile there is something new from %(names)s. Please read it above; "
            "your answer is kept and goes out when you send it again."
        )
        % {"names": get_text_list(list(names), _("and"))},
    )
    if form.cleaned_data.get("files"):
        form.add_error("files", _("Please choose the files again."))
    sent = request.POST.copy()
    seen = form.cleaned_data.get("last_message") or 0
    sent["last_message"] = str(max(seen, newer[-1].pk))
    form.data = sent
    return ticket_page.whole(request, found, reply_form=form, newer=newer)


def _ask_for_state(request: Request, number: int) -> HttpResponse:
    """Somebody moved the ticket between the form's check and the answer: check it again."""
    found = ticket_page.find(request, number)
    form = ReplyForm(found, request=request)
    form.is_valid()
    return ticket_page.whole(request, found, reply_form=form)


def _refused(request: Request, found: Ticket, form: Form) -> HttpResponse:
    for errors in form.errors.values():
        for error in errors:
            messages.error(request, str(error))
    if wants_partial(request):
        return ticket_page.parts(request, found, status=422)
    return redirect("desk:ticket", found.number)


def _merged_meanwhile(request: Request, number: int) -> HttpResponse:
    messages.error(request, _("This ticket has been merged and goes on in another one."))
    return _done(request, number)


def _done(request: Request, number: int) -> HttpResponse:
    if wants_partial(request):
        return ticket_page.parts(request, ticket_page.find(request, number))
    return redirect("desk:ticket", number)


def _to_message(message: Message) -> HttpResponse:
    """Lead to the new message: the browser then knows that the draft is kept here."""
    address = reverse("desk:ticket", args=[message.ticket.number])
    return redirect(f"{address}#message-{message.pk}")
