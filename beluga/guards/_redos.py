"""Tell a regular expression that backtracks without end from one that takes time linear in the text.

Python's `re` tries one way of matching after another, so its time grows with the number of ways in which an
automaton can read the same text. That number can be read off the pattern, without running it:

* it is exponential where one state has two different ways back to itself on the same text, as in ``(a+)+``;
* it is quadratic where two loops can share the same text one after the other, as in ``a+a+``, or where a
  search can start anywhere in what a loop accepts, as in ``a+b``.

`check_linear` decides both on a small automaton whose states are the characters and sets of the pattern
(Glushkov's construction)::

    (a+)+b      a ---> b        two steps lead from a to a, one of each loop: every further letter
               ^ ^              doubles the ways to read a run of them
               (2)

What possessive repeats took is not given back. A look-around takes nothing; what it asks for is judged by itself.
A repeat of up to four rounds, or of a fixed length, counts as one of two. A longer one counts as endless where time
may be exponential, because ``(a{1,20}){1,20}b`` outlives the sun, and as one of two where it may be quadratic.

Source: Weber and Seidl, On the degree of ambiguity of finite automata, Theoretical Computer Science 88, 1991.
"""

from __future__ import annotations

import math
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable

import attrs

from beluga.guards._regex import Anchor, Character, Either, Look, Node, Reference, Repeat, Sequence, parse, width

__all__ = ["check_linear", "growth"]

# No more states of a loop than this are looked at: their products would take seconds.
_MOST_STATES = 60
# A step of `re` takes about ten nanoseconds.
_SECONDS_A_STEP = 1e-8
_SAMPLE = 100_000
_FEW = 4  # rounds of a repeat that multiply the time by a constant

# What sets are told apart by, beside the pattern's own characters: ASCII, and a letter, an ideograph, a
# digit, a space and a dash from beyond it.
_ALPHABET = [*map(chr, range(128)), "\u00e9", "\u4e2d", "\u0663", "\u2003", "\u2014"]


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
    bound: float = math.inf  # from how many rounds on a repeat counts as endless
    sets: list[int] = attrs.Factory(list)
    steps: Counter[tuple[int, int]] = attrs.Factory(Counter)

    def add(self, node: Node) -> _Part:
        """Add the states and steps of `node`."""
        match node:
            case Sequence(items):
                part = _Part()
                for item in items:
                    part = self._joined(part, self.add(item))
                return part
            case Either(branches):
                return self._either([self.add(branch) for branch in branches])
            case Repeat():
                return self._repeat(node)
            case Character():
                self.sets.append(sum(1 << at for at, c in enumerate(self.alphabet) if node.holds(c)))
                state = frozenset([len(self.sets) - 1])
                return _Part(state, state, empty=False)
            case Reference(group):
                return self.add(group)
            case Look() | Anchor():
                return _Part()

    def _joined(self, left: _Part, right: _Part) -> _Part:
        self.steps.update((a, b) for a in left.last for b in right.first)
        return _Part(
            left.first | right.first if left.empty else left.first,
            left.last | right.last if right.empty else right.last,
            left.empty and right.empty,
            left.twice or right.twice,
        )

    @staticmethod
    def _either(parts: list[_Part]) -> _Part:
        return _Part(
            frozenset().union(*(part.first for part in parts)),
            frozenset().union(*(part.last for part in parts)),
            any(part.empty for part in parts),
            # `re` reads (a|a) as a(|): two ways through nothing.
            any(part.twice for part in parts) or sum(part.empty for part in parts) > 1,
        )

    def _repeat(self, repeat: Repeat) -> _Part:
        part = self.add(repeat.body)
        shortest, longest = width(repeat.body)
        if not repeat.possessive and repeat.most != 1:
            varies = repeat.most != repeat.least or shortest != longest
            if repeat.most is None or (varies and repeat.most > self.bound) or math.isinf(longest):
                # Where each of many rounds may be an empty one, there are two ways on as well.
                twice = part.twice or (part.empty and repeat.least > self.bound)
                for _ in range(1 + twice):
                    self.steps.update((a, b) for a in part.last for b in part.first)
            else:
                again = self.add(repeat.body)
                part = self._joined(part, attrs.evolve(again, empty=again.empty or repeat.least < 2))
        return attrs.evolve(part, empty=part.empty or repeat.least == 0)


