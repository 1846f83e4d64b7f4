"""A type as the form of an answer: its JSON schema, and the way from the answer's text to a value."""

from __future__ import annotations

import contextlib
import json
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from beluga._foreign.answers import Answer, read
from beluga._policies.partial import KEY, PartialAnswer, boxed
from beluga._types.annotations import read_type
from beluga._types.fit import fit
from beluga._types.json_schema import describe
from beluga._types.problems import Misfit, Note, for_author, for_people
from beluga._types.scalars import INVALID, Rules
from beluga.errors import ErrorCode, InvalidResponse
from beluga.schema import SystemMessage

if TYPE_CHECKING:
    from beluga._types.problems import Misfit


__all__ = ["ResponseFormat", "begin", "parse", "usable", "whole"]


_MOST: Final = 20
"""Problems that are told of one answer: who fixes these has understood the rest."""

_RULES: Final = Rules(null_is_default=True)

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
        self._node = asked = read_type(kind, self.name)
        self._is_boxed = describe(asked).get("type") != "object"
        if self._is_boxed:
            asked = boxed(asked, self.name)
        # OpenAI wants a name for what it is to make, and holds a model only to fields that are all required.
        title = {"title": self.name} if isinstance(kind, type) else {}
        self.schema: dict[str, Any] = {**title, **describe(asked, all_required=True)}
        in_words = json.dumps({**title, **describe(asked)}, ensure_ascii=False)
        self.instructions: SystemMessage = SystemMessage(_IN_WORDS + in_words)

    def read(self, text: str) -> tuple[Any, list[Misfit]]:
        """Return the value in `text` and no problems, or anything and the problems."""
        values, problem = parse(text, "{[" if self._is_boxed else "{")
        if problem is not None:
            return INVALID, [problem]
        read = [self._made(value) for value in values]
        fitting = [each for each in read if not each[1]]
        if len(read) == 1 or len(fitting) == 1:  # of several values the one that fits is meant
            return (fitting or read)[0]
        return INVALID, [Note((), False, "holds more than one JSON value")]

    def _made(self, value: Any) -> tuple[Any, list[Misfit]]:
        if self._is_boxed and isinstance(value, dict) and value.keys() == {KEY}:
            value = value[KEY]
        return fit(self._node, value, _RULES)

    def incoming(self) -> PartialAnswer:
        """Return what reads an answer in pieces."""
        openings = "{[" if self._is_boxed else "{"
        return PartialAnswer(lambda text: begin(text, openings), self._node, is_boxed=self._is_boxed)

    def complaint(self, problems: list[Misfit]) -> str:
        """Return what to tell the model of its answer, in its own words."""
        lines = "".join(f"\n- {for_author(problem)}" for problem in problems[:_MOST])
        rest = f"\n- and {len(problems) - _MOST} more" if len(problems) > _MOST else ""
        return (
            f"That answer cannot be used:{lines}{rest}\n"
            "Answer again with the whole JSON value, corrected and complete, and with nothing else."
        )

    def verdict(self, problems: list[Misfit]) -> str:
        """Return what to tell people of the answer, with none of its words."""
        rest = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""  # noqa: PLR2004 - a message is one line
        return f"the answer is no {self.name}: {'; '.join(map(for_people, problems[:3]))}{rest}"


# The JSON in a text

