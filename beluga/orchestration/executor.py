"""Go through a compiled graph: sync or async, to the end or output by output.

Four loops of the same shape. One loop behind all four would be an async generator, which costs 2.5 us for two
nodes where these cost 1.0.
"""

from __future__ import annotations

from types import CoroutineType
from typing import TYPE_CHECKING, Any, NoReturn

from beluga.errors import GraphError
from beluga.orchestration.run import Memory, note_path, show_path

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Sequence

    from beluga.orchestration.plan import Plan, Step

__all__ = ["aiterate", "arun", "iterate", "run"]


def run(plan: Plan, value: Any) -> Any:
    """Walk to the end and return the last output."""
    step, memory = plan.entry, Memory(value) if plan.remembers else None
    path: list[str] = []
    try:
        for _ in plan.turns:
            path.append(step.name)
            output = step.call(value) if memory is None else memory.call(step, step.call, value)
            if type(output) is CoroutineType:
                _refuse_coroutine(step, output)
            if memory is not None:
                memory.keep(step, output)
            if step.follow is None:
                return output
            step = step.follow(output)
            value = output
        _refuse_more(plan, path)
    except Exception as error:
        note_path(error, plan.name, path)
        raise


async def arun(plan: Plan, value: Any) -> Any:
    """Walk to the end and return the last output."""
    step, memory = plan.entry, Memory(value) if plan.remembers else None
    path: list[str] = []
    try:
        for _ in plan.turns:
            path.append(step.name)
            output = step.acall(value) if memory is None else memory.call(step, step.acall, value)
            if step.awaits or type(output) is CoroutineType:
                output = await output
            if memory is not None:
                memory.keep(step, output)
            if step.follow is None:
                return output
            step = step.follow(output)
            value = output
        _refuse_more(plan, path)
    except Exception as error:
        note_path(error, plan.name, path)
        raise


def iterate(plan: Plan, value: Any) -> Generator[tuple[str, Any]]:
    """Walk to the end and yield each node's name and output."""
    step, memory = plan.entry, Memory(value) if plan.remembers else None
    path: list[str] = []
    try:
        for _ in plan.turns:
            path.append(step.name)
            output = step.call(value) if memory is None else memory.call(step, step.call, value)
            if type(output) is CoroutineType:
                _refuse_coroutine(step, output)
            if memory is not None:
                memory.keep(step, output)
            yield step.name, output
            if step.follow is None:
                return
            step = step.follow(output)
            value = output
        _refuse_more(plan, path)
    except Exception as error:
        note_path(error, plan.name, path)
        raise


async def aiterate(plan: Plan, value: Any) -> AsyncGenerator[tuple[str, Any]]:
    """Walk to the end and yield each node's name and output."""
    step, memory = plan.entry, Memory(value) if plan.remembers else None
    path: list[str] = []
    try:
        for _ in plan.turns:
            path.append(step.name)
            output = step.acall(value) if memory is None else memory.call(step, step.acall, value)
            if step.awaits or type(output) is CoroutineType:
                output = await output
            if memory is not None:
                memory.keep(step, output)
            yield step.name, output
            if step.follow is None:
                return
            step = step.follow(output)
            value = output
        _refuse_more(plan, path)
    except Exception as error:
        note_path(error, plan.name, path)
        raise


def _refuse_coroutine(step: Step, output: CoroutineType[Any, Any, Any]) -> NoReturn:
    """Raise for a plain function, such as a lambda, that gave a coroutine to a sync run."""
    output.close()  # else Python warns that nobody awaited it
    message = f"node {step.name!r} gave a coroutine to a run that cannot await it: use ainvoke or astream"
    raise GraphError(message)


def _refuse_more(plan: Plan, path: Sequence[str]) -> NoReturn:
    message = (
        f"{plan.name} took {len(path)} steps and reached no terminal node; the last were {show_path(path)}: "
        "raise max_steps, or give the circle a way out"
    )
    raise GraphError(message)
