"""Find the JSON in a model's answer: strictly, with no repair and no guess."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

from beluga._types.problems import Note, Problem

__all__ = ["parse"]


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
