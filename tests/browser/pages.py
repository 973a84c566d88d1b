"""The URL table as its visitors see it: who opens which page, and which URLs are no pages.

`test_sweep` walks Django's resolver: a URL that stands in neither table fails it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.browser.visitors import Known


@dataclass(frozen=True)
class PageOf:
    """One page: its URL's name, the seeded values in it, who opens it, what it answers."""

    name: str
    arguments: tuple[str, ...] = ()
    role: str = ""
    query: str = ""
    tenant: str = "demo"
    status: int = 200

    def __str__(self) -> str:
        who = f" by {self.role}" if self.role else ""
        who += f" of {self.tenant}" if self.tenant != "demo" else ""
        return f"{self.name}{'/'.join(('', *self.arguments))}{self.query}{who}"

    @property
    def complaint(self) -> str:
        """What the browser's console says about an answer that is no success."""
        return f"status of {self.status}" if self.status >= 400 else ""

    def path(self, known: Known) -> str:
        values = [known.value(name, self.tenant) for name in self.arguments]
        return reverse(self.name, args=values) + self.query


PAGES = [
    PageOf("portal:home"),
    PageOf("portal:home", role="customer"),
    PageOf("portal:home", role="newcomer"),
    PageOf("portal:home", role="by_mail"),
    PageOf("portal:home", role="agent"),
    PageOf("portal:home", tenant="zweitmarke"),
    PageOf("portal:search"),
    PageOf("portal:search", query="?q=Etikett"),
    PageOf("portal:search", query="?q=Kasse&in=tickets", role="chooser"),
    PageOf("portal:search", query="?q=gibtesnicht", role="customer"),
    PageOf("portal:search", query="?q=Etikett", role="agent"),
    PageOf("portal:tickets", role="customer"),
    PageOf("portal:tickets", role="newcomer"),
    PageOf("portal:tickets", role="by_mail"),
    PageOf("portal:new_ticket", role="customer"),
    PageOf("portal:new_ticket", role="unconfirmed"),
    PageOf("portal:new_ticket", role="by_mail"),
    PageOf("portal:statements", role="customer"),
    PageOf("portal:statements", role="newcomer"),
    PageOf("portal:statements", role="unconfirmed"),
    PageOf("portal:statement", ("month",), role="customer"),
    PageOf("portal:statement", ("long_ago",), role="customer", status=404),
    PageOf("portal:ticket", ("number",), role="customer"),
    PageOf("portal:ticket", ("settled",), role="customer"),
    PageOf("portal:new_call", role="caller"),
    PageOf("portal:new_call", role="customer"),
    PageOf("portal:ticket_call", ("call_ticket",), role="caller"),
    PageOf("portal:levels"),
    PageOf("portal:levels", role="customer"),
    PageOf("portal:contact"),
    PageOf("portal:contact", role="customer"),
    PageOf("portal:contact_sent", ("contact_sent",)),
    PageOf("portal:contact_confirmation", ("contact_confirmation",)),
    PageOf("portal:contact_confirmation", ("wrong_key",), status=404),
    PageOf("portal:faq"),
    PageOf("portal:faq", role="customer"),
    PageOf("portal:faq_article", ("article_slug",)),
    PageOf("portal:faq_article", ("article_slug",), query="?aus=formular"),
    PageOf("portal:faq_article", ("article_slug",), role="customer", query="?danke=1"),
    PageOf("portal:faq_article", ("internal_slug",), role="customer", status=404),
    PageOf("portal:faq_article", ("internal_slug",), role="agent"),
    PageOf("portal:settings", role="customer"),
    PageOf("portal:settings", role="buyer"),
    PageOf("portal:facebook_link", ("facebook_token",), role="customer"),
    PageOf("portal:facebook_link", ("wrong_key",), role="customer", status=404),
    PageOf("portal:modules", role="buyer"),
    PageOf("portal:modules", role="buyer", query="?level=99999"),
    PageOf("portal:modules", role="customer"),
    PageOf("portal:modules", role="unconfirmed"),
    PageOf("portal:booking", ("booking",), role="buyer"),
    PageOf("portal:booking", ("booking",), role="customer", status=404),
    PageOf("portal:booking_history", role="buyer"),
    PageOf("portal:cancellation", role="buyer"),
    PageOf("portal:invoices", role="buyer"),
    PageOf("portal:invoices", role="customer", status=404),
    PageOf("portal:billing_address", role="buyer"),
    PageOf("desk:queue", role="agent"),
    PageOf("desk:queue", role="agent", query="?only=unassigned"),
    PageOf("desk:queue", role="admin", tenant="zweitmarke"),
    PageOf("desk:mine", role="agent"),
    PageOf("desk:mine", role="admin"),
    PageOf("desk:ticket", ("number",), role="agent"),
    PageOf("desk:ticket", ("settled",), role="agent"),
    PageOf("desk:ticket", ("spam",), role="admin"),
    PageOf("desk:ticket", ("shut",), role="agent"),
    PageOf("desk:facebook_person", ("direct",), role="agent"),
    PageOf("desk:unclear", role="agent"),
    PageOf("desk:explanation", ("number",), role="agent"),
    PageOf("desk:merge", ("number",), role="agent"),
    PageOf("desk:merge", ("settled",), role="agent"),
    PageOf("desk:link", ("number",), role="agent"),
    PageOf("desk:link", ("number",), role="agent", query="?q=a"),
    PageOf("desk:link", ("number",), role="agent", query="?q=gibtesnicht"),
    PageOf("desk:promises", role="agent"),
    PageOf("desk:promises", role="admin", query="?period=quarter&by=organisation&kind=all"),
    PageOf("desk:promises", role="agent", query="?since=2001-01-01&until=2001-01-31"),
    PageOf("desk:promises", role="agent", query="?since=2026-02-30&until=x", status=422),
    PageOf("desk:promises", role="agent", query="?since=2026-11-30&until=2026-11-01", status=422),
    PageOf("desk:promise_tickets", role="agent"),
    PageOf("desk:promise_tickets", role="agent", query="?since=2001-01-01&until=2001-01-31"),
    PageOf("desk:faq", role="agent"),
    PageOf("desk:faq", role="agent", query="?only=drafts"),
    PageOf("desk:faq", role="agent", query="?q=gibtesnicht"),
    PageOf("desk:faq", role="customer", status=404),
    PageOf("desk:new_faq_article", role="agent"),
    PageOf("desk:faq_article", ("article",), role="agent"),
    PageOf("desk:faq_article", ("draft_article",), role="admin"),
    PageOf("desk:faq_article", ("article",), role="customer", status=404),
    PageOf("desk:faq_versions", ("article",), role="agent"),
    PageOf("desk:faq_version", ("article", "first_version"), role="agent"),
    PageOf("desk:faq_version", ("article", "second_version"), role="agent"),
    PageOf("desk:faq_statistics", role="agent"),
    PageOf("desk:faq_picker", role="agent", query="?q=Prüfung"),
    PageOf("desk:faq_categories", role="agent"),
    PageOf("desk:faq_category", ("category",), role="agent"),
    PageOf("desk:faq_category", ("empty_category",), role="agent"),
    PageOf("desk:search", role="agent"),
    PageOf("desk:search", role="agent", query="?q=Etikettendruck"),
    PageOf("desk:search", role="agent", query="?q=gibtesnicht"),
    PageOf("desk:quarantine", role="agent"),
    PageOf("desk:facebook_unticketed", role="agent"),
    PageOf("desk:ticket", ("from_wall",), role="agent"),
    PageOf("desk:quarantine", role="agent", tenant="zweitmarke"),
    PageOf("desk:calls", role="agent"),
    PageOf("desk:call", ("call",), role="agent"),
    PageOf("desk:call_slot", ("call",), role="agent"),
    PageOf("desk:new_call", role="agent"),
    PageOf("desk:notices", role="agent"),
    PageOf("desk:notices", role="admin"),
    PageOf("desk:organisations", role="agent"),
    PageOf("desk:organisations", role="admin", query="?q=buyer.test"),
    PageOf("desk:organisations", role="agent", query="?q=gibtesnicht"),
    PageOf("desk:organisations", role="customer", status=404),
    PageOf("desk:organisation", ("organisation",), role="agent"),
    PageOf("desk:organisation", ("organisation",), role="admin"),
    PageOf("desk:organisation", ("plain_organisation",), role="admin"),
    PageOf("desk:organisation", ("organisation",), role="customer", status=404),
    PageOf("desk:organisation_booking", ("organisation",), role="admin"),
    PageOf("desk:organisation_booking", ("plain_organisation",), role="admin"),
    PageOf("desk:organisation_booking", ("organisation",), role="admin", query="?level=99999"),
    PageOf("desk:organisation_booking", ("organisation",), role="agent", status=404),
    PageOf("desk:organisation_cancellation", ("organisation",), role="admin"),
    PageOf("desk:organisation_cancellation", ("organisation",), role="agent", status=404),
    PageOf("desk:organisation_address", ("organisation",), role="admin"),
    PageOf("desk:organisation_address", ("plain_organisation",), role="admin"),
    PageOf("desk:organisation_address", ("organisation",), role="agent", status=404),
    PageOf("desk:billing", role="admin"),
    PageOf("desk:billing", role="admin", tenant="zweitmarke"),
    PageOf("desk:billing", role="agent", status=404),
    PageOf("desk:invoices", role="admin"),
    PageOf("desk:invoices", role="admin", query="?state=cancelled"),
    PageOf("desk:invoices", role="admin", query="?q=gibtesnicht"),
    PageOf("desk:invoices", role="agent", status=404),
    PageOf("desk:invoice", ("invoice",), role="admin"),
    PageOf("desk:invoice", ("cancelled_invoice",), role="admin"),
    PageOf("desk:invoice", ("cancellation",), role="admin"),
    PageOf("desk:invoice", ("invoice",), role="agent", status=404),
    PageOf("desk:runs", role="admin"),
    PageOf("desk:run", ("run_month",), role="admin"),
    PageOf("desk:run", ("running_month",), role="admin"),
    PageOf("desk:run", ("long_ago",), role="admin", status=404),
    PageOf("desk:prices", role="admin"),
    PageOf("desk:prices", role="agent", status=404),
    PageOf("desk:new_prices", role="admin"),
    PageOf("desk:supplier", role="admin"),
    PageOf("desk:supplier", role="agent", status=404),
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
    PageOf("account_login"),
    PageOf("account_signup"),
    PageOf("account_logout", role="customer"),
    PageOf("account_inactive"),
    PageOf("account_email_verification_sent"),
    PageOf("account_confirm_email", ("confirmation",)),
    PageOf("account_confirm_email", ("used_confirmation",)),
    PageOf("account_change_password", role="customer"),
    PageOf("account_change_password", role="agent"),
    PageOf("account_set_password", role="passwordless"),
    PageOf("account_reset_password"),
    PageOf("account_reset_password_done"),
    PageOf("account_reset_password_from_key", ("reset_user", "reset_key")),
    PageOf("account_reset_password_from_key", ("reset_user", "wrong_key")),
    PageOf("account_reset_password_from_key_done"),
    PageOf("account_invitation", ("invitation",)),
    PageOf("account_invitation", ("wrong_key",), status=404),
    PageOf("portal:ticket", ("foreign",), role="customer", status=404),
]

