"""Content transfer encodings (RFC 2045 section 6), read as far as they go."""

import binascii
import re

_BASE64_NOISE = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)
_PADDING = re.compile(rb"=+")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*\r?\n", re.M)
MAX_UU_LINES = 400_000
MAX_BASE64_PIECES = 10_000


def decoded(content: bytes, encoding: str) -> tuple[bytes, bool]:
    """Return the decoded bytes and whether the encoding was sound; what is damaged is decoded as
    far as possible.
    """
    if encoding == "base64":
        return _base64(content)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(content), True
    if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return _uuencoded(content)
    return content, encoding in ("", "7bit", "8bit", "binary")


def _base64(content: bytes) -> tuple[bytes, bool]:
    """Decode Base64 also when cut off, with noise in it, or in several padded pieces."""
    letters = content.translate(None, _BASE64_NOISE)
    body = letters.rstrip(b"=")
    if b"=" not in body and len(body) % 4 != 1:
        return binascii.a2b_base64(body + b"=" * (-len(body) % 4)), len(letters) % 4 == 0
    *pieces, rest = _PADDING.split(body, MAX_BASE64_PIECES)
    return b"".join(_piece(piece) for piece in [*pieces, rest.replace(b"=", b"")]), False


def _piece(letters: bytes) -> bytes:
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _uuencoded(content: bytes) -> tuple[bytes, bool]:
    begin = _UU_BEGIN.search(content)
    if begin is None:
        return content, False
    out = bytearray()
    for line in content[begin.end() :].split(b"\n", MAX_UU_LINES)[:MAX_UU_LINES]:
        line = line.rstrip(b"\r")
        if not line or line in (b"`", b"end", b" "):
            break
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:  # trailing noise; the length byte says what counts
            length = ((line[0] - 32) & 63) * 4 // 3 + 3
            try:
                out += binascii.a2b_uu(line[: length + 1])
            except binascii.Error:
                return bytes(out), False
    return bytes(out), True
