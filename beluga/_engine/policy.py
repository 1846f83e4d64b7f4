"""The contract between a policy, which decides, and a driver, which acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, SupportsIndex, TypeVar

import attrs

from beluga._engine.target import EVERY_KIND

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from beluga._engine.call import Call, Outcome
    from beluga._engine.target import Kind, Target

__all__ = ["Again", "Ask", "Hints", "Policy", "Tell", "Use", "Verdict", "Wait", "Watch"]

F = TypeVar("F")


# Verdicts are made in the middle of calls, and one that is frozen takes 200 ns more.
@attrs.define(unsafe_hash=True)
class Wait:
    """Wait so many seconds, then ask the same question again."""

    seconds: float


@attrs.define(unsafe_hash=True)
class Again:
    """Run the inner layers once more; only an answer of `Policy.leave`.

    Args:
        after: Seconds to wait first.
        instead: A function of the same kind to run in place of the inner layers and the function.
        innermost: Whether it takes the place of the function alone, inside the inner layers.
    """

    after: float = 0.0
    instead: Callable[..., Any] | None = None
    innermost: bool = False


@attrs.define(unsafe_hash=True)
class Use:
    """Take this as the result; on a stream that has not begun, an iterable of the items to hand out."""

    value: Any


@attrs.define(unsafe_hash=True)
class Ask:
    """Do this I/O, put its `Outcome` into `Call.answer`, then ask the same question again.

    An async driver cancels it at the call's deadline. One that blocks has to look after itself: within `io`
    `beluga.remaining` says how many seconds are left, for the time-out of a socket.

    Args:
        io: A function without arguments; in an async driver it may return an awaitable.
    """

    io: Callable[[], Awaitable[Any] | Any]


@attrs.define(unsafe_hash=True)
class Tell:
    """Do this I/O, which must not wait for an answer, and go on; only an answer of `Policy.leave` and `Policy.abandon`.

    The way to give back what a call holds elsewhere: unlike all others it is honoured whatever ended the call, be it a
    cancellation, the ``close`` of a stream or the garbage collector, in whose midst nobody can wait.

    Args:
        io: A function without arguments that returns at once; what it raises replaces the outcome.
    """

    io: Callable[[], object]


Verdict = Wait | Again | Use | Ask | Tell


class Watch(Protocol):
    """Who watches the items of one stream and keeps what is ambient, such as a current span, to its steps."""

    def seen(self, item: Any) -> None:
        """Take note of an item on its way out; an error raised here ends the stream."""

    def suspend(self) -> None:
        """Take back what is ambient, before an item is handed out."""

    def resume(self) -> None:
        """Make it ambient again, when the consumer asks for more or closes the stream."""


@attrs.frozen
class Hints:
    """What a policy tells the driver so that a healthy call costs less; the defaults are right for every policy.

    Args:
        leave: When `Policy.leave` has something to do for a good outcome: always, only where `enter` set
            `Call.wants_value`, or never, so that it need be called for errors only.
        reads_value: Whether `leave` looks at the value of a good outcome; False where it does so only if `enter`
            set `Call.wants_value`.
        needed: Says whether there is anything to do for the call that comes now. It is asked at most once before each
            `enter`; where it answers False, having done itself what there was to do, neither `enter` nor `leave` need
            be called. Drivers that save nothing by it enter without asking.
        needed_for: The same where that depends on the call: asked with its positional and its keyword arguments.
        sets_deadline: True where `enter` sets the deadline at which an async driver has to cancel the call.
        seconds: Where `enter` does nothing but set the deadline so far from now, as `beluga.budget` does, and `leave`
            nothing but take it back: how far. Drivers may do both in line then, unless an earlier deadline stands.
        runs_streams: Whether `Policy.around` takes streams too: its `inner` gives the stream then, and so must it.
    """

    leave: Literal["always", "on demand", "on error"] = attrs.field(
        default="always", validator=attrs.validators.in_(("always", "on demand", "on error"))
    )
    reads_value: bool = True
    needed: Callable[[], bool] | None = None
    needed_for: Callable[[tuple[Any, ...], dict[str, Any]], bool] | None = None
    sets_deadline: bool = False
    seconds: float | None = None
    runs_streams: bool = False


class Policy:
    """One concern of a call, as a state machine that never waits; an instance is a decorator.

    A policy that holds state must be safe to use from several threads at once, and must not hold a lock
    when a method returns. What belongs to one call goes into `Call.keep`.

    Example:
        >>> class Shout(Policy):
        ...     def leave(self, call, outcome):
        ...         return Use(outcome.value.upper()) if outcome.error is None else None
        >>> @Shout()
        ... def greet(name):
        ...     return f"hello {name}"
        >>> greet("ada")
        'HELLO ADA'
    """

    concern: ClassVar[str] = "policy"
    """What it takes care of, in one word, such as ``"retry"``."""

    name: str = "policy"
    """What `explain` and the events call this object; the concern unless it has a name of its own."""

    kinds: ClassVar[frozenset[Kind]] = EVERY_KIND
    """The kinds of function it can honour; others are refused when the decorator runs."""

    hints: Hints = Hints()
    """What makes its calls cheaper."""

    belongs_inside: ClassVar[Mapping[str, str]] = {}
    """Concerns that should stand further out, each with what goes wrong otherwise."""

    def __init_subclass__(cls) -> None:
        """Name a policy after its concern."""
        super().__init_subclass__()
        if "concern" in vars(cls) and "name" not in vars(cls):
            cls.name = cls.concern

    def enter(self, call: Call) -> Verdict | None:
        """Decide before the inner layers run.

        Returns:
            None to go on, `Wait`, `Use` or `Ask`.

        Raises:
            Refused: The call must not be made; this layer is then not left.
        """

    def abandon(self, call: Call) -> Tell | None:
        """Give back what this layer holds of the call, if it holds anything: `leave` will not, or not again.

        Called where `enter` or `leave` raised, be it for a signal handler behind the last of their lines, and where the
        wait or I/O that `enter` asked for failed. So what is taken is noted in the call before it is taken, and given
        back once, however often that is asked for.
        """

    def leave(self, call: Call, outcome: Outcome) -> Verdict | None:
        """Decide after the inner layers ran, whatever came of them; called once for each `enter`.

        An error raised here replaces the outcome. After `Again` the layer stays entered and is asked
        again about the next outcome. No verdict can swallow an error that is no `Exception`; then only a `Tell` counts.
        """

    def watch(self, call: Call) -> Watch | None:
        """Return who watches the items of this stream, once it is entered, or None where nobody has to.

        For layers that let each item pass as it is: that takes half of the time of an `on_item`.
        """

    def on_item(self, call: Call, item: Any) -> Iterable[Any]:
        """Turn one item of a stream into those to hand out; only called where a subclass defines it."""
        return (item,)

    def on_end(self, call: Call) -> Iterable[Any] | Ask:
        """Give what `on_item` held back, when the stream has ended well."""
        return ()

    def around(self, call: Call, inner: Callable[[], Any]) -> Any:
        """Run `inner` in a way that needs concurrency; only called where a subclass defines it.

        For an async function `inner` returns an awaitable, and so must this. Streams are refused, unless
        `Hints.runs_streams` says otherwise, and so is a policy that defines `enter` or `leave` as well: whatever these
        would do belongs in here.
        """
        return inner()

    def bind(self, target: Target) -> Policy:
        """Return the policy that runs on this very function: itself, or one that knows its parameters.

        Raises:
            TypeError: The function cannot be honoured, for instance for want of a parameter.
        """
        return self

    def describe(self) -> str:
        """Return options and live state in one line, for `explain`."""
        return ""

    def _fused(self) -> Policy:
        """Return the layer that runs from the first call on, for who learns only then what it has to do."""
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        """Copy and pickle a policy that is an attrs class by its options: what it remembers of calls begins anew."""
        kind = type(self)
        if not attrs.has(kind):
            return super().__reduce_ex__(protocol)
        live: Sequence[str] = ()
        if "follows" in vars(kind):  # a live option reads as its current value; see `options.follow`
            kind, live = kind.__mro__[1], kind.follows  # type: ignore[attr-defined]  # of the class that follows

        def read(name: str) -> Any:
            return getattr(kind, name).__get__(self) if name in live else getattr(self, name)

        fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)  # type: ignore[arg-type]  # it is an attrs class
        return _made, (kind, {each.alias: read(each.name) for each in fields if each.init})

    def __call__(self, function: F) -> F:
        """Decorate `function`: same signature, same type, same kind."""
        # The arrow of this one import points back: wrapping needs the contract, not the other way round.
        from beluga._engine.wrapping import decorate

        return decorate(self, function)


def _made(kind: type[Policy], options: Mapping[str, Any]) -> Policy:
    return kind(**options)
