"""Whole cents of exact parts: rounded once, shared by largest remainder, VAT both ways."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.accounting import Tax, tax_on
from billing.money import FULL, round_half_up, split, vat_in_gross, vat_on_net

LAW = settings(max_examples=150, deadline=None)

rates = st.one_of(st.sampled_from([0, 700, 1900]), st.integers(0, FULL))
cents = st.integers(0, 10_000_000)
parts = st.integers(28, 31).flatmap(
    lambda days: st.lists(
        st.integers(0, 10_000_000).map(lambda part: Fraction(part, days)), max_size=9
    )
)


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        (Fraction(1, 2), 1),
        (Fraction(3, 2), 2),
        (Fraction(5, 2), 3),
        (Fraction(-1, 2), -1),
        (Fraction(-5, 2), -3),
        (Fraction(49, 100), 0),
        (Fraction(-49, 100), 0),
        (Fraction(7), 7),
    ],
)
def test_half_a_cent_goes_away_from_zero(exact, rounded):
    assert round_half_up(exact) == rounded


@LAW
@given(st.integers(-(10**9), 10**9))
def test_rounding_is_what_decimal_calls_half_up(thousandths):
    exact = Decimal(thousandths) / 1000

    assert round_half_up(Fraction(thousandths, 1000)) == exact.quantize(Decimal(1), ROUND_HALF_UP)


@pytest.mark.parametrize(
    ("net", "rate", "vat"), [(2967, 1900, 564), (5900, 1900, 1121), (50, 1900, 10), (100, 0, 0)]
)
def test_vat_on_a_net_amount(net, rate, vat):
    assert vat_on_net(net, rate) == vat


@pytest.mark.parametrize(
    ("gross", "rate", "vat"),
    [(11900, 1900, 1900), (5900, 1900, 942), (10700, 700, 700), (1, 1900, 0), (100, 0, 0)],
)
def test_vat_in_a_gross_amount(gross, rate, vat):
    assert vat_in_gross(gross, rate) == vat


@LAW
@given(cents, rates)
def test_gross_made_of_net_leads_back_to_it(net, rate):
    gross = net + vat_on_net(net, rate)

    assert gross - vat_in_gross(gross, rate) == net


@LAW
@given(cents, rates, st.booleans())
def test_net_and_vat_are_gross(total, rate, is_gross):
    tax = tax_on(total, rate, is_gross=is_gross)

    assert isinstance(tax, Tax)
    assert tax.net + tax.vat == tax.gross
    assert total == (tax.gross if is_gross else tax.net)
    assert 0 <= tax.vat <= tax.gross


@LAW
@given(parts)
def test_parts_share_the_rounded_sum_and_each_is_within_a_cent(exact):
    total = round_half_up(sum(exact, Fraction()))

    shares = split(total, exact)

    assert sum(shares) == total
    assert all(abs(share - part) < 1 for share, part in zip(shares, exact, strict=True))


@LAW
@given(parts)
def test_nobody_gets_a_cent_more_whose_remainder_is_smaller(exact):
    shares = split(round_half_up(sum(exact, Fraction())), exact)

    remainders = [part - part.__floor__() for part in exact]
    given_more = [one for one, share, part in zip_all(remainders, shares, exact) if share > part]
    given_less = [one for one, share, part in zip_all(remainders, shares, exact) if share < part]
    assert min(given_more, default=1) >= max(given_less, default=0)


def zip_all(*columns):
    return zip(*columns, strict=True)


def test_equal_remainders_are_served_in_order():
    assert split(2, [Fraction(1, 2)] * 4) == [1, 1, 0, 0]


@pytest.mark.parametrize("total", [-1, 0, 4])
def test_a_total_that_is_not_the_sum_is_refused(total):
    with pytest.raises(ValueError, match="is not the sum"):
        split(total, [Fraction(3, 2), Fraction(1, 2)])


def test_no_parts_share_nothing():
    assert split(0, []) == []
