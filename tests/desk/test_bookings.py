import pytest
from django.urls import reverse
from django_tenants.utils import schema_context

from billing.models import BillingAddress, BillingEvent, Subscription
from billing.shop import Shop
from sla.tiers import tier_of
from tests.billing.arranging import admin_of, at, book, cancel, new_prices, subscriptions
from tests.factories import AgentFactory, tier
from tests.sla.arranging import opened, promise_of
from tests.sla.moments import TUESDAY, berlin

Kind = BillingEvent.Kind
ADDRESS = {
    "name": "Teehaus Nord GmbH",
    "street": "Kai 7",
    "postcode": "20457",
    "city": "Hamburg",
    "email": "buchhaltung@teehaus.example",
}


@pytest.fixture
def boss(client, admin):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(admin)
    return client


@pytest.fixture
def anna(tenant):
    return admin_of()


def url(person, name="booking"):
    return reverse(f"desk:organisation_{name}", args=[person.organisation.pk])


def page_of(person):
    return reverse("desk:organisation", args=[person.organisation.pk])


def look(browser, person, level="Gold"):
    return browser.get(url(person), {"level": tier(level).pk})


def shown(browser, person, level="Gold", **more):
    """What the form of a level sends, filled in as the page was."""
    token = look(browser, person, level).context["choice"].token
    return {"level": tier(level).pk, "seen": token, **more}


def last_event(person):
    return person.organisation.billing_events.filter(tier__isnull=False).latest("at", "pk")


# Looking.


def test_the_page_says_what_the_level_does_now(boss, admin, anna):
    opened(requester=anna, at=f"{TUESDAY} 09:00")

    with at(f"{TUESDAY} 10:00"):
        boss.force_login(admin)
        page = look(boss, anna)

    choice = page.context["choice"]
    (effect,) = choice.effects.effects
    assert (effect.now.is_guaranteed, effect.then.is_guaranteed) == (False, True)
    assert effect.then.due_at == berlin(f"{TUESDAY} 14:00")
    assert (choice.offer.price.net, choice.offer.price.gross) == (5900, 7021)
    assert page.context["told"] == [anna.email]
    text = page.content.decode()
    assert "Book with obligation to pay" in text
    assert anna.email in text


def test_without_a_choice_the_next_level_up_is_shown(boss, anna):
    assert boss.get(url(anna)).context["choice"].offer.tier == tier("Bronze")
    book(anna, "Silber")
    assert boss.get(url(anna)).context["choice"].offer.tier == tier("Gold")
    book(anna, "Gold")
    assert boss.get(url(anna)).context["choice"].offer.tier == tier("Silber")


@pytest.mark.parametrize("level", ["0", "-1", "x", "9" * 17, "9" * 40, "²", ""])
def test_what_is_no_level_is_answered_with_the_page(boss, anna, level):
    page = boss.get(url(anna), {"level": level})

    assert page.status_code == 200
    assert len(page.context["offers"]) == 3


def test_what_cannot_be_booked_says_so(boss, anna):
    text = look(boss, anna, "Basis").content.decode()

    assert "This level cannot be booked now." in text
    assert "Book with obligation to pay" not in text


def test_without_prices_nothing_is_offered(boss, anna):
    Shop(anna.organisation).prices.delete()
    new_prices("2020-01-01", prices={})

    page = boss.get(url(anna))

    assert (page.context["offers"], page.context["choice"]) == ([], None)
    assert "No other level is offered at a price now." in page.content.decode()


def test_looking_books_nothing(boss, anna):
    look(boss, anna)

    assert not Subscription.objects.exists()


@pytest.mark.parametrize("count", [1, 6])
def test_the_page_runs_a_fixed_number_of_queries(boss, anna, django_assert_num_queries, count):
    for _number in range(count):
        opened(requester=anna)

    with django_assert_num_queries(17):
        page = look(boss, anna)

    assert page.context["choice"].effects.count == count


# Booking.


