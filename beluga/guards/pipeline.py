"""Three independent stages of guards: what comes in, what goes out, and what tools are called with."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any, TypeVar

from beluga.guards.base import GuardResult
from beluga.guards.carriers import rewriting

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from beluga.guards.base import Guard

    Report = Callable[[GuardResult], object]
    TextJudging = Generator["_Question", GuardResult, GuardResult]
    ToolJudging = Generator["_Question", GuardResult, tuple[GuardResult, Mapping[str, Any]]]

__all__ = ["GuardPipeline"]

T = TypeVar("T")


def _quiet(_: GuardResult) -> None:
    """Report to nobody."""


class GuardPipeline:
    """Guards for the three stages at which an application meets strange text.

    In each stage the guards run in order. The first one that blocks ends it; what one changes is what the next one
    sees. A guard that fails, or that answers nonsense, blocks.

    Args:
        input: Guards for what goes to the model.
        output: Guards for what it answers.
        tool: Guards for the arguments of tool calls.

    Raises:
        TypeError: Something in the lists is no guard.

    Example:
        >>> from beluga.guards import PatternDetector, PatternRedactor
        >>> pipeline = GuardPipeline(
        ...     input=[PatternDetector(("secrets", r"password"))],
        ...     output=[PatternRedactor(("EMAIL", r"[a-z]+@[a-z.]+"))],
        ... )
        >>> pipeline.validate_input("what is your password?").allowed
        False
        >>> pipeline.validate_output("write to ada@example.com").modified
        'write to [EMAIL]'
    """

    def __init__(
        self,
        *,
        input: Iterable[Guard] = (),  # noqa: A002 - the stage's name
        output: Iterable[Guard] = (),
        tool: Iterable[Guard] = (),
    ) -> None:
        self.stages: Mapping[str, tuple[Any, ...]] = {
            "input": _checked("input", input),
            "output": _checked("output", output),
            "tool": _checked("tool", tool),
        }

    def validate_input(self, text: str) -> GuardResult:
        """Judge a text on its way to the model."""
        return run(judge_text(self.stages["input"], text, "input"))

    def validate_output(self, text: str) -> GuardResult:
        """Judge a text that the model gave."""
        return run(judge_text(self.stages["output"], text, "output"))

    def validate_tool(self, name: str, arguments: Mapping[str, Any]) -> GuardResult:
        """Judge the call of the tool `name`; `modified` is the arguments as JSON where a guard changed them."""
        result, changed = run(judge_tool(self.stages["tool"], name, arguments))
        return _with_json(result, changed, arguments)

    async def avalidate_input(self, text: str) -> GuardResult:
        """Judge a text on its way to the model, awaiting guards that have `avalidate`."""
        return await run_async(judge_text(self.stages["input"], text, "input"))

    async def avalidate_output(self, text: str) -> GuardResult:
        """Judge a text that the model gave, awaiting guards that have `avalidate`."""
        return await run_async(judge_text(self.stages["output"], text, "output"))

    async def avalidate_tool(self, name: str, arguments: Mapping[str, Any]) -> GuardResult:
        """Judge the call of the tool `name`, awaiting guards that have `avalidate`."""
        result, changed = await run_async(judge_tool(self.stages["tool"], name, arguments))
        return _with_json(result, changed, arguments)


def _checked(stage: str, guards: Iterable[Any]) -> tuple[Any, ...]:
    checked = tuple(guards)
    for guard in checked:
        judges = any(callable(getattr(guard, name, None)) for name in ("validate", "avalidate"))
        if isinstance(guard, type) or not judges or not isinstance(getattr(guard, "name", None), str):
            message = f"{stage}={guard!r} is no guard: it needs a name and a validate(content, *, role) method"
            raise TypeError(message)
    return checked


def judge_text(guards: Iterable[Any], text: str, role: str, report: Report = _quiet) -> TextJudging:
    """Take `text` through `guards`; yields the question to each and is sent its result."""
    changed_by: list[GuardResult] = []
    findings: tuple[Any, ...] = ()
    current = text
    for guard in guards:
        result = yield _Question(guard, "validate", current, role=role)
        report(result)
        if not result.allowed:
            return result
        if not changed_by:
            # Later guards see another text, and their offsets would point into that one.
            findings += result.findings
        if result.modified is not None and result.modified != current:
            current = result.modified
            changed_by.append(result)
    return GuardResult(
        allowed=True,
        reason="; ".join(result.reason for result in changed_by),
        modified=current if changed_by else None,
        guard=", ".join(result.guard for result in changed_by),
        findings=findings,
    )


def judge_tool(guards: Iterable[Any], name: str, arguments: Mapping[str, Any], report: Report = _quiet) -> ToolJudging:
    """Take a tool call through `guards`; returns the result and the arguments, changed or not."""
    current = dict(arguments)
    changed_by: list[GuardResult] = []
    for guard in guards:
        if callable(getattr(guard, "validate_tool", None)) or callable(getattr(guard, "avalidate_tool", None)):
            result = yield _Question(guard, "validate_tool", name, current)
            report(result)
            if not result.allowed:
                return result, current
            continue
        texts = rewriting(current)
        try:
            text = next(texts)
            while True:
                result = yield _Question(guard, "validate", text, role="tool")
                report(result)
                if not result.allowed:
                    return result, current
                if result.modified is not None and result.modified != text:
                    changed_by.append(result)
                text = texts.send(text if result.modified is None else result.modified)
        except StopIteration as done:
            current = done.value
    reason = "; ".join(dict.fromkeys(result.reason for result in changed_by))
    names = ", ".join(dict.fromkeys(result.guard for result in changed_by))
    return GuardResult(allowed=True, reason=reason, guard=names), current


def _with_json(result: GuardResult, changed: Mapping[str, Any], arguments: Mapping[str, Any]) -> GuardResult:
    if not result.allowed or changed == dict(arguments):
        return result
    return GuardResult(True, result.reason, json.dumps(changed, default=str), result.guard, result.findings)


class _Question:
    """One guard asked one thing; any failure of the guard is a block."""

    __slots__ = ("_arguments", "_guard", "_keywords", "_method")

    def __init__(self, guard: Any, method: str, *arguments: Any, **keywords: Any) -> None:
        self._guard = guard
        self._method = method
        self._arguments = arguments
        self._keywords = keywords

    def __call__(self) -> GuardResult:
        """Ask, blocking."""
        try:
            return self._proper(getattr(self._guard, self._method)(*self._arguments, **self._keywords))
        except Exception as error:
            return self._failed(error)

    async def ask(self) -> GuardResult:
        """Ask, awaiting where the guard can."""
        method = getattr(self._guard, f"a{self._method}", None) or getattr(self._guard, self._method)
        try:
            answer = method(*self._arguments, **self._keywords)
            return self._proper(await answer if inspect.isawaitable(answer) else answer)
        except Exception as error:
            return self._failed(error)

    def _proper(self, answer: Any) -> GuardResult:
        if not isinstance(answer, GuardResult):
            message = f"validate gave {type(answer).__name__} in place of a GuardResult"
            raise TypeError(message)
        if answer.guard:
            return answer
        return GuardResult(answer.allowed, answer.reason, answer.modified, self._guard.name, answer.findings)

    def _failed(self, error: Exception) -> GuardResult:
        # The type alone: the message of a guard's own error may quote the text.
        reason = f"the guard failed with {type(error).__name__}"
        return GuardResult(allowed=False, reason=reason, guard=self._guard.name)


def run(judging: Generator[_Question, GuardResult, T]) -> T:
    """Answer the questions of `judging`, blocking, and return what it returns."""
    try:
        question = next(judging)
        while True:
            question = judging.send(question())
    except StopIteration as done:
        result: T = done.value
        return result


async def run_async(judging: Generator[_Question, GuardResult, T]) -> T:
    """Answer the questions of `judging`, awaiting, and return what it returns."""
    try:
        question = next(judging)
        while True:
            question = judging.send(await question.ask())
    except StopIteration as done:
        result: T = done.value
        return result
