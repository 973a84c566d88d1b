"""What administrators set: look, domains, people, teams, promises, Facebook."""

from __future__ import annotations

from tests.browser.pages.page_of import PageOf

PAGES = [
    PageOf("desk:rating_settings", role="admin"),
    PageOf("desk:rating_settings", role="agent", status=404),
    PageOf("desk:people", role="admin"),
    PageOf("desk:settings", role="admin"),
    PageOf("desk:settings", role="agent", status=404),
    PageOf("desk:branding", role="admin"),
    PageOf("desk:branding", role="admin", tenant="zweitmarke"),
    PageOf("desk:branding", role="agent", status=404),
    PageOf("desk:domains", role="admin"),
    PageOf("desk:domains", role="agent", status=404),
    PageOf("desk:tiers", role="admin"),
    PageOf("desk:new_tier", role="admin"),
    PageOf("desk:tier", ("tier",), role="admin"),
    PageOf("desk:contact_form", role="admin"),
    PageOf("desk:call_settings", role="admin"),
    PageOf("desk:teams", role="admin"),
    PageOf("desk:teams", role="agent", status=404),
    PageOf("desk:teams", role="admin", tenant="zweitmarke"),
    PageOf("desk:new_team", role="admin"),
    PageOf("desk:team_settings", ("team",), role="admin"),
    PageOf("desk:facebook", role="admin", tenant="zweitmarke"),
    PageOf("desk:facebook_page", ("facebook_page",), role="admin", tenant="zweitmarke"),
    PageOf("desk:facebook_disconnection", ("facebook_page",), role="admin", tenant="zweitmarke"),
    PageOf("desk:facebook_token", role="admin"),
    PageOf("facebook_connected", status=400),
    PageOf("facebook_deletion_status", ("deletion_code",)),
    PageOf("desk:calendars", role="admin"),
    PageOf("desk:new_calendar", role="admin"),
    PageOf("desk:calendar", ("calendar",), role="admin"),
]

ACTS: dict[str, tuple[str, ...]] = {
    "desk:domain_primary": ("domain",),
    "desk:domain_removal": ("domain",),
    "desk:domain_check": ("domain_claim",),
    "desk:domain_claim_removal": ("domain_claim",),
    "desk:facebook_connection": (),
    "desk:facebook_check": ("tier",),
    "desk:invite": (),
    "desk:lock_out": ("tier",),
    "desk:tier_position": ("tier",),
    "desk:tier_removal": ("tier",),
    "desk:team_removal": ("team",),
}