_THOUGHTS: Final = re.compile(
    r"\s*<(think|thinking|thoughts?|reasoning|reflection|scratchpad)\b[^<>]{0,80}>.*?(?:</\1>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
"""What models of DeepSeek, Qwen and others write before the answer, where the server does not take it out."""

_FENCE: Final = re.compile(r"^[ \t]*```([^`\n]*)\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)
_STRING: Final = r'"(?:[^"\\]|\\.)*+"'
_COMMENT: Final = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TRAILING: Final = re.compile(rf'({_STRING})|(?<=[\w"}}\]]),(?=\s*[}}\]])', re.DOTALL)
_BRACKET: Final = re.compile(rf"{_STRING}|//[^\n]*|/\*.*?\*/|[{{}}\[\]]", re.DOTALL)
_PROSE: Final = re.compile(r"[{\[]\s*[^\s{}\[\]\"'\d\-tfn]|\{\s*[^\s}\"']")
"""Brackets behind which no JSON can stand, such as in ``{if I may}``; what is nearly JSON is a broken value instead."""


def _no_number(_: str) -> NoReturn:
    message = "NaN and Infinity are no JSON"
    raise ValueError(message)


_decoder: Final = json.JSONDecoder(parse_constant=_no_number, strict=False)
"""A line break in a string can mean nothing but itself, so it is taken although JSON wants an escape."""


def parse(text: str, openings: str = "{") -> tuple[list[Any], Misfit | None]:
    """Return the JSON values in `text`, each once, or what keeps them from being read.

    They are the whole text, or what is in code fences, or what begins with a bracket in the midst of prose. Thoughts
    before the answer are passed over, comments and a comma after the last item as well: no reading of a text gives
    these a meaning. Nothing else is put right.

    Args:
        text: The answer.
        openings: Brackets that a value in the midst of prose may begin with.
    """
    whole, problem = _decoded(text.strip())
    if problem is None:
        return [whole], None
    text = _answered(text).strip()
    if not text:
        return [], Note((), False, "is empty")
    whole, problem = _decoded(text)
    if problem is None:
        return [whole], None
    fences = _FENCE.findall(text)
    fences = [body for label, body in fences if label.strip().lower() == "json"] or [body for _, body in fences]
    read = [_decoded(fence.strip()) for fence in fences]
    values = [value for value, wrong in read if wrong is None]
    if values:
        return _distinct(values), None
    if len(fences) == 1:
        return [], read[0][1]
    return _in_prose(text, openings)


def _answered(text: str) -> str:
    """Return the answer without the thoughts before it."""
    start = 0
    while thoughts := _THOUGHTS.match(text, start):
        start = thoughts.end()
    if start:
        return text[start:]
    # Some servers put the opening tag into the prompt, so that the answer has only the closing one.
    before, tag, after = text.partition("</think>")
    return after if tag and "<think>" not in before else text


def begin(text: str, openings: str) -> int:
    """Return where the first JSON value of a text begins that is still being written; -1 while that is not known."""
    at = 0
    while thoughts := _THOUGHTS.match(text, at):
        at = thoughts.end()
        if not thoughts[0].lower().endswith(f"</{thoughts[1].lower()}>"):
            return -1
    while starts := [start for start in (text.find(opening, at) for opening in openings) if start >= 0]:
        start = min(starts)
        if not text[start + 1 :].strip():
            return -1  # the next character tells whether it is prose
        if not _PROSE.match(text, start):
            return start
        at = start + 1
    return -1


def _in_prose(text: str, openings: str) -> tuple[list[Any], Misfit | None]:
    """Return the values that begin with a bracket; a part of a broken value is none, so nothing further in is tried."""
    values: list[Any] = []
    at = 0
    while starts := [start for start in (text.find(opening, at) for opening in openings) if start >= 0]:
        start = min(starts)
        if _PROSE.match(text, start):
            at = start + 1
            continue
        at = _end(text, start)
        value, problem = _decoded(text[start:at], text, start)
        if problem is not None:
            return [], problem
        values.append(value)
    return (_distinct(values), None) if values else ([], Note((), False, "holds no JSON"))


def _end(text: str, start: int) -> int:
    """Return where the bracket at `start` is closed, or the end of the text."""
    depth = 0
    for match in _BRACKET.finditer(text, start):
        depth += (match[0] in "{[") - (match[0] in "}]")
        if depth == 0:
            return match.end()
    return len(text)


def _decoded(text: str, around: str = "", offset: int = 0) -> tuple[Any, Misfit | None]:
    """Return the value of `text`, which stands at `offset` of the text `around` it, or what is wrong with it."""
    try:
        return _decoder.decode(text), None
    except (ValueError, RecursionError) as error:
        plain = _TRAILING.sub(r"\1", _COMMENT.sub(r"\1", text))
        if plain != text:
            with contextlib.suppress(ValueError, RecursionError):
                return _decoder.decode(plain), None
        return None, _unreadable(error, around or text, offset)


def _distinct(values: list[Any]) -> list[Any]:
    return list({json.dumps(value, sort_keys=True): value for value in values}.values())


def _unreadable(error: Exception, around: str, offset: int) -> Misfit:
    if isinstance(error, json.JSONDecodeError):
        at = error.pos + offset
        line, column = around.count("\n", 0, at) + 1, at - around.rfind("\n", 0, at)
        where = f"is no JSON at line {line}, column {column}"
        return Note((), False, where, f"{where}: {error.msg}")
    return Note((), False, "is nested too deeply" if isinstance(error, RecursionError) else f"is no JSON: {error}")


def usable(name: str, value: Any, asked: int) -> Answer:
    """Return the answer in `value`, which the function `name` gave when it was `asked` so often, if it is a whole one.

    Raises:
        InvalidResponse: It was cut, refused, or wants tools first; to ask again would not help.
        TypeError: It is no answer of a model.
    """
    answer = read(value)
    if answer is None:
        message = (
            f"structured: {name} returned {type(value).__qualname__}, which is no answer of a model: return the "
            "Response, or the answer's text"
        )
        raise TypeError(message)
    return whole(name, answer, asked)


def whole(name: str, answer: Answer, asked: int) -> Answer:
    """Return `answer` if it is a whole one; raise as `usable` does."""
    code, why = None, ""
    if answer.is_cut:
        why = f"was cut at its token limit ({answer.reason}): allow more, or ask for less"
    elif answer.is_refused:
        code, why = ErrorCode.CONTENT_FILTERED, f"was refused ({answer.reason})"
    elif answer.calls_tools:
        why = "calls tools: run them in the function, and return the answer that follows"
    if why:
        message = f"{name}: the model's answer {why}"
        raise InvalidResponse(message, code=code, errors=[f"the answer {why}"], attempts=asked)
    return answer
