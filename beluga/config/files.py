"""Read a file that somebody may be writing, and nothing that never ends."""

from __future__ import annotations

import os
import pathlib
import stat
from typing import Final

__all__ = ["LARGEST", "read_steady"]

LARGEST: Final = 4 * 1024 * 1024
"""Bytes of a file that is still taken for a configuration: TOML of that size is read in 3 s."""

_STEADY_TRIES: Final = 3


def read_steady(name: str) -> bytes:
    """Return the bytes of a file that did not change while they were read, unless it never stops changing.

    Raises:
        OSError: It cannot be read, is too large, or is a pipe or a device.
        ValueError: The name is not one of a file.
    """
    content = b""
    kind = pathlib.Path(name).stat().st_mode
    # Opening a pipe waits for its writer. A directory says better itself what it is.
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        message = "it is no regular file"
        raise OSError(message)
    for _ in range(_STEADY_TRIES):
        with pathlib.Path(name).open("rb") as file:
            before = _signature(file.fileno())
            content = file.read(LARGEST + 1)
            if _signature(file.fileno()) == before:
                break
    if len(content) > LARGEST:
        message = f"it is larger than {LARGEST} bytes"
        raise OSError(message)
    return content


def _signature(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_mtime_ns, status.st_size
