"""What every policy must keep: on every way out of a call, in company, on streams and whatever it decorates."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import pickle
import sys
import threading
from typing import Any

import pytest

from beluga._engine.target import Kind
from beluga.testing.contracts.suite import (
    BodyError,
    PolicySuite,
    Tally,
    both_streams,
    collected,
    every_kind,
    outcome,
    shaped,
    subject,
    watched,
)

__all__ = ["PolicyContract"]

_PATIENCE = 10.0
"""Real seconds after which two threads that wait for each other are given up."""


class PolicyContract(PolicySuite):
    """What every policy must keep, on every kind of function and on every way out of it.

    Set `make_policy`, and where the policy is special `policy_for`, `surroundings`, `delays_items` or
    `answers_errors`. The functions under test have the parameters ``text: str`` and, by keyword, ``key: str``, and
    give the text back, a stream letter by letter.
    """

    @every_kind
    def test_the_value_passes(self, kind: Kind) -> None:
        """The result of the function is the result of the call, and every argument arrives."""
        function, tally = self._decorate(subject(kind), kind)
        assert outcome(kind, function) == "hello"
        assert outcome(kind, function, "other", key="x") == "other"
        assert tally.entered == 2
        tally.assert_balanced()

    @every_kind
    def test_other_kinds_are_refused(self, kind: Kind) -> None:
        """A function of a kind that the policy cannot honour is refused when it is decorated, and no other."""
        policy = self.policy_for(kind)
        if kind in policy.kinds:
            policy(subject(kind))
            return
        with pytest.raises(TypeError, match=policy.name):
            policy(subject(kind))

    @every_kind
    @pytest.mark.parametrize("late", [False, True])
    def test_an_error_leaves_every_layer(self, kind: Kind, late: bool) -> None:
        """An exception of the function itself leaves the layer once, and passes unchanged."""
        error = BodyError("no")
        function, tally = self._decorate(subject(kind, error, late=late), kind)
        if self.answers_errors and not (late and kind.is_stream):
            outcome(kind, function)
        else:
            with pytest.raises(BodyError) as caught:
                outcome(kind, function)
            assert caught.value is error
        tally.assert_balanced()

    @every_kind
    def test_what_is_not_an_exception_passes(self, kind: Kind) -> None:
        """An error that is not an Exception is never swallowed, retried or replaced."""
        function, tally = self._decorate(subject(kind, KeyboardInterrupt("stop")), kind)
        with pytest.raises(KeyboardInterrupt, match="stop"):
            outcome(kind, function)
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
            task = asyncio.ensure_future(function() if kind is Kind.ASYNC else collected(function()))
            for _ in range(5):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}

        asyncio.run(main())
        assert tally.entered == 1
        tally.assert_balanced()

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
            results[text] = outcome(kind, function, text)

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
            pairs = await asyncio.gather(collected(function("a")), collected(function("b")))
            return ["".join(items) for items in pairs]

        tally = Tally()
        decorate = watched(self._policy(kind), tally)
        assert asyncio.run(main()) == ["a", "b"]
        tally.assert_balanced()

    @every_kind
    @pytest.mark.parametrize("shape", ["method", "bound method", "classmethod", "staticmethod", "partial", "object"])
    def test_every_callable_can_be_decorated(self, kind: Kind, shape: str) -> None:
        """Methods, class and static methods, partials and callable objects work like functions."""
        tally = Tally()
        function = shaped(shape, kind, watched(self._policy(kind), tally))
        assert outcome(kind, function, "given") == "given"
        assert tally.entered == 1
        tally.assert_balanced()

    @every_kind
    def test_the_function_stays_what_it_is(self, kind: Kind) -> None:
        """Kind, name, documentation, signature and ``__wrapped__`` are those of the function."""
        plain = subject(kind)
        function: Any = self._policy(kind)(plain)
        tests = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
        assert inspect.isfunction(function)
        assert [test(function) for test in tests] == [test(plain) for test in tests]
        assert inspect.signature(function) == inspect.signature(plain)
        assert inspect.getdoc(function) == "Give the text back."
        assert (function.__name__, function.__qualname__) == (plain.__name__, plain.__qualname__)
        assert function.__module__ == plain.__module__
        assert vars(function)["__wrapped__"] is plain

    @every_kind
    def test_the_function_pickles_by_name(self, kind: Kind) -> None:
        """A decorated function of a module pickles like any other function."""
        plain = subject(kind)
        plain.__qualname__ = plain.__name__ = "pickled_by_contract"
        function = self._policy(kind)(plain)
        module: Any = sys.modules[plain.__module__]
        module.pickled_by_contract = function
        try:
            assert pickle.loads(pickle.dumps(function)) is function
        finally:
            del module.pickled_by_contract

    # A stream begins at its first step, and is left once however it ends.

    @both_streams
    def test_a_stream_that_is_never_iterated_enters_nothing(self, kind: Kind) -> None:
        """A stream begins at its first step, not when it is made."""
        function, tally = self._decorate(subject(kind), kind)
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
        function, tally = self._decorate(subject(Kind.GENERATOR), Kind.GENERATOR)
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
        function, tally = self._decorate(subject(Kind.ASYNC_GENERATOR), Kind.ASYNC_GENERATOR)

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
            except BodyError:
                yield "caught"
            return "end"

        function, tally = self._decorate(dialogue, Kind.GENERATOR)
        stream = function()
        assert next(stream) == "first"
        assert stream.send("this") == "heard this"
        assert stream.throw(BodyError()) == "caught"
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
            except BodyError:
                yield "caught"

        function, tally = self._decorate(dialogue, Kind.ASYNC_GENERATOR)

        async def main() -> list[Any]:
            stream = function()
            given = [await anext(stream), await stream.asend("this"), await stream.athrow(BodyError())]
            return given + [item async for item in stream]

        assert asyncio.run(main()) == ["first", "heard this", "caught"]
        tally.assert_balanced()

    @both_streams
    def test_an_error_thrown_in_comes_out(self, kind: Kind) -> None:
        """An error that is thrown into a stream and not caught there comes out of it."""
        function, tally = self._decorate(subject(kind), kind)
        error = BodyError()

        async def main() -> None:
            stream = function("x" * 5000)
            await anext(stream)
            await stream.athrow(error)

        with pytest.raises(BodyError) as caught:
            if kind is Kind.ASYNC_GENERATOR:
                asyncio.run(main())
            else:
                stream = function("x" * 5000)
                next(stream)
                stream.throw(error)
        assert caught.value is error
        tally.assert_balanced()
