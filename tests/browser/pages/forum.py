"""The forum, as it is read and written, and what agents decide about it."""

from __future__ import annotations

from tests.browser.pages.page_of import PageOf

PAGES = [
    PageOf("portal:forum"),
    PageOf("portal:forum", role="customer"),
    PageOf("portal:forum", tenant="zweitmarke"),
    PageOf("portal:forum_category", ("forum_slug",)),
    PageOf("portal:forum_category", ("forum_empty",), role="customer"),
    PageOf("portal:forum_topic", ("forum_slug", "forum_key")),
    PageOf("portal:forum_topic", ("forum_slug", "forum_key"), role="customer"),
    PageOf("portal:forum_topic", ("forum_slug", "forum_key"), role="newcomer"),
    PageOf("portal:forum_topic", ("forum_slug", "forum_key"), role="agent"),
    PageOf("portal:forum_topic", ("forum_slug", "forum_held_key"), role="newcomer"),
    PageOf("portal:forum_topic", ("forum_slug", "forum_held_key"), role="customer", status=404),
    PageOf("portal:forum_new_topic", role="customer"),
    PageOf("portal:forum_new_topic", role="chooser", query="?title=Etikettendrucker"),
    PageOf("portal:forum_profile", role="customer"),
    PageOf("portal:forum_profile", role="chooser"),
    PageOf("portal:forum_history", ("forum_post",)),
    PageOf("portal:forum_history", ("forum_held",), role="customer", status=404),
    PageOf("portal:forum_edit", ("forum_post",), role="buyer"),
    PageOf("portal:forum_edit", ("forum_question",), role="customer"),
    PageOf("portal:forum_edit", ("forum_post",), role="customer", status=404),
    PageOf("portal:forum_report", ("forum_post",), role="customer"),
    PageOf("portal:forum_ticket", ("forum_question",), role="customer"),
    PageOf("portal:forum_ticket", ("forum_question",), role="agent"),
    PageOf("portal:forum_ticket", ("forum_question",), role="stranger", status=404),
    PageOf("portal:forum_unfollow", ("forum_unfollow",)),
    PageOf("portal:forum_unfollow", ("forum_left",)),
    PageOf("portal:forum_unfollow", ("wrong_key",), status=404),
    PageOf("desk:forum", role="agent"),
    PageOf("desk:forum", role="agent", query="?only=hidden"),
    PageOf("desk:forum", role="admin", tenant="zweitmarke"),
    PageOf("desk:forum", role="customer", status=404),
    PageOf("desk:forum_hiding", ("forum_post",), role="agent"),
    PageOf("desk:forum_answer", ("forum_ticket", "forum_link"), role="agent"),
    PageOf("desk:forum_settings", role="admin"),
    PageOf("desk:forum_settings", role="agent", status=404),
    PageOf("desk:new_forum_category", role="admin"),
    PageOf("desk:forum_category", ("forum_category",), role="admin"),
]

ACTS: dict[str, tuple[str, ...]] = {
    "portal:forum_reply": ("forum_topic",),
    "portal:forum_follow": ("forum_topic",),
    "portal:forum_vote": ("forum_post",),
    "portal:forum_accept": ("forum_post",),
    "desk:forum_approval": ("forum_held",),
    "desk:forum_restoration": ("forum_spam",),
    "desk:forum_official": ("forum_post",),
    "desk:forum_reports": ("forum_post",),
    "desk:forum_topic": ("forum_topic",),
    "desk:forum_category_removal": ("forum_category",),
}
