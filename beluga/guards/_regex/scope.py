"""How far a user's own pattern may look: within a word, within a line, or over the whole text.

The answer decides how little a stream must hold back. A pattern none of whose parts can match a blank never
needs more than the word at hand.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from beluga.guards._regex.parsed import Character, Place, leaves, parse, width

if TYPE_CHECKING:
    import re

__all__ = ["scope"]

_BLANKS = " \t\r\v\f\xa0\u3000"


def scope(pattern: re.Pattern[str]) -> tuple[Literal["word", "line", "window", "whole"], float]:
    r"""Return the smallest part of a text that `pattern` can be searched in by itself, and its longest match.

    A match that has no end and goes over lines is only found in the whole text.

    Example:
        >>> import re
        >>> scope(re.compile(r"EMP-\d{6}")), scope(re.compile(r"case \d+")), scope(re.compile(r"a\s{1,9}b"))
        (('word', 10), ('line', inf), ('window', 11))
    """
    tree = parse(pattern)
    longest, parts = width(tree)[1], leaves(tree)
    sets = [part for part in parts if isinstance(part, Character)]
    over_lines = any(part.holds("\n") for part in sets)
    if Place("end") in parts or (over_lines and math.isinf(longest)):
        return "whole", longest
    if over_lines:
        return "window", longest
    return ("line" if any(part.holds(blank) for part in sets for blank in _BLANKS) else "word"), longest
