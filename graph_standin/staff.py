"""What happens at Meta itself: the app's settings, who administers which page, lost rights."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from graph_standin import access, outgoing
from graph_standin.clock import HOUR
from graph_standin.errors import ControlError
from graph_standin.graph import Graph
from graph_standin.signing import signed_request
from graph_standin.world import PERMISSIONS, TASKS, Account, App, Page


class Staff:
    def __init__(self, graph: Graph) -> None:
        self._graph, self._world = graph, graph.world

    def set_app(self, **values: Any) -> dict[str, Any]:
        """Change the app: webhook_url, verify_token, deletion_url, deauthorize_url, features
        (human_agent, profiles), demands_proof, redirect_urls, echoes_first, refused_fields,
        link_seconds. Answers the app, without its secret.
        """
        with self._world.lock:
            app = self._world.app
            for name, value in values.items():
                if name not in App.__dataclass_fields__:
                    raise ControlError(f"An app has no {name}.")
                setattr(app, name, value)
            if "webhook_url" in values or "verify_token" in values:
                app.webhook_verified = False
            return {k: v for k, v in asdict(app).items() if k not in {"secret", "verify_token"}}

    def add_account(self, name: str) -> dict[str, Any]:
        """Somebody who can sign in at the dialog; answers `id` and `name`."""
        with self._world.lock:
            account = Account(self._world.new_id(), name)
            self._world.accounts[account.id] = account
        return {"id": account.id, "name": account.name}

    def add_page(
        self,
        name: str,
        page: str = "",
        account: str = "",
        tasks: list[str] | None = None,
    ) -> dict[str, Any]:
        """A page, administered by an account (else the first one); answers `id` and `name`."""
        with self._world.lock:
            if not self._world.accounts:
                self.add_account("Mara Demo")
            made = Page(page or self._world.new_id(), name)
            self._world.pages[made.id] = made
            owner = account or next(iter(self._world.accounts))
            self._account(owner).tasks[made.id] = TASKS[:] if tasks is None else tasks
        return {"id": made.id, "name": made.name}

    def grant(
        self, page: str, permissions: list[str] | None = None, seconds: float | None = None
    ) -> str:
        """A page token without the dialog, for pasting; `seconds` is its life."""
        with self._world.lock:
            owner = next((a.id for a in self._world.accounts.values() if page in a.tasks), "")
            self._account(owner)
            scopes = PERMISSIONS if permissions is None else permissions
            token = access.new_token(
                self._graph, owner, scopes, [page], seconds=seconds, page_id=page
            )
        return token.value

    def revoke(self, page: str = "", subcode: int = 460) -> int:
        """Kill the tokens of a page (or all): error 190 with 458, 459, 460, 463, 464 or 467."""
        with self._world.lock:
            found = [t for t in self._world.tokens.values() if not page or page in t.page_ids]
            for token in found:
                token.dead = subcode
        return len(found)

    def lose_permission(self, page: str, permission: str) -> None:
        """Take one permission from every token of a page."""
        with self._world.lock:
            for token in self._world.tokens.values():
                if page in token.page_ids:
                    token.scopes = [one for one in token.scopes if one != permission]

    def set_tasks(self, account: str, page: str, tasks: list[str]) -> None:
        """Change what an account may do on a page."""
        with self._world.lock:
            self._account(account).tasks[page] = tasks

    def restrict(self, page: str, restricted: bool = True) -> None:
        """Let the page send nothing for a while (error 10/1893063)."""
        with self._world.lock:
            self._world.pages[page].is_restricted = restricted

    def disable_webhook(self, page: str) -> None:
        """Unsubscribe the app from a page, as Meta does when its webhook fails for an hour."""
        with self._world.lock:
            self._world.pages[page].fields = []

    def request_deletion(self, user: str) -> dict[str, Any]:
        """Somebody asks for the deletion of their data (`user`: an app-scoped id): the callback
        gets a signed request; answers its `status` and `body`.
        """
        return self._callback(self._world.app.deletion_url, user)

    def remove_app(self, account: str) -> dict[str, Any]:
        """An account removes the app: its tokens die (190/458), its pages are unsubscribed, the
        deauthorise callback is called; answers its `status` and `body` (status 0: there is none).
        """
        with self._world.lock:
            access.remove_app(self._graph, self._account(account).id)
            url = self._world.app.deauthorize_url
        return self._callback(url, account) if url else {"status": 0, "body": ""}

    def _callback(self, url: str, user: str) -> dict[str, Any]:
        at = self._graph.clock.seconds()
        content = {
            "user_id": user,
            "algorithm": "HMAC-SHA256",
            "issued_at": at,
            "expires": at + HOUR,
        }
        form = urlencode({"signed_request": signed_request(self._world.app.secret, content)})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            reply = outgoing.request("POST", url, body=form.encode(), headers=headers)
        except outgoing.UnreachableError as error:
            raise ControlError(f"{url} did not answer: {error}")
        return {"status": reply.status, "body": reply.body.decode("utf-8", "replace")}

    def _account(self, account: str) -> Account:
        if account not in self._world.accounts:
            raise ControlError(f"There is no account {account or 'for this page'}.")
        return self._world.accounts[account]
