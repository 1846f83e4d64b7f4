"""A type as the form of an answer: its JSON schema, and the way from the answer's text to a value."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from beluga._types.annotations import read_type
from beluga._types.fit import fit
from beluga._types.json_schema import describe
from beluga._types.problems import Note, Problem, for_author, for_people
from beluga._types.scalars import INVALID
from beluga._types.tree import Field, Record
from beluga.schema import SystemMessage

if TYPE_CHECKING:
    from beluga._types.problems import Problem


__all__ = ["ResponseFormat", "parse"]


_MOST: Final = 20
"""Problems that are told of one answer: who fixes these has understood the rest."""

_KEY: Final = "value"

_IN_WORDS: Final = (
    "Answer with one JSON value that fits this JSON schema, and with nothing else: no explanation and no code fence."
    "\n\n"
)


class ResponseFormat:
    """What an answer has to look like.

    Providers only take a schema that is an object. Of any other type an object with the one key ``value`` is asked
    for, and the bare value is taken as well.

    Args:
        kind: A class or annotation.

    Raises:
        TypeError: It is, or contains, a type that JSON has no form for.
    """

    def __init__(self, kind: Any) -> None:
        self.name: str = kind.__name__ if isinstance(kind, type) else str(kind)
        self._node = read_type(kind, self.name)
        schema = describe(self._node)
        self._is_boxed = schema.get("type") != "object"
        if self._is_boxed:
            schema = describe(Record(None, self.name, dict, {_KEY: Field(_KEY, _KEY, self._node)}))
        if isinstance(kind, type):
            schema = {"title": self.name, **schema}  # OpenAI wants a name for what it is to make
        self.schema: dict[str, Any] = schema
        self.instructions: SystemMessage = SystemMessage(_IN_WORDS + json.dumps(schema, ensure_ascii=False))

    def read(self, text: str) -> tuple[Any, list[Problem]]:
        """Return the value in `text` and no problems, or anything and the problems."""
        value, problem = parse(text, "{[" if self._is_boxed else "{")
        if problem is not None:
            return INVALID, [problem]
        if self._is_boxed and isinstance(value, dict) and value.keys() == {_KEY}:
            value = value[_KEY]
        return fit(self._node, value)

    def complaint(self, problems: list[Problem]) -> str:
        """Return what to tell the model of its answer, in its own words."""
        lines = "".join(f"\n- {for_author(problem)}" for problem in problems[:_MOST])
        rest = f"\n- and {len(problems) - _MOST} more" if len(problems) > _MOST else ""
        return (
            f"That answer cannot be used:{lines}{rest}\n"
            "Answer again with the whole JSON value, corrected and complete, and with nothing else."
        )

    def verdict(self, problems: list[Problem]) -> str:
        """Return what to tell people of the answer, with none of its words."""
        rest = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""  # noqa: PLR2004 - a message is one line
        return f"the answer is no {self.name}: {'; '.join(map(for_people, problems[:3]))}{rest}"


def _no_number(_: str) -> NoReturn:
    message = "NaN and Infinity are no JSON"
    raise ValueError(message)


_decoder: Final = json.JSONDecoder(parse_constant=_no_number)
_FENCE: Final = re.compile(r"^[ \t]*```([^`\n]*)\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)
"""A fence cannot end inside a JSON text: a line break within a string is written as an escape there."""


def parse(text: str, openings: str = "{") -> tuple[Any, Problem | None]:
    """Return the one JSON value in `text`, or what keeps it from being read.

    The value is the whole text, or the one code fence, or begins with the first bracket and has none after it.

    Args:
        text: The answer.
        openings: Brackets that a value in the midst of prose may begin with.
    """
    text = text.strip()
    if not text:
        return None, Note((), False, "is empty")
    whole, problem = _decoded(text)
    if problem is None:
        return whole, None
    fences = _FENCE.findall(text)
    fences = [body for label, body in fences if label.strip().lower() == "json"] or [body for _, body in fences]
    if len(fences) == 1:
        return _decoded(fences[0].strip())
    starts = [at for at in map(text.find, openings) if at >= 0]
    if not starts:
        return None, Note((), False, "holds no JSON")
    return _embedded(text, min(starts), openings)


def _embedded(text: str, start: int, openings: str) -> tuple[Any, Problem | None]:
    """Return the value that begins at `start`; a part of a broken value is none, so nothing further in is tried."""
    try:
        value, end = _decoder.raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        return None, _unreadable(error)
    if any(opening in text[end:] for opening in openings):
        return None, Note((), False, "holds more than one JSON value, or brackets after it")
    return value, None


def _decoded(text: str) -> tuple[Any, Problem | None]:
    try:
        return _decoder.decode(text), None
    except (ValueError, RecursionError) as error:
        return None, _unreadable(error)


def _unreadable(error: Exception) -> Problem:
    if isinstance(error, json.JSONDecodeError):
        where = f"is no JSON at line {error.lineno}, column {error.colno}"
        return Note((), False, where, f"{where}: {error.msg}")
    return Note((), False, "is nested too deeply" if isinstance(error, RecursionError) else f"is no JSON: {error}")
