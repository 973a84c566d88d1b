"""What is attached to a message: by address, by upload, by id."""

from __future__ import annotations

import json

import pytest

from graph_standin.attachments import MAX_IMAGE_BYTES
from tests.graph_standin.conftest import refusal


def test_attachment_is_fetched_from_its_address(standin, page, eva, send):
    file = standin.graph.keep_file("a.txt", "text/plain", b"Hallo")
    payload = {"url": standin.graph.link(file)}

    answer = send(message={"attachment": {"type": "file", "payload": payload}})

    kept = standin.world.messages[answer["message_id"]].attachments[0]
    assert kept["payload"]["url"].endswith("/a.txt")
    assert kept["payload"]["url"] != payload["url"]


def test_address_without_a_file_is_refused(standin, send):
    gone = {"type": "file", "payload": {"url": f"{standin.base_url}/files/1/x"}}

    assert refusal(send(message={"attachment": gone})) == (100, 2018008)
    assert refusal(send("Text", message={"text": "a", "attachment": gone})) == (100, None)


@pytest.mark.parametrize(
    ("size", "is_taken"), [(MAX_IMAGE_BYTES, True), (MAX_IMAGE_BYTES + 1, False)]
)
def test_upload_in_the_same_call(standin, app, page, psid, send, size, is_taken):
    form = {
        "recipient": json.dumps({"id": psid}),
        "message": json.dumps({"attachment": {"type": "image", "payload": {}}}),
    }
    answer = app.client.post(
        f"/{page}/messages", data=form, files={"filedata": ("ä.png", b"x" * size, "image/png")}
    ).json()

    if is_taken:
        assert "message_id" in answer
    else:
        assert refusal(answer) == (100, 2018109)


def test_file_sent_beforehand_goes_by_its_id(standin, app, page, send):
    message = {"attachment": {"type": "file", "payload": {"is_reusable": True}}}
    kept = app.client.post(
        f"/{page}/message_attachments",
        data={"message": json.dumps(message)},
        files={"filedata": ("a.txt", b"Hallo", "text/plain")},
    ).json()

    by_id = {"type": "file", "payload": kept}
    assert "message_id" in send(message={"attachment": by_id})


def test_images_up_to_thirty(standin, send):
    file = standin.graph.keep_file("a.png", "image/png", b"x")
    image = {"type": "image", "payload": {"attachment_id": file.id}}

    assert "message_id" in send(message={"attachments": [image] * 30})
    assert refusal(send(message={"attachments": [image] * 31})) == (100, None)
    assert refusal(send(message={"attachments": [image, {**image, "type": "file"}]})) == (100, None)