def test_an_administrator_books_for_the_customer_and_the_history_says_so(
    boss, admin, anna, mailoutbox
):
    ticket = opened(requester=anna, at=f"{TUESDAY} 09:00")

    with at(f"{TUESDAY} 10:00"):
        boss.force_login(admin)
        response = boss.post(url(anna), shown(boss, anna), follow=True)

    assert response.redirect_chain == [(page_of(anna), 302)]
    assert "Gold is booked and in force." in response.content.decode()
    event = last_event(anna)
    assert (event.kind, event.by, event.is_by_tenant) == (Kind.BOOKED, admin, True)
    assert (event.tier, event.net, event.gross) == (tier("Gold"), 5900, 7021)
    assert subscriptions(anna) == [("Gold", berlin(f"{TUESDAY} 10:00"), None)]
    assert tier_of(anna.organisation) == tier("Gold")
    assert promise_of(ticket).due_at == berlin(f"{TUESDAY} 14:00")
    (mail,) = mailoutbox
    assert mail.to == [anna.email]
    assert "Chefin (Alpha GmbH, " in mail.body


def test_the_address_is_asked_for_and_stored_with_the_booking(boss, admin):
    anna = admin_of(address=False)
    assert look(boss, anna).context["form"].initial["email"] == anna.email

    boss.post(url(anna), shown(boss, anna, **ADDRESS))

    assert anna.organisation.billing_address.street == "Kai 7"
    assert [one.kind for one in anna.organisation.billing_events.order_by("pk")] == [
        Kind.ADDRESS,
        Kind.BOOKED,
    ]


def test_with_a_wrong_address_nothing_is_booked_and_what_was_typed_is_kept(boss):
    anna = admin_of(address=False)

    response = boss.post(url(anna), shown(boss, anna, **{**ADDRESS, "postcode": "1"}))

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["postcode"]
    assert response.context["form"]["street"].value() == "Kai 7"
    assert response.context["choice"].offer.tier == tier("Gold")
    assert not Subscription.objects.exists()


def test_a_refused_booking_stores_no_address_either(boss):
    anna = admin_of(address=False)

    response = boss.post(url(anna), {**shown(boss, anna, **ADDRESS), "seen": "a.b"})

    assert response.status_code == 409
    assert response.context["form"]["street"].value() == "Kai 7"
    assert not BillingAddress.objects.exists()


def test_a_second_click_books_once(boss, anna):
    form = shown(boss, anna)

    boss.post(url(anna), form)
    response = boss.post(url(anna), form)

    assert response.url == page_of(anna)
    assert Subscription.objects.count() == 1
    assert anna.organisation.billing_events.count() == 1


def test_a_price_that_changed_is_shown_and_not_charged(boss, anna):
    form = shown(boss, anna)
    prices = Shop(anna.organisation).prices
    prices.prices[str(tier("Gold").pk)] = 9900
    prices.save()

    response = boss.post(url(anna), form)

    assert response.status_code == 409
    assert (
        "The price, or the day, has changed since this page was shown." in response.content.decode()
    )
    assert response.context["choice"].offer.price.net == 9900
    assert not Subscription.objects.exists()


def test_what_the_customer_booked_meanwhile_stays(boss, anna):
    form = shown(boss, anna)
    book(anna, "Silber")

    response = boss.post(url(anna), form)

    assert response.status_code == 409
    said = f"{anna} changed the booking meanwhile: Silber is in force now."
    assert said in response.content.decode()
    assert tier_of(anna.organisation) == tier("Silber")


def test_a_withdrawn_level_is_refused(boss, anna):
    form = shown(boss, anna)
    gold = tier("Gold")
    gold.is_offered = False
    gold.save()

    response = boss.post(url(anna), form)

    assert response.status_code == 409
    assert "This level cannot be booked any more." in response.content.decode()
    assert response.context["choice"] is None


@pytest.mark.parametrize("level", ["", "x", "0", "9" * 30])
def test_a_level_that_is_none_is_not_there(boss, anna, level):
    assert boss.post(url(anna), {"level": level, "seen": ""}).status_code == 404


# Cancelling.


def seen(browser, person):
    return browser.get(url(person, "cancellation")).context["token"]


