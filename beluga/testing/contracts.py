"""Contract suites: inherit one, say what to test, and pytest checks that it keeps every promise.

A suite is an ordinary test class. It needs ``pip install "beluga-ai[testing]"``.

Example:
    >>> from beluga import RateLimiter
    >>> class TestMyLimiter(PolicyContract):
    ...     def make_policy(self):
    ...         return RateLimiter(1000)
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import gc
import inspect
import pickle
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from beluga._engine.kinds import Kind
from beluga._engine.policy import Again, Ask, Policy, Wait
from beluga.guards.base import Guard, GuardResult
from beluga.testing.clock import fake_clock
from beluga.testing.strategies import prompts

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Sequence

    from beluga._engine.call import Call, Outcome
    from beluga._engine.stack import Target

__all__ = ["GuardContract", "PolicyContract", "Tally", "watched"]

_STREAMS = (Kind.GENERATOR, Kind.ASYNC_GENERATOR)
_PATIENCE = 10.0
"""Real seconds after which two threads that wait for each other are given up."""

_every_kind = pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name.lower())
_both_streams = pytest.mark.parametrize("kind", _STREAMS, ids=lambda kind: kind.name.lower())


class _BodyError(Exception):
    """What a function under test fails with."""


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
            tally.leave()
            raise
        if final or not isinstance(verdict, (Again, Ask, Wait)):
            tally.leave()
        return verdict

    names = ("abandon", "around", "on_end", "on_item", "watch")
    hooks: dict[str, Any] = {
        name: _delegate(getattr(layer, name))
        for name in names
        if getattr(type(layer), name) is not getattr(Policy, name)
    }
    hooks |= {"enter": enter, "leave": leave, "bounds_time": layer.bounds_time, "reads_value": layer.reads_value}
    kind: type[Policy] = type("WatchedLayer", (Policy,), {"concern": layer.concern, **hooks})
    return kind()


def _delegate(method: Callable[..., Any]) -> Callable[..., Any]:
    return lambda _, *args: method(*args)


async def _collected(stream: Any) -> list[Any]:
    return [item async for item in stream]


def _subject(kind: Kind, error: BaseException | None = None, *, late: bool = False) -> Callable[..., Any]:
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

    made: dict[Kind, Callable[..., Any]] = {
        Kind.SYNC: sync,
        Kind.ASYNC: asynchronous,
        Kind.GENERATOR: generator,
        Kind.ASYNC_GENERATOR: async_generator,
    }
    return made[kind]


def _outcome(kind: Kind, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call `function` and return all that it gives, a stream's items joined."""
    if kind is Kind.SYNC:
        return function(*args, **kwargs)
    if kind is Kind.GENERATOR:
        return "".join(function(*args, **kwargs))
    if kind is Kind.ASYNC:
        return asyncio.run(function(*args, **kwargs))
    return "".join(asyncio.run(_collected(function(*args, **kwargs))))


