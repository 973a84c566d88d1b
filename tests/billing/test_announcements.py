"""New prices are announced to each whom they concern, once; and taken back likewise."""

from __future__ import annotations

from datetime import date

import pytest

from billing import mails as writing
from billing import prices
from billing.models import PriceList, Subscription
from tests.billing.announcing import DEARER, IN_TIME, JUNE, announce, announcements, save
from tests.billing.arranging import (
    admin_of,
    at,
    book,
    cancel,
    colleague_of,
    give_supplier,
    mails,
    text_of,
)
from tests.factories import tier
from tests.sla.moments import TUESDAY, WEDNESDAY, berlin


@pytest.fixture
def gold(anna):
    anna.language = "en"
    anna.save()
    book(anna, "Gold", f"{TUESDAY} 09:00")
    return anna


# Telling of it.


def test_organisations_whose_price_changes_are_told_once_and_nobody_else(gold, admin):
    bronze, free = admin_of("Kaffee Süd GmbH"), admin_of("Backhaus West GmbH")
    left = admin_of("Milch Ost GmbH")
    book(bronze, "Bronze", f"{TUESDAY} 09:00")
    book(left, "Gold", f"{TUESDAY} 09:00")
    cancel(left, f"{TUESDAY} 09:30")
    bert = colleague_of(gold)
    save(admin)

    told = [announce("2026-05-01 23:59"), announce(), announce()]

    assert told == [0, 2, 0]
    assert [len(announcements(one)) for one in (gold, bronze, free, left)] == [1, 0, 0, 0]
    assert len(mails(bert)) == 1
    assert PriceList.objects.get(valid_from=JUNE).announced_at == berlin(IN_TIME)
    assert prices.next_announcement() is None


def test_the_announcement_says_both_prices_and_the_day(gold, admin):
    save(admin)
    announce()

    (mail,) = announcements(gold)
    text = text_of(mail)
    assert mail["Subject"] == "New price for Gold from 1 Jun 2026"
    assert "So far: €59.00 net, €70.21 with 19% VAT" in text
    assert "€69.00 net, €82.11 with 19% VAT" in text
    assert "without notice" in text


def test_a_change_of_the_vat_or_of_the_basis_is_a_change(gold, admin):
    same = {tier(name): cents for name, cents in DEARER.items()} | {tier("Gold"): 5900}
    with at(f"{TUESDAY} 10:00"):
        prices.save(same, valid_from=JUNE, is_gross=True, vat_rate=1900, by=admin)
    announce()

    assert len(announcements(gold)) == 1
    assert "€49.58 net, €59.00 with 19% VAT" in text_of(announcements(gold)[0])


def test_the_same_price_on_the_other_basis_is_none(gold, admin):
    cents = {tier("Gold"): 7021}
    with at(f"{TUESDAY} 10:00"):
        prices.save(cents, valid_from=JUNE, is_gross=True, vat_rate=1900, by=admin)

    announce()

    assert announcements(gold) == []


@pytest.mark.parametrize(
    ("booked", "announced"), [(f"{WEDNESDAY} 10:00", 1), ("2026-05-02 00:01", 0)]
)
def test_who_books_after_the_others_were_told_reads_it_in_the_confirmation(
    gold, admin, booked, announced
):
    save(admin)
    new = admin_of("Kaffee Süd GmbH")
    new.language = "en"
    new.save()
    book(new, "Gold", booked)

    announce("2026-05-02 00:02")

    assert (len(announcements(gold)), len(announcements(new))) == (1, announced)
    assert ("From 1 Jun 2026: €69.00 net" in text_of(mails(new)[0])) == (not announced)


def test_who_changes_after_having_been_told_is_not_told_again(gold, admin):
    save(admin)
    announce()
    book(gold, "Silber", "2026-05-10 10:00")

    assert announce("2026-05-10 11:00") == 0
    assert len(announcements(gold)) == 1


def test_who_is_told_late_is_told_all_the_same(gold, admin):
    save(admin)

    assert announce("2026-05-20 12:00") == 1


