"""A model provider that answers from a script: no network, no key, no waiting.

It has the methods of every model, keeps a log of what it was asked, fails on demand, and is strict: a call
that the script does not foresee is an error and never an invented answer.
"""

from __future__ import annotations

import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import attrs

from beluga.clock import environment
from beluga.llm.base import as_messages
from beluga.llm.fake.faults import Fault
from beluga.llm.fake.script import ReplyScript
from beluga.llm.fake.transport import Surfaces
from beluga.llm.fake.turns import CallLog, Pause, Request, count_tokens, streamed, tokens_of, whole
from beluga.schema import CachePoint, Embeddings, Usage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Iterator, Mapping

    from beluga.llm._http import Profile
    from beluga.llm.fake._wire import Responder
    from beluga.llm.fake.script import Item, Rule
    from beluga.llm.fake.turns import Turn
    from beluga.schema import Chunk, Message, Response

__all__ = ["FakeProvider", "PromptCache"]

_MARKERS = 4


class PromptCache:
    """Keeps the beginnings of prompts, as the providers do, and tells how much of the next one it has.

    Where a request marks cache points, up to four of them are kept. Without one OpenAI, and a direct call,
    keep every beginning that ends with a message; Anthropic keeps none. Model and tools belong to the
    beginning, so a change there finds nothing.

    Args:
        minimum: Tokens that a beginning must have to be kept.
        ttl: Seconds that one is kept after its last use, on the environment's clock; a cache point may have
            its own.

    Example:
        >>> from beluga.llm import FakeProvider
        >>> from beluga.schema import HumanMessage, SystemMessage
        >>> fake = FakeProvider(cache=PromptCache(minimum=10)).default("ok")
        >>> rules = SystemMessage("Be brief, be kind, and never promise a refund.")
        >>> [fake.generate([rules, HumanMessage(text)]).usage.cached_tokens for text in ("hi", "bye")]
        [0, 12]

    Source: the guides to prompt caching of OpenAI and Anthropic: 1024 tokens, 5 minutes, 4 markers.
    """

    def __init__(self, minimum: int = 1024, ttl: float = 300.0) -> None:
        if isinstance(minimum, bool) or not isinstance(minimum, int) or minimum < 0:
            message = f"PromptCache.minimum is a number of tokens from 0 on, not {minimum!r}"
            raise ValueError(message)
        if not ttl > 0:
            message = f"PromptCache.ttl is a positive number of seconds, not {ttl!r}"
            raise ValueError(message)
        self.minimum: int = minimum
        self.ttl: float = ttl
        self._kept: dict[Hashable, float] = {}
        self._lock = threading.Lock()

    def ask(self, request: Request) -> tuple[int, int]:
        """Return the tokens that the cache had of `request`, and those that it has from now on; and keep them."""
        now = environment().monotonic()
        had = has = 0
        with self._lock:
            for beginning, tokens, ttl in _beginnings(request, self.ttl):
                if tokens < self.minimum:
                    continue
                until = self._kept.get(beginning, float("-inf"))
                if until >= now:
                    had = tokens
                self._kept[beginning] = max(until, now + ttl)
                has = tokens
        return had, has - had


def _beginnings(request: Request, ttl: float) -> Iterator[tuple[Hashable, int, float]]:
    """Yield each beginning that may be kept, with its tokens and its seconds."""
    marked = [part for message in request.messages for part in message.parts if isinstance(part, CachePoint)]
    is_automatic = not marked and request.dialect != "anthropic"
    beginning: Hashable = (request.model, repr(request.options.get("tools")))
    tokens, left = 0, _MARKERS
    for message in request.messages:
        beginning = hash((beginning, message.role))
        for part in message.parts:
            if isinstance(part, CachePoint):
                if left:
                    yield beginning, tokens, part.ttl or ttl
                left = max(0, left - 1)
            else:
                beginning = hash((beginning, repr(part), part))
                tokens += tokens_of(part)
        if is_automatic:
            yield beginning, tokens, ttl


