"""Addresses as mail really writes them (RFC 5322 read leniently), in one linear pass."""

import re
from typing import NamedTuple

from channels.email.charsets import clean_line, decode_header_bytes
from channels.email.headers import Headers, decode_words

MAX_ADDRESSES = 200
MAX_FIELDS = 10
MAX_ADDRESS_CHARS = 254  # RFC 5321 4.5.3.1.3, less the angle brackets
MAX_NAME_CHARS = 200

# The bounds keep it linear on rows of openings that nothing closes.
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.){0,300}"|\((?:[^()\\]|\\.){0,300}\)|<[^<>]*>|[,;:]|[^,;:"(<]+|.', re.S
)
_SEPARATORS = re.compile(r"[\s<>()\[\],;:\\]+")
_ADDRESS = re.compile(r"(?:[^@\"]+|\"[^@\"]+\")@[^@\"]+")
_QUOTED_PAIR = re.compile(r"\\(.)", re.S)


class Address(NamedTuple):
    """A display name, possibly empty, and an address with its domain in lower case."""

    name: str
    address: str


def addresses(headers: Headers, field: str) -> tuple[Address, ...]:
    """Return the readable addresses of a field, groups opened, at most MAX_ADDRESSES."""
    found: list[Address] = []
    for value in headers.all(field)[:MAX_FIELDS]:
        text = decode_header_bytes(value)
        # Some programs encode the whole field, address and all: read so when nothing else is there.
        found += parse_addresses(text) or (
            parse_addresses(decode_words(text)) if "=?" in text else []
        )
        if len(found) >= MAX_ADDRESSES:
            break
    return tuple(found[:MAX_ADDRESSES])


def parse_addresses(text: str) -> list[Address]:
    """Read a list of addresses; 'Müller, Eva <e@x>' with its bare comma is one."""
    found: list[Address] = []
    pending_name = ""
    for tokens in _mailboxes(text):
        words, angle, comment = _sorted_out(tokens)
        address = _address_in(angle or words)
        if not address:
            pending_name = f"{pending_name}{words}, " if words.strip() and not angle else ""
            continue
        name = (pending_name + words) if angle else comment
        found.append(Address(_clean_name(name or comment), _normal(address)))
        pending_name = ""
        if len(found) >= MAX_ADDRESSES:
            break
    return [one for one in found if one.address]


def _address_in(text: str) -> str:
    """Return the first word that is an address; a search by expression would be quadratic."""
    words = (word.strip("'") for word in _SEPARATORS.split(text) if "@" in word)
    return next((word for word in words if _ADDRESS.fullmatch(word)), "")


def _mailboxes(text: str) -> list[list[str]]:
    """Cut the tokens of an address list at its commas, semicolons and group names."""
    mailboxes: list[list[str]] = [[]]
    for word in _TOKEN.findall(text):
        if word in ",;":
            mailboxes.append([])
        elif word == ":" and not any("@" in one for one in mailboxes[-1]):
            mailboxes[-1] = []  # the name of a group
        else:
            mailboxes[-1].append(word)
    return [tokens for tokens in mailboxes if tokens]


def _sorted_out(tokens: list[str]) -> tuple[str, str, str]:
    """Return the words, what stands in the last angle brackets, and the comment."""
    words: list[str] = []
    angle = comment = ""
    for word, following in zip(tokens, [*tokens[1:], ""], strict=True):
        if word[0] == "<" and len(word) > 1:
            angle = word
        elif word[0] == "(" and len(word) > 1:
            comment = word[1:-1]
        elif word[0] == '"' and len(word) > 1:
            is_local_part = following.startswith("@")
            words.append(word if is_local_part else _QUOTED_PAIR.sub(r"\1", word[1:-1]))
        else:
            words.append(word)
    return "".join(words), angle, comment


def _clean_name(name: str) -> str:
    return clean_line(decode_words(name), MAX_NAME_CHARS).strip("\"' ")


def _normal(address: str) -> str:
    """Return the address with its domain in lower case, or '' when it is too long to be one."""
    local, _, domain = clean_line(address, MAX_ADDRESS_CHARS + 1).rpartition("@")
    domain = domain.strip(".").lower()
    if not local or not domain or len(local) + len(domain) + 1 > MAX_ADDRESS_CHARS:
        return ""
    return f"{local}@{domain}"
