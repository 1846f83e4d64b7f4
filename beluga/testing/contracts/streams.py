"""What every policy must keep on a stream."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from beluga._engine.target import Kind
from beluga.testing.contracts.suite import BodyError, PolicySuite, both_streams, subject

__all__ = ["StreamRules"]


class StreamRules(PolicySuite):
    """A stream begins at its first step, and is left once however it ends."""

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
