"""What is wrong with a value, first as facts and then in words: for people, and for the author of the value.

`fit` notes facts, so that every door can word them for its own readers. People who read a log must not see a model's
words or a secret; the model, or the person at the file, needs to see its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga._types.scalars import SECONDS
from beluga._types.tree import (
    NULL,
    Anything,
    Bounds,
    Choice,
    Items,
    OneOf,
    Row,
    Scalar,
    Table,
    TypeNode,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "Key",
    "Misfit",
    "Mismatch",
    "Missing",
    "Note",
    "Path",
    "Rejected",
    "TooDeep",
    "UnknownKeys",
    "WrongKey",
    "demand",
    "for_author",
    "for_people",
    "nearest",
    "quote",
]


_LONGEST: Final = 60
"""Characters of a value that its author gets to see again."""


@attrs.frozen
class Key:
    """A key that the author of a value chose, so that people only see its place, counted from 1."""

    name: str
    place: int


Path = tuple[str | int | Key, ...]


@attrs.frozen
class Misfit:
    """One thing that is wrong: which of the classes below, and where.

    Args:
        path: The steps to the value: names of fields, indices, keys.
        secret: Nothing of the value may be shown.
    """

    path: Path
    secret: bool


@attrs.frozen
class Mismatch(Misfit):
    """A value is not what was expected.

    Args:
        node: What was.
        value: What there is.
        alien: It is of another kind altogether, so that looking inside it makes no sense.
    """

    node: TypeNode
    value: Any = attrs.field(repr=False)
    alien: bool = True


@attrs.frozen
class Missing(Misfit):
    """A field without a default is not there."""


@attrs.frozen
class UnknownKeys(Misfit):
    """A record has keys that are not fields."""

    keys: tuple[Any, ...] = attrs.field(repr=False)
    known: tuple[str, ...]


@attrs.frozen
class WrongKey(Misfit):
    """A key of a table is not a text, or not the right one."""

    key: Any = attrs.field(repr=False)
    node: TypeNode | None


@attrs.frozen
class Rejected(Misfit):
    """A class did not take values that are all of their types.

    Args:
        name: The class.
        kind: The type of what it raised.
        text: Its words, which may hold anything.
    """

    name: str
    kind: str
    text: str = attrs.field(repr=False)


@attrs.frozen
class TooDeep(Misfit):
    """Python's stack is too small for it."""


@attrs.frozen
class Note(Misfit):
    """Something else, in words for people and, where there are any, in words for the author."""

    rule: str
    quoting: str = attrs.field(default="", repr=False)


# What was expected


def demand(node: TypeNode, *, by_hand: bool = False) -> str:
    """Return what completes "expected ..." of JSON, or "must be ..." of what is written by hand.

    Example:
        >>> from beluga._types.annotations import read_type
        >>> demand(read_type(list[int])), demand(read_type(list[int]), by_hand=True)
        ('a list', 'a list, each item an int')
    """
    match node:
        case Scalar():
            return _scalar(node, by_hand=by_hand)
        case Choice(options=options):
            written = [_written(each.written, each.name) if by_hand else quote(each.written) for each in options]
            return f"one of {', '.join(written)}"
        case OneOf(arms=arms):
            # A file leaves out what is null, so there nobody is told of it.
            shown = [arm for arm in arms if not by_hand or arm != NULL]
            return " or ".join(dict.fromkeys(demand(arm, by_hand=by_hand) for arm in shown or arms))
        case Anything():
            return "anything"
        case _:
            return _by_hand(node) if by_hand else _in_json(node)


def _by_hand(node: TypeNode) -> str:
    """Return what something with parts has to be, down to its scalars."""
    match node:
        case Items(item=item, bounds=bounds):
            return f"a list{bounds.words('items')}, each item {demand(item, by_hand=True)}"
        case Row(items=items):
            return f"a list of {len(items)}: {', '.join(demand(item, by_hand=True) for item in items)}"
        case Table(item=item, bounds=bounds):
            return f"a table{bounds.words('keys')}, each value {demand(item, by_hand=True)}"
        case _:
            return f"a table of {getattr(node, 'name', '')} settings"


def _in_json(node: TypeNode) -> str:
    """Return what something with parts has to be; each part that is wrong has a line of its own."""
    match node:
        case Items(bounds=bounds):
            return f"a list{bounds.words('items')}"
        case Row(items=items):
            return f"a list of {len(items)}"
        case Table(bounds=bounds):
            return f"an object{bounds.words('keys')}"
        case _:
            return "an object"


def _scalar(node: Scalar, *, by_hand: bool) -> str:
    words = node.type.by_hand if by_hand else node.type.words
    if node.type.kind == SECONDS and by_hand:
        is_default = node.bounds == Bounds(least=0)
        return words if is_default else f"a duration such as '30s' or '5m'{node.bounds.words()} seconds"
    return f"{words}{node.bounds.words()}"


