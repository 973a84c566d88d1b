"""Setting a document as PDF/A by a Typst template, in the one font family that comes with us.

What people typed reaches a template as a value (`json(bytes(sys.inputs.document))`) and is never
read as markup. The same values give the same bytes.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, cast

import typst
from django.core.files.storage import default_storage

from helpdesk import letters

logger = logging.getLogger(__name__)

# The archive's format, and the one that may carry an e-invoice later.
STANDARD: typst.PDFStandards = ["a-3b"]
# Named one by one: the package holds each weight twice, and the order of a folder is no order.
FONT_FILES = tuple(
    Path(str(files("font_source_sans_pro")), "files", f"SourceSansPro-{weight}.otf")
    for weight in ("Regular", "Semibold", "Bold")
)
ALL_FONTS = b'#set text(font: "Source Sans Pro")\na #text(weight: "semibold")[a] *a*'
PIECE = re.compile(r".{1,8}")
NO_WIDTH = "\u200b"

# A file's name, and what is in it.
File = tuple[str, bytes]

# One compiler keeps its memory where it is, one for each document lets it grow; but one can do one
# document at a time only.
_setting = Lock()


class TypesettingError(Exception):
    """A document that could not be set."""


def pdf(template: Path, document: Mapping[str, Any], made_at: datetime, *, logo: str = "") -> bytes:
    """Set a document, with the stored picture `logo` where there is one that can be printed.

    The template reads its name at "logo", "" for none. Raises TypesettingError.
    """
    found = _stored(logo)
    if found is not None:
        try:
            return _set(template, document, made_at, found)
        except TypesettingError as error:
            logger.warning("%s cannot be printed: %s", logo, error)
    return _set(template, document, made_at)


def _stored(logo: str) -> File | None:
    """The logo, named for its kind only; None where its file is gone."""
    if not logo:
        return None
    try:
        with default_storage.open(logo) as file:
            return f"logo{PurePath(logo).suffix.lower()}", file.read()
    except OSError:
        return None


def _set(
    template: Path, document: Mapping[str, Any], made_at: datetime, logo: File | None = None
) -> bytes:
    # Nothing but the logo lies where the template, or an image within the logo, may look for files.
    with TemporaryDirectory() as folder:
        name = ""
        if logo:
            name, content = logo
            Path(folder, name).write_bytes(content)
        with _setting:
            try:
                made = _compiler().compile(
                    input=template.read_bytes(),
                    format="pdf",
                    sys_inputs={"document": json.dumps({**document, "logo": name})},
                    pdf_standards=STANDARD,
                    root=folder,
                    timestamp=made_at.replace(microsecond=0),
                )
            except typst.TypstError as error:
                raise TypesettingError(str(error)) from error
    return cast("bytes", made)


def printable(typed: str) -> str:
    """The text in characters that our fonts have."""
    return letters.printable(typed, FONT_FILES)


def breakable(text: str, longest: int) -> str:
    """The text with places where words that are longer may be broken."""
    too_long = rf"[^\s/-]{{{longest + 1},}}"
    return re.sub(too_long, lambda found: NO_WIDTH.join(PIECE.findall(found[0])), text)


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    with TemporaryDirectory() as folder:
        for font in FONT_FILES:
            shutil.copy(font, folder)
        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
        )
        compiler = typst.Compiler(font_paths=fonts, ignore_system_fonts=True)
        # A font is read when it is used first, and the folder does not stay.
        compiler.compile(input=ALL_FONTS, format="pdf")
    return compiler
