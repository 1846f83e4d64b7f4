"""The store as policies see it: it answers questions in time, or says that it cannot, and then is left in peace.

A store that does not answer costs the call that finds out its time-out, and the calls after it nothing: for a while
(`PAUSE`, then twice as long each time, up to `LONGEST_PAUSE`) nobody asks. Then one call does, and the others go on
without the store until it is answered.

    up --- no answer ---> down, pause 1 s --- one call asks --- no answer ---> down, pause 2 s ...
     ^                                             |
     '------------------ answer -------------------'
"""

from __future__ import annotations

import enum
import math
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from beluga import events
from beluga._engine.policy import Ask
from beluga.clock import SYSTEM, environment
from beluga.errors import StoreUnavailable
from beluga.stores.scripts import MICROSECONDS, PRESENT, Question

if TYPE_CHECKING:
    from collections.abc import Awaitable, Hashable

__all__ = ["Mode", "SharedName", "Store", "check_store"]

Mode = Literal["local", "open", "closed"]
"""What stands in for a store that cannot be asked: the process alone, or letting everything or nothing through."""

BEAT, GONE = 5.0, 15.0
"""Seconds after which a process says again that it is there, and without which it is not."""
PAUSE, LONGEST_PAUSE = 1.0, 8.0
"""Seconds for which a store that does not answer is not asked again."""
SHORT = 256
"""Characters of a key whose hash is kept at hand; the arguments of a cached call may be whole documents."""
LEASE = 5.0
"""Seconds after which a holder who does not renew its lease has lost it."""


class Store:
    """Keeps what several processes share, such as the permits of a rate limit.

    Args:
        name: What messages and events call it; never holds a password.
        prefix: What its keys begin with: applications with the same prefix on one server share what they keep.
        on_failure: What is done while it cannot be asked. ``"local"`` counts in this process alone, ``"open"`` lets
            every call through, ``"closed"`` refuses each with `StoreUnavailable`. None is careful: money closed, limits
            local, circuits and answers open.
    """

    def __init__(self, name: str, prefix: str, on_failure: Mode | None) -> None:
        if not isinstance(prefix, str) or not prefix or not prefix.isprintable() or any(c in " {}" for c in prefix):
            message = f"store: prefix={prefix!r} must be a text without spaces and braces, such as 'shop'"
            raise ValueError(message)
        if on_failure is not None and on_failure not in get_args(Mode):
            message = f"store: on_failure={on_failure!r} is unknown; known are {', '.join(get_args(Mode))}"
            raise ValueError(message)
        self.name = name
        self.prefix = prefix
        self.on_failure: Mode | None = on_failure
        self._down_until = -math.inf
        self._pause = 0.0
        self._last_oddity = ""
        self._who, self._said_at = 0, -math.inf
        self._held: dict[str, tuple[Question, object]] = {}  # by key
        self.members: int = 1
        """How many processes shared it when it was last asked: what the limits are divided by while it is down."""
        self.largest: float = math.inf
        """Bytes of an answer at most; who waited for more of them would take the store for down."""

    def ask(self, question: Question) -> Any:
        """Return the answer, blocking.

        Raises:
            StoreUnavailable: There is none.
            DeadlineExceeded: The time of the running call is over.
        """
        raise NotImplementedError

    def ask_async(self, question: Question) -> Awaitable[Any] | Any:
        """Do the same, returning something to await."""
        raise NotImplementedError

    def asking(self, question: Question, *, is_async: bool) -> Ask:
        """Return what asks within a call."""
        return Ask(partial(self.ask_async if is_async else self.ask, question))

    def tell(self, question: Question, *, is_async: bool) -> None:
        """Send something without waiting; it may be lost, and its answer goes to `Question.undo`."""
        raise NotImplementedError

    def hold(self, question: Question, holder: object) -> None:
        """Ask this again now and then until it is released, as who holds a lease does."""
        self._held[question.key] = question, holder

    def release(self, question: Question) -> bool:
        """Ask it no more; return whether it was held, which in a forked child it is not, and where it was lost."""
        held = self._held.get(question.key)
        return held is not None and held[0] is question and self._held.pop(question.key, None) is not None

    def is_held(self, key: str, holder: object) -> bool:
        """Say whether this very thread or task holds a lease of `key`, and would wait for itself."""
        held = self._held.get(key)
        return held is not None and held[1] == holder

    def be_counted(self, *, is_async: bool) -> None:
        """Say now and then that this process is there, and hear how many are."""
        now = environment().monotonic()
        if self._said_at <= now < self._said_at + BEAT:
            return
        self._said_at = now
        self._who = self._who or SYSTEM.rng.getrandbits(48)
        question = Question(PRESENT, self.key("members", "", None), (self._who, GONE * MICROSECONDS), self._hear)
        self.tell(question, is_async=is_async)

    def _hear(self, answer: list[int]) -> None:
        self.members = max(1, answer[0])

    def key(self, concern: str, name: str, key: Hashable) -> str:
        """Return the server's key for a key of a policy: a hash, so that no personal data gets there.

        Raises:
            TypeError: The key has no text that is the same in every process.
        """
        try:
            text = key if type(key) is str and key[:1] != _TYPED else _text(key)
        except RecursionError:
            message = "store: key= gave tuples that are nested too deeply: give those parts that tell keys apart"
            raise TypeError(message) from None
        digest = _digest if len(text) <= SHORT else _digest.__wrapped__
        return f"{self.prefix}:{digest(concern, name, text)}"

    @property
    def is_down(self) -> bool:
        """Whether not to ask; of the calls that want to know once the pause is over, one is told to."""
        if not self._pause:
            return False
        now = environment().monotonic()
        if now < self._down_until <= now + LONGEST_PAUSE:
            return True
        self._down_until = now + self._pause  # the others wait for what this one finds out
        return False

    @property
    def retry_after(self) -> float:
        """Seconds until it is asked again."""
        return max(0.0, self._down_until - environment().monotonic())

    def lost(self, reason: str) -> StoreUnavailable:
        """Take note that it did not answer; return the error that says so."""
        was_up = not self._pause
        self._pause = min(LONGEST_PAUSE, self._pause * 2) or PAUSE
        self._down_until = environment().monotonic() + self._pause
        if was_up:
            self._changed("up", "down", reason)
        return StoreUnavailable(f"the store {self.name} cannot be asked: {reason}", retry_after=self._pause)

    def refusal(self, concern: str, error: BaseException | None) -> StoreUnavailable:
        """Build the error of a call that is not made without the store."""
        why = f"{error}" if error is not None else f"the store {self.name} did not answer a moment ago"
        message = f"{concern}: {why}, and on_failure={self.on_failure or 'closed'!r} lets nothing through without it"
        return StoreUnavailable(message, retry_after=self.retry_after)

    def found(self) -> None:
        """Take note that it answered."""
        if self._pause:
            self._pause = 0.0
            self._changed("down", "up", "it answers again")

    def odd(self, reason: str) -> StoreUnavailable:
        """Take note of a question that has no answer though the server is well; return the error that says so."""
        if reason != self._last_oddity:
            self._last_oddity = reason
            self._changed("up", "up", reason)
        return StoreUnavailable(f"the store {self.name} cannot answer: {reason}")

    def __deepcopy__(self, _: object) -> Self:
        """Return itself: what is shared stays shared."""
        return self

    def _changed(self, old: str, new: str, reason: str) -> None:
        import logging  # which takes 5 ms

        log = logging.getLogger("beluga.stores")
        log.warning("the store %s is %s: %s", self.name, new, reason)
        events.emit(events.StoreChanged("", store=self.name, old=old, new=new, reason=reason))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} prefix={self.prefix!r}>"


