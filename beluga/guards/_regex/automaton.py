"""A regular expression as an automaton whose states are its characters and sets (Glushkov's construction).

Look-arounds and back-references are taken as empty, bounded repeats as at most two rounds, and what
possessive repeats took is not given back.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from typing import Any, TypeAlias

import attrs

__all__ = ["ALPHABET", "Automaton", "Part", "is_anchored", "is_assertive", "parse"]

_parser: Any = importlib.import_module("re._parser")
_constants: Any = importlib.import_module("re._constants")

# What sets are told apart by, beside the pattern's own characters: ASCII, and a letter, an ideograph, a
# digit, a space and a dash from beyond it.
ALPHABET = [*map(chr, range(128)), "\u00e9", "\u4e2d", "\u0663", "\u2003", "\u2014"]
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
_ASSERTIONS = (_constants.ASSERT, _constants.ASSERT_NOT, _constants.AT)
_EMPTY = (*_ASSERTIONS, _constants.GROUPREF)
_CATEGORIES = {
    _constants.CATEGORY_DIGIT: r"\d",
    _constants.CATEGORY_NOT_DIGIT: r"\D",
    _constants.CATEGORY_SPACE: r"\s",
    _constants.CATEGORY_NOT_SPACE: r"\S",
    _constants.CATEGORY_WORD: r"\w",
    _constants.CATEGORY_NOT_WORD: r"\W",
}

# `re` gives no types for its parsed patterns: operators, and values that differ by operator.
_Node: TypeAlias = Any


@attrs.frozen
class Part:
    """A piece of the automaton: where it can begin and end, whether it can be empty, and in two ways."""

    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()
    empty: bool = True
    twice: bool = False


@attrs.define
class Automaton:
    """States that accept one character each, and the steps between them, counted.

    A step counted twice is two ways of going on, such as those of the two loops in ``(a+)+``.
    """

    alphabet: list[str]
    flags: int
    sets: list[int] = attrs.Factory(list)
    steps: Counter[tuple[int, int]] = attrs.Factory(Counter)

    def sequence(self, items: _Node) -> Part:
        part = Part()
        for op, value in items:
            part = self._joined(part, self._item(op, value))
        return part

    def after(self, state: int) -> list[int]:
        return [b for a, b in self.steps if a == state]

    def _joined(self, left: Part, right: Part) -> Part:
        self.steps.update((a, b) for a in left.last for b in right.first)
        return Part(
            left.first | right.first if left.empty else left.first,
            left.last | right.last if right.empty else right.last,
            left.empty and right.empty,
            left.twice or right.twice,
        )

    def _item(self, op: _Node, value: _Node) -> Part:
        if op in _EMPTY:
            return Part()
        if op is _constants.SUBPATTERN:
            return self.sequence(value[-1])
        if op is _constants.ATOMIC_GROUP:
            return self.sequence(value)
        if op is _constants.BRANCH:
            return self._either([self.sequence(branch) for branch in value[1]])
        if op is _constants.GROUPREF_EXISTS:
            return self._either([self.sequence(branch or ()) for branch in value[1:]])
        if op in _REPEATS:
            return self._repeat(op, *value)
        return self._character(op, value)

    @staticmethod
    def _either(parts: list[Part]) -> Part:
        return Part(
            frozenset().union(*(part.first for part in parts)),
            frozenset().union(*(part.last for part in parts)),
            any(part.empty for part in parts),
            # `re` reads (a|a) as a(|): two ways through nothing.
            any(part.twice for part in parts) or sum(part.empty for part in parts) > 1,
        )

    def _repeat(self, op: _Node, least: int, most: _Node, body: _Node) -> Part:
        part = self.sequence(body)
        if op is not _constants.POSSESSIVE_REPEAT and most != 1:  # possessive ones give nothing back
            if most is _constants.MAXREPEAT or _has_loop(body):
                for _ in range(1 + part.twice):
                    self.steps.update((a, b) for a in part.last for b in part.first)
            else:
                part = self._joined(part, self._again(body, optional=least < 2))
        return attrs.evolve(part, empty=part.empty or least == 0)

    def _again(self, body: _Node, *, optional: bool) -> Part:
        part = self.sequence(body)
        return attrs.evolve(part, empty=part.empty or optional)

    def _character(self, op: _Node, value: _Node) -> Part:
        matches = re.compile(_spelt(op, value), self.flags).match
        self.sets.append(sum(1 << at for at, c in enumerate(self.alphabet) if matches(c)))
        state = frozenset([len(self.sets) - 1])
        return Part(state, state, empty=False)


def _spelt(op: _Node, value: _Node) -> str:
    """Return a regular expression for one character of a parsed pattern."""
    if op is _constants.ANY:
        return "."
    if op is _constants.IN:
        negated = value[0][0] is _constants.NEGATE
        return f"[{'^' if negated else ''}{''.join(_member(*v) for v in value[negated:])}]"
    return f"[{'^' if op is _constants.NOT_LITERAL else ''}{_member(_constants.LITERAL, value)}]"


def _member(op: _Node, value: _Node) -> str:
    if op is _constants.CATEGORY:
        return _CATEGORIES[value]
    if op is _constants.RANGE:
        return f"\\U{value[0]:08x}-\\U{value[1]:08x}"
    return f"\\U{value:08x}"


def _has_loop(node: _Node) -> bool:
    """Say whether a parsed pattern holds a repeat without a bound."""
    if isinstance(node, tuple) and node[:1] and node[0] in _REPEATS and node[1][1] is _constants.MAXREPEAT:
        return True
    return _is_nested(node) and any(map(_has_loop, node))


def _has(ops: tuple[Any, ...], node: _Node) -> bool:
    """Say whether one of `ops` is anywhere in a parsed pattern."""
    return node in ops if not _is_nested(node) else any(_has(ops, child) for child in node)


def is_assertive(parsed: _Node) -> bool:
    """Say whether a pattern asks for something that it does not take, other than where it begins."""
    leading = bool(parsed.data) and parsed.data[0][0] in _ASSERTIONS
    return any(_has(_ASSERTIONS, item) for item in parsed.data[leading:])


def _is_nested(node: _Node) -> bool:
    return isinstance(node, (list, tuple, _parser.SubPattern))


def is_anchored(parsed: _Node, flags: int) -> bool:
    """Say whether a match can start at the start of the text only."""
    if not parsed.data or parsed.data[0][0] is not _constants.AT:
        return False
    place = parsed.data[0][1]
    return place is _constants.AT_BEGINNING_STRING or (place is _constants.AT_BEGINNING and not flags & re.MULTILINE)


def parse(pattern: re.Pattern[str]) -> _Node:
    """Return what `re` makes of `pattern` before it compiles it."""
    return _parser.parse(pattern.pattern, pattern.flags)