def _written(value: Any, name: str) -> str:
    return repr(value) if isinstance(value, (str, int)) or not name else name


# In words


def for_people(problem: Misfit) -> str:
    """Return one line that quotes nothing of the value."""
    return f"{_dotted(problem.path, lambda key: f'key {key.place}')}: {_rule(problem, quoting=False)}"


def for_author(problem: Misfit) -> str:
    """Return one line for the author of the value, in the value's own words."""
    return f"{_dotted(problem.path, lambda key: quote(key.name))}: {_rule(problem, quoting=not problem.secret)}"


def _rule(problem: Misfit, *, quoting: bool) -> str:
    """Return what is wrong; with the words of the value where `quoting`."""
    match problem:
        case Mismatch():
            said = _mismatch(problem, quoting=quoting)
        case Missing():
            said = "is missing"
        case UnknownKeys(keys=keys, known=known):
            said = _unknown(keys, known, quoting=quoting)
        case WrongKey(node=node, key=key):
            key = f"the key {quote(str(key))}" if quoting else "a key"
            said = f"has {key} that is not {'a string' if node is None else demand(node)}"
        case Rejected(name=name, kind=kind, text=text):
            said = f"is refused by {name}: {kind}" + (f": {text}" if quoting and text else "")
        case Note(rule=rule, quoting=words):
            said = words if quoting and words else rule
        case _:
            said = "is nested too deeply"
    return said


def _mismatch(problem: Mismatch, *, quoting: bool) -> str:
    value, node = problem.value, problem.node
    expected = f"expected {demand(node)}"
    if isinstance(value, (list, dict)) and (isinstance(node, Row) or not problem.alien):
        return f"{expected}, not of {len(value)}"
    plain = value is None or isinstance(value, (str, int, float))
    if quoting and plain:
        return f"{expected}, not {quote(value)}"
    if isinstance(node, Choice) and not quoting:
        return expected
    if not problem.alien:
        return expected
    return f"{expected}, not {_kind_of(value)}"


_SHOWN: Final = 5
"""Unknown keys that their author gets to see again."""


def _unknown(keys: Sequence[Any], names: Sequence[str], *, quoting: bool) -> str:
    known = f"; known are {', '.join(names)}" if names else "; it takes none"
    word = "key" if len(keys) == 1 else "keys"
    if not quoting:
        return f"has {len(keys)} unknown {word}{known}"
    return f"has unknown {word} {', '.join(quote(str(key)) for key in keys[:_SHOWN])}{known}"


def quote(value: Any) -> str:
    """Return a plain value as JSON writes it, shortened."""
    text = json.dumps(value[: _LONGEST + 1] if isinstance(value, str) else value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _dotted(path: Path, shown: Any) -> str:
    text = ""
    for step in path:
        if isinstance(step, str):
            text += f".{step}" if text else step
        else:
            text += f"[{step if isinstance(step, int) else shown(step)}]"
    return text or "the answer"


_KINDS: Final = {bool: "a boolean", str: "a string", list: "a list", dict: "an object"}


def _kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if type(value) is float and not abs(value) < float("inf"):
        return "a number out of range"
    if type(value) is int and value.bit_length() > 1024:  # noqa: PLR2004 - the greatest float has 1024 bits
        return "a number out of range"
    if type(value) in {int, float}:
        return "a number" if value == int(value) else "a fraction"
    return _KINDS.get(type(value), f"a {type(value).__name__}")


def nearest(wrong: object, known: Iterable[object]) -> str:
    """Return the known name most like `wrong`; empty where more than a third of the letters would differ.

    Case and the difference of ``-`` and ``_`` are not counted.

    Example:
        >>> nearest("modle", ["mode", "model", "max_tokens"]), nearest("Max-Tokens", ["model", "max_tokens"])
        ('model', 'max_tokens')
    """
    plain = _plain(wrong)
    best, fewest = "", (1 + len(plain) / 3, 0)
    for name in map(str, known):
        # Of two names at the same distance, the one of the same length: letters are swapped more often than lost.
        edits = (_distance(plain, _plain(name)), abs(len(plain) - len(name)))
        if edits < fewest and edits[0] <= len(name) / 2:
            best, fewest = name, edits
    return best


def _plain(name: object) -> str:
    return str(name)[:_COMPARED].casefold().replace("-", "_")


_COMPARED = 64
"""Letters that are compared; the work grows with their square."""


def _distance(a: str, b: str) -> int:
    """Return how many letters to change, add, drop or swap with their neighbour.

    Source: optimal string alignment; F. J. Damerau, "A technique for computer detection and correction of spelling
    errors", CACM 7(3), 1964.
    """
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        last, before = before, row
        row = [i]
        for j, y in enumerate(b, start=1):
            edits = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                edits = min(edits, last[j - 2] + 1)
            row.append(edits)
    return row[-1]