# The HTML of a mail stands in a frame without scripts; it has a test of its own.
FRAMES = {"desk:html_body", "desk:html_with_remote", "desk:contact_form_preview"}
PARTS = {"desk:live_token", "desk:bell", "desk:run_progress", "portal:faq_suggestions"}
FILES = {
    "desk:brand_preview",
    "portal:brand_colours",
    "portal:brand_logo",
    "portal:robots",
    "portal:sitemap",
    "portal:sitemap_part",
    "desk:attachment",
    "desk:inline_image",
    "desk:invoice_export",
    "desk:invoice_pdf",
    "desk:promise_export",
    "desk:sample_invoice",
    "portal:attachment",
    "portal:faq_file",
    "portal:invoice",
}
MACHINES = {
    "health",
    "contact_form:script",
    "contact_form:entry",
    "facebook_webhook",
    "facebook_deletion",
    "facebook_deauthorised",
}
# Reached only through the dialog at Facebook; a journey looks at them.
THROUGH_FACEBOOK = {"desk:facebook_return", "desk:facebook_choice"}
# Only ever sent by a form: opened as a page they answer 405 and change nothing.
ACTS = {
    "desk:next_ticket": (),
    "desk:reply": ("number",),
    "desk:note": ("number",),
    "desk:assignment": ("number",),
    "desk:domain_primary": ("domain",),
    "desk:domain_removal": ("domain",),
    "desk:domain_check": ("domain_claim",),
    "desk:domain_claim_removal": ("domain_claim",),
    "desk:team": ("number",),
    "desk:state": ("number",),
    "desk:channel": ("number",),
    "desk:delivery": ("number",),
    "desk:merge_undone": ("number",),
    "desk:notices_seen": (),
    "desk:call_attempt": ("call",),
    "desk:call_cancellation": ("call",),
    "portal:call_cancellation": ("call_ticket",),
    "desk:quarantine_replay": ("quarantined",),
    "desk:faq_publication": ("draft_article",),
    "desk:faq_removal": ("draft_article",),
    "desk:faq_category_removal": ("empty_category",),
    "desk:faq_restoration": ("article", "first_version"),
    "desk:facebook_visibility": ("from_wall", "from_wall_comment"),
    "desk:facebook_vouch": ("from_wall", "from_wall_comment"),
    "desk:facebook_ticket": ("unticketed",),
    "desk:organisation_role": ("organisation", "person"),
    "desk:organisation_cancellation_revoked": ("organisation",),
    "desk:invoice_payment": ("invoice",),
    "desk:invoice_cancellation": ("invoice",),
    "desk:invoice_anew": ("invoice",),
    "desk:run_start": ("run_month",),
    "desk:first_price": ("tier",),
    "desk:prices_withdrawn": ("prices",),
    "desk:facebook_connection": (),
    "desk:facebook_check": ("tier",),
    "desk:invite": (),
    "desk:lock_out": ("tier",),
    "desk:tier_position": ("tier",),
    "desk:tier_removal": ("tier",),
    "desk:team_removal": ("team",),
    "portal:facebook_unlinked": ("number",),
    "portal:faq_vote": ("article_slug",),
    "portal:faq_solution": ("article_slug",),
    "portal:reply": ("number",),
    "portal:new_booking": (),
    "portal:cancellation_revoked": (),
    "portal:closure": ("number",),
    "set_language": (),
}


def names() -> set[str]:
    """The names of all URLs, as `reverse` takes them; a nameless one by its pattern."""
    return set(_names(get_resolver(), ""))


def _names(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield prefix + (entry.name or str(entry.pattern))
        else:
            inner = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from _names(entry, inner)
