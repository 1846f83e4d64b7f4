"""What is wrong with an answer, told twice: for people without the answer's words, for its author with them."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

import attrs

__all__ = ["LARGEST", "Key", "Path", "Problem", "mismatch", "quote"]

_LONGEST: Final = 60
"""Characters of a value that its author gets to see again."""


@attrs.frozen
class Key:
    """A key that the answer's author chose, so that people only see its place, counted from 1."""

    name: str
    place: int


Path = tuple[str | int | Key, ...]


@attrs.frozen
class Problem:
    """One thing that is wrong, and where; as text, one line that quotes nothing of the answer.

    Args:
        path: The steps to the value: names of fields, indices, keys.
        rule: What is wrong, in words of the type alone.
        quoting: The same with the answer's own words; empty where there are none to add.
        alien: The value is of another kind altogether, so that looking inside it makes no sense.

    Example:
        >>> problem = Problem(("lines", 2, "price"), "expected a number, not a string", 'expected a number, not "ten"')
        >>> print(problem)
        lines[2].price: expected a number, not a string
        >>> problem.quoted
        'lines[2].price: expected a number, not "ten"'
    """

    path: Path
    rule: str
    quoting: str = attrs.field(default="", repr=False)
    alien: bool = attrs.field(default=False, repr=False)

    @property
    def quoted(self) -> str:
        """The line for the answer's author."""
        return f"{_dotted(self.path, _quoted)}: {self.quoting or self.rule}"

    def __str__(self) -> str:
        return f"{_dotted(self.path, _counted)}: {self.rule}"


def mismatch(path: Path, expected: str, value: Any) -> Problem:
    """Return the problem of a JSON value that is not what was expected."""
    kind = _kind_of(value)
    plain = value is None or isinstance(value, (str, int, float))
    shown = quote(value) if plain else kind
    return Problem(path, f"expected {expected}, not {kind}", f"expected {expected}, not {shown}", alien=True)


def quote(value: str | float | None) -> str:
    """Return a plain value as JSON writes it, shortened."""
    text = json.dumps(value[: _LONGEST + 1] if isinstance(value, str) else value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _dotted(path: Path, shown: Any) -> str:
    text = ""
    for step in path:
        if isinstance(step, str):
            text += f".{step}" if text else step
        else:
            text += f"[{step if isinstance(step, int) else shown(step)}]"
    return text or "the answer"


def _quoted(key: Key) -> str:
    return quote(key.name)


def _counted(key: Key) -> str:
    return f"key {key.place}"


LARGEST: Final = sys.float_info.max
"""Beyond it there is no float but infinity, which JSON does not know."""

_KINDS: Final = {bool: "a boolean", str: "a string", list: "a list", dict: "an object"}


def _kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if type(value) in {int, float}:
        if not -LARGEST <= value <= LARGEST:
            return "a number out of range"
        return "a number" if value == int(value) else "a fraction"
    return _KINDS.get(type(value), f"a {type(value).__name__}")
