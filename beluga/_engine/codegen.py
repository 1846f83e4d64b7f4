"""Write out the healthy way through a stack as straight code, one line a hook.

A loop over the hooks would be the same program, and half as fast: CPython specialises each call site for the one
function it meets there (PEP 659), which a loop shared by all layers, and code shared by all decorated functions,
defeat. Six layers take 1.4 us this way and 2.5 us as a loop. Of ``@retry`` outside ``@breaker`` this is left, with
the line numbers of a file that `linecache` knows, so that tracebacks and debuggers show it:

    def wrapper(*args, **kwargs):
        call = Call(); call.stack = stack; ...         the record of the call, slot by slot
        entered, verdict, outcome = 0, None, None
        try:
            while True:                                 never turns: only a way to break out
                entered = 1                             how many layers hold the call now
                verdict = enter_1(call)                 retry defines no enter, so breaker is the first
                if verdict is not None: break
                entered = 2
                value = function(*call.args)
                outcome = HEALTHY                       no layer looks at the value, so nobody wraps it
                verdict = leave_2(call, outcome)        retry has nothing to say about a good outcome
                if verdict is not None: break
                return value                            <- nearly every call ends here
        except BaseException as error:
            entered, outcome = failed(call, entered, outcome, error)
        outcome = finish(call, interpret(call, entered, verdict, outcome))

A layer that does nothing but set a deadline (`Hints.seconds`) is not even called: the code sets it, and makes the
record that the layer would have made (`hold_deadline`) only for a call that waits, fails or is late.

So three variables say where a call stands when something other than "go on" happens: how many layers are entered,
what one of them answered, and what came from inside. `interpret` leads on from there, and gives verdicts their
meaning; nothing here does. What each line stands for is told in the shortest way by the plain engine of
tests/properties/test_engine.py, and a property holds both against each other.

Code is written once for each shape of a stack (which layers have which hooks), not for each function.
"""

from __future__ import annotations

import builtins
import functools
import linecache
import weakref
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from beluga._engine.call import Outcome
from beluga._engine.target import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from beluga._engine.stack import Stack

__all__ = ["compile_wrapper"]

_HEAD = """\
{define} wrapper(*args, **kwargs):
    global seen
"""
_CALL = """\
    call = Call()
    call.stack = stack
    call.args = args
    call.kwargs = kwargs
    call.environment = environment()
    call.kept_values = call.deadline = call.wants_value = None
"""
# A layer that nobody needs now costs the question (50 ns); where no other has a hook, the call needs no record.
_PAST = """\
    if not needed_{at}({asked}):
        value = {wait}function(*args, **kwargs)
        if type(value) is not seen:
            seen = seen_into(stack, value)
        return value
"""
# Handing on keywords copies their dict, even an empty one (30 ns).
_RUN = """\
            if {call}kwargs:
                value = {wait}function(*{call}args, **{call}kwargs)
            else:
                value = {wait}function(*{call}args)
"""
# The first step of `await_until`, in line: most of what it costs is the generator that it runs in.
_IN_TIME = """\
            if type(value) is CoroutineType:
                try:
                    signal = value.send(None)
                except StopIteration as done:
                    value = done.value
                else:
{hold_inside}                    value = await resume_until(call, value, signal)
            else:
{hold}                value = await await_until(call, value)
"""
# What `Environment.monotonic` gives, without its frame (40 ns) where it is the machine's own clock.
_NOW = "(time.monotonic() if {environment} is SYSTEM else {environment}.monotonic())"
# What a layer with `Hints.seconds` does when it is entered and left: two frames and a record less (500 ns).
_SET_DEADLINE = """\
            entered = {at}
            enclosing = current_deadline()
            ends = {now} + seconds
            if ends < enclosing:
                token = set_deadline(ends)
            else:
                ends = None
                {record}
                enter_{at}(call)
"""
_TAKE_DEADLINE = """\
            entered = {after}
            if token is None:
                {outcome}
                verdict = leave_{after}(call, outcome)
                if verdict is not None:
                    break
            elif {now} > ends:
                {outcome}
                break  # too late, as the layer will say
            else:
                reset_deadline(token)
                token = ends = None
"""
# The layer is left, or gives back what it holds, and wants its record; no token means that a signal came before it.
_HOLD = """\
{record}
if ends is not None:
    token = ends = hold_deadline(call, {at}, seconds, ends, token, enclosing)
"""
_RECORD = "call = call or new_call(stack, args, kwargs)"
_BREAK = """\
            if verdict is not None:
                break
"""
# I/O is done right here: by way of `interpret` it takes 3 us more.
_ASK = """\
            if verdict is not None:
                if type(verdict) is Ask:
                    wanted, verdict = verdict, None
                    verdict = {ask}(call, {at}, wanted)
                if verdict is not None:
                    break
"""
_OUTCOME = """\
            outcome = Outcome(value)
"""
# An object for a value that nobody looks at takes 110 ns.
_HEALTHY = """\
            outcome = Outcome(value) if call.wants_value else HEALTHY
"""
_LATE = """\
        call = new_call(stack, args, kwargs)
        entered, verdict, outcome = {depth}, None, None
"""
_TAIL = """\
    except BaseException as error:
{late}{refused}        if outcome is not None or entered == {depth}:
            call.sent = True
        entered, outcome = failed(call, entered, outcome, error)
    else:
{held}        if outcome is not None:  # a layer that is left has answered
            call.sent = True
            if outcome is HEALTHY:
                outcome = Outcome(value)
    if type(verdict) is Use:
        entered, verdict, outcome = use_value(call, entered, verdict, outcome)
    if entered or outcome is None:
        outcome = {finish}(call, interpret(call, entered, verdict, outcome))
"""
_REFUSED = """\
        if not entered and not listening():
            raise  # a refusal that nobody hears of: 150 ns less
"""
# What comes up in the engine itself can only be a signal handler's. All but the last lines are tried then.
_LET_GO = """\
    except BaseException:
{held}        let_go(call, *holders)
        raise
"""
_END = """\
    if outcome.error is None:
        return outcome.value
    raise outcome.release()
"""
# Policies cannot see into a coroutine, say, that a plain function returns. Values are mostly of the type of the last.
_CHECK = """\
            if type(value) is not seen:
                seen = seen_into(stack, value)
"""


