"""Let guards judge what goes into a function and what comes out of it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar, overload

from beluga import events
from beluga._engine.policy import Ask, Policy, Use
from beluga._engine.target import arguments_of, variadic
from beluga.errors import GuardBlocked
from beluga.guards.carriers import carries_text, rewriting
from beluga.guards.pipeline import GuardPipeline, judge_text, judge_tool, run, run_async

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from beluga._engine.call import Call, Outcome
    from beluga._engine.target import Argument, Target
    from beluga._policies.guarded_stream import Window
    from beluga.guards.base import Guard, GuardResult

__all__ = ["Guarded", "guarded"]

F = TypeVar("F")


class Guarded(Policy):
    """The guards of a function; see `guarded`."""

    concern = "guarded"

    def __init__(
        self, pipeline: GuardPipeline, parameters: Iterable[str] | None = None, *, observe: bool = False
    ) -> None:
        if isinstance(parameters, str):
            message = f"guarded: parameters={parameters!r} must be a list of names, such as [{parameters!r}]"
            raise TypeError(message)
        if parameters is not None:
            parameters = tuple(parameters)
            if not parameters:
                message = "guarded: parameters=() would guard no argument: name some, or leave it out to guard all"
                raise ValueError(message)
        self.pipeline = pipeline
        self.parameters = parameters
        self.observe = observe

    def bind(self, target: Target) -> Policy:
        """Return the layer that knows the function's parameters; one that does nothing if there is no guard."""
        if not any(self.pipeline.stages.values()):
            return Policy()
        guards = [guard for stage in self.pipeline.stages.values() for guard in stage]
        if not target.kind.is_async:
            for guard in guards:
                if not any(callable(getattr(guard, name, None)) for name in ("validate", "validate_tool")):
                    message = (
                        f"guarded: the guard {guard.name} can only be awaited, and {target.name} is a "
                        f"{target.kind.value}: make that async, or give the guard a validate method"
                    )
                    raise TypeError(message)
        awaits = target.kind.is_async and any(_awaitable(guard) for guard in guards)
        layer = _StreamLayer if target.kind.is_stream and self.pipeline.stages["output"] else _Layer
        return layer(self, self._slots(target), awaits=awaits)

    def _slots(self, target: Target) -> Mapping[str, Argument]:
        known = arguments_of(target)
        unknown = [name for name in self.parameters or () if name not in known]
        if unknown:
            message = (
                f"guarded: parameters={unknown}: {target.name} has no such parameter; "
                f"it has {', '.join(known) or 'none'}"
            )
            raise TypeError(message)
        return known

    def describe(self) -> str:
        """Return the names of the guards of each stage."""
        stages = [
            f"{stage}=[{', '.join(guard.name for guard in guards)}]"
            for stage, guards in self.pipeline.stages.items()
            if guards
        ]
        return " ".join([*stages, "observe=True"] if self.observe else stages)


def _awaitable(guard: Any) -> bool:
    return any(callable(getattr(guard, name, None)) for name in ("avalidate", "avalidate_tool"))


class _Layer(Policy):
    concern = "guarded"

    def __init__(self, owner: Guarded, known: Mapping[str, Argument], *, awaits: bool) -> None:
        self._stages = owner.pipeline.stages
        self._named = owner.parameters
        self._slots = known
        self._observe = owner.observe
        self._awaits = awaits

    def enter(self, call: Call) -> Ask | None:
        if not (self._stages["input"] or self._stages["tool"]):
            return None
        if not self._awaits:
            run(self._judge_arguments(call))
            return None
        return self._ask(call, self._judge_arguments)

    def leave(self, call: Call, outcome: Outcome) -> Ask | Use | None:
        if outcome.error is not None or not self._stages["output"]:
            return None
        if not self._awaits:
            value = run(self._judge_value(call, outcome.value))
        elif call.answer is None:
            return Ask(lambda: run_async(self._judge_value(call, outcome.value)))
        elif call.answer.error is not None:
            raise call.answer.error
        else:
            value = call.answer.value
        return None if value is outcome.value else Use(value)

    def _ask(self, call: Call, judging: Callable[[Call], Any]) -> Ask | None:
        if call.answer is None:
            return Ask(lambda: run_async(judging(call)))
        if call.answer.error is not None:
            raise call.answer.error
        return None

    def _judge_arguments(self, call: Call) -> Generator[Any, GuardResult, None]:
        """Take the arguments through the guards for input and tools, and replace those that were changed."""
        for slot in self._texts(call):
            value = slot.read(call)
            changed = yield from self._through("input", call, value)
            if changed is not value:
                slot.write(call, changed)
        if self._stages["tool"]:
            yield from self._judge_tool(call)

    def _texts(self, call: Call) -> Iterable[Argument]:
        """Return the parameters to guard: the named ones, else all whose argument is text."""
        if not self._stages["input"]:
            return ()
        if self._named is not None:
            return [self._slots[name] for name in self._named]
        given = call.arguments
        named = [slot for name, slot in self._slots.items() if carries_text(given[name])]
        if len(given) == len(self._slots):
            return named
        return named + [slot for slot in variadic(call) if carries_text(slot.read(call))]

    def _judge_tool(self, call: Call) -> Generator[Any, GuardResult, None]:
        # What goes into *args and **kwargs is an argument of the tool like any other.
        places = {**self._slots, **{slot.name: slot for slot in variadic(call)}}
        named = {name: value for name, value in call.arguments.items() if name in self._slots}
        given = named | {slot.name: slot.read(call) for slot in variadic(call)}
        given = {name: value for name, value in given.items() if name not in ("self", "cls")}
        result, changed = yield from judge_tool(
            self._stages["tool"], _tool_name(call), given, lambda verdict: self._report(call, "tool", verdict)
        )
        self._enforce("tool", result)
        if not self._observe:
            for name, value in changed.items():
                if value is not given[name]:
                    places[name].write(call, value)

    def _judge_value(self, call: Call, value: Any) -> Generator[Any, GuardResult, Any]:
        return (yield from self._through("output", call, value))

    def _through(self, stage: str, call: Call, value: Any) -> Generator[Any, GuardResult, Any]:
        """Take every text in `value` through the guards of `stage`."""
        texts = rewriting(value)
        try:
            text = next(texts)
            while True:
                text = texts.send((yield from self.judge(stage, call, text)))
        except StopIteration as done:
            return done.value

    def judge(self, stage: str, call: Call, text: str) -> Generator[Any, GuardResult, str]:
        """Take one text through the guards of `stage`; return what is left of it.

        Raises:
            GuardBlocked: A guard blocked it.
        """
        result = yield from judge_text(
            self._stages[stage], text, stage, lambda verdict: self._report(call, stage, verdict)
        )
        self._enforce(stage, result)
        return text if self._observe or result.modified is None else result.modified

    def _report(self, call: Call, stage: str, result: GuardResult) -> None:
        if result.allowed and result.modified is None:
            return
        call.emit(
            events.GuardModified if result.allowed else events.GuardBlocked,
            guard=result.guard,
            stage=stage,
            rules=tuple(dict.fromkeys(finding.rule or finding.kind for finding in result.findings)),
            observed=self._observe,
        )

    def _enforce(self, stage: str, result: GuardResult) -> None:
        if not result.allowed and not self._observe:
            message = f"the guard {result.guard} blocked the {stage}: {result.reason or 'no reason given'}"
            raise GuardBlocked(message, findings=result.findings, guard=result.guard, stage=stage)


