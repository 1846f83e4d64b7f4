"""What is wrong with a configuration: every problem with its place, its source and the rule it breaks."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga.errors import ConfigError, ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["INVALID", "Findings", "Place", "Problem", "dotted", "failure", "shown"]

INVALID: Final = object()
"""Stands for a value whose problem is already noted."""

_LONGEST = 60
"""Characters of a value that a message shows."""

_SHOWN = (str, int, float, bool, type(None), datetime.date, datetime.time)


@attrs.frozen
class Problem:
    """One thing that is wrong, in parts; as text, one line.

    Args:
        path: The dotted path of the setting, such as ``"openai.max_tokens"``; empty for the whole file.
        rule: What was demanded, such as ``"must be an int of at least 1"``.
        source: Where it stands: ``"app.toml:3"``, ``"environment variable APP_PORT"``.
        value: What stood there, shortened; empty where there is none, or where it is a secret.
        suggestion: The known name that was probably meant; empty for none.
    """

    path: str
    rule: str
    source: str = ""
    value: str = ""
    suggestion: str = ""

    def __str__(self) -> str:
        where = f"{self.source}: " if self.source else ""
        subject = f"{self.path} " if self.path else ""
        instead = f", not {self.value}" if self.value else ""
        hint = f"; did you mean {self.suggestion}?" if self.suggestion else ""
        return f"{where}{subject}{self.rule}{instead}{hint}"


@attrs.frozen
class Place:
    """Where a value stands, and whether it may be shown."""

    path: tuple[str | int, ...] = ()
    secret: bool = False

    def at(self, key: str | int, *, secret: bool = False) -> Place:
        """Return the place of the value under `key`."""
        return Place((*self.path, key), self.secret or secret)


class Findings:
    """Collect problems on one way through a configuration.

    Args:
        source_of: Given a path, says where it stands.
    """

    def __init__(self, source_of: Callable[[tuple[str | int, ...]], str] | None = None) -> None:
        self.problems: list[Problem] = []
        self._source_of = source_of or (lambda _: "")

    def reject(self, place: Place, rule: str, value: Any, *, opaque: bool = False, suggestion: str = "") -> Any:
        """Note that `value` breaks `rule`, which completes "must be ..."; return `INVALID`.

        With `opaque` only its type is told: a secret may have slipped into a table's place.
        """
        told = "" if place.secret else _type(value) if opaque else shown(value)
        return self.note(place, f"must be {rule}", value=told, suggestion=suggestion)

    def note(self, place: Place, rule: str, *, value: str = "", suggestion: str = "") -> Any:
        """Note a problem in words; return `INVALID`."""
        source = self._source_of(place.path)
        self.problems.append(Problem(dotted(place.path), rule, source, value, suggestion))
        return INVALID


def dotted(path: Iterable[str | int]) -> str:
    """Return `path` as people write it.

    Example:
        >>> dotted(("servers", 0, "port"))
        'servers[0].port'
    """
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{_key(step)}" if text else _key(step)
    return text


def _key(key: str) -> str:
    """Return `key` as it is, or quoted and shortened where it would spoil a line of text."""
    return key if key.isprintable() and 0 < len(key) <= _LONGEST else shown(key)


def failure(title: str, problems: Iterable[Problem], code: ErrorCode | None = None) -> ConfigError:
    """Build the one error that tells of all `problems`."""
    told = tuple(problems)
    if len(told) == 1:
        return ConfigError(str(told[0]), errors=told, code=code)
    lines = "".join(f"\n  {problem}" for problem in told)
    return ConfigError(f"{title} has {len(told)} problems:{lines}", errors=told, code=code)


def shown(value: Any) -> str:
    """Return a short form of a plain value; of anything that could hold a secret only its type."""
    if not isinstance(value, _SHOWN):
        return _type(value)
    # A number of a million digits has no repr in bounded time (and none at all beyond sys.int_info's limit).
    if isinstance(value, int) and value.bit_length() > 4 * _LONGEST:
        return f"an int of {value.bit_length()} bits"
    text = repr(value[: _LONGEST + 1]) if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _type(value: Any) -> str:
    return f"a value of type {type(value).__name__}"