class _Shape(NamedTuple):
    """All that the written code depends on; a layer is named by how many layers are outside it.

    Attributes:
        is_async: Whether the function is.
        bounded: Whether a layer sets a deadline.
        valued: Whether a layer always wants the value of a good outcome.
        enters: The layers to enter.
        leaves: Those to leave with a good outcome, each counted with itself.
        optional: Those of them that look at it only on demand.
        conditional: The layers to enter only where somebody needs them.
        by_arguments: Those of them whom the arguments tell whether they do.
        idle: Whether the only layer with hooks is one of these.
        timed: The layer whose deadline is set in line; -1 where there is none.
        only_timed: Whether it is the only one with hooks.
        holding: Whether a layer may hold something that it has to give back.
        depth: How many layers there are.
    """

    is_async: bool
    bounded: bool
    valued: bool
    enters: tuple[int, ...]
    leaves: tuple[int, ...]
    optional: tuple[int, ...]
    conditional: tuple[int, ...]
    by_arguments: tuple[int, ...]
    idle: bool
    timed: int
    only_timed: bool
    holding: bool
    depth: int


def compile_wrapper(stack: Stack, names: Mapping[str, Any]) -> Callable[..., Any]:
    """Return the native function of a sync or async stack, whose code is written when it is first called.

    Args:
        stack: What to fuse.
        names: What the written code refers to besides the hooks.
    """

    def write() -> Callable[..., Any]:
        wrapper: Any = itself()
        stack.fuse()
        code = _compiled(_shape_of(stack))
        wrapper.__builtins__.update(_names_of(stack, names), **_builtins_of(code))
        wrapper.__globals__["seen"] = None
        # A copy of the code has inline caches of its own, and so its own specialisation.
        wrapper.__code__ = code.replace()
        written: Callable[..., Any] = wrapper
        return written

    unwritten = _unwritten_async if stack.kind is Kind.ASYNC else _unwritten
    code = unwritten.__code__.replace(co_name="wrapper", co_qualname="wrapper")
    # What the code refers to stands among its builtins: cloudpickle takes the globals of a function along, and hooks
    # cannot go. `write` stays there: several threads may be about to call it.
    names_of_code = {"write": write, "Outcome": Outcome, **_builtins_of(code)}
    wrapper = FunctionType(code, {"__builtins__": names_of_code}, "wrapper")
    itself = weakref.ref(wrapper)  # else it would hold itself, and wait for the garbage collector
    return wrapper


# What is called first. Its frame stands in tracebacks in place of the written one's.
def _unwritten(*args: Any, **kwargs: Any) -> Any:
    try:
        return write()(*args, **kwargs)  # type: ignore[name-defined]  # noqa: F821 - among the globals it is given
    except BaseException as error:
        raise Outcome(error=error).release()  # noqa: B904 - the same error


async def _unwritten_async(*args: Any, **kwargs: Any) -> Any:
    try:
        return await write()(*args, **kwargs)  # type: ignore[name-defined]  # noqa: F821 - the same
    except BaseException as error:
        raise Outcome(error=error).release()  # noqa: B904 - the same error


def _builtins_of(code: CodeType) -> dict[str, Any]:
    """Return the built-ins that `code` refers to: a dict of all of them would take 9 kB a function.

    And ``__import__``, which a function written in C, such as `time.strptime`, looks for in the frame that calls it.
    """
    return {name: getattr(builtins, name) for name in ("__import__", *code.co_names) if hasattr(builtins, name)}


def _shape_of(stack: Stack) -> _Shape:
    return _Shape(
        is_async=stack.kind is Kind.ASYNC,
        bounded=stack.bounded,
        valued=stack.valued,
        enters=tuple(depth for depth, _ in stack.enters),
        leaves=tuple(depth for depth, _ in stack.leaves),
        optional=stack.optional,
        conditional=tuple(stack.needed),
        by_arguments=stack.needed_for,
        idle=stack.idle,
        timed=-1 if stack.timed[1] is None else stack.timed[0],
        only_timed=stack.only_timed,
        holding=bool(stack.holders),
        depth=stack.depth,
    )


