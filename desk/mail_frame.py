"""What the frame with a mail's HTML may ask for.

The frame has no origin, so whatever it asks for comes without a cookie. Each address in it is
signed instead: for one picture or one message, one tenant and one hour.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import unquote

from django.core import signing
from django.urls import reverse

from tenants.models import Tenant
from tickets.models import Attachment, Message

LIFETIME_SECONDS = 3600

_EMBEDDED = re.compile(r'src="cid:([^"]*)"', re.IGNORECASE)
_REMOTE = 'data-remote-src="'


def body(message: Message, *, with_remote: bool) -> str:
    """The mail's sanitised HTML with its own pictures, and remote ones only when asked for."""
    images = {
        attachment.content_id.strip("<>"): attachment
        for attachment in message.attachments.all()
        if attachment.content_id and attachment.is_safe_image
    }

    def address(found: re.Match[str]) -> str:
        image = images.get(unquote(unescape(found.group(1))))
        return f'src="{reverse("desk:inline_image", args=[image_token(image)])}"' if image else ""

    html = _EMBEDDED.sub(address, message.html)
    return html.replace(_REMOTE, 'src="') if with_remote else html


def has_remote(message: Message) -> bool:
    return _REMOTE in message.html


def image_token(attachment: Attachment) -> str:
    """The right to see one picture."""
    return _signer("image").sign_object(attachment.pk)


def remote_token(message: Message) -> str:
    """The right to see one message with its remote images."""
    return _signer("remote").sign_object(message.pk)


def image_id(token: str) -> int | None:
    """The picture a token is for; None unless it was made here, for this tenant, in this hour."""
    return _read("image", token)


def remote_id(token: str) -> int | None:
    """The message a token is for, as `image_id`."""
    return _read("remote", token)


def _read(use: str, token: str) -> int | None:
    try:
        return int(_signer(use).unsign_object(token, max_age=LIFETIME_SECONDS))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def _signer(use: str) -> signing.TimestampSigner:
    # Ids are equal in every tenant; the schema in the salt keeps an address to its own (law 4).
    return signing.TimestampSigner(salt=f"desk.mail_frame.{use}:{Tenant.current().schema_name}")
