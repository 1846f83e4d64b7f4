"""How far a user's own pattern may look: within a word, within a line, or over the whole text.

The answer decides how little a stream must hold back. It is read off the parsed expression: a pattern none of
whose parts can match a blank never needs more than the word at hand.
"""

from __future__ import annotations

import re
from re import _constants as op  # type: ignore[attr-defined]  # the only way to the parsed form
from re import _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["grain"]

_BLANKS = " \t\xa0\u3000"
_BREAKS = "\n\r\v\f\x85\u2028"
_MATCHES_BLANKS = {op.CATEGORY_SPACE, op.CATEGORY_NOT_DIGIT, op.CATEGORY_NOT_WORD}
_ENDS = {op.AT_END, op.AT_END_STRING}


def grain(pattern: re.Pattern[str]) -> Literal["word", "line", "window", "whole"]:
    r"""Return the smallest part of a text that `pattern` can be searched in by itself.

    Example:
        >>> grain(re.compile(r"EMP-\d{6}")), grain(re.compile(r"case \d+")), grain(re.compile(r"a\s+b"))
        ('word', 'line', 'window')
    """
    leaves = list(_leaves(_parser.parse(pattern.pattern, pattern.flags)))
    if any(code is op.AT and what in _ENDS and not pattern.flags & re.MULTILINE for code, what in leaves):
        return "whole"
    for characters, name in ((_BREAKS, "window"), (_BLANKS, "line")):
        if any(_may_match(code, what, character, pattern.flags) for code, what in leaves for character in characters):
            return name  # type: ignore[return-value]  # one of the two literals above
    return "word"


def _leaves(tree: Iterable[tuple[Any, Any]]) -> Iterable[tuple[Any, Any]]:
    """Yield the parts of a parsed expression that match a single character or a place."""
    for code, what in tree:
        if code is op.IN:
            yield code, what
        elif code is op.SUBPATTERN:
            yield from _leaves(what[3])
        elif code is op.BRANCH:
            for branch in what[1]:
                yield from _leaves(branch)
        elif code in {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}:
            yield from _leaves(what[2])
        elif code is op.ATOMIC_GROUP:
            yield from _leaves(what)
        elif code in {op.ASSERT, op.ASSERT_NOT}:
            yield from _leaves(what[1])
        elif code is op.GROUPREF_EXISTS:
            yield from _leaves(what[1])
            yield from _leaves(what[2] or ())
        else:
            yield code, what


def _may_match(code: Any, what: Any, character: str, flags: int) -> bool:
    if code is op.LITERAL:
        return bool(chr(what) == character)
    if code is op.NOT_LITERAL:
        return bool(chr(what) != character)
    if code is op.ANY:
        return character != "\n" or bool(flags & re.DOTALL)
    if code is op.IN:
        negated = what[0][0] is op.NEGATE
        return negated != any(_holds(part, value, character) for part, value in what[negated:])
    return False


def _holds(part: Any, value: Any, character: str) -> bool:
    if part is op.LITERAL:
        return bool(value == ord(character))
    if part is op.RANGE:
        return bool(value[0] <= ord(character) <= value[1])
    return value in _MATCHES_BLANKS
