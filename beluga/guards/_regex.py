"""What `re` makes of a regular expression, as a small tree of our own, and how far a match may reach.

The only module that knows the parser inside `re`, which is private and differs between versions of Python.
"""

from __future__ import annotations

import importlib
import math
import re
from typing import Any, Literal, TypeAlias

import attrs

__all__ = [
    "Anchor",
    "Character",
    "Either",
    "Look",
    "Node",
    "Reference",
    "Repeat",
    "Sequence",
    "leaves",
    "parse",
    "scope",
    "width",
]

_parser: Any = importlib.import_module("re._parser")
_codes: Any = importlib.import_module("re._constants")


@attrs.frozen
class Character:
    """One character of a set; `pattern` matches those in it."""

    pattern: re.Pattern[str]

    def holds(self, character: str) -> bool:
        """Say whether `character` is in the set."""
        return self.pattern.match(character) is not None


@attrs.frozen
class Sequence:
    """One thing after the other."""

    items: tuple[Node, ...] = ()


@attrs.frozen
class Either:
    """One of several."""

    branches: tuple[Node, ...]


@attrs.frozen
class Repeat:
    """The same again and again; `most` is None where there is no end to it."""

    body: Node
    least: int
    most: int | None
    possessive: bool


@attrs.frozen
class Look:
    """A look ahead or behind, asking for `body` or for its absence; nothing is taken."""

    body: Sequence


@attrs.frozen
class Anchor:
    """A place between two characters."""

    at: Literal["start", "end", "other"]


@attrs.frozen
class Reference:
    """What a group took, once more."""

    group: Node


Node: TypeAlias = "Character | Sequence | Either | Repeat | Look | Anchor | Reference"


def parse(pattern: re.Pattern[str]) -> Sequence:
    """Return the tree of `pattern`."""
    return _Translation().sequence(_parser.parse(pattern.pattern, pattern.flags), pattern.flags)


def leaves(node: Node) -> list[Character | Anchor]:
    """Return the characters and places of a tree, those that it only looks at too."""
    match node:
        case Character() | Anchor():
            return [node]
        case Sequence(children) | Either(children):
            return [leaf for child in children for leaf in leaves(child)]
        case Repeat() | Look():
            return leaves(node.body)
        case Reference():
            return []


def width(node: Node) -> tuple[float, float]:
    """Return how many characters `node` takes or looks at: at least, and at most, which may be infinity."""
    match node:
        case Character():
            return 1, 1
        case Anchor():
            return 0, 0
        case Sequence(items):
            least, most = zip((0, 0), *map(width, items), strict=True)
            return sum(least), sum(most)
        case Either(branches):
            least, most = zip(*map(width, branches), strict=True)
            return min(least), max(most)
        case Repeat(body):
            shortest, longest = width(body)
            return shortest * node.least, longest and longest * (math.inf if node.most is None else node.most)
        case Look(inner) | Reference(inner):
            return width(inner)


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
    if Anchor("end") in parts or (over_lines and math.isinf(longest)):
        return "whole", longest
    if over_lines:
        return "window", longest
    return ("line" if any(part.holds(blank) for part in sets for blank in _BLANKS) else "word"), longest


_REPEATS = (_codes.MAX_REPEAT, _codes.MIN_REPEAT, _codes.POSSESSIVE_REPEAT)
_CATEGORIES = {
    _codes.CATEGORY_DIGIT: r"\d",
    _codes.CATEGORY_NOT_DIGIT: r"\D",
    _codes.CATEGORY_SPACE: r"\s",
    _codes.CATEGORY_NOT_SPACE: r"\S",
    _codes.CATEGORY_WORD: r"\w",
    _codes.CATEGORY_NOT_WORD: r"\W",
}


class _Translation:
    """From the operators of `re`, and their values, to the nodes above; it remembers the groups."""

    def __init__(self) -> None:
        self._groups: dict[int, Node] = {}

    def sequence(self, parsed: Any, flags: int) -> Sequence:
        return Sequence(tuple(self._node(code, value, flags) for code, value in parsed))

    def _node(self, code: Any, value: Any, flags: int) -> Node:  # noqa: PLR0911 - one for each kind of operator
        if code is _codes.SUBPATTERN:
            group, added, dropped, body = value
            node = self._groups[group] = self.sequence(body, (flags | added) & ~dropped)
            return node
        if code is _codes.ATOMIC_GROUP:
            return self.sequence(value, flags)
        if code is _codes.BRANCH:
            return Either(tuple(self.sequence(branch, flags) for branch in value[1]))
        if code is _codes.GROUPREF_EXISTS:
            return Either(tuple(self.sequence(branch or (), flags) for branch in value[1:]))
        if code in _REPEATS:
            least, most, body = value
            most = None if most is _codes.MAXREPEAT else most
            return Repeat(self.sequence(body, flags), least, most, code is _codes.POSSESSIVE_REPEAT)
        if code is _codes.GROUPREF:
            return Reference(self._groups[value])
        if code is _codes.AT:
            return Anchor(_place(value, flags))
        if code in (_codes.ASSERT, _codes.ASSERT_NOT):
            return Look(self.sequence(value[1], flags))
        if code is _codes.FAILURE:  # `(?!)`, from Python 3.12 on
            return Look(Sequence())
        return Character(re.compile(_spelt(code, value), flags & (re.IGNORECASE | re.ASCII | re.DOTALL)))


def _place(code: Any, flags: int) -> Literal["start", "end", "other"]:
    multiline = bool(flags & re.MULTILINE)
    if code is _codes.AT_BEGINNING_STRING or (code is _codes.AT_BEGINNING and not multiline):
        return "start"
    if code is _codes.AT_END_STRING or (code is _codes.AT_END and not multiline):
        return "end"
    return "other"


def _spelt(code: Any, value: Any) -> str:
    """Return a regular expression for one character of a parsed pattern."""
    if code is _codes.ANY:
        return "."
    if code is _codes.IN:
        negated = value[0][0] is _codes.NEGATE
        return f"[{'^' if negated else ''}{''.join(_member(*v) for v in value[negated:])}]"
    return f"[{'^' if code is _codes.NOT_LITERAL else ''}{_member(_codes.LITERAL, value)}]"


def _member(code: Any, value: Any) -> str:
    if code is _codes.CATEGORY:
        return _CATEGORIES[value]
    if code is _codes.RANGE:
        return f"\\U{value[0]:08x}-\\U{value[1]:08x}"
    return f"\\U{value:08x}"
