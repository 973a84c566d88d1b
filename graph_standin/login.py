"""The consent dialog: a newcomer chooses pages and ticks permissions, one by one."""

from __future__ import annotations

import secrets
from html import escape
from urllib.parse import urlencode, urlsplit

from graph_standin.graph import Graph
from graph_standin.http import Answer, Call
from graph_standin.player import page
from graph_standin.world import PERMISSIONS, Account, Code

WORDS = {
    "pages_show_list": "Liste Ihrer Seiten sehen",
    "pages_manage_metadata": "Benachrichtigungen über Ihre Seiten einrichten",
    "pages_messaging": "Nachrichten Ihrer Seiten lesen und beantworten",
    "pages_read_engagement": "Beiträge Ihrer Seiten lesen",
    "pages_read_user_content": "Beiträge und Kommentare von Besuchern lesen",
    "pages_manage_engagement": "Kommentare schreiben, verbergen und löschen",
    "business_management": "Ihr Unternehmenskonto sehen",
}
KEPT = ["client_id", "redirect_uri", "state", "scope", "response_type", "account"]


def answer(graph: Graph, call: Call) -> Answer:
    """Show the dialog (GET), or take its answer (POST) and lead back to the app."""
    if problem := _problem(graph, call):
        return page("dialog-problem.html", 400, problem=problem)
    account = _account(graph, call)
    if call.method == "POST" and call.text("decision"):
        return _decide(graph, call, account)
    return page(
        "dialog.html",
        account=account.name,
        accounts=_accounts(graph, account),
        hidden="".join(_hidden(name, call.text(name)) for name in KEPT),
        pages=_pages(graph, account),
        permissions="".join(_permission(name) for name in _asked(call)),
    )


def _problem(graph: Graph, call: Call) -> str:
    """Why a dialog cannot be shown: then nobody is led anywhere."""
    app, target = graph.world.app, call.text("redirect_uri")
    if call.text("client_id") != app.id:
        return "Die App-ID ist unbekannt."
    if urlsplit(target).scheme not in {"http", "https"}:
        return "Die Rücksprungadresse fehlt oder ist keine Webadresse."
    if app.redirect_urls and target not in app.redirect_urls:
        return "Die Rücksprungadresse ist in den Einstellungen der App nicht eingetragen."
    if not graph.world.accounts:
        return "Es gibt noch kein Konto, das eine Seite verwaltet."
    return ""


def _account(graph: Graph, call: Call) -> Account:
    accounts = graph.world.accounts
    return accounts.get(call.text("account")) or next(iter(accounts.values()))


def _asked(call: Call) -> list[str]:
    """The permissions the app asks for, in their order; what does not exist is left out."""
    names = call.text("scope").replace(",", " ").split()
    return [name for name in dict.fromkeys(names) if name in PERMISSIONS]


def _decide(graph: Graph, call: Call, account: Account) -> Answer:
    state = {"state": call.text("state")} if call.text("state") else {}
    if call.text("decision") != "allow":
        denied = {
            "error": "access_denied",
            "error_code": "200",
            "error_description": "Permissions error",
            "error_reason": "user_denied",
        }
        return _back(call, {**denied, **state})
    asked = _asked(call)
    granted = [name for name in asked if name in call.lists.get("permission", [])]
    with graph.world.lock:
        account.declined = [name for name in asked if name not in granted]
        code = Code(
            value=secrets.token_urlsafe(48),
            account_id=account.id,
            scopes=granted,
            page_ids=[one for one in call.lists.get("page", []) if one in account.tasks],
            redirect_uri=call.text("redirect_uri"),
            issued_at=graph.clock.now(),
        )
        graph.world.codes[code.value] = code
    return _back(call, {"code": code.value, **state})


def _back(call: Call, values: dict[str, str]) -> Answer:
    target = call.text("redirect_uri")
    join = "&" if "?" in target else "?"
    return Answer(302, headers={"Location": f"{target}{join}{urlencode(values)}"})


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value)}">' if value else ""


def _accounts(graph: Graph, chosen: Account) -> str:
    """Links to sign in as somebody else, when there is more than one account."""
    others = [one for one in graph.world.accounts.values() if one.id != chosen.id]
    if not others:
        return ""
    buttons = "".join(
        f'<button class="quiet" name="account" value="{one.id}">{escape(one.name)}</button>'
        for one in others
    )
    return f"<p>Ein anderes Konto: {buttons}</p>"


def _pages(graph: Graph, account: Account) -> str:
    pages = [graph.world.pages[one] for one in account.tasks if one in graph.world.pages]
    return "".join(
        f'<label class="tick"><input type="checkbox" name="page" value="{one.id}" checked>'
        f"<span><b>{escape(one.name)}</b><small>{escape(one.category)} · {one.id}</small></span>"
        "</label>"
        for one in pages
    )


def _permission(name: str) -> str:
    return (
        f'<label class="tick"><input type="checkbox" name="permission" value="{name}" checked>'
        f"<span><b>{WORDS[name]}</b><small>{name}</small></span></label>"
    )
