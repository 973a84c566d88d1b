"""The business hours in use: the preview follows the keys, and nothing is saved by looking."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def hours(visitors):
    pk = visitors.known.value("calendar")
    return visitors.open("desk:calendar", pk, role="admin", language="en")


def test_the_preview_follows_what_is_typed(hours):
    hours.locator("[name=week-0-0-end]").fill("18:30")
    hours.keyboard.press("Tab")

    expect(hours.locator("#preview")).to_contain_text("09:00–18:30")
    hours.reload()
    expect(hours.locator("#preview")).not_to_contain_text("18:30")


def test_an_added_interval_is_reached_by_the_keyboard_alone(hours):
    hours.locator("#add-week-0").focus()
    hours.keyboard.press("Enter")

    expect(hours.locator("[name=week-0-1-start]")).to_be_visible()
    expect(hours.locator("#add-week-0")).to_be_focused()


def test_another_federal_state_brings_its_holidays_and_keeps_what_was_typed(hours):
    hours.locator("[name=week-0-0-end]").fill("18:30")
    hours.locator("#id_subdivision").select_option("BY")

    expect(hours.locator("#holidays")).to_contain_text("Epiphany")
    assert hours.locator("[name=week-0-0-end]").input_value() == "18:30"


def test_enter_in_a_field_leads_to_the_confirmation_and_saves_nothing(hours):
    hours.locator("[name=week-0-0-end]").fill("18:30")
    hours.keyboard.press("Enter")

    expect(hours.locator(".confirmation")).to_contain_text("09:00–18:30")
    expect(hours.locator("h1")).to_have_text("Save these changes?")
    hours.locator("button[value=edit]").click()
    expect(hours.locator("[name=week-0-0-end]")).to_have_value("18:30")
    expect(hours.locator(".versions > li")).to_have_count(1)