def _tool_name(call: Call) -> str:
    """Return the name that `traced(tool=...)` gives the function, else its own."""
    named = (getattr(layer, "tool", None) for layer in call.stack.layers)
    name: str = next(filter(None, named), None) or call.name.rpartition(".")[2]
    return name


class _StreamLayer(_Layer):
    """The layer of a stream: its items go through a window that holds back what may yet be a finding."""

    def __init__(self, owner: Guarded, known: Mapping[str, Argument], *, awaits: bool) -> None:
        super().__init__(owner, known, awaits=awaits)
        # Only here, because it knows chunks, and with them all of the schema (15 ms).
        from beluga._policies.guarded_stream import window_for

        self._new_window = functools.partial(window_for, self._stages["output"], observe=self._observe)

    def enter(self, call: Call) -> Ask | None:
        asked = super().enter(call)
        if asked is None:
            call.keep(self, self._new_window())
        return asked

    def leave(self, call: Call, outcome: Outcome) -> None:  # noqa: ARG002 - what is held is dropped either way
        call.keep(self, None)

    def on_item(self, call: Call, item: Any) -> Iterable[Any]:
        return self._window(call).feed(item)

    def _window(self, call: Call) -> Window:
        window: Window = call.kept(self)
        return window

    def on_end(self, call: Call) -> Iterable[Any] | Ask:
        window = self._window(call)
        whole = window.whole
        if whole is None:
            return window.close()
        if self._awaits:
            if call.answer is None:
                return Ask(lambda: run_async(self.judge("output", call, whole)))
            if call.answer.error is not None:
                raise call.answer.error
            return window.release(call.answer.value)
        return window.release(run(self.judge("output", call, whole)))


@overload
def guarded(function: F, /) -> F: ...
@overload
def guarded(
    pipeline: GuardPipeline | None = None,
    /,
    *,
    input: Iterable[Guard] = (),
    output: Iterable[Guard] = (),
    tool: Iterable[Guard] = (),
    parameters: Iterable[str] | None = None,
    observe: bool = False,
) -> Guarded: ...
def guarded(
    pipeline: Any = None,
    /,
    *,
    input: Iterable[Guard] = (),  # noqa: A002 - the stage's name
    output: Iterable[Guard] = (),
    tool: Iterable[Guard] = (),
    parameters: Iterable[str] | None = None,
    observe: bool = False,
) -> Any:
    """Let guards judge the texts that go into the function and those that come out of it.

    A guard that blocks raises `GuardBlocked`, before the function runs or in place of its result; what a guard
    changes replaces the argument or the result. A guard that fails blocks. A stream's items go through a window that
    holds back only what may yet become a finding; where a guard cannot work so, the output waits for its end. What
    is held when the stream fails or is closed is dropped.

    Args:
        pipeline: A `GuardPipeline`, in place of the three lists.
        input: Guards for the arguments.
        output: Guards for the result.
        tool: Guards for the arguments of a function that is a tool; they are told its name.
        parameters: The parameters that `input` guards; None means every argument that is a str or a message.
        observe: Only report in events what would have been blocked or changed.

    Raises:
        TypeError: Something is no guard, the function lacks a parameter, or a guard can only be awaited and the
            function is not async.
        ValueError: Both a pipeline and lists are given.

    Example:
        >>> from beluga.guards import PatternRedactor
        >>> @guarded(output=[PatternRedactor(("EMAIL", r"[a-z]+@[a-z.]+"))])
        ... def contact() -> str:
        ...     return "write to ada@example.com"
        >>> contact()
        'write to [EMAIL]'
    """
    if pipeline is None or isinstance(pipeline, GuardPipeline):
        if pipeline is not None and (input or output or tool):
            message = "guarded: give either a GuardPipeline or input=, output= and tool=, not both"
            raise ValueError(message)
        pipeline = pipeline or GuardPipeline(input=input, output=output, tool=tool)
        return Guarded(pipeline, parameters, observe=observe)
    return Guarded(GuardPipeline())(pipeline)
