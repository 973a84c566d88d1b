"""What Meta signs, and how (facts: HMAC-SHA256 with the app's secret, everywhere)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any


def mac(secret: str, text: bytes) -> bytes:
    return hmac.new(secret.encode(), text, hashlib.sha256).digest()


def app_proof(secret: str, token: str) -> str:
    """`appsecret_proof` for one access token."""
    return mac(secret, token.encode()).hex()


def webhook_body(payload: dict[str, Any]) -> bytes:
    """A payload as Meta sends it: no spaces, letters beyond ASCII and slashes escaped.

    A receiver that parses and writes it again gets other bytes, and with them another signature.
    """
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=True)
    return text.replace("/", "\\/").encode("ascii")


def webhook_signature(secret: str, body: bytes) -> str:
    """The value of `X-Hub-Signature-256` for these very bytes."""
    return f"sha256={mac(secret, body).hex()}"


def signed_request(secret: str, content: dict[str, Any]) -> str:
    """What the data-deletion and the deauthorise callback get: signature.content, base64url."""
    encoded = base64url(json.dumps(content, separators=(",", ":")).encode())
    return f"{base64url(mac(secret, encoded.encode('ascii')))}.{encoded}"


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode("ascii").rstrip("=")
