"""Notes on an error, for the reader of its traceback."""

from __future__ import annotations

import contextlib

__all__ = ["add_note"]


def add_note(error: BaseException, text: str) -> None:
    """Add `text` to the notes of `error`; where it takes none, such as a frozen dataclass, it stays as it is."""
    with contextlib.suppress(Exception):
        error.add_note(text)
