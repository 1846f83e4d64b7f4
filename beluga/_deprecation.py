"""Tell once that a name or an option is on its way out: since when, until when, and what to write instead."""

from __future__ import annotations

import warnings
from typing import Final

__all__ = ["deprecated"]

_TOLD: Final[set[str]] = set()
"""What has been warned of in this process. Two threads that come at once may both warn, which harms nobody."""


def deprecated(what: str, *, since: str, removed: str, instead: str, stacklevel: int = 2) -> None:
    """Warn of the use of `what`, once in a process.

    Args:
        what: The name or option, as the user writes it.
        since: The version that said so first.
        removed: The version that will not have it any more.
        instead: What to write in its place.
        stacklevel: Frames up to the user's line; 2 is the caller of the function that calls this.

    Example:
        >>> import warnings
        >>> def limit(calls):
        ...     deprecated("limit(calls=)", since="1.1", removed="1.3", instead="limit(permits=)")
        >>> with warnings.catch_warnings(record=True) as seen:
        ...     warnings.simplefilter("always")
        ...     limit(1), limit(2)
        (None, None)
        >>> [str(each.message) for each in seen]
        ['limit(calls=) is deprecated since beluga 1.1 and goes in 1.3: write limit(permits=)']
    """
    if what in _TOLD:
        return
    _TOLD.add(what)
    message = f"{what} is deprecated since beluga {since} and goes in {removed}: write {instead}"
    warnings.warn(message, DeprecationWarning, stacklevel=stacklevel + 1)
