"""Three independent stages of guards: what comes in, what goes out, and what tools are called with."""

from __future__ import annotations

import copy
import inspect
import json
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from beluga._values.texts import Reading
from beluga.guards.base import GuardResult

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from beluga._values.texts import Unread
    from beluga.guards.base import Guard

    Report = Callable[[GuardResult], object]
    Judging = Generator["_Question", GuardResult, tuple[GuardResult, Any]]

__all__ = ["Failure", "GuardPipeline", "run", "run_async"]

T = TypeVar("T")

_NOTHING = frozenset({type(None), bool, int, float})


def _knows_tools(guard: Any) -> bool:
    return any(callable(getattr(guard, name, None)) for name in ("validate_tool", "avalidate_tool"))


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
        return run(self.judge(text, "input"))[0]

    def validate_output(self, text: str) -> GuardResult:
        """Judge a text that the model gave."""
        return run(self.judge(text, "output"))[0]

    def validate_tool(self, name: str, arguments: Mapping[str, Any]) -> GuardResult:
        """Judge the call of the tool `name`; `modified` is the arguments as JSON where a guard changed them."""
        return _with_json(*run(self.judge_tool(name, arguments)), arguments)

    async def avalidate_input(self, text: str) -> GuardResult:
        """Judge a text on its way to the model, awaiting guards that have `avalidate`."""
        return (await run_async(self.judge(text, "input")))[0]

    async def avalidate_output(self, text: str) -> GuardResult:
        """Judge a text that the model gave, awaiting guards that have `avalidate`."""
        return (await run_async(self.judge(text, "output")))[0]

    async def avalidate_tool(self, name: str, arguments: Mapping[str, Any]) -> GuardResult:
        """Judge the call of the tool `name`, awaiting guards that have `avalidate`."""
        return _with_json(*await run_async(self.judge_tool(name, arguments)), arguments)

    def judge(
        self, value: Any, stage: str, report: Report = _quiet, refuse: Callable[[Unread], object] | None = None
    ) -> Judging:
        """Take every text in `value` through the guards of `stage`, and return the verdict and the value as changed.

        A generator of questions: `run` and `run_async` answer them.

        Args:
            value: Anything; a message in it says whose its texts are, unless they are all the model's own.
            stage: ``input`` or ``output``.
            report: Gets the verdict of each guard on each text.
            refuse: Gets what cannot be looked into; None raises.
        """
        if type(value) is str:
            result = yield from self._judge_text(stage, value, stage, report)
            return result, value if result.modified is None else result.modified
        if type(value) in _NOTHING:
            return _ALLOWED, value
        if stage == "output":
            refused = yield from self._judge_calls(value, report)
            if refused is not None:
                return refused, value
        reading = Reading(value, role="" if stage == "input" else stage)
        for unread in reading.unread:
            (refuse or _refuse)(unread)
        texts: list[str] = []
        changed_by: list[GuardResult] = []
        blocked: GuardResult | None = None
        for text in reading.texts:
            role = "input" if text.role in ("", "user") else text.role
            result = yield from self._judge_text(stage, text.value, role, report)
            if not result.allowed:
                blocked = blocked or result
            elif result.modified is not None:
                changed_by.append(result)
            texts.append(text.value if result.modified is None else result.modified)
        return (blocked, value) if blocked else (_together(changed_by), reading.rebuilt(texts))

    def _judge_calls(self, value: Any, report: Report) -> Generator[_Question, GuardResult, GuardResult | None]:
        """Ask those guards of the output that know tools about the tool calls in it; return the verdict that blocks."""
        knowing = [guard for guard in self.stages["output"] if _knows_tools(guard)]
        if not knowing:
            return None
        from beluga._foreign.answers import tool_calls  # with all of the schema, which most guards do without

        for name, arguments in tool_calls(value):
            for guard in knowing:
                result = yield _Question(guard, "validate_tool", name, {} if arguments is None else arguments)
                report(result)
                if not result.allowed:
                    return result
        return None

    def _judge_text(
        self, stage: str, text: str, role: str, report: Report
    ) -> Generator[_Question, GuardResult, GuardResult]:
        changed_by: list[GuardResult] = []
        findings: tuple[Any, ...] = ()
        current = text
        for guard in self.stages[stage]:
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
        if not changed_by and not findings:
            return _ALLOWED
        together = _together(changed_by)
        return GuardResult(True, together.reason, current if changed_by else None, together.guard, findings)

    def given(self, arguments: Mapping[str, Any]) -> GuardPipeline:
        """Return the pipeline for one call with these `arguments`, which some guards of the output look at."""
        bound = copy.copy(self)
        output = tuple(guard.given(arguments) if hasattr(guard, "given") else guard for guard in self.stages["output"])
        bound.stages = {**self.stages, "output": output}
        return bound

    def judge_tool(self, name: str, arguments: Mapping[str, Any], report: Report = _quiet) -> Judging:
        """Take a tool call through the guards for tools; return the verdict and the arguments, changed or not."""
        current: Any = dict(arguments)
        changed_by: list[GuardResult] = []
        for guard in self.stages["tool"]:
            if _knows_tools(guard):
                result = yield _Question(guard, "validate_tool", name, current)
                report(result)
                if not result.allowed:
                    return result, current
                continue
            reading = Reading(current, role="tool")
            for unread in reading.unread:
                _refuse(unread)
            texts: list[str] = []
            for text in reading.texts:
                result = yield _Question(guard, "validate", text.value, role="tool")
                report(result)
                if not result.allowed:
                    return result, current
                if result.modified is not None and result.modified != text.value:
                    changed_by.append(result)
                texts.append(text.value if result.modified is None else result.modified)
            current = reading.rebuilt(texts)
        return _together(changed_by), current


