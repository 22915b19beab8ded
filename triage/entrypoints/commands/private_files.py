"""Files that say something about calls: for whoever asked for them, and for nobody else."""

import os
from pathlib import Path
from typing import BinaryIO, TextIO


def private_text(file: Path) -> TextIO:
    """Open for writing UTF-8; a new file is readable by its owner alone."""
    return open(file, "w", encoding="utf-8", newline="", opener=_private)


def private_bytes(file: Path) -> BinaryIO:
    """Open for writing; a new file is readable by its owner alone."""
    return open(file, "wb", opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)  # before the first byte is in it, not after
