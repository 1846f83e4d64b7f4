"""What is wrong with a configuration: every problem with its place, its source and the rule it breaks."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import attrs

from beluga._types import problems as types
from beluga._types.problems import nearest
from beluga._types.tree import Choice, Items, Table, TypeNode, is_scalar
from beluga.errors import ConfigError, ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Findings", "Problem", "dotted", "failure", "shown"]

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


class Findings:
    """Collect problems on one way through a configuration.

    Args:
        source_of: Given a path, says where it stands.
    """

    def __init__(self, source_of: Callable[[tuple[str | int, ...]], str] | None = None) -> None:
        self.problems: list[Problem] = []
        self._source_of = source_of or (lambda _: "")

    def note(self, path: types.Path, rule: str, *, value: str = "", suggestion: str = "") -> None:
        """Note a problem in words."""
        steps = tuple(step.name if isinstance(step, types.Key) else step for step in path)
        self.problems.append(Problem(dotted(steps), rule, self._source_of(steps), value, suggestion))

    def add(self, problems: Iterable[types.Misfit]) -> None:
        """Note what `fit` found, in words for the people at the file; nothing secret is told."""
        for problem in problems:
            self._add(problem, problem.path)

    def _add(self, problem: types.Misfit, path: types.Path) -> None:
        match problem:
            case types.Mismatch(node=node, value=value, secret=secret):
                # What stands in the place of a table is not shown: a secret may have slipped into it.
                told = "" if secret else shown(value) if is_scalar(node) else _type(value)
                if isinstance(node, (Items, Table)) and not problem.alien and not secret:
                    told = f"one of {len(value)}"
                rule = f"must be {types.demand(node, by_hand=True)}"
                self.note(path, rule, value=told, suggestion="" if secret else _meant(node, value))
            case types.Missing():
                self.note(path, "is required")
            case types.UnknownKeys(secret=True) | types.WrongKey(secret=True):
                self.note(path, "has a key that is not known")
            case types.UnknownKeys(keys=keys, known=known):
                for key in keys:
                    # Its value is not shown: it may be a secret under a misspelt name.
                    step = key if isinstance(key, str) else repr(key)
                    self.note((*path, step), "is no known key", suggestion=nearest(key, known))
            case types.WrongKey(key=key, node=node):
                rule = "a string" if node is None else types.demand(node, by_hand=True)
                self.note(path, f"has the key {shown(key)}, which must be {rule}")
            case types.Rejected(name=name, kind=kind, text=text, secret=secret):
                self.note(path, f"was refused by {name}: {kind}" + (f": {text}" if text and not secret else ""))
            case types.Note(rule=rule):
                self.note(path, rule)
            case _:
                self.note(path, "is nested too deeply")


def _meant(node: TypeNode, value: Any) -> str:
    """Return the choice that was probably meant; empty for none."""
    if not isinstance(node, Choice) or not isinstance(value, str):
        return ""
    words = [
        word for option in node.options for word in (option.written, option.name) if isinstance(word, str) and word
    ]
    meant = nearest(value, words)
    return meant and repr(meant)


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
