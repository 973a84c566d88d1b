import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.callback import numbers
from channels.callback.numbers import Number, NumberError, parse


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("030 123456", Number("+4930123456")),
        ("030/12345-67", Number("+49301234567")),
        ("+49 (0)30 123456", Number("+4930123456")),
        ("0049 30 123456", Number("+4930123456")),
        ("0170 1234567", Number("+491701234567")),
        ("0800 1234567", Number("+498001234567")),
        ("+43 1 5123456", Number("+4315123456")),
        ("+800 1234 5678", Number("+80012345678")),
        ("030 123456 Durchwahl 12", None),
        ("030 123456 ext. 12", Number("+4930123456", "12")),
        ("tel:+49-30-123456;ext=12", Number("+4930123456", "12")),
    ],
)
def test_a_number_is_understood_as_people_write_it(typed, expected):
    if expected is None:
        with pytest.raises(NumberError):
            parse(typed, "DE")
    else:
        assert parse(typed, "DE") == expected


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", numbers.NO_NUMBER),
        ("keine", numbers.NO_NUMBER),
        ("12", numbers.NO_NUMBER),
        ("+49 30 1", numbers.NO_NUMBER),
        ("0" * 61, numbers.NO_NUMBER),
        ("030 123456 x123456789", numbers.NO_NUMBER),
        ("110", numbers.SHORT),
        ("112", numbers.SHORT),
        ("1 1 2", numbers.SHORT),
        ("115", numbers.SHORT),
        ("116117", numbers.SHORT),
        ("0900 1 234567", numbers.SPECIAL),
        ("0137 7771234", numbers.SPECIAL),
        ("01371234567", numbers.SPECIAL),
        ("0180 5 123456", numbers.SPECIAL),
        ("+1 900 555 0123", numbers.SPECIAL),
        ("+44 70 1234 5678", numbers.SPECIAL),
        ("0700 12345678", numbers.SPECIAL),
        ("+979 123 456 789", numbers.SPECIAL),
        ("+881 6 1234 5678", numbers.SPECIAL),
        ("+882 16 123 4567", numbers.SPECIAL),
        ("+883 5100 0123 4567", numbers.SPECIAL),
        ("+870 772 001 234", numbers.SPECIAL),
        ("+49 164 123456", numbers.SPECIAL),
    ],
)
def test_what_nobody_can_or_should_call_is_refused_with_a_reason(typed, reason):
    with pytest.raises(NumberError) as refused:
        parse(typed, "DE")

    assert refused.value.reason == reason


def test_a_number_without_a_country_is_one_of_the_region():
    assert parse("01 5123456", "AT") == Number("+4315123456")


def test_a_number_is_shown_internationally_and_dialled_with_its_extension():
    number = Number("+4930123456", "12")

    assert str(number) == "+49 30 123456 - 12"
    assert number.uri == "tel:+4930123456;ext=12"


@given(st.text(max_size=80))
def test_whatever_is_typed_is_a_number_or_refused(typed):
    try:
        number = parse(typed, "DE")
    except NumberError:
        return
    assert number.e164.startswith("+")
    assert len(number.e164) <= 16
    assert parse(str(number).split(" - ")[0], "DE").e164 == number.e164