def test_an_administrator_cancels_for_the_end_of_the_month_and_takes_it_back(boss, admin, anna):
    book(anna, "Gold", "2026-10-01 09:00")
    with at("2026-10-12 09:00"):
        boss.force_login(admin)
        page = boss.get(url(anna, "cancellation"))
        form = {"seen": page.context["token"], "when": "end"}

        response = boss.post(url(anna, "cancellation"), form, follow=True)

        assert "31 October 2026 is the last day." in page.content.decode()
        assert (page.context["at_once"].net, page.context["at_month_end"].net) == (2284, 5900)
        assert "Gold is cancelled." in response.content.decode()
        event = last_event(anna)
        assert (event.kind, event.is_by_tenant) == (Kind.PLANNED, True)
        assert event.effective_at == berlin("2026-11-01 00:00")

        response = boss.post(url(anna, "cancellation_revoked"), follow=True)

        assert "The cancellation of Gold is taken back." in response.content.decode()
        assert last_event(anna).kind == Kind.REVOKED
    assert Subscription.objects.get().cancel_at is None


def test_an_administrator_cancels_at_once(boss, admin, anna):
    book(anna, "Gold")

    response = boss.post(
        url(anna, "cancellation"), {"seen": seen(boss, anna), "when": "now"}, follow=True
    )

    assert "Gold has ended." in response.content.decode()
    assert last_event(anna).kind == Kind.CANCELLED
    assert tier_of(anna.organisation) == tier("Basis")


def test_a_cancellation_of_what_changed_meanwhile_is_asked_again(boss, anna):
    book(anna, "Silber")
    token = seen(boss, anna)
    book(anna, "Gold")

    response = boss.post(url(anna, "cancellation"), {"seen": token, "when": "now"})

    assert response.status_code == 409
    assert "changed the booking meanwhile" in response.content.decode()
    assert Subscription.objects.running().get().tier == tier("Gold")


def test_a_cancellation_that_another_one_made_already_is_told(boss, anna):
    book(anna, "Gold")
    token = seen(boss, anna)
    cancel(anna, at_month_end=True)

    response = boss.post(url(anna, "cancellation"), {"seen": token, "when": "end"})

    assert response.status_code == 409
    assert f"{anna} cancelled Gold meanwhile, for later." in response.content.decode()
    assert anna.organisation.billing_events.filter(kind=Kind.PLANNED).count() == 1


def test_where_nothing_is_booked_there_is_nothing_to_cancel(boss, anna):
    assert boss.get(url(anna, "cancellation")).url == page_of(anna)

    response = boss.post(url(anna, "cancellation"), {"seen": "", "when": "now"}, follow=True)
    assert "Nothing is booked: there is nothing to cancel." in response.content.decode()

    response = boss.post(url(anna, "cancellation_revoked"), follow=True)
    assert "There is no cancellation left to take back." in response.content.decode()


# Who may not.

PAGES = ["booking", "cancellation", "cancellation_revoked"]


@pytest.mark.parametrize("name", PAGES)
def test_an_agent_and_a_customer_have_no_such_pages(client, anna, name):
    book(anna, "Silber")
    form = {"level": tier("Gold").pk, "seen": Shop(anna.organisation).token(tier("Gold"))}

    for user in [AgentFactory(), anna]:
        client.force_login(user)
        assert client.post(url(anna, name), {**form, "when": "now"}).status_code == 404
        if name != "cancellation_revoked":
            assert client.get(url(anna, name)).status_code == 404

    assert Subscription.objects.get().tier == tier("Silber")


@pytest.mark.parametrize("name", PAGES)
def test_another_tenants_organisation_is_not_there(boss, other_tenant, name):
    with schema_context(other_tenant.schema_name):
        foreign = [admin_of(f"Fremd {number}") for number in range(3)][-1]
        book(foreign, "Silber")
        cancel(foreign, at_month_end=True)
        path = url(foreign, name)

    form = {"level": tier("Gold").pk, "seen": "", "when": "now"}
    assert boss.post(path, form).status_code == 404
    with schema_context(other_tenant.schema_name):
        booked = Subscription.objects.get()
        assert (str(booked.tier), booked.ended_at, booked.cancel_at is None) == (
            "Silber",
            None,
            False,
        )
