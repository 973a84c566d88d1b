"""Pictures that stand in the HTML itself as data: addresses; they become inline attachments."""

import re

from channels.email.attachments import Attachment
from channels.email.transfer import decoded

MAX_PICTURES = 20

_PICTURE = re.compile(
    r"""(\bsrc\s{0,5}=\s{0,5})(["'])data:image/(png|jpe?g|gif|webp);base64,([a-z0-9+/=\s]+)\2""",
    re.I,
)


def taken_out(html: str, first_number: int) -> tuple[str, list[Attachment]]:
    """Return the HTML with a Content-ID in place of each embedded picture, and the pictures.

    They are named from `first_number` on; beyond MAX_PICTURES they stay, and are dropped when the
    HTML is sanitised.
    """
    if "data:image/" not in html:
        return html, []
    pictures: list[Attachment] = []

    def take(found: re.Match[str]) -> str:
        kind = found[3].lower().replace("jpg", "jpeg")
        name = f"picture-{first_number + len(pictures)}"
        content, _ = decoded(found[4].encode("ascii"), "base64")
        identity = f"{name}@embedded"
        pictures.append(Attachment(f"{name}.{kind}", f"image/{kind}", content, identity, True))
        return f'{found[1]}"cid:{identity}"'

    return _PICTURE.sub(take, html, count=MAX_PICTURES), pictures
