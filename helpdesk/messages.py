"""python -m helpdesk.messages: compile the translations, without gettext's own programs."""

import os
from pathlib import Path

import polib

LOCALES = Path(__file__).resolve().parent.parent / "locale"


def compile_messages(locales: Path = LOCALES) -> list[Path]:
    """Compile each .po file that is newer than its .mo file; return the files written.

    The .mo appears complete or not at all, so two starts may do it at once.
    """
    written = []
    for source in sorted(locales.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns == source.stat().st_mtime_ns:
            continue
        stamp = source.stat()
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        polib.pofile(str(source)).save_as_mofile(str(draft))
        os.utime(draft, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        draft.replace(target)
        written.append(target)
    return written


if __name__ == "__main__":
    compile_messages()
