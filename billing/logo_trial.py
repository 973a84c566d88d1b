"""Prints a new logo once, in a process of its own: `python -m billing.logo_trial svg < file`.

A picture of a few kilobytes can keep a printer busy for hours or fill the memory, and a thread
cannot be stopped. So nothing becomes a logo that was not printed here within narrow limits. Ends
with 0 where it was printed. Knows nothing of Django and of our data.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

# Of the processor, all threads together; starting takes a third of it.
SECONDS = 2
# Of the clock: a busy machine is slow, but no logo is worth more.
PATIENCE = 10.0
MEMORY = 2 * 1024**3
STANDARD: Literal["a-3b"] = "a-3b"


def prints(content: bytes, kind: str) -> bool:
    """True where a picture can be printed within the limits; `kind` is its file's ending."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "billing.logo_trial", kind],
            input=content,
            cwd=Path(__file__).resolve().parents[1],
            env={},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main(kind: str) -> None:
    """Print what stands on the standard input."""
    import typst  # after the limits are set

    with TemporaryDirectory() as folder:
        Path(folder, f"logo.{kind}").write_bytes(sys.stdin.buffer.read())
        source = Path(folder, "page.typ")
        source.write_text(f'#image("logo.{kind}", height: 16mm)', encoding="utf-8")
        typst.compile(source, format="pdf", root=Path(folder), pdf_standards=STANDARD)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(sys.argv[1])