def test_two_lists_are_announced_each_for_itself(gold, admin):
    save(admin)
    save(admin, date(2026, 7, 1), Gold=7900)

    assert [announce(), announce("2026-06-01 00:00"), announce("2026-06-02 00:00")] == [1, 1, 0]

    assert [mail["Subject"] for mail in announcements(gold)] == [
        "New price for Gold from 1 Jun 2026",
        "New price for Gold from 1 Jul 2026",
    ]
    assert "So far: €69.00 net" in text_of(announcements(gold)[1])


@pytest.mark.parametrize(
    ("there", "asked", "earliest"),
    [
        # Sixty days: that of August would be told of while July is still to come.
        (date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)),
        (date(2026, 8, 1), date(2026, 7, 1), date(2026, 10, 1)),
        (date(2026, 8, 1), date(2026, 6, 1), date(2026, 6, 1)),
    ],
)
def test_no_list_is_announced_while_another_one_is_still_to_come(admin, there, asked, earliest):
    """Who books at the sight of the next prices has seen all that the others were told of."""
    give_supplier(notice_days=60)
    save(admin, there)

    if asked == earliest:
        save(admin, asked)
    else:
        with pytest.raises(prices.TooSoonError) as error:
            save(admin, asked)
        assert error.value.earliest == earliest


@pytest.mark.parametrize("fatal", [1, 3, 4, 5])
def test_an_announcement_that_dies_in_the_middle_tells_everybody_once(
    tenant, admin, monkeypatch, fatal
):
    monkeypatch.setattr(prices, "BATCH", 2)
    people = [admin_of(f"Teehaus {n} GmbH") for n in range(5)]
    for one in people:
        one.language = "en"
        one.save()
        book(one, "Gold", f"{TUESDAY} 09:00")
    save(admin)
    told = []
    real = writing.prices_announced

    def dies(*args):
        told.append(args)
        if len(told) == fatal:
            raise ZeroDivisionError
        real(*args)

    monkeypatch.setattr(writing, "prices_announced", dies)
    with pytest.raises(ZeroDivisionError):
        announce()
    assert prices.next_announcement() == berlin(IN_TIME)
    monkeypatch.setattr(writing, "prices_announced", real)

    announce()

    assert [len(announcements(one)) for one in people] == [1] * 5


# Taking it back.


def test_withdrawing_tells_who_had_been_told(gold, admin):
    bronze = admin_of("Kaffee Süd GmbH")
    book(bronze, "Bronze", f"{TUESDAY} 09:00")
    stored = save(admin)
    announce()
    with at("2026-05-03 12:00"):
        prices.withdraw(stored)

    assert mails(gold)[-1]["Subject"] == "The price of Gold stays"
    assert "from 1 Jun 2026 on. It will not come" in text_of(mails(gold)[-1])
    assert len(mails(bronze)) == 1
    assert PriceList.objects.count() == 1
    assert Subscription.objects.filter(told_of=None).count() == 2


def test_withdrawing_what_nobody_was_told_of_tells_nobody(gold, admin):
    stored = save(admin)
    with at(f"{WEDNESDAY} 12:00"):
        prices.withdraw(stored)

    assert len(mails(gold)) == 1


def test_withdrawing_tells_who_read_of_it_in_a_confirmation(gold, admin):
    stored = save(admin)
    new = admin_of("Kaffee Süd GmbH")
    book(new, "Gold", "2026-05-02 00:01")
    with at("2026-05-02 00:02"):
        prices.withdraw(stored)

    assert (len(mails(gold)), len(mails(new))) == (1, 2)


def test_prices_that_count_cannot_be_withdrawn(gold, admin):
    stored = save(admin)

    with at("2026-06-01 00:00"), pytest.raises(prices.InForceError):
        prices.withdraw(stored)

    assert PriceList.objects.filter(pk=stored.pk).exists()


def test_withdrawing_twice_says_so(admin):
    stored = save(admin)
    with at(f"{TUESDAY} 11:00"):
        prices.withdraw(stored)
    stored.pk = PriceList.objects.latest("pk").pk + 1

    with pytest.raises(PriceList.DoesNotExist):
        prices.withdraw(stored)


def test_after_a_withdrawal_the_month_is_free_again(gold, admin):
    with at(f"{TUESDAY} 11:00"):
        prices.withdraw(save(admin))

    save(admin, Gold=7900)
    announce()

    assert "€79.00 net" in text_of(announcements(gold)[0])
