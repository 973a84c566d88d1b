"""The URLs that are no pages: parts of pages, files, and what machines ask."""

from __future__ import annotations

# The HTML of a mail stands in a frame without scripts; it has a test of its own.
FRAMES = {"desk:html_body", "desk:html_with_remote", "desk:contact_form_preview"}
PARTS = {
    "desk:bell",
    "desk:live_token",
    "desk:run_progress",
    "portal:faq_suggestions",
    "portal:forum_similar",
    "portal:news_count",
}
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
    "mfa_download_recovery_codes",
    "portal:attachment",
    "portal:draft_file",
    "portal:ticket_pdf",
    "portal:data_download",
    "portal:faq_file",
    "portal:forum_feed",
    "portal:forum_category_feed",
    "portal:forum_topic_feed",
    "portal:forum_picture",
    "portal:invoice",
}
MACHINES = {
    "health",
    "contact_form:script",
    "contact_form:entry",
    "facebook_webhook",
    "facebook_deletion",
    "facebook_deauthorised",
    # Asked by the script of passkeys; opened as a page it leads to that of sign-in.
    "mfa_login_webauthn",
}
# Reached only through the dialog at Facebook; a journey looks at them.
THROUGH_FACEBOOK = {"desk:facebook_return", "desk:facebook_choice"}