_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class FakeProvider(Surfaces):
    """A model provider that answers from a script.

    Rules made by `on` are asked first, then the items of the script in their order, then `default`.
    Threads and tasks may share one. It is called directly, or by a real client through `transport` or
    `serve`; whichever way a call comes, it gets the same answer.

    Args:
        *script: A text, a `Reply`, a fault or delay of `beluga.llm.faults`, or a callable that takes the
            `Request` and returns one of these.
        seed: Makes everything random repeatable; call number n draws from ``Random(f"{seed}:{n}")``.
        fault_rate: The probability, from 0.0 to 1.0, that a call fails with a transient fault before the
            script is asked. Nothing of the script is used up by it.
        cache: Whether the usage tells what a provider's prompt cache would have had; a `PromptCache` says
            of what size and for how long.
        profile: The kind of server that is played over HTTP, as ``llm.new`` names it, with what it refuses and how it
            tells thoughts; None plays OpenAI and Anthropic themselves.

    Raises:
        TypeError: When an item of the script cannot be played.
        ValueError: When the rate is out of range, or there is no such profile.

    Example:
        >>> from beluga.llm import faults
        >>> fake = FakeProvider(faults.rate_limit(), "It is sunny.")
        >>> fake.generate("How is the weather?")
        Traceback (most recent call last):
        ...
        beluga.errors.ProviderError: the fake provider plays rate_limit, status 429
        >>> fake.generate("How is the weather?").text
        'It is sunny.'
        >>> fake.calls[1].attempt
        2
    """

    def __init__(
        self,
        *script: Item,
        seed: int = 0,
        fault_rate: float = 0.0,
        cache: bool | PromptCache = False,
        profile: str | None = None,
    ) -> None:
        self._exchange: Responder | None = None
        self._profile = None if profile is None else _profile(profile)
        self.seed: int = seed
        self._script = ReplyScript(*script, fault_rate=fault_rate)
        self._log = CallLog(seed)
        self._cache = PromptCache() if cache is True else cache or None

    # The script

    def on(self, condition: str | Callable[[Request], object]) -> Rule:
        """Begin a rule for the requests that `condition` picks; of several rules the first one answers.

        Args:
            condition: A predicate of the `Request` without side effects, or a text that the user's last
                message must contain.

        Example:
            >>> from beluga.llm import faults
            >>> fake = FakeProvider("Hello!")
            >>> rule = fake.on("refund").fault(faults.server_error()).times(2).reply("It is on its way.")
            >>> fake.generate("hi").text
            'Hello!'
        """
        return self._script.on(condition)

    def default(self, item: Item) -> Self:
        """Answer with `item` whenever neither a rule nor the script has an answer."""
        self._script.default(item)
        return self

    # The surface of a model

    def generate(self, messages: str | Message | Iterable[Message], **options: Any) -> Response:
        """Return the whole answer to `messages`.

        Raises:
            ProviderError: When the script says so.
            ScriptExhausted: When the script has no answer.
        """
        turn = self._play(as_messages(messages), options)
        seconds, outcome = whole(turn)
        if seconds:
            environment().clock.sleep(seconds)
        if isinstance(outcome, Fault):
            raise outcome.error(turn.request.id)
        return outcome

    async def agenerate(self, messages: str | Message | Iterable[Message], **options: Any) -> Response:
        """Do what `generate` does, without blocking the event loop."""
        turn = self._play(as_messages(messages), options)
        seconds, outcome = whole(turn)
        if seconds:
            await environment().clock.asleep(seconds)
        if isinstance(outcome, Fault):
            raise outcome.error(turn.request.id)
        return outcome

    def stream(self, messages: str | Message | Iterable[Message], **options: Any) -> Iterator[Chunk]:
        """Yield the answer in pieces; the last has its usage and finish reason.

        The call is made, and logged, with the first step of the iteration.
        """
        turn = self._play(as_messages(messages), options)
        for event in streamed(turn):
            if isinstance(event, Pause):
                environment().clock.sleep(event.seconds)
            elif isinstance(event, Fault):
                raise event.error(turn.request.id)
            else:
                yield event

    async def astream(self, messages: str | Message | Iterable[Message], **options: Any) -> AsyncIterator[Chunk]:
        """Do what `stream` does, without blocking the event loop."""
        turn = self._play(as_messages(messages), options)
        for event in streamed(turn):
            if isinstance(event, Pause):
                await environment().clock.asleep(event.seconds)
            elif isinstance(event, Fault):
                raise event.error(turn.request.id)
            else:
                yield event

    def embed(self, texts: str | Iterable[str], *, dimensions: int = 1536, **_: Any) -> Embeddings:
        """Return a vector for each of `texts`: equal texts have equal ones, and similar texts near ones."""
        from beluga.llm.fake._wire.endpoints import embedding

        given = [texts] if isinstance(texts, str) else list(texts)
        usage = Usage(sum(map(count_tokens, given)))
        return Embeddings(tuple(embedding(text, dimensions) for text in given), usage, "fake")

    async def aembed(self, texts: str | Iterable[str], **options: Any) -> Embeddings:
        """Do what `embed` does."""
        return self.embed(texts, **options)

    # What happened

    @property
    def calls(self) -> tuple[Request, ...]:
        """All calls so far, the failed ones too, in their order."""
        return self._log.all()

    def assert_done(self) -> None:
        """Raise `AssertionError` when an item of the script, or a counted step of a rule, was not played."""
        left = self._script.unplayed()
        if left:
            message = f"after {len(self._log)} calls some of it was not played: {'; '.join(left)}"
            raise AssertionError(message)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} after {len(self._log)} calls>"

    def _play(
        self,
        messages: tuple[Message, ...],
        options: dict[str, Any],
        dialect: str = "",
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> Turn:
        request = self._log.add(messages, options, environment().monotonic(), dialect, headers)
        turn = self._script.answer(request)
        if self._cache is None or turn.fault is not None:
            return turn
        cached, written = self._cache.ask(request)
        return attrs.evolve(turn, cached=cached, written=written)

    def _responder(self) -> Responder:
        from beluga.llm.fake._wire.exchange import ServedExchange

        if self._exchange is None:  # one, as it keeps the conversations that later ones go on from
            self._exchange = ServedExchange(self._play, self._profile)
        return self._exchange


def _profile(name: str) -> Profile:
    from beluga._types.problems import nearest
    from beluga.llm._http import PROFILES

    if name not in PROFILES:
        near = nearest(name, PROFILES)
        guess = f", did you mean {near!r}?" if near else ";"
        message = f"there is no profile {name!r}{guess} known are {', '.join(sorted(PROFILES))}"
        raise ValueError(message)
    return PROFILES[name]
