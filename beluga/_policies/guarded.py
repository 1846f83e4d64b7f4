"""Let guards judge what goes into a function and what comes out of it."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga import events
from beluga._engine.decorator import Decorator
from beluga._engine.options import flag, follow
from beluga._engine.policy import Ask, Policy, Use
from beluga._engine.target import arguments_of, variadic
from beluga.errors import GuardBlocked
from beluga.guards.pipeline import Failure, GuardPipeline, run, run_async

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from collections.abc import Set as AbstractSet

    from beluga._engine.call import Call, Outcome
    from beluga._engine.target import Argument, Target
    from beluga._policies.guarded_stream import OutputWindow
    from beluga._values.texts import Unread
    from beluga.guards.base import Guard, GuardResult

__all__ = ["Guarded", "guarded"]


def _names(given: Any, what: str) -> tuple[str, ...]:
    if isinstance(given, str):
        message = f"guarded: {what}={given!r} must be a list of names, such as [{given!r}]"
        raise TypeError(message)
    return tuple(given)


def _named(given: Iterable[str] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    names = _names(given, "parameters")
    if not names:
        message = "guarded: parameters=() would guard no argument: name some, or leave it out to guard all"
        raise ValueError(message)
    return names


def _ignored(given: Iterable[str]) -> tuple[str, ...]:
    return _names(given, "ignore")


def _guards(given: Iterable[Guard]) -> Iterable[Guard]:
    return tuple(given) if isinstance(given, Iterable) and not isinstance(given, (str, type)) else given


def _pipeline_if_any(given: GuardPipeline | None) -> GuardPipeline | None:
    if given is not None and not isinstance(given, GuardPipeline):
        message = (
            f"guarded: the pipeline is a GuardPipeline, not {type(given).__name__}; guards stand in lists by stage: "
            f"write input=[{type(given).__name__}()] or output=[{type(given).__name__}()]"
        )
        raise TypeError(message)
    return given


@attrs.frozen(eq=False)
class Guarded(Policy):
    """Let guards judge the texts that go into the function and those that come out of it.

    Every text of every argument is judged, in whatever it stands: lists, dictionaries, messages, records, models, JSON
    in the arguments of tool calls. So is every text of the result: what was said, thoughts and tool calls. Guards are
    told whose a text is, and those that look for injections pass over the application's own system messages.

    A guard that blocks raises `GuardBlocked`, before the function runs or in place of its result; what a guard
    changes replaces the argument or the result. A guard that fails blocks. A stream's items go through a window that
    holds back only what may yet become a finding; where a guard cannot work so, the output waits for its end. What
    is held when the stream fails or is closed is dropped.

    Args:
        pipeline: A `GuardPipeline`, in place of the three lists.
        input: Guards for the arguments.
        output: Guards for the result.
        tool: Guards for the arguments of a function that is a tool; they are told its name.
        parameters: The parameters that `input` guards; None means all.
        ignore: Parameters that it does not, such as one whose type guards cannot look into.
        observe: Only report in events what would have been blocked or changed.

    Raises:
        TypeError: Something is not a guard, the function lacks a parameter, or a guard can only be awaited and the
            function is not async; at a call, an argument or a result may hold text and cannot be looked into.
        ValueError: Both a pipeline and lists are given.

    Example:
        >>> from beluga.guards import PatternRedactor
        >>> @guarded(output=[PatternRedactor(("EMAIL", r"[a-z]+@[a-z.]+"))])
        ... def contact() -> str:
        ...     return "write to ada@example.com"
        >>> contact()
        'write to [EMAIL]'
    """

    concern = "guarded"

    pipeline: GuardPipeline | None = attrs.field(default=None, converter=_pipeline_if_any)
    input: Iterable[Guard] = attrs.field(default=(), converter=_guards, kw_only=True)
    output: Iterable[Guard] = attrs.field(default=(), converter=_guards, kw_only=True)
    tool: Iterable[Guard] = attrs.field(default=(), converter=_guards, kw_only=True)
    parameters: Iterable[str] | None = attrs.field(default=None, converter=_named, kw_only=True)
    ignore: Iterable[str] = attrs.field(default=(), converter=_ignored, kw_only=True)
    observe: bool = attrs.field(default=False, validator=flag, kw_only=True)
    judges: GuardPipeline = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Make one pipeline of the lists."""
        follow(self)
        if self.pipeline is not None and (self.input or self.output or self.tool):
            message = "guarded: give either a GuardPipeline or input=, output= and tool=, not both"
            raise ValueError(message)
        judges = self.pipeline or GuardPipeline(input=self.input, output=self.output, tool=self.tool)
        object.__setattr__(self, "judges", judges)

    def bind(self, target: Target) -> Policy:
        """Return the layer that knows the function's parameters; one that does nothing if there is no guard."""
        known = arguments_of(target)
        if not any(self.judges.stages.values()):
            return Policy()
        guards = [guard for stage in self.judges.stages.values() for guard in stage]
        if not target.kind.is_async:
            for guard in guards:
                blocking = any(callable(getattr(guard, name, None)) for name in ("validate", "validate_tool"))
                if not blocking or getattr(guard, "awaits", False):
                    message = (
                        f"guarded: the guard {guard.name} can only be awaited, and {target.name} is a "
                        f"{target.kind.value}: make that async, or give the guard a validate method"
                    )
                    raise TypeError(message)
        for what, names in (("parameters", self.parameters), ("ignore", self.ignore)):
            if unknown := [name for name in names or () if name not in known]:
                message = (
                    f"guarded: {what}={unknown}: {target.name} has no such parameter; "
                    f"it has {', '.join(known) or 'none'}"
                )
                raise TypeError(message)
        if self._finds_no_argument(target, known):
            return Policy()
        awaits = target.kind.is_async and any(_awaitable(guard) for guard in guards)
        layer = _StreamLayer if target.kind.is_stream and self.judges.stages["output"] else _GuardLayer
        return layer(self, known, target, awaits=awaits)

    def _finds_no_argument(self, target: Target, known: Mapping[str, Argument]) -> bool:
        """Say whether all guards are for the input, and the function takes none that they are for."""
        if self.judges.stages["output"] or self.judges.stages["tool"] or self.parameters:
            return False
        takes_more = len(target.signature.parameters) > len(known)
        return not takes_more and not set(known) - {*self.ignore, "self", "cls"}

    def describe(self, guarded: Iterable[str] | None = None) -> str:
        """Return the names of the guards of each stage, and which parameters they are for; `guarded`, if known."""
        said = [
            f"{stage}=[{', '.join(guard.name for guard in guards)}]"
            for stage, guards in self.judges.stages.items()
            if guards
        ]
        if self.judges.stages["input"]:
            names = self.parameters if guarded is None else guarded
            said += [f"parameters=[{', '.join(names)}]"] if names is not None else []
            said += [f"ignore=[{', '.join(self.ignore)}]"] if self.ignore else []
        return " ".join([*said, "observe=True"] if self.observe else said)


