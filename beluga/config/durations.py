"""Lengths of time as people write them: ``30``, ``"30s"``, ``"1h30m"``."""

from __future__ import annotations

import re
from typing import Annotated, Final

__all__ = ["DURATION", "Seconds", "seconds_of"]

DURATION: Final = "beluga.duration"
"""The mark that tells a duration from any other float."""

Seconds = Annotated[float, DURATION]
"""The annotation of a setting that is a length of time; its value is float seconds.

In a file or a variable it is a number of seconds, or text with a unit: ``"250ms"``, ``"30s"``, ``"5m"``,
``"1h30m"``, ``"2d"``.
"""

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(ms|s|m|h|d)", re.ASCII)


def seconds_of(text: str) -> float:
    """Return the seconds that `text` names.

    Raises:
        ValueError: It is no duration, or its units are not in falling order.

    Example:
        >>> seconds_of("1h30m"), seconds_of("250ms")
        (5400.0, 0.25)
    """
    total, largest, at = 0.0, float("inf"), 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None or _UNITS[part[2]] >= largest:
            break
        largest = _UNITS[part[2]]
        total += float(part[1]) * largest
        at = part.end()
    if not text or at < len(text):
        message = "a duration is a number and a unit, such as '30s', '5m' or '1h30m'"
        raise ValueError(message)
    return total
