"""Tell a regular expression that backtracks without end from one that takes time linear in the text.

Python's `re` tries one way of matching after another, so its time grows with the number of ways in which an
automaton can read the same text. That number can be read off the pattern, without running it:

* it is exponential where one state has two different ways back to itself on the same text, as in ``(a+)+``;
* it is quadratic where two loops can share the same text one after the other, as in ``a+a+``, or where a
  search can start anywhere in what a loop accepts, as in ``a+b``.

`check_linear` decides both on a small automaton whose states are the characters and sets of the pattern.
Look-arounds and back-references are taken as empty, bounded repeats as at most two rounds: the answer is
about growth, not about constants.

Source: Weber and Seidl, On the degree of ambiguity of finite automata, Theoretical Computer Science 88, 1991.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections import Counter
from typing import Any

import attrs

__all__ = ["check_linear"]

_parser: Any = importlib.import_module("re._parser")
_constants: Any = importlib.import_module("re._constants")

# Loops of more states than this are not looked at: their products would take seconds.
_MOST_STATES = 60
# What sets are told apart by, beside the pattern's own characters: ASCII, and a letter, an ideograph, a
# digit, a space and a dash from beyond it.
_ALPHABET = [*map(chr, range(128)), "\u00e9", "\u4e2d", "\u0663", "\u2003", "\u2014"]
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
# A step of `re` takes about ten nanoseconds.
_SECONDS_A_STEP = 1e-8
_SAMPLE = 100_000

_Pair = tuple[int, ...]


@attrs.frozen
class _Part:
    """A piece of the automaton: where it can begin and end, whether it can be empty, and in two ways."""

    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()
    empty: bool = True
    twice: bool = False


@attrs.define
class _Automaton:
    """States that accept one character each, and the steps between them, counted.

    A step counted twice is two ways of going on, such as those of the two loops in ``(a+)+``.
    """

    alphabet: list[str]
    flags: int
    sets: list[int] = attrs.Factory(list)
    steps: Counter[_Pair] = attrs.Factory(Counter)

    def sequence(self, items: Any) -> _Part:
        part = _Part()
        for op, value in items:
            part = self._joined(part, self._item(op, value))
        return part

    def after(self, state: int) -> list[int]:
        return [b for a, b in self.steps if a == state]

    def _joined(self, left: _Part, right: _Part) -> _Part:
        self.steps.update((a, b) for a in left.last for b in right.first)
        return _Part(
            left.first | right.first if left.empty else left.first,
            left.last | right.last if right.empty else right.last,
            left.empty and right.empty,
            left.twice or right.twice,
        )

    def _item(self, op: Any, value: Any) -> _Part:
        if op in _EMPTY:
            return _Part()
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
    def _either(parts: list[_Part]) -> _Part:
        return _Part(
            frozenset().union(*(part.first for part in parts)),
            frozenset().union(*(part.last for part in parts)),
            any(part.empty for part in parts),
            # `re` reads (a|a) as a(|): two ways through nothing.
            any(part.twice for part in parts) or sum(part.empty for part in parts) > 1,
        )

    def _repeat(self, op: Any, least: int, most: Any, body: Any) -> _Part:
        part = self.sequence(body)
        if op is not _constants.POSSESSIVE_REPEAT and most != 1:  # possessive ones give nothing back
            if most is _constants.MAXREPEAT or _has_loop(body):
                for _ in range(1 + part.twice):
                    self.steps.update((a, b) for a in part.last for b in part.first)
            else:
                part = self._joined(part, self._again(body, optional=least < 2))  # noqa: PLR2004 - the second round
        return attrs.evolve(part, empty=part.empty or least == 0)

    def _again(self, body: Any, *, optional: bool) -> _Part:
        part = self.sequence(body)
        return attrs.evolve(part, empty=part.empty or optional)

    def _character(self, op: Any, value: Any) -> _Part:
        matches = re.compile(_spelt(op, value), self.flags).match
        self.sets.append(sum(1 << at for at, c in enumerate(self.alphabet) if matches(c)))
        state = frozenset([len(self.sets) - 1])
        return _Part(state, state, empty=False)


def _spelt(op: Any, value: Any) -> str:
    """Return a regular expression for one character of a parsed pattern."""
    if op is _constants.ANY:
        return "."
    if op is _constants.IN:
        negated = value[0][0] is _constants.NEGATE
        return f"[{'^' if negated else ''}{''.join(_member(*v) for v in value[negated:])}]"
    return f"[{'^' if op is _constants.NOT_LITERAL else ''}{_member(_constants.LITERAL, value)}]"


def _member(op: Any, value: Any) -> str:
    if op is _constants.CATEGORY:
        return _CATEGORIES[value]
    if op is _constants.RANGE:
        return f"\\U{value[0]:08x}-\\U{value[1]:08x}"
    return f"\\U{value:08x}"


def _has_loop(node: Any) -> bool:
    """Say whether a parsed pattern holds a repeat without a bound."""
    if isinstance(node, tuple) and node[:1] and node[0] in _REPEATS and node[1][1] is _constants.MAXREPEAT:
        return True
    return _is_nested(node) and any(map(_has_loop, node))


def _has(ops: tuple[Any, ...], node: Any) -> bool:
    """Say whether one of `ops` is anywhere in a parsed pattern."""
    return node in ops if not _is_nested(node) else any(_has(ops, child) for child in node)


def _is_assertive(parsed: Any) -> bool:
    """Say whether a pattern asks for something that it does not take, other than where it begins."""
    leading = bool(parsed.data) and parsed.data[0][0] in _ASSERTIONS
    return any(_has(_ASSERTIONS, item) for item in parsed.data[leading:])


def _is_nested(node: Any) -> bool:
    return isinstance(node, (list, tuple, _parser.SubPattern))


def _is_anchored(parsed: Any, flags: int) -> bool:
    """Say whether a match can start at the start of the text only."""
    if not parsed.data or parsed.data[0][0] is not _constants.AT:
        return False
    place = parsed.data[0][1]
    return place is _constants.AT_BEGINNING_STRING or (
        place is _constants.AT_BEGINNING and not flags & re.MULTILINE
    )


def _reached(start: _Pair, steps: dict[_Pair, list[_Pair]]) -> set[_Pair]:
    seen, waiting = {start}, [start]
    while waiting:
        for following in steps.get(waiting.pop(), ()):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return seen


class _Ambiguity:
    """How the number of ways to read a text grows, for one automaton."""

    def __init__(self, automaton: _Automaton, start: _Part, *, anchored: bool, assertive: bool) -> None:
        # Where the pattern can end, nothing after it can fail and make `re` go back.
        self._accepting = frozenset() if assertive else start.last
        self._sets = [*automaton.sets]
        self._next = {state: automaton.after(state) for state in range(len(self._sets))}
        single = {(a,): [(b,) for b in following] for a, following in self._next.items()}
        self._reach = {a: {b for (b,) in _reached((a,), single)} for a in self._next}
        self._looping = [a for a in self._next if any(a in self._reach[b] for b in self._next[a])]
        self._double = {step for step, count in automaton.steps.items() if count > 1}
        # A search may start anywhere: one more state that accepts anything and stays, unless it is anchored.
        self._search = len(self._sets)
        self._sets.append((1 << len(automaton.alphabet)) - 1)
        self._next[self._search] = [] if anchored else [self._search, *start.first]
        self._reach[self._search] = {self._search}.union(
            *(self._reach[b] for b in self._next[self._search][1:])
        )

    def _same_loop(self, a: int, b: int) -> bool:
        return b in self._reach[a] and a in self._reach[b]

    def _can_end(self, state: int) -> bool:
        """Say whether each round of the loop of `state` could be the last of a match."""
        return any(self._same_loop(end, state) for end in self._accepting)

    def exponential(self) -> int | None:
        """Return a state with two ways back to itself on the same text."""
        for a, b in self._double:
            if self._same_loop(a, b):
                return a
        for state in self._looping[:_MOST_STATES]:
            members = [s for s in self._looping if self._same_loop(s, state)][:_MOST_STATES]
            steps = self._product(members, members)
            apart = [pair for pair in _reached((state, state), steps) if pair[0] != pair[1]]
            if any((state, state) in _reached(pair, steps) for pair in apart):
                return state
        return None

    def quadratic(self) -> int | None:
        """Return a loop that shares its text with an earlier one, or with the start of a search."""
        for later in [state for state in self._looping[:_MOST_STATES] if not self._can_end(state)]:
            for earlier in (self._search, *self._looping[:_MOST_STATES]):
                if earlier != later and later in self._reach[earlier] and self._share(earlier, later):
                    return later
        return None

    def _share(self, earlier: int, later: int) -> bool:
        """Say whether one text leads from each loop to itself and from the earlier to the later."""
        here = [s for s in (*self._looping, self._search) if self._same_loop(s, earlier)][:_MOST_STATES]
        there = [s for s in self._looping if self._same_loop(s, later)][:_MOST_STATES]
        between = [s for s in self._reach[earlier] if later in self._reach[s]][:_MOST_STATES]
        steps = self._product(here, between, there)
        return (earlier, later, later) in _reached((earlier, earlier, later), steps)

    def _product(self, *members: list[int]) -> dict[_Pair, list[_Pair]]:
        """Return the steps that walkers in `members` can take together, reading the same character."""
        return _Steps(self._next, self._sets, [frozenset(m) for m in members])

    def sample(self, state: int, alphabet: list[str]) -> str:
        """Return a character that keeps the loop of `state` going."""
        return next(c for at, c in enumerate(alphabet) if self._sets[state] >> at & 1)


class _Steps(dict[_Pair, list[_Pair]]):
    """The steps of a product automaton, worked out where they are walked."""

    def __init__(
        self, following: dict[int, list[int]], sets: list[int], members: list[frozenset[int]]
    ) -> None:
        super().__init__()
        self._following, self._sets, self._members = following, sets, members

    def get(self, places: _Pair, _: Any = None) -> list[_Pair]:  # type: ignore[override]  # a dict by form only
        ways: list[tuple[_Pair, int]] = [((), -1)]
        for place, allowed in zip(places, self._members, strict=True):
            ways = [
                ((*gone, to), common)
                for gone, shared in ways
                for to in self._following[place]
                if to in allowed and (common := shared & self._sets[to])
            ]
        return [gone for gone, _common in ways]


def check_linear(pattern: str | re.Pattern[str], *, name: str = "") -> None:
    """Refuse a pattern that can take exponential time, and warn of one that can take quadratic time.

    Args:
        pattern: A regular expression for `re`.
        name: What messages call it; empty quotes the pattern itself.

    Raises:
        ValueError: It does not compile, or its time can double with every character.

    Warns:
        UserWarning: Its time can grow with the square of the text; the message says on what.

    Example:
        >>> check_linear(r"EMP-[0-9]{6}")
        >>> check_linear(r"(a+)+b")
        Traceback (most recent call last):
        ...
        ValueError: pattern '(a+)+b' can take exponential time on a run of 'a': ...
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        msg = f"pattern {name or pattern!r} is no regular expression: {error}"
        raise ValueError(msg) from error
    label = name or compiled.pattern
    alphabet = [*dict.fromkeys([*_ALPHABET, *compiled.pattern])]
    automaton = _Automaton(alphabet, compiled.flags & (re.IGNORECASE | re.ASCII | re.DOTALL))
    parsed = _parser.parse(compiled.pattern, compiled.flags)
    ambiguity = _Ambiguity(
        automaton,
        automaton.sequence(parsed),
        anchored=_is_anchored(parsed, compiled.flags),
        assertive=_is_assertive(parsed),
    )
    if (state := ambiguity.exponential()) is not None:
        msg = (
            f"pattern {label!r} can take exponential time on a run of {ambiguity.sample(state, alphabet)!r}: "
            "a repeat inside a repeat, or alternatives that match the same text; make the parts exclude each other"
        )
        raise ValueError(msg)
    if (state := ambiguity.quadratic()) is not None:
        seconds = _SAMPLE * _SAMPLE / 2 * _SECONDS_A_STEP
        msg = (
            f"pattern {label!r} can take quadratic time on a run of {ambiguity.sample(state, alphabet)!r}, about "
            f"{seconds:.0f} s for {_SAMPLE // 1000} KB; bound the repeat, as in {{1,64}} instead of +"
        )
        warnings.warn(msg, UserWarning, stacklevel=2)