# States, one for each walker of a product automaton.
_Places = tuple[int, ...]
_Steps = Callable[[_Places], "list[_Places]"]


def _closure(starts: Iterable[_Places], steps: _Steps) -> set[_Places]:
    """Return what any number of `steps` leads to from `starts`, themselves too."""
    seen = set(starts)
    waiting = [*seen]
    while waiting:
        for following in steps(waiting.pop()):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return seen


class _Ambiguity:
    """How the number of ways to read a text grows, for one automaton."""

    def __init__(self, automaton: _Automaton, tree: Sequence) -> None:
        start = automaton.add(tree)
        self._alphabet = automaton.alphabet
        # A search may start anywhere: one more state that accepts anything and stays, unless it is anchored.
        self._search = len(automaton.sets)
        self._sets = [*automaton.sets, (1 << len(automaton.alphabet)) - 1]
        self._next: list[list[int]] = [[] for _ in self._sets]
        self._previous: list[list[int]] = [[] for _ in self._sets]
        for a, b in automaton.steps:
            self._next[a].append(b)
            self._previous[b].append(a)
        self._double = [step for step, count in automaton.steps.items() if count > 1]
        # States are numbered from left to right, so a loop is closed by a step back, and lies within its reach.
        self._loop: dict[int, list[int]] = {}
        for first, before in enumerate(self._previous):
            for state in range(first, max(before, default=-1) + 1):
                if state not in self._loop:
                    loop = sorted(self._from(state) & self._to(state))
                    alone = loop == [state] and state not in self._next[state]
                    self._loop.update(dict.fromkeys(loop, [] if alone else loop))
        # Where the pattern can end, nothing after it can fail and make `re` go back.
        ends = frozenset() if _is_assertive(tree) else start.last
        self._endless = {state for state, loop in self._loop.items() if loop and ends.isdisjoint(loop)}
        if not _is_anchored(tree):
            self._next[self._search] = [self._search, *start.first]
            self._loop[self._search] = [self._search]

    def _from(self, state: int) -> set[int]:
        """Return the states that steps lead to from `state`, itself too."""
        return {to for (to,) in _closure([(state,)], lambda at: [(to,) for to in self._next[at[0]]])}

    def _to(self, state: int) -> set[int]:
        """Return the states that steps lead from to `state`, itself too."""
        return {to for (to,) in _closure([(state,)], lambda at: [(to,) for to in self._previous[at[0]]])}

    def exponential(self) -> int | None:
        """Return a state with two ways back to itself on the same text."""
        for a, b in self._double:
            if b in self._loop.get(a, ()):
                return a
        for loop in {id(loop): loop for loop in self._loop.values() if loop}.values():
            # If one state of a loop has two ways, all have: they lead through that one.
            start = (loop[0], loop[0])
            steps = self._product(loop, loop)
            apart = [pair for pair in _closure([start], steps) if pair[0] != pair[1]]
            if start in _closure(apart, steps):
                return loop[0]
        return None

    def quadratic(self) -> int | None:
        """Return a loop that shares its text with an earlier one, or with the start of a search."""
        for later in sorted(self._endless)[:_MOST_STATES]:
            before = self._to(later) | {self._search}
            for earlier in sorted(before.intersection(self._loop), key=lambda s: (s != self._search, s))[:_MOST_STATES]:
                if earlier != later and self._loop[earlier] and self._share(earlier, later, before):
                    return later
        return None

    def _share(self, earlier: int, later: int, before: set[int]) -> bool:
        """Say whether one text leads from each loop to itself and from the earlier to the later."""
        between = before & self._from(earlier)
        steps = self._product(self._loop[earlier], [earlier, later, *sorted(between)], self._loop[later])
        return (earlier, later, later) in _closure([(earlier, earlier, later)], steps)

    def _product(self, *members: list[int]) -> _Steps:
        """Return the steps that walkers in `members` can take together, reading the same character."""
        allowed = [set(places[:_MOST_STATES]) for places in members]
        ways_of = [{a: inside.intersection(self._next[a]) for a in inside} for inside in allowed]

        def steps(places: _Places) -> list[_Places]:
            ways: list[tuple[_Places, int]] = [((), -1)]
            for place, following in zip(places, ways_of, strict=True):
                ways = [
                    ((*gone, to), common)
                    for gone, shared in ways
                    for to in following.get(place, ())
                    if (common := shared & self._sets[to])
                ]
            return [gone for gone, _ in ways]

        return steps

    def sample(self, state: int) -> str:
        """Return a character that keeps the loop of `state` going."""
        return next(c for at, c in enumerate(self._alphabet) if self._sets[state] >> at & 1)