def _shaped(shape: str, kind: Kind, decorate: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return something callable that is no plain function, decorated."""
    plain = _subject(kind)
    if shape == "partial":
        return decorate(functools.partial(plain, key="other"))  # type: ignore[no-any-return]
    owner: dict[str, Any] = {"plain": plain}
    if shape == "object":
        owner["__call__"] = _as_method(kind)
        return decorate(type("Owner", (), owner)())  # type: ignore[no-any-return]
    if shape == "method":
        return type("Owner", (), {"ask": decorate(_as_method(kind))})().ask  # type: ignore[no-any-return]
    if shape == "bound method":
        return decorate(type("Owner", (), {"ask": _as_method(kind)})().ask)  # type: ignore[no-any-return]
    if shape == "classmethod":
        return type("Owner", (), {"ask": decorate(classmethod(_as_method(kind)))}).ask  # type: ignore[attr-defined, no-any-return]
    return type("Owner", (), {"ask": decorate(staticmethod(plain))}).ask  # type: ignore[attr-defined, no-any-return]


def _as_method(kind: Kind) -> Callable[..., Any]:
    plain = _subject(kind)

    def sync(self: Any, text: str = "hello", *, key: str = "k") -> Any:
        return plain(text, key=key)

    async def asynchronous(self: Any, text: str = "hello", *, key: str = "k") -> Any:
        return await plain(text, key=key)

    def generator(self: Any, text: str = "hello", *, key: str = "k") -> Any:
        yield from plain(text, key=key)

    async def async_generator(self: Any, text: str = "hello", *, key: str = "k") -> Any:
        async for item in plain(text, key=key):
            yield item

    made: dict[Kind, Callable[..., Any]] = {
        Kind.SYNC: sync,
        Kind.ASYNC: asynchronous,
        Kind.GENERATOR: generator,
        Kind.ASYNC_GENERATOR: async_generator,
    }
    return made[kind]


class PolicyContract:
    """What every policy must keep, on every kind of function and on every way out of it.

    Set `make_policy`, and where the policy is special, the attributes below it. The functions under test have
    the parameters ``text: str`` and, by keyword, ``key: str``, and give the text back, a stream letter by letter.
    """

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

    def surroundings(self) -> contextlib.AbstractContextManager[Any]:
        """Return the context that every test runs in; virtual time unless overridden."""
        return fake_clock()

    @pytest.fixture(autouse=True)
    def _surrounded(self) -> Any:
        with self.surroundings():
            yield

    def _decorate(self, function: Any, kind: Kind) -> tuple[Any, Tally]:
        tally = Tally()
        return watched(self.policy_for(kind), tally)(function), tally

    @_every_kind
    def test_the_value_passes(self, kind: Kind) -> None:
        """The result of the function is the result of the call, and every argument arrives."""
        function, tally = self._decorate(_subject(kind), kind)
        assert _outcome(kind, function) == "hello"
        assert _outcome(kind, function, "other", key="x") == "other"
        assert tally.entered == 2
        tally.assert_balanced()

    @_every_kind
    @pytest.mark.parametrize("late", [False, True])
    def test_an_error_leaves_every_layer(self, kind: Kind, late: bool) -> None:
        """An exception of the function itself leaves the layer once, and passes unchanged."""
        error = _BodyError("no")
        function, tally = self._decorate(_subject(kind, error, late=late), kind)
        if self.answers_errors and not (late and kind.is_stream):
            _outcome(kind, function)
        else:
            with pytest.raises(_BodyError) as caught:
                _outcome(kind, function)
            assert caught.value is error
        tally.assert_balanced()

    @_every_kind
    def test_what_is_no_exception_passes(self, kind: Kind) -> None:
        """An error that is no Exception is never swallowed, retried or replaced."""
        function, tally = self._decorate(_subject(kind, KeyboardInterrupt("stop")), kind)
        with pytest.raises(KeyboardInterrupt, match="stop"):
            _outcome(kind, function)
        tally.assert_balanced()

    @_both_streams
    def test_a_stream_that_is_never_iterated_enters_nothing(self, kind: Kind) -> None:
        """A stream begins at its first step, not when it is made."""
        function, tally = self._decorate(_subject(kind), kind)
        stream = function()
        assert tally.entered == 0
        if kind is Kind.GENERATOR:
            stream.close()
        else:
            asyncio.run(stream.aclose())
        tally.assert_balanced()

    @pytest.mark.parametrize("way", ["break", "close", "collect"])
    def test_an_abandoned_generator_is_left(self, way: str) -> None:
        """Break, close and garbage collection leave the layer once, at the latest when the stream goes."""
        function, tally = self._decorate(_subject(Kind.GENERATOR), Kind.GENERATOR)
        stream = function()
        for _ in stream:
            break
        if way == "close":
            stream.close()
            stream.close()
        del stream
        assert tally.entered == 1
        tally.assert_balanced()

    @pytest.mark.parametrize("way", ["break", "aclose", "collect"])
    def test_an_abandoned_async_generator_is_left(self, way: str) -> None:
        """Break, aclose and garbage collection leave the layer once, at the latest when the loop ends."""
        function, tally = self._decorate(_subject(Kind.ASYNC_GENERATOR), Kind.ASYNC_GENERATOR)

        async def main() -> None:
            stream = function()
            async for _ in stream:
                break
            if way == "aclose":
                await stream.aclose()
                await stream.aclose()
            if way == "collect":
                del stream
                gc.collect()
                for _ in range(5):
                    await asyncio.sleep(0)

        asyncio.run(main())
        assert tally.entered == 1
        tally.assert_balanced()

    def test_a_generator_takes_and_returns(self) -> None:
        """What is sent and thrown in reaches the function, and its return value comes out."""
        if self.delays_items:
            pytest.skip("the policy delays items, so what is sent arrives with a later one")

        def dialogue() -> Any:
            heard = yield "first"
            try:
                yield f"heard {heard}"
            except _BodyError:
                yield "caught"
            return "end"

        function, tally = self._decorate(dialogue, Kind.GENERATOR)
        stream = function()
        assert next(stream) == "first"
        assert stream.send("this") == "heard this"
        assert stream.throw(_BodyError()) == "caught"
        with pytest.raises(StopIteration) as end:
            next(stream)
        assert end.value.value == "end"
        tally.assert_balanced()

    def test_an_async_generator_takes(self) -> None:
        """What is sent and thrown in reaches the function."""
        if self.delays_items:
            pytest.skip("the policy delays items, so what is sent arrives with a later one")

        async def dialogue() -> Any:
            heard = yield "first"
            try:
                yield f"heard {heard}"
            except _BodyError:
                yield "caught"

        function, tally = self._decorate(dialogue, Kind.ASYNC_GENERATOR)

        async def main() -> list[Any]:
            stream = function()
            given = [await anext(stream), await stream.asend("this"), await stream.athrow(_BodyError())]
            return given + [item async for item in stream]

        assert asyncio.run(main()) == ["first", "heard this", "caught"]
        tally.assert_balanced()

    @_both_streams
    def test_an_error_thrown_in_comes_out(self, kind: Kind) -> None:
        """An error that is thrown into a stream and not caught there comes out of it."""
        function, tally = self._decorate(_subject(kind), kind)
        error = _BodyError()

        async def main() -> None:
            stream = function("x" * 5000)
            await anext(stream)
            await stream.athrow(error)

        with pytest.raises(_BodyError) as caught:
            if kind is Kind.ASYNC_GENERATOR:
                asyncio.run(main())
            else:
                stream = function("x" * 5000)
                next(stream)
                stream.throw(error)
        assert caught.value is error
        tally.assert_balanced()

    @pytest.mark.parametrize("kind", [Kind.ASYNC, Kind.ASYNC_GENERATOR], ids=["async", "async_generator"])
    def test_a_cancellation_passes(self, kind: Kind) -> None:
        """A task that is cancelled in the function ends as cancelled, with every layer left."""

        async def waits(text: str = "", *, key: str = "") -> None:
            await asyncio.get_running_loop().create_future()

        async def streams(text: str = "", *, key: str = "") -> Any:
            yield "first"
            await asyncio.get_running_loop().create_future()

        function, tally = self._decorate(waits if kind is Kind.ASYNC else streams, kind)

        async def main() -> None:
            task = asyncio.ensure_future(function() if kind is Kind.ASYNC else _collected(function()))
            for _ in range(5):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}

        asyncio.run(main())
        assert tally.entered == 1
        tally.assert_balanced()

    @_every_kind
    @pytest.mark.parametrize("shape", ["method", "bound method", "classmethod", "staticmethod", "partial", "object"])
    def test_every_callable_can_be_decorated(self, kind: Kind, shape: str) -> None:
        """Methods, class and static methods, partials and callable objects work like functions."""
        tally = Tally()
        function = _shaped(shape, kind, watched(self.policy_for(kind), tally))
        assert _outcome(kind, function, "given") == "given"
        assert tally.entered == 1
        tally.assert_balanced()

    @_every_kind
    def test_the_function_stays_what_it_is(self, kind: Kind) -> None:
        """Kind, name, documentation, signature and ``__wrapped__`` are those of the function."""
        plain = _subject(kind)
        function = self.policy_for(kind)(plain)
        tests = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
        assert inspect.isfunction(function)
        assert [test(function) for test in tests] == [test(plain) for test in tests]
        assert inspect.signature(function) == inspect.signature(plain)
        assert inspect.getdoc(function) == "Give the text back."
        assert (function.__name__, function.__qualname__) == (plain.__name__, plain.__qualname__)
        assert function.__module__ == plain.__module__
        assert function.__wrapped__ is plain  # type: ignore[attr-defined]

    @_every_kind
    def test_the_function_pickles_by_name(self, kind: Kind) -> None:
        """A decorated function of a module pickles like any other function."""
        plain = _subject(kind)
        plain.__qualname__ = plain.__name__ = "pickled_by_contract"
        function = self.policy_for(kind)(plain)
        module: Any = sys.modules[__name__]
        module.pickled_by_contract = function
        try:
            assert pickle.loads(pickle.dumps(function)) is function
        finally:
            del module.pickled_by_contract

    @pytest.mark.parametrize("kind", [Kind.SYNC, Kind.GENERATOR], ids=["sync", "generator"])
    def test_two_threads_do_not_wait_for_each_other(self, kind: Kind) -> None:
        """Two threads are inside at the same time, each with its own result."""
        both_inside = threading.Barrier(2, timeout=_PATIENCE)

        def sync(text: str, *, key: str = "k") -> str:
            both_inside.wait()
            return text

        def generator(text: str, *, key: str = "k") -> Any:
            both_inside.wait()
            yield from text

        function, tally = self._decorate(sync if kind is Kind.SYNC else generator, kind)
        results: dict[str, Any] = {}

        def call(text: str) -> None:
            results[text] = _outcome(kind, function, text)

        threads = [threading.Thread(target=contextvars.copy_context().run, args=(call, text)) for text in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(_PATIENCE)
        assert results == {"a": "a", "b": "b"}
        tally.assert_balanced()

    @pytest.mark.parametrize("kind", [Kind.ASYNC, Kind.ASYNC_GENERATOR], ids=["async", "async_generator"])
    def test_two_tasks_do_not_wait_for_each_other(self, kind: Kind) -> None:
        """Two tasks are inside at the same time, each with its own result."""

        async def main() -> list[Any]:
            both_inside = asyncio.Barrier(2)

            async def asynchronous(text: str, *, key: str = "k") -> str:
                await both_inside.wait()
                return text

            async def async_generator(text: str, *, key: str = "k") -> Any:
                await both_inside.wait()
                for letter in text:
                    yield letter

            if kind is Kind.ASYNC:
                function = decorate(asynchronous)
                return list(await asyncio.gather(function("a"), function("b")))
            function = decorate(async_generator)
            pairs = await asyncio.gather(_collected(function("a")), _collected(function("b")))
            return ["".join(items) for items in pairs]

        tally = Tally()
        decorate = watched(self.policy_for(kind), tally)
        assert asyncio.run(main()) == ["a", "b"]
        tally.assert_balanced()


class GuardContract:
    """What every guard must keep, on whatever text it meets.

    Set `make_guard` and `telling_texts`.
    """

    telling_texts: Sequence[str] = ()
    """Texts in which the guard finds something."""

    def make_guard(self) -> Guard:
        """Return a new guard."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def _has_telling_texts(self) -> None:
        assert self.telling_texts, "set telling_texts to at least one text in which the guard finds something"

    def _texts(self, text: str) -> list[str]:
        """Return `text`, and `text` around each telling text."""
        return [text, *(f"{text} {telling} {text}" for telling in self.telling_texts)]

    def test_the_guard_has_a_name(self) -> None:
        """A guard has a name, and is one by structure."""
        guard = self.make_guard()
        assert isinstance(guard, Guard)
        assert isinstance(guard.name, str)
        assert guard.name

    def test_telling_texts_tell(self) -> None:
        """In each of the telling texts something is found, and the verdict blocks or changes it."""
        for text in self.telling_texts:
            result = self.make_guard().validate(text)
            assert result.findings
            assert not result.allowed or result.modified not in {None, text}

    @settings(suppress_health_check=[HealthCheck.differing_executors], deadline=None)
    @given(prompts())
    def test_every_text_gets_a_verdict(self, text: str) -> None:
        """Whatever the text and the role, the answer is a `GuardResult` with the guard's name, never an error."""
        guard = self.make_guard()
        for role in ("input", "output", "tool"):
            for each in self._texts(text):
                result = guard.validate(each, role=role)
                assert isinstance(result, GuardResult)
                assert result.guard in {"", guard.name}

    @settings(suppress_health_check=[HealthCheck.differing_executors], deadline=None)
    @given(prompts())
    def test_findings_are_places_in_the_text(self, text: str) -> None:
        """Findings are sorted, disjoint, not empty, and within the text as it was given."""
        guard = self.make_guard()
        for each in self._texts(text):
            end = 0
            for finding in guard.validate(each).findings:
                assert end <= finding.start < finding.end <= len(each)
                assert 0.0 <= finding.score <= 1.0
                end = finding.end

    @settings(suppress_health_check=[HealthCheck.differing_executors], deadline=None)
    @given(prompts())
    def test_the_same_text_gets_the_same_verdict(self, text: str) -> None:
        """A guard judges the text and not what it judged before."""
        guard = self.make_guard()
        for each in self._texts(text):
            assert guard.validate(each) == guard.validate(each) == self.make_guard().validate(each)

    def test_the_reason_does_not_quote_the_text(self) -> None:
        """Neither the reason nor a finding, nor the verdict's repr, holds what was found."""
        for text in self.telling_texts:
            result = self.make_guard().validate(text)
            for finding in result.findings:
                found = text[finding.start : finding.end]
                assert found not in result.reason
                assert found not in repr(result)

    @settings(suppress_health_check=[HealthCheck.differing_executors], deadline=None)
    @given(prompts())
    def test_a_changed_text_is_not_changed_again(self, text: str) -> None:
        """The text that a guard puts in place passes the same guard unchanged."""
        guard = self.make_guard()
        for each in self._texts(text):
            modified = guard.validate(each).modified
            if modified is not None:
                again = guard.validate(modified)
                assert again.allowed
                assert again.modified in {None, modified}
