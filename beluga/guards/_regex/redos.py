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

import re
import warnings
from collections.abc import Callable

from beluga.guards._regex.automaton import (
    ALPHABET,
    Automaton,
    Part,
    is_anchored,
    is_assertive,
    parse,
)

__all__ = ["check_linear"]

# Loops of more states than this are not looked at: their products would take seconds.
_MOST_STATES = 60
# A step of `re` takes about ten nanoseconds.
_SECONDS_A_STEP = 1e-8
_SAMPLE = 100_000

# States, one for each walker of a product automaton.
_Places = tuple[int, ...]
_Steps = Callable[[_Places], "list[_Places]"]


def _reached(start: _Places, steps: _Steps) -> set[_Places]:
    seen, waiting = {start}, [start]
    while waiting:
        for following in steps(waiting.pop()):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return seen


class _Ambiguity:
    """How the number of ways to read a text grows, for one automaton."""

    def __init__(self, automaton: Automaton, start: Part, *, anchored: bool, assertive: bool) -> None:
        # Where the pattern can end, nothing after it can fail and make `re` go back.
        self._accepting = frozenset() if assertive else start.last
        self._sets = [*automaton.sets]
        self._next = {state: automaton.after(state) for state in range(len(self._sets))}
        self._reach = {
            a: {b for (b,) in _reached((a,), lambda at: [(to,) for to in self._next[at[0]]])} for a in self._next
        }
        self._looping = [a for a in self._next if any(a in self._reach[b] for b in self._next[a])]
        self._double = {step for step, count in automaton.steps.items() if count > 1}
        # A search may start anywhere: one more state that accepts anything and stays, unless it is anchored.
        self._search = len(self._sets)
        self._sets.append((1 << len(automaton.alphabet)) - 1)
        self._next[self._search] = [] if anchored else [self._search, *start.first]
        self._reach[self._search] = {self._search}.union(*(self._reach[b] for b in self._next[self._search][1:]))

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

    def _product(self, *members: list[int]) -> _Steps:
        """Return the steps that walkers in `members` can take together, reading the same character."""

        def steps(places: _Places) -> list[_Places]:
            ways: list[tuple[_Places, int]] = [((), -1)]
            for place, allowed in zip(places, members, strict=True):
                ways = [
                    ((*gone, to), common)
                    for gone, shared in ways
                    for to in self._next[place]
                    if to in allowed and (common := shared & self._sets[to])
                ]
            return [gone for gone, _ in ways]

        return steps

    def sample(self, state: int, alphabet: list[str]) -> str:
        """Return a character that keeps the loop of `state` going."""
        return next(c for at, c in enumerate(alphabet) if self._sets[state] >> at & 1)


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
    alphabet = [*dict.fromkeys([*ALPHABET, *compiled.pattern])]
    automaton = Automaton(alphabet, compiled.flags & (re.IGNORECASE | re.ASCII | re.DOTALL))
    parsed = parse(compiled)
    ambiguity = _Ambiguity(
        automaton,
        automaton.sequence(parsed),
        anchored=is_anchored(parsed, compiled.flags),
        assertive=is_assertive(parsed),
    )
    if (state := ambiguity.exponential()) is not None:
        msg = (
            f"pattern {label!r} can take exponential time on a run of {ambiguity.sample(state, alphabet)!r}: a "
            "repeat inside a repeat, or alternatives that match the same text; make the parts exclude each other"
        )
        raise ValueError(msg)
    if (state := ambiguity.quadratic()) is not None:
        seconds = _SAMPLE * _SAMPLE / 2 * _SECONDS_A_STEP
        msg = (
            f"pattern {label!r} can take quadratic time on a run of {ambiguity.sample(state, alphabet)!r}, "
            f"about {seconds:.0f} s for {_SAMPLE // 1000} KB; bound the repeat, as in {{1,64}} instead of +"
        )
        warnings.warn(msg, UserWarning, stacklevel=2)