def _is_anchored(tree: Sequence) -> bool:
    """Say whether a match can start at the start of the text only."""
    return tree.items[:1] == (Anchor("start"),)


def _is_assertive(tree: Sequence) -> bool:
    """Say whether a pattern asks for something that it does not take, other than where it begins."""
    leading = isinstance(tree.items[0], (Look, Anchor)) if tree.items else False
    return any(map(_asks, tree.items[leading:]))


def _looks(node: Node) -> list[Sequence]:
    """Return what the looks ahead and behind in `node` ask for, outermost first."""
    match node:
        case Look(body):
            return [body, *_looks(body)]
        case Sequence(children) | Either(children):
            return [look for child in children for look in _looks(child)]
        case Repeat(body):
            return _looks(body)
        case _:
            return []


def _asks(node: Node) -> bool:
    match node:
        case Sequence(children) | Either(children):
            return any(map(_asks, children))
        case Repeat(body):
            return _asks(body)
        case _:
            return isinstance(node, (Look, Anchor))


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
    for message in growth(pattern, name=name):
        warnings.warn(message, UserWarning, stacklevel=2)


def growth(pattern: str | re.Pattern[str], *, name: str = "") -> list[str]:
    """Return what there is to say of a pattern that can take quadratic time: nothing where it cannot.

    Raises:
        ValueError: It does not compile, or its time can double with every character.
    """
    try:
        compiled = re.compile(pattern)
    except (re.error, TypeError, OverflowError, RecursionError) as error:
        message = f"pattern {name or pattern!r} is not a valid regular expression: {error}"
        raise ValueError(message) from error
    label = name or compiled.pattern[:80]
    if isinstance(compiled.pattern, bytes):
        message = f"pattern {label!r} is made of bytes, and guards read text; write it without the b"
        raise ValueError(message)  # noqa: TRY004 - what is wrong is the pattern
    tree = parse(compiled)
    alphabet = [*dict.fromkeys([*_ALPHABET, *compiled.pattern])]
    for part in (tree, *_looks(tree)):
        ambiguity = _Ambiguity(_Automaton(alphabet, bound=_FEW), part)
        if (state := ambiguity.exponential()) is not None:
            message = (
                f"pattern {label!r} can take exponential time on a run of {ambiguity.sample(state)!r}: a "
                "repeat inside a repeat, or alternatives that match the same text; make the parts exclude each other"
            )
            raise ValueError(message)
    ambiguity = _Ambiguity(_Automaton(alphabet), tree)
    if (state := ambiguity.quadratic()) is None:
        return []
    seconds = _SAMPLE * _SAMPLE / 2 * _SECONDS_A_STEP
    message = (
        f"pattern {label!r} can take quadratic time on a run of {ambiguity.sample(state)!r}, "
        f"about {seconds:.0f} s for {_SAMPLE // 1000} KB; bound the repeat, as in {{1,64}} instead of +"
    )
    return [message]
