"""Write a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["replacing"]


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file beside `path` and move it there at the end, so that a half one is never seen.

    A link stays, and what it names is replaced. What is there and is not a file, such as a pipe or ``/dev/null``, is
    written to: moving a file there would put an end to it.

    Raises:
        OSError: It cannot be written; what was at `path` is still there.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    path = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    half = Path(name)
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - the handle is open already
            yield file
        half.chmod(path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        half.replace(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
