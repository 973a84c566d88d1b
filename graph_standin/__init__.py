"""A stand-in for Facebook's Graph API: a server of its own for tests, the demo and development.

It imports nothing of the project and uses the standard library alone. It keeps a world (one app,
accounts, pages, people, messages, walls) and refuses what Meta refuses, with Meta's codes.

    python -m graph_standin --app-id … --app-secret … --verify-token … --webhook-url URL
        (the first three are FACEBOOK_APP_ID, … where they are not given)
        [--host 127.0.0.1] [--port 8090] [--page ID:NAME …] [--state FILE] [--pace 0.1]
        [--workers 1] [--public-url URL] [--deletion-url URL]
        [--deauthorize-url URL]

`/` is "Facebook (Demo)", where a person plays the customer.

In a test, in threads of the same process:

    with graph_standin.running(webhook_url=…, app_secret="geheim123") as standin:
        page = standin.staff.add_page("Teehaus Nord")["id"]
        token = standin.staff.grant(page)                 # a page token, without the dialog
        eva = standin.people.add("Eva Muster")["id"]
        mid = standin.people.write(page, eva, "Grüße")    # → webhook, once the page is subscribed
        post = standin.wall.post(page, eva, "Wann habt ihr offen?")
        standin.failures.plan(on="messages", kind="cut", after=True)
        standin.clock.advance(25 * 3600)
        standin.deliveries.settle()                       # wait until nothing is on its way

Graph API, below `standin.base_url`, always with a version (v21.0 … v26.0) and, unless
`set_app(demands_proof=False)`, with `appsecret_proof`:

    GET/POST dialog/oauth                       GET/POST oauth/access_token     GET debug_token
    GET me, me/accounts, me/permissions         DELETE me/permissions[/NAME]
    GET PAGE, PSID, POST, COMMENT ?fields=      POST COMMENT (is_hidden, message)   DELETE COMMENT
    GET/POST APP/subscriptions
    GET/POST/DELETE PAGE/subscribed_apps        POST PAGE/messages, message_attachments
    GET PAGE/feed, conversations                GET/POST POST-or-COMMENT/comments
    POST PAGE/take_thread_control, pass_thread_control, release_thread_control

The control plane is the same in Python and over HTTP: `standin.people.write(page=…, text=…)` is
`POST /_standin/people/write` with the arguments as a JSON object; it answers `{"result": …}`, or
400 and `{"error": …}`. The groups, whose methods say what they take:

    clock       now set advance run                                 (clock.py)
    staff       set_app add_account add_page grant revoke lose_permission set_tasks restrict
                disable_webhook request_deletion remove_app         (staff.py)
    people      add psid block refuse_profile write edit unsend react press read
                answer_by_hand hand_over cause                      (people.py)
    wall        post comment edit hide remove like mention          (visitors.py)
    deliveries  verify hold release repeat send settle log          (deliveries.py)
    failures    plan clear list                                     (failures.py)
    player      view                                                (player.py)

`GET /_standin/health`, `state`, `calls`, `deliveries`, `failures` look; in Python `standin.world`
holds the records and `standin.calls.seen` the Graph calls, without secrets. Usage headers:
`standin.calls.usage.page = 85`, or `POST /_standin/calls/usage {"app": 85, "page": 90}`.
"""

from graph_standin.standin import Standin, running

__all__ = ["Standin", "running"]
