"""What can go wrong with the embedded servers, each as one line for a person."""

import errno

FULL = {errno.ENOSPC, errno.EDQUOT}


class EmbeddedError(Exception):
    """The embedded servers cannot run; the message is one line that says why and what to do."""


def explain(error: OSError) -> EmbeddedError:
    """Turn an error of the file system into one clear line."""
    if error.errno in FULL:
        return full_disk(str(error.filename or "the data folder"))
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return EmbeddedError(
            f"{error.filename} cannot be used: {error.strerror}. "
            "Run as the user it belongs to, or point HELPDESK_DATA at a folder of your own."
        )
    return EmbeddedError(str(error))


def full_disk(where: str) -> EmbeddedError:
    return EmbeddedError(
        f"The disk is full ({where}): make room, or point HELPDESK_DATA at another disk."
    )