_ALLOWED = GuardResult(allowed=True)


@attrs.frozen
class Failure(GuardResult):
    """The verdict of a guard that failed, with the file, line and function where it did."""

    place: str = ""


def _together(results: list[GuardResult]) -> GuardResult:
    """Return one verdict for several that allowed a text changed."""
    if not results:
        return _ALLOWED
    reason = "; ".join(dict.fromkeys(result.reason for result in results))
    return GuardResult(True, reason, guard=", ".join(dict.fromkeys(result.guard for result in results)))


def _refuse(unread: Unread) -> None:
    message = f"a guard cannot look into {unread.type}: {unread.why}; give texts, data, messages, or a Response"
    raise TypeError(message)


def _checked(stage: str, guards: Iterable[Any]) -> tuple[Any, ...]:
    if not isinstance(guards, Iterable) or isinstance(guards, (str, type)):
        message = f"{stage}= takes a list of guards: write {stage}=[{_written(guards)}]"
        raise TypeError(message)
    checked = tuple(guards)
    for guard in checked:
        if isinstance(guard, type):
            message = f"{stage}: the class {guard.__name__} is not a guard: write {stage}=[{_written(guard)}]"
            raise TypeError(message)
        judges = any(callable(getattr(guard, name, None)) for name in ("validate", "avalidate"))
        if not judges or not isinstance(getattr(guard, "name", None), str):
            message = f"{stage}={guard!r} is not a guard: it needs a name and a validate(content, *, role) method"
            raise TypeError(message)
    return checked


def _written(guard: Any) -> str:
    """Return how a guard like this one is made, as far as that is known."""
    return f"{(guard if isinstance(guard, type) else type(guard)).__name__}()"


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
        trace: Any = error.__traceback__
        while trace.tb_next is not None:
            trace = trace.tb_next
        code = trace.tb_frame.f_code
        file = os.path.basename(code.co_filename)  # noqa: PTH119 - pathlib would cost the import 7 ms
        place = f"{file}, line {trace.tb_lineno}, in {code.co_name}"
        return Failure(False, f"the guard failed with {type(error).__name__}", guard=self._guard.name, place=place)


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