def _awaitable(guard: Any) -> bool:
    """Say whether an async function awaits `guard`, which may say itself, by ``awaits``, that there is no need."""
    return getattr(guard, "awaits", True) and any(
        callable(getattr(guard, name, None)) for name in ("avalidate", "avalidate_tool")
    )


_WORDLESS: tuple[Any, ...] = (int, float, bool, None, "int", "float", "bool", "None")


class _GuardLayer(Policy):
    concern = "guarded"

    def __init__(self, owner: Guarded, known: Mapping[str, Argument], target: Target, *, awaits: bool) -> None:
        self._owner = owner
        self._target = target
        self._pipeline = owner.judges
        self._stages = owner.judges.stages
        self._named = owner.parameters
        self._ignored = frozenset(owner.ignore)
        self._arguments = known
        self._observe = owner.observe
        self._awaits = awaits
        self._given = object()  # what the caller's arguments are kept under
        self._bound = object()  # and what guards that know them
        binding = [guard for guard in self._stages["output"] if hasattr(guard, "given")]
        self._binds = bool(binding)
        self._documents = {name for guard in binding for name in getattr(guard, "documents", ())}
        self._hears = [guard for guard in self._stages["tool"] if hasattr(guard, "hear")]

    def enter(self, call: Call) -> Ask | None:
        if self._binds:
            call.keep(self._bound, self._pipeline.given(self._turn(call)))
        if not (self._stages["input"] or self._stages["tool"]):
            return None
        answer = self._answered(call, lambda: self._judge_arguments(call))
        return answer if isinstance(answer, Ask) else None

    def leave(self, call: Call, outcome: Outcome) -> Ask | Use | None:
        self._give_back(call)
        if outcome.error is not None:
            return None
        for guard in self._hears:
            guard.hear(_tool_name(call), outcome.value)
        if not self._stages["output"]:
            return None
        value = self._answered(call, lambda: self._judged(call, outcome.value, "output"))
        if isinstance(value, Ask):
            return value
        return None if value is outcome.value else Use(value)

    def describe(self) -> str:
        """Return the names of the guards, and of all parameters whose arguments they look at."""
        return self._owner.describe([argument.name for argument in self._by_name()])

    def idle_parts(self) -> list[str]:
        """Name the stages whose guards look at nothing here, for `explain`: what is declared there holds no text."""
        signature, left_out = self._target.signature, {*self._ignored, "self", "cls"}
        takes = {name: each.annotation for name, each in signature.parameters.items() if name not in {"self", "cls"}}
        seen = {name: kind for name, kind in takes.items() if name in (self._named or takes) and name not in left_out}
        declared = {"input": seen, "output": {"its answer": signature.return_annotation}, "tool": takes}
        return [
            f"the {stage} guards of {self._target.name} look at nothing: "
            + (f"no text is in {', '.join(kinds)}, as declared" if kinds else "it takes nothing that they are for")
            for stage, kinds in declared.items()
            if self._stages[stage] and all(kind in _WORDLESS for kind in kinds.values())
        ]

    def _answered(self, call: Call, judging: Callable[[], Generator[Any, Any, Any]]) -> Any:
        """Return what `judging` comes to, or, where guards are awaited and have not yet been, the order to do so."""
        if not self._awaits:
            return run(judging())
        if call.answer is None:
            return Ask(lambda: run_async(judging()))
        if call.answer.error is not None:
            raise call.answer.error
        return call.answer.value

    def _judge_arguments(self, call: Call) -> Generator[Any, GuardResult, None]:
        """Take the arguments through the guards for input and tools, and replace those that were changed."""
        call.keep(self._given, (call.args, call.kwargs))
        try:
            yield from self._replace_arguments(call)
        except BaseException:
            self._give_back(call)
            raise

    def _give_back(self, call: Call) -> None:
        """Put the caller's arguments back, with which the next attempt, or an alternative, is to begin."""
        call.args, call.kwargs = call.kept(self._given, (call.args, call.kwargs))

    def _replace_arguments(self, call: Call) -> Generator[Any, GuardResult, None]:
        if self._stages["input"]:
            for argument in self._guarded(call):
                value = argument.read(call)
                changed = yield from self._judged(call, value, "input", argument.name)
                if changed is not value:
                    argument.write(call, changed)
        if self._stages["tool"]:
            yield from self._judge_tool(call)

    def _guarded(self, call: Call) -> Iterable[Argument]:
        """Return the arguments to guard: the named ones, else all but `self` and those that are left out."""
        named = self._by_name()
        are_all = self._named is not None or len(call.arguments) == len(self._arguments)
        return named if are_all else [*named, *variadic(call)]

    def _turn(self, call: Call) -> dict[str, Any]:
        """Return what guards of the output are to know: `parameters` narrows what is judged, not what is told."""
        places = [*self._all_but(self._ignored - self._documents), *variadic(call)]
        return {place.name: place.read(call) for place in places}

    def _by_name(self) -> list[Argument]:
        if self._named is not None:
            return [self._arguments[name] for name in self._named]
        return self._all_but(self._ignored)

    def _all_but(self, left_out: AbstractSet[str]) -> list[Argument]:
        return [
            argument
            for name, argument in self._arguments.items()
            if name not in left_out and not (argument.index == 0 and name in {"self", "cls"})
        ]

    def _judge_tool(self, call: Call) -> Generator[Any, GuardResult, None]:
        # What goes into *args and **kwargs is an argument of the tool like any other.
        places = {**self._arguments, **{argument.name: argument for argument in variadic(call)}}
        given = {name: place.read(call) for name, place in places.items() if name not in ("self", "cls")}
        settle = functools.partial(self._settle, call, "tool")
        _, changed = yield from self._pipeline.judge_tool(_tool_name(call), given, settle)
        if not self._observe:
            for name, value in changed.items():
                if value is not given[name]:
                    places[name].write(call, value)

    def _judged(self, call: Call, value: Any, stage: str, name: str = "") -> Generator[Any, GuardResult, Any]:
        """Return `value` as the guards of `stage` let it through.

        Raises:
            GuardBlocked: A guard blocked a text in it.
            TypeError: It may hold a text and cannot be looked into.
        """
        settle = functools.partial(self._settle, call, stage)
        refuse = functools.partial(self._refuse, call, name) if name or self._observe else None
        pipeline = call.kept(self._bound, self._pipeline)
        _, changed = yield from pipeline.judge(value, stage, settle, refuse)
        return value if self._observe else changed

    def _refuse(self, call: Call, name: str, unread: Unread) -> None:
        """Refuse an argument that may say something to the model; what only acts, such as a client, says nothing."""
        if self._observe or (unread.acts and name not in (self._named or ())):
            return
        message = (
            f"guarded: a guard cannot look into {unread.type}, which {call.name} gets as {name!r}: {unread.why}; name "
            f"what to guard with parameters=, or leave it out with ignore=[{name!r}]"
        )
        raise TypeError(message)

    def _settle(self, call: Call, stage: str, result: GuardResult) -> None:
        """Report what a guard blocked or changed, and stop the call if it blocked."""
        if result.allowed and result.modified is None:
            return
        call.emit(
            events.GuardModified if result.allowed else events.GuardBlockedEvent,
            guard=result.guard,
            stage=stage,
            rules=tuple(dict.fromkeys(finding.rule or finding.kind for finding in result.findings)),
            observed=self._observe,
        )
        if not result.allowed and not self._observe:
            message = f"the guard {result.guard} blocked the {stage}: {result.reason or 'no reason given'}"
            error = GuardBlocked(message, findings=result.findings, guard=result.guard, stage=stage)
            if isinstance(result, Failure):
                error.add_note(f"beluga: the guard {result.guard} failed in {result.place}")
            raise error


