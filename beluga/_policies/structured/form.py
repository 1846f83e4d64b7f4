"""A type as the form of an answer: its JSON schema, and the way from the answer's text to a value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from beluga._policies.structured.parsing import parse
from beluga.schema import SystemMessage
from beluga.schema.json_schema import json_schema, object_schema
from beluga.schema.records import Property
from beluga.schema.structuring import Structurer

if TYPE_CHECKING:
    from beluga.schema.problems import Problem

__all__ = ["Form"]

_MOST: Final = 20
"""Problems that are told of one answer: who fixes these has understood the rest."""

_KEY: Final = "value"

_IN_WORDS: Final = (
    "Answer with one JSON value that fits this JSON schema, and with nothing else: no explanation and no code fence."
    "\n\n"
)


class Form:
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
        schema = json_schema(kind)
        self._is_boxed = schema.get("type") != "object"
        if self._is_boxed:
            schema = object_schema(self.name, [Property(_KEY, kind)])
        if isinstance(kind, type):
            schema = {"title": self.name, **schema}  # OpenAI wants a name for what it is to make
        self.schema: dict[str, Any] = schema
        self.instructions: SystemMessage = SystemMessage(_IN_WORDS + json.dumps(schema, ensure_ascii=False))
        self._structure = Structurer(kind)

    def read(self, text: str) -> tuple[Any, list[Problem]]:
        """Return the value in `text` and no problems, or anything and the problems."""
        value, problem = parse(text, "{[" if self._is_boxed else "{")
        if problem is not None:
            return None, [problem]
        if self._is_boxed and isinstance(value, dict) and value.keys() == {_KEY}:
            value = value[_KEY]
        return self._structure(value)

    def complaint(self, problems: list[Problem]) -> str:
        """Return what to tell the model of its answer, in its own words."""
        lines = "".join(f"\n- {problem.quoted}" for problem in problems[:_MOST])
        rest = f"\n- and {len(problems) - _MOST} more" if len(problems) > _MOST else ""
        return (
            f"That answer cannot be used:{lines}{rest}\n"
            "Answer again with the whole JSON value, corrected and complete, and with nothing else."
        )

    def verdict(self, problems: list[Problem]) -> str:
        """Return what to tell people of the answer, with none of its words."""
        rest = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""  # noqa: PLR2004 - a message is one line
        return f"the answer is no {self.name}: {'; '.join(map(str, problems[:3]))}{rest}"
