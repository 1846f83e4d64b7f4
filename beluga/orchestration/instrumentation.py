"""Events and a span around one node, for runs that somebody watches."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import attrs

from beluga import events, telemetry
from beluga.clock import environment
from beluga.errors import classify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beluga.orchestration.nodes import Node

__all__ = ["observed", "watched"]

OWNER = "beluga.orchestration.name"
"""The span attribute that names the graph or scatter; our own, because no convention has a word for it."""


def observed() -> bool:
    """Say whether anybody subscribes or records just now."""
    return events.listening() or telemetry.tracer() is not None


def watched(owner: str, node: Node) -> Node:
    """Return `node` with events and a span around each call of it.

    Args:
        owner: The name of its graph or scatter.
        node: The node.
    """
    name, call, acall = node.name, node.call, node.acall

    def watched_call(value: Any, /, **extras: Any) -> Any:
        with _watch(owner, name):
            return call(value, **extras)

    async def watched_acall(value: Any, /, **extras: Any) -> Any:
        with _watch(owner, name):
            return await acall(value, **extras)

    return attrs.evolve(node, call=watched_call, acall=watched_acall if node.awaits else watched_call)


@contextlib.contextmanager
def _watch(owner: str, name: str) -> Iterator[None]:
    with _span(owner, name):
        monotonic = environment().monotonic
        began = monotonic()
        if events.listening():
            events.emit(events.NodeStarted(owner, name))
        try:
            yield
        except BaseException as error:
            if events.listening():
                code, kind = classify(error), type(error).__name__
                events.emit(events.NodeFailed(owner, name, monotonic() - began, code, kind))
            raise
        if events.listening():
            events.emit(events.NodeFinished(owner, name, monotonic() - began))


def _span(owner: str, name: str) -> contextlib.AbstractContextManager[Any]:
    # start_span would import OpenTelemetry even where only events are wanted.
    if telemetry.tracer() is None:
        return contextlib.nullcontext()
    return telemetry.start_span(name, {OWNER: owner})