def _tool_name(call: Call) -> str:
    """Return the name that `traced(tool=...)` gives the function, else its own."""
    named = (getattr(layer, "tool", None) for layer in call.stack.layers)
    name: str = next((name for name in named if isinstance(name, str) and name), "")
    return name or call.name.rpartition(".")[2]


class _StreamLayer(_GuardLayer):
    """The layer of a stream: its items go through a window that holds back what may yet be a finding."""

    def __init__(self, owner: Guarded, known: Mapping[str, Argument], target: Target, *, awaits: bool) -> None:
        super().__init__(owner, known, target, awaits=awaits)
        # Only here, because it knows chunks, and with them all of the schema (15 ms).
        from beluga._policies.guarded_stream import OutputWindow

        self._new_window = functools.partial(OutputWindow, observe=self._observe)

    def watch(self, call: Call) -> None:
        """Begin with nothing held back, unless this stream goes on with the one before it."""
        if not call.resumed or call.kept(self) is None:
            judge = functools.partial(self._judged, call, stage="output")
            guards = call.kept(self._bound, self._pipeline).stages["output"]
            call.keep(self, self._new_window(guards, judge, None if self._awaits else run))

    def leave(self, call: Call, outcome: Outcome) -> None:  # noqa: ARG002 - what is held is dropped either way
        self._give_back(call)
        call.keep(self, None)

    def on_item(self, call: Call, item: Any) -> Iterable[Any]:
        return self._window(call).feed(item)

    def _window(self, call: Call) -> OutputWindow:
        window: OutputWindow = call.kept(self)
        return window

    def on_end(self, call: Call) -> Iterable[Any] | Ask:
        window = self._window(call)
        answer = self._answered(call, window.settle) if window.unsettled else None
        return answer if isinstance(answer, Ask) else window.close()


guarded: Final = Decorator(
    Guarded,
    words={
        "input": "input_guards inputs",
        "output": "output_guards outputs",
        "tool": "tools",
        "write input=[...] or output=[...]": "redactor validators",
        "write input=[...], output=[...] or tool=[...]": "guards",
    },
)
"""Let guards judge the texts that go into the function and those that come out of it; see `Guarded`."""
