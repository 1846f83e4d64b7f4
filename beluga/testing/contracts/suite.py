"""What suites have in common: time that does not pass, the policy under test, and functions of every kind and shape."""

from __future__ import annotations

import asyncio
import functools
import gc
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from beluga._engine.call import forget
from beluga._engine.policy import Again, Ask, Hints, Policy, Wait
from beluga._engine.target import Kind
from beluga.testing.clock import fake_clock

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable

    from beluga._engine.call import Call, Outcome
    from beluga._engine.target import Target

F = TypeVar("F")

__all__ = [
    "BodyError",
    "PolicySuite",
    "Suite",
    "Tally",
    "both_streams",
    "collected",
    "every_kind",
    "outcome",
    "shaped",
    "subject",
    "watched",
]

every_kind: pytest.MarkDecorator = pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name.lower())
both_streams: pytest.MarkDecorator = pytest.mark.parametrize(
    "kind", [kind for kind in Kind if kind.is_stream], ids=lambda kind: kind.name.lower()
)


class Suite:
    """Tests that run in surroundings of their own."""

    def surroundings(self) -> contextlib.AbstractContextManager[Any]:
        """Return the context that every test runs in; virtual time unless overridden."""
        return fake_clock()

    @pytest.fixture(autouse=True)
    def _surrounded(self) -> Any:
        with self.surroundings():
            yield


class PolicySuite(Suite):
    """The policy under test, and how it is put on a function."""

    delays_items = False
    """True where the policy merges or holds back a stream's items."""

    answers_errors = False
    """True where the policy may turn an error into an answer."""

    def make_policy(self) -> Policy:
        """Return a new policy that lets a few healthy calls through."""
        raise NotImplementedError

    def policy_for(self, kind: Kind) -> Policy:
        """Return the policy to put on a function of `kind`; `make_policy` unless it depends on the kind."""
        return self.make_policy()

    def _policy(self, kind: Kind) -> Policy:
        """Return the same; a test for a kind that the policy does not take ends here, as there is nothing to test."""
        policy = self.policy_for(kind)
        if kind not in policy.kinds:
            pytest.skip(f"{policy.name} does not take a {kind.value}, and test_other_kinds_are_refused sees to that")
        return policy

    def _decorate(self, function: Any, kind: Kind) -> tuple[Any, Tally]:
        tally = Tally()
        return watched(self._policy(kind), tally)(function), tally


class BodyError(Exception):
    """What a function under test fails with."""


async def collected(stream: Any) -> list[Any]:
    """Return the items of an async stream."""
    return [item async for item in stream]


def subject(kind: Kind, error: BaseException | None = None, *, late: bool = False) -> Callable[..., Any]:
    """Return a function of `kind` that gives its text back, or its letters, and fails with `error` if told to.

    Args:
        kind: Of the function.
        error: What it raises; None lets it end well.
        late: Whether a stream raises after its items, not before them.
    """
    early = None if late else error

    def sync(text: str = "hello", *, key: str = "k") -> str:
        """Give the text back."""
        if error is not None:
            raise error
        return text

    async def asynchronous(text: str = "hello", *, key: str = "k") -> str:
        """Give the text back."""
        await asyncio.sleep(0)
        if error is not None:
            raise error
        return text

    def generator(text: str = "hello", *, key: str = "k") -> Any:
        """Give the text back."""
        if early is not None:
            raise early
        yield from text
        if error is not None:
            raise error
        return "returned"

    async def async_generator(text: str = "hello", *, key: str = "k") -> Any:
        """Give the text back."""
        await asyncio.sleep(0)
        if early is not None:
            raise early
        for letter in text:
            yield letter
        if error is not None:
            raise error

    return _of_kind(kind, sync, asynchronous, generator, async_generator)


def outcome(kind: Kind, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call `function` and return all that it gives, a stream's items joined."""
    if kind is Kind.SYNC:
        return function(*args, **kwargs)
    if kind is Kind.GENERATOR:
        return "".join(function(*args, **kwargs))
    if kind is Kind.ASYNC:
        return asyncio.run(function(*args, **kwargs))
    return "".join(asyncio.run(collected(function(*args, **kwargs))))


def shaped(shape: str, kind: Kind, decorate: Callable[[Any], Any]) -> Any:
    """Return something callable that is not a plain function, decorated."""
    plain, method = subject(kind), _as_method(kind)
    shapes: dict[str, Callable[[], Any]] = {
        "method": lambda: _owner(ask=decorate(method))().ask,
        "bound method": lambda: decorate(_owner(ask=method)().ask),
        "classmethod": lambda: _owner(ask=decorate(classmethod(method))).ask,
        "staticmethod": lambda: _owner(ask=decorate(staticmethod(plain))).ask,
        "partial": lambda: decorate(functools.partial(plain, key="other")),
        "object": lambda: decorate(_owner(__call__=method)()),
    }
    return shapes[shape]()


def _owner(**members: Any) -> Any:
    return type("Owner", (), members)


def _as_method(kind: Kind) -> Callable[..., Any]:
    plain = subject(kind)

    def sync(self: Any, text: str = "hello", *, key: str = "k") -> Any:
        return plain(text, key=key)

    async def asynchronous(self: Any, text: str = "hello", *, key: str = "k") -> Any:
        return await plain(text, key=key)

    def generator(self: Any, text: str = "hello", *, key: str = "k") -> Any:
        yield from plain(text, key=key)

    async def async_generator(self: Any, text: str = "hello", *, key: str = "k") -> Any:
        async for item in plain(text, key=key):
            yield item

    return _of_kind(kind, sync, asynchronous, generator, async_generator)


def _of_kind(
    kind: Kind,
    sync: Callable[..., Any],
    asynchronous: Callable[..., Any],
    generator: Callable[..., Any],
    async_generator: Callable[..., Any],
) -> Callable[..., Any]:
    """Return the one of four functions that is of `kind`."""
    if kind.is_stream:
        return async_generator if kind.is_async else generator
    return asynchronous if kind.is_async else sync


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

    def __call__(self, function: F) -> F:
        if self._policy.hints.runs_streams or type(self._policy).around is not Policy.around:
            # It is not entered and left, so what it runs is counted.
            return self._policy(watched(Policy(), self._tally)(function))
        return super().__call__(function)

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
