"""A policy that counts how often the layer of another one is entered and left."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING, Any

from beluga._engine.call import forget
from beluga._engine.policy import Again, Ask, Hints, Policy, Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from beluga._engine.call import Call, Outcome
    from beluga._engine.target import Target

__all__ = ["Tally", "watched"]


class Tally:
    """How often a layer was entered and left."""

    def __init__(self) -> None:
        self.entered: int = 0
        self.left: int = 0
        self._lock = threading.Lock()

    def enter(self) -> None:
        """Count one way in."""
        with self._lock:
            self.entered += 1

    def leave(self) -> None:
        """Count one way out."""
        with self._lock:
            self.left += 1

    def assert_balanced(self) -> None:
        """Make sure that the layer was left once for each time that it was entered.

        Raises:
            AssertionError: It was not; the message has both figures.
        """
        if self.entered != self.left:
            gc.collect()  # what was abandoned may only be waiting for it
        assert self.entered == self.left, f"entered {self.entered} times, left {self.left} times"


class _Watched(Policy):
    """A policy that notes how often the layer of another one is entered and left."""

    def __init__(self, policy: Policy, tally: Tally) -> None:
        self.concern = policy.concern  # type: ignore[misc]  # an object of its own class each time
        self.name = policy.name
        self.kinds = policy.kinds  # type: ignore[misc]  # the same
        self._policy = policy
        self._tally = tally

    def bind(self, target: Target) -> Policy:
        return _watched_layer(self._policy.bind(target), self._tally)


def watched(policy: Policy, tally: Tally) -> Policy:
    """Return a policy that does what `policy` does, and counts in `tally` how its layer is entered and left."""
    return _Watched(policy, tally)


def _watched_layer(layer: Policy, tally: Tally) -> Policy:
    """Return a layer with the hooks of `layer`, and no others, so that the engine treats it alike."""

    def enter(_: Policy, call: Call) -> Any:
        verdict = layer.enter(call)
        if verdict is None:
            tally.enter()
        return verdict

    def leave(_: Policy, call: Call, outcome: Outcome) -> Any:
        final = not isinstance(outcome.error, Exception) and outcome.error is not None
        try:
            verdict = layer.leave(call, outcome)
        except BaseException:
            forget(call, layer)
            tally.leave()
            raise
        if final or not isinstance(verdict, (Again, Ask, Wait)):
            forget(call, layer)
            tally.leave()
        return verdict

    names = ("abandon", "around", "on_end", "on_item", "watch")
    hooks: dict[str, Any] = {
        name: _delegate(getattr(layer, name))
        for name in names
        if getattr(type(layer), name) is not getattr(Policy, name)
    }
    hooks |= {"enter": enter, "leave": leave, "hints": Hints(sets_deadline=layer.hints.sets_deadline)}
    kind: type[Policy] = type("WatchedLayer", (Policy,), {"concern": layer.concern, **hooks})
    return kind()


def _delegate(method: Callable[..., Any]) -> Callable[..., Any]:
    return lambda _, *args: method(*args)