class SharedName:
    """What a policy is called in every process: by its ``name=``, or as the only function that it decorates.

    Args:
        concern: The policy's concern.
        label: Its ``name=``; None where it has none.
    """

    def __init__(self, concern: str, label: str | None) -> None:
        self._concern = concern
        self._name = label
        self._is_given = label is not None

    def of(self, function: str | None = None) -> str:
        """Return the name, which is that of the first `function` unless one was given.

        Raises:
            TypeError: There is none, or several functions would have to go by one.
        """
        if not self._is_given and function is not None:
            self._name = self._name or function
        if not self._name or (function not in {None, self._name} and not self._is_given):
            message = (
                f"{self._concern}: give name=, the same in every process, to a policy with store= that does more than "
                "decorate one function: the store knows what it keeps by that name"
            )
            raise TypeError(message)
        return self._name


def check_store(instance: Any, attribute: Any, value: Any) -> None:
    """Demand a store, or None."""
    if value is not None and not isinstance(value, Store):
        message = (
            f"{instance.concern}: {attribute.name}= is a {type(value).__name__}, and must be a store, such as "
            "beluga.stores.RedisStore('redis://localhost:6379/0')"
        )
        raise TypeError(message)


@lru_cache(maxsize=4096)
def _digest(concern: str, name: str, text: str) -> str:
    """Return 96 bits of a hash: among 10**9 keys two are alike with a chance of 10**-11."""
    import base64  # these two take 2 ms, and only who shares needs them
    import hashlib

    sent = f"{concern} {len(name)} {name}{text}".encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(hashlib.blake2b(sent, digest_size=12).digest()).decode()


_TYPED = "\x01"
"""What the text of a key begins with that is not a plain str, or is one that begins so."""
_ALIKE = (float, bool, bytes, type(None))
"""Types whose ``repr`` is the same in every process."""


def _text(key: Hashable) -> str:
    """Return a text that stands for `key` in every process, and for no other: its class, and what it consists of."""
    name = f"{type(key).__module__}.{type(key).__qualname__}"
    return f"{_TYPED}{len(name)} {name} {_content(key)}"


def _content(key: Hashable) -> str:
    if isinstance(key, enum.Enum):
        return f"{key.name} {key.value}" if isinstance(key, enum.Flag) else key.name  # of several flags none has a name
    if isinstance(key, str):
        return str.__str__(key)
    if type(key) is int:
        return hex(key)  # of any length, which decimals are not
    if type(key) in _ALIKE or type(key).__qualname__ == "timezone":  # as text it is its name, whatever its offset
        return repr(key)
    if type(key).__module__ in {"uuid", "datetime", "decimal"}:
        return str(key)
    if isinstance(key, (tuple, frozenset)):
        # With lengths, as quotes within quotes would double what escapes them at each level.
        parts = map(_text, key) if isinstance(key, tuple) else sorted(map(_text, key))
        return "".join(f"{len(part)} {part}" for part in parts)
    if isinstance(key, type):
        return f"{key.__module__}.{key.__qualname__}"
    message = (
        f"store: key= gave a {type(key).__name__}, whose text may differ from process to process: give a str, number, "
        "a UUID, an enum, or a tuple or frozenset of these"
    )
    raise TypeError(message)