def _names_of(stack: Stack, names: Mapping[str, Any]) -> dict[str, Any]:
    namespace = dict(names)
    namespace.update(stack=stack, function=stack.target.function, seconds=stack.timed[1], holders=stack.holders)
    namespace.update({f"enter_{depth}": hook for depth, hook in stack.enters})
    namespace.update({f"leave_{depth}": hook for depth, hook in stack.leaves})
    namespace.update({f"needed_{depth}": question for depth, question in stack.needed.items()})
    return namespace


@functools.lru_cache(maxsize=256)
def _compiled(shape: _Shape) -> CodeType:
    """Compile the wrapper of this shape; stacks of one shape share it."""
    source = "".join(line for part in _lines(shape) for line in part.splitlines(keepends=True) if line.strip())
    told = f"{'async' if shape.is_async else 'sync'} {shape.enters} {shape.leaves} of {shape.depth}"
    for label in ("optional", "conditional", "by_arguments"):
        told += f", {label} {getattr(shape, label)}" * bool(getattr(shape, label))
    told += f", timed {shape.timed}" * (shape.timed >= 0)
    for label in ("bounded", "valued", "idle", "only_timed", "holding"):
        told += f" {label}" * getattr(shape, label)
    filename = f"<beluga: {told}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    module = compile(source, filename, "exec")
    return next(constant for constant in module.co_consts if isinstance(constant, CodeType))


def _lines(shape: _Shape) -> Iterator[str]:
    hooked, recorded = _notes(shape)
    yield _HEAD.format(define="async def" if shape.is_async else "def")
    if shape.idle:
        at = shape.conditional[0]
        asked = "args, kwargs" * (at in shape.by_arguments)
        yield _PAST.format(at=at, asked=asked, wait="await " * shape.is_async)
    if hooked:
        yield _CALL if recorded else "    call, around = None, environment()\n"
        yield "    entered, verdict, outcome = 0, None, None\n"
    if shape.timed >= 0:
        yield "    enclosing = ends = token = None\n"
    if shape.holding:
        yield "    try:\n"
        yield from ("    " + line for part in _tried(shape) for line in part.splitlines(keepends=True))
        yield _LET_GO.format(held=_held(shape, 8))
    else:
        yield from _tried(shape)
    yield _END


def _notes(shape: _Shape) -> tuple[bool, bool]:
    """Say whether anything is noted of a healthy call, and whether it needs a record for that."""
    hooked = bool(shape.enters or shape.leaves or shape.bounded)
    return hooked, hooked and not shape.only_timed


def _held(shape: _Shape, margin: int) -> str:
    """Return the lines that hand a deadline that was set in line over to its layer."""
    if shape.timed < 0:
        return ""
    lines = _HOLD.format(at=shape.timed, record=_RECORD if shape.only_timed else "").splitlines(keepends=True)
    return "".join(" " * margin + line for line in lines)


def _tried(shape: _Shape) -> Iterator[str]:
    hooked, recorded = _notes(shape)
    is_async, bounded, timed = shape.is_async, shape.bounded, shape.timed
    now = _NOW.format(environment="call.environment" if recorded else "around")
    yield "    try:\n        while True:\n"
    for at in shape.enters:
        if at == timed:
            yield _SET_DEADLINE.format(at=at, now=now, record="" if recorded else _RECORD)
            continue
        # Not to call a hook that has nothing to do takes 5 ns, or those of the question, instead of 50 more.
        asks = at in shape.conditional and not shape.idle
        asked = "call.args, call.kwargs" * (at in shape.by_arguments)
        yield _asked(at, f"enter_{at}(call)" + f" if needed_{at}({asked}) else None" * asks)
        yield _ASK.format(at=at, ask="await ask_async" if is_async else "ask")
    if hooked:
        yield f"            entered = {shape.depth}\n"
    yield _RUN.format(call="call." * recorded, wait="await " * (is_async and not bounded))
    if bounded and is_async:
        yield _IN_TIME.format(hold_inside=_held(shape, 20), hold=_held(shape, 16))
    yield _CHECK
    if shape.leaves and recorded:
        yield _OUTCOME if shape.valued else _HEALTHY
    for after in shape.leaves:
        if after == timed + 1:
            yield _TAKE_DEADLINE.format(after=after, now=now, outcome="" if recorded else "outcome = Outcome(value)")
            continue
        yield _asked(
            after, f"leave_{after}(call, outcome)" + " if call.wants_value else None" * (after in shape.optional)
        )
        yield _BREAK
    yield "            return value\n"
    yield _TAIL.format(
        late=_held(shape, 8) if hooked else _LATE.format(depth=shape.depth),
        refused="" if shape.holding else _REFUSED,
        held=_held(shape, 8),
        depth=shape.depth,
        finish="await finish_async" if is_async else "finish",
    )


def _asked(entered: int, question: str) -> str:
    return f"            entered = {entered}\n            verdict = {question}\n"
