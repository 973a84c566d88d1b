"""The straight path: one mail in, one promise, one place in the queue, one answer out."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from django.utils.formats import date_format
from playwright.sync_api import expect

from tests.browser.keyboard import press, step_to
from tests.browser.mailbox import letter, link_in, text_of
from tests.browser.seed_people import PASSWORD

pytestmark = pytest.mark.xdist_group("browser")

SUBJECT = "Rechnungen ohne Umsatzsteuer seit heute früh"
QUESTION = "Guten Morgen,\n\nseit heute früh fehlt auf allen Rechnungen die Umsatzsteuer.\n"
ANSWER = "Guten Tag Frau Sommer,\n\nbitte wählen Sie unter Steuern wieder „Inland“ aus."
# Milliseconds. A machine under load may lose a hint or fail a first try: both mend themselves.
ARRIVAL = 150_000
THANKS = "Vielen Dank, jetzt stimmt es."


def sign_in(visitors, email, password):
    page = visitors.open("account_login")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(password)
    page.locator("[name=password]").press("Enter")
    return page


def in_words(moment):
    """A moment as a German mail says it."""
    local = datetime.fromisoformat(moment).astimezone(ZoneInfo("Europe/Berlin"))
    with translation.override("de"):
        return date_format(local, "l, j. F Y, H:i")


def numbers_on(page):
    return [int(href.split("/")[-2]) for href in hrefs_on(page)]


def hrefs_on(page):
    return page.locator("[data-row]").evaluate_all("rows => rows.map((row) => row.href)")


def test_a_mail_becomes_a_promise_an_answer_and_a_conversation(visitors, stack, known):
    customer = f"Lea Sommer <lea.sommer@{known.value('gold_domain')}>"
    address = customer.partition("<")[2].rstrip(">")

    # The agent signs in and is at the queue, which is live.
    desk = visitors.page("", "demo", "de", fresh=True)
    desk.goto(stack.url("/konto/anmelden/"))
    desk.locator("[name=login]").fill(known.email("agent"))
    desk.locator("[name=password]").fill(PASSWORD)
    desk.locator("[name=password]").press("Enter")
    expect(desk).to_have_url(stack.url("/desk/"))
    expect(desk.locator("body")).to_have_class(re.compile("is-live"))
    desk.evaluate("() => { window.wasHereBefore = true; }")

    # A plain mail arrives by SMTP …
    question = letter(customer, "support@demo.localhost", SUBJECT, QUESTION)
    stack.send(question)

    # … and comes to its place in the queue, without a reload.
    expect(desk.locator("[data-row]", has_text=SUBJECT)).to_be_visible(timeout=ARRIVAL)
    assert desk.evaluate("() => window.wasHereBefore") is True
    queue = stack.queue()
    assert numbers_on(desk) == [row["number"] for row in queue][: len(numbers_on(desk))]
    [row] = [row for row in queue if row["subject"] == SUBJECT]
    assert (row["tier"], row["guaranteed"], row["channel"]) == ("Gold", True, "email")
    assert row["organisation"] == known.value("gold_organisation")
    number, due = row["number"], in_words(row["due_at"])

    # The customer gets a confirmation with the number and the promised moment.
    confirmation = stack.mailbox.wait(address)
    assert confirmation["In-Reply-To"] == question["Message-ID"]
    assert confirmation["Auto-Submitted"] == "auto-replied"
    assert f"#{number}" in text_of(confirmation)
    assert due in text_of(confirmation)

    # The agent opens it by keyboard and asks why it is due then.
    step_to(desk, desk.locator(f"#row-{number}"), "j")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", level=1)).to_have_text(SUBJECT)
    step_to(desk, desk.locator(".explanation > summary"))
    desk.keyboard.press("Enter")
    steps = desk.locator(".explanation table.steps")
    expect(steps.locator("tfoot")).to_contain_text(due)
    expect(steps.locator("tfoot td")).to_have_text(re.compile(r"^4\s"))

    # The agent answers, by keyboard too; the answer leaves as a threaded mail.
    desk.keyboard.press("r")
    desk.keyboard.type(ANSWER)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#thread .message.outbound").last).to_contain_text("„Inland“")
    answer = stack.mailbox.wait(address, lambda mail: "Inland" in text_of(mail))
    assert answer["In-Reply-To"] == question["Message-ID"]
    assert question["Message-ID"] in str(answer["References"]).split()
    assert answer["Auto-Submitted"] is None
    assert str(answer["Subject"]) == f"Re: {SUBJECT} [#{number}]"
    assert ANSWER in text_of(answer).replace("\r\n", "\n")
    assert re.search(rf"support\+t{number}\.[a-z2-7]+@demo\.localhost", str(answer["Reply-To"]))
    expect(desk.locator("#thread .delivery.sent")).to_be_visible()
    expect(desk.locator("#ticket-header .chip.good")).to_be_visible()

    # The customer, who never had a password, takes the ticket over by their mailbox …
    portal = visitors.open("account_signup")
    portal.locator("[name=email]").fill(address)
    portal.locator("[name=password1]").fill("Ein-Garten-voller-Minze")
    portal.locator("[name=password1]").press("Enter")
    invitation = stack.mailbox.wait(address, lambda mail: "/konto/" in text_of(mail))
    portal.goto(link_in(invitation))
    for field in portal.locator("main [type=password]").all():
        field.fill("Ein-Garten-voller-Minze")
    portal.locator("main form [type=submit]").click()
    expect(portal).to_have_url(stack.url("/"))

    # … reads the answer in the portal, and replies by mail.
    portal.get_by_role("link", name=SUBJECT).click()
    expect(portal.locator(".message.outbound:not(.automatic)")).to_contain_text("„Inland“")
    quoted = "\n".join(f"> {line}" for line in ANSWER.splitlines())
    reply = letter(
        customer,
        str(answer["Reply-To"]),
        f"AW: {answer['Subject']}",
        f"{THANKS}\n\nAm Montag schrieb der Support:\n{quoted}\n",
        In_Reply_To=answer["Message-ID"],
        References=f"{answer['References']} {answer['Message-ID']}",
    )
    stack.send(reply)

    # The reply joins the same ticket: on the desk's open page, in the queue and in the portal.
    last = desk.locator("#thread .message.inbound").last
    expect(last.locator(".message-body")).to_have_text(THANKS)
    assert desk.url.startswith(stack.url(f"/desk/tickets/{number}/"))
    portal.reload()
    expect(portal.locator(".message.inbound").last.locator(".message-body")).to_have_text(THANKS)
    assert [row["number"] for row in stack.queue() if row["subject"] == SUBJECT] == [number]


def test_a_request_with_a_file_reaches_the_desk(visitors, stack, known, tmp_path):
    file = tmp_path / "Lieferschein Nr. 7.csv"
    file.write_text("artikel;menge\nTee;7\n")
    portal = visitors.open("portal:new_ticket", role="newcomer")

    portal.locator("[name=subject]").fill("Lieferschein fehlt im Export")
    portal.locator("[name=text]").fill("Im Anhang steht, was wir erwarten.")
    portal.locator("[name=files]").set_input_files(file)
    portal.locator("main form [type=submit]").first.click()

    expect(portal.get_by_role("heading", level=1)).to_have_text("Lieferschein fehlt im Export")
    number = portal.url.split("/tickets/")[1].split("/")[0]
    desk = visitors.open("desk:ticket", number, role="agent")
    with desk.expect_download() as download:
        desk.get_by_role("link", name=file.name).click()
    assert download.value.suggested_filename == file.name
    assert download.value.path().read_bytes() == file.read_bytes()


def test_a_note_stays_inside(visitors, known):
    number = known.value("settled")
    desk = visitors.open("desk:ticket", number, role="agent")
    press(desk, "n")
    desk.keyboard.type("Nur für uns: Kulanz bis Ende des Monats.")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#thread .message.note").last).to_contain_text("Kulanz")

    portal = visitors.open("portal:ticket", number, role="customer")

    assert "Kulanz" not in portal.content()


def test_a_customer_sees_no_ticket_of_another(visitors, known):
    visitors.open("portal:ticket", known.value("foreign"), role="stranger")

    page = visitors.open("portal:ticket", known.value("foreign"), role="customer", status=404)

    visitors.forgive("status of 404")
    assert "Nur für Dora" not in page.content()


def test_a_customer_finds_no_desk(visitors):
    page = visitors.open("desk:queue", role="customer", status=404)

    visitors.forgive("status of 404")
    expect(page.locator("#queue")).to_have_count(0)


def test_a_customer_closes_their_ticket(visitors, stack):
    portal = visitors.open("portal:new_ticket", role="newcomer")
    portal.locator("[name=subject]").fill("Hat sich erledigt")
    portal.locator("[name=text]").fill("Bitte doch nichts tun.")
    portal.locator("main form [type=submit]").first.click()
    expect(portal.get_by_role("heading", level=1)).to_have_text("Hat sich erledigt")

    portal.locator("form[action$='/abschluss/'] [type=submit]").click()

    expect(portal.locator(".toast.success")).to_be_visible()
    assert "Hat sich erledigt" not in [row["subject"] for row in stack.queue()]
