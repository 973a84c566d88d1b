"""When a form was opened, signed: the first question to a robot, and the form's own name.

A stamp holds the form's id and the moment, for one tenant. What is sent with the same id and the
same content is the same form, however often it comes.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

from django.core import signing

from tenants.connection import connection

# Seconds. Nobody reads, writes and sends a form faster.
FASTEST = 2.5
# Seconds after which a form is opened anew, with what was written in it.
VALID_FOR = 24 * 3600


class StampError(ValueError):
    """The form was not opened here."""


class ExpiredError(StampError):
    """It was, but too long ago; `form_id` is the id it had."""

    def __init__(self, form_id: str) -> None:
        super().__init__(form_id)
        self.form_id = form_id


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a form's stamp says; `age` is in seconds."""

    form_id: str
    age: float

    @property
    def is_too_fast(self) -> bool:
        return self.age < FASTEST


def new(form_id: str = "", *, is_reopened: bool = False) -> str:
    """A stamp of now; a form that is opened anew with its text may be sent at once."""
    moment = time.time() - (2 * FASTEST if is_reopened else 0)
    return _signer().sign_object([form_id or uuid.uuid4().hex, round(moment, 1)])


def read(text: str) -> Stamp:
    """What a stamp says; raises ExpiredError, and StampError for what is none of this tenant's."""
    try:
        form_id, moment = _signer().unsign_object(text)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise StampError("The stamp is damaged, or another tenant's.") from error
    age = time.time() - moment
    if age > VALID_FOR:
        raise ExpiredError(form_id)
    return Stamp(form_id, age)


def _signer() -> signing.Signer:
    # Law 4: a form opened at one tenant opens nothing at another.
    return signing.Signer(salt=f"contact_form.stamp:{connection.schema_name}")
