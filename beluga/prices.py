"""What a call to a model costs, from a dated table that comes with the package and needs no network.

The table is made at release from genai-prices (MIT licence, `TABLE.source` names the version). Prices change: what is
wrong or missing is set right by `override`.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga._engine.state import new_lock
from beluga.clock import environment
from beluga.schema.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["UnknownPrice", "made", "of", "override", "price", "source"]

_UNITS: Final = ("input", "output", "cached", "cache_write", "reasoning", "requests")
_MILLION: Final = 1_000_000
_NONE: Final = Usage()


class UnknownPrice(LookupError):
    """The table has no price for a model."""


@attrs.frozen
class _Tier:
    """Prices from so many input tokens on, as whole parts of a dollar, so that sums are exact.

    Args:
        start: It counts where the input has more tokens than that.
        rates: The price of each unit of `_UNITS`; None where it is not priced apart.
        parts: How many parts a dollar has.
    """

    start: int
    rates: tuple[int | None, ...]
    parts: int

    def price(self, usage: Usage) -> float:
        """Return dollars."""
        given, taken, cached, written, thought, once = self.rates
        rest, said = usage.input_tokens, usage.output_tokens
        # The last unit is priced by the thousand, all others by the million.
        total = 0 if once is None else 1000 * once
        if cached is not None:
            total += cached * usage.cached_tokens
            rest -= usage.cached_tokens
        if written is not None:
            total += written * usage.cache_write_tokens
            rest -= usage.cache_write_tokens
        if thought is not None:
            total += thought * usage.reasoning_tokens
            said -= usage.reasoning_tokens
        return (total + (given or 0) * rest + (taken or 0) * said) / self.parts


def _tiers(rates: Mapping[str, Any]) -> tuple[_Tier, ...]:
    """Return the tiers of an entry of the table, the highest first."""
    steps = {name: [(-1, each)] if isinstance(each, str) else each for name, each in rates.items()}
    starts = sorted({start for each in steps.values() for start, _ in each}, reverse=True)
    return tuple(_tier(steps, start) for start in starts)


def _cost(tiers: tuple[_Tier, ...], usage: Usage) -> float:
    if len(tiers) == 1:
        return tiers[0].price(usage)
    return next(tier for tier in tiers if usage.input_tokens > tier.start).price(usage)


def _is_in_force(condition: Any, moment: datetime.datetime) -> bool:
    """Say whether what holds from a day on, or between two times of a day, does so at this moment of UTC."""
    if condition is None:
        return True
    if isinstance(condition, str):
        return moment.date() >= datetime.date.fromisoformat(condition)
    start, end = (_utc(datetime.time.fromisoformat(text)) for text in condition)
    now = moment.time()
    return start <= now < end if start <= end else now >= start or now < end


def _utc(time: datetime.time) -> datetime.time:
    """Return a time of day in UTC, which it is in where it names no zone."""
    at = datetime.datetime.combine(datetime.date(2026, 1, 1), time)
    return (at if at.tzinfo is None else at.astimezone(datetime.UTC)).time().replace(tzinfo=None)


def _tier(steps: Mapping[str, Sequence[tuple[int, str]]], start: int) -> _Tier:
    """Return what each unit costs with more than `start` tokens."""
    exact = [
        Decimal(next(text for at, text in reversed(steps[name]) if at <= start)) if name in steps else None
        for name in _UNITS
    ]
    parts = 10 ** max((-int(each.as_tuple().exponent) for each in exact if each is not None), default=0)
    parts = max(parts, 1)
    return _Tier(start, tuple(None if each is None else int(each * parts) for each in exact), parts * _MILLION)


@attrs.frozen
class _Model:
    """A model, how its names are recognised, and its prices.

    Args:
        clause: How.
        prices: In the order in which they came; the last one that is in force counts.
        batch: What differs for a batch, in the same way.
    """

    clause: Any
    prices: tuple[tuple[Any, Mapping[str, Any]], ...]
    batch: tuple[tuple[Any, Mapping[str, Any]], ...] = ()


@attrs.frozen
class _Provider:
    name: str
    clause: Any
    model_clause: Any
    others: tuple[str, ...]
    models: tuple[_Model, ...]

    def find(self, model: str) -> _Model | None:
        return next((each for each in self.models if _matches(each.clause, model)), None)


def _matches(clause: Any, name: str) -> bool:
    if clause is None:
        return False
    kind: str = clause[0]
    value: Any = clause[1]
    match kind:
        case "=":
            return name == str(value).lower()
        case "^":
            return name.startswith(str(value))
        case "$":
            return name.endswith(str(value))
        case "~":
            return value in name
        case "/":
            return re.search(value, name) is not None
        case "|":
            return any(_matches(each, name) for each in value)
        case _:
            return all(_matches(each, name) for each in value)


@functools.cache
def _table() -> Mapping[str, Any]:
    import gzip
    import json
    from importlib.resources import files

    table: Mapping[str, Any] = json.loads(gzip.decompress(files("beluga").joinpath("prices.json.gz").read_bytes()))
    return table


@functools.cache
def _providers() -> tuple[_Provider, ...]:
    return tuple(
        _Provider(name, clause, model_clause, tuple(others), tuple(_Model(*each) for each in models))
        for name, clause, model_clause, others, models in _table()["providers"]
    )


def source() -> str:
    """Return where the table comes from, its version and licence."""
    text: str = _table()["source"]
    return text


def made() -> datetime.date:
    """Return the day on which the table was made."""
    return datetime.date.fromisoformat(_table()["made"])


_OVERRIDES: dict[str, tuple[_Tier, ...]] = {}
"""The prices that are set."""
_SET: dict[str, list[tuple[_Tier, ...]]] = {}
"""The same with those that were set before and are not undone, the last one in force."""
_LOCK = new_lock()


def override(
    model: str,
    *,
    input: float | str | Decimal,  # noqa: A002 - the word for it
    output: float | str | Decimal,
    cached: float | str | Decimal | None = None,
    cache_write: float | str | Decimal | None = None,
    reasoning: float | str | Decimal | None = None,
) -> contextlib.ExitStack:
    """Set the price of a model, at once and for the whole process; undone where the block it returns ends.

    Args:
        model: Its name, exactly as it is asked for or as answers tell it; upper and lower case are the same.
        input: Dollars for a million tokens of input.
        output: Dollars for a million tokens of output.
        cached: The same for input that was read from a cache; None where it costs what input costs.
        cache_write: The same for input that was written into one.
        reasoning: The same for thoughts; None where they cost what output costs.

    Raises:
        ValueError: A figure is not a number, or negative.

    Example:
        >>> from beluga.schema import Usage
        >>> with override("my-model", input=1, output="2.5"):
        ...     price("my-model", Usage(1_000_000, 100_000))
        1.25
    """
    given = {"input": input, "output": output, "cached": cached, "cache_write": cache_write, "reasoning": reasoning}
    rates = {name: str(_dollars(name, value)) for name, value in given.items() if value is not None}
    key, tiers = model.lower(), _tiers(rates)
    with _LOCK:
        _SET.setdefault(key, []).append(tiers)
        _OVERRIDES[key] = tiers
    undo = contextlib.ExitStack()
    undo.callback(_undo, key, tiers)
    return undo


def _undo(key: str, tiers: tuple[_Tier, ...]) -> None:
    """Take back a price that was set; those set before or after it stay, in whatever order they are taken back."""
    with _LOCK:
        left = [each for each in _SET[key] if each is not tiers]
        _SET[key] = left
        if left:
            _OVERRIDES[key] = left[-1]
        else:
            _OVERRIDES.pop(key, None)


def _dollars(name: str, value: float | str | Decimal) -> Decimal:
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        exact = Decimal("NaN")
    if isinstance(value, bool) or not exact.is_finite() or exact < 0:
        message = f"prices.override: {name}={value!r} must be dollars for a million tokens, not negative"
        raise ValueError(message)
    return Decimal(format(exact, "f"))


def price(model: str, usage: Usage, *, provider: str | None = None, batch: bool = False) -> float:
    """Return what `usage` costs, in dollars.

    Prices that change, on a day or by the hour, are those of the moment of the call. Tokens of audio and images cost
    what text costs here, since a usage does not tell them apart.

    Args:
        model: The model, by any name under which it is asked for or told of.
        usage: What was used; cached and written tokens, and thoughts, are priced apart where the provider does so.
        provider: Who answered, such as ``"openai"`` or ``"azure"``; None takes the one whose models have such names.
        batch: Whether it was a batch, which most providers give for half.

    Raises:
        UnknownPrice: The table does not know the model.

    Example:
        >>> from beluga.schema import Usage
        >>> price("gpt-4o-mini", Usage(1_000_000, 1_000_000))
        0.75
    """
    key = model.lower()
    tiers = _OVERRIDES.get(key)
    if tiers is None:
        known = _known(key, provider)
        place, special = (0, None) if len(known.prices) == 1 and not batch else _places(known, batch=batch)
        tiers = _merged(key, provider, place, special)
    return _cost(tiers, usage)


def of(model: str, *, provider: str | None = None, batch: bool = False) -> Callable[[Usage], float]:
    """Return what prices a usage of `model`, such as `beluga.budget` takes as its ``price=``.

    Args:
        model: The model, by any name under which it is asked for or told of.
        provider: Who answers; None takes the one whose models have such names.
        batch: Whether calls are made in batches.

    Raises:
        UnknownPrice: The table does not know the model.

    Example:
        >>> from beluga import budget
        >>> from beluga.schema import AIMessage, Response, Usage
        >>> day = budget(cost=5.0, key="user", price=of("gpt-4o-mini"))
        >>> @day
        ... def ask(question: str, user: str) -> Response:
        ...     return Response(AIMessage("fine"), usage=Usage(1_000_000, 1_000_000))
        >>> ask("why?", "ada").text, day.account("ada").spent.cost
        ('fine', 0.75)
    """
    price(model, _NONE, provider=provider, batch=batch)
    return functools.partial(_priced, model, provider, batch)


def _priced(model: str, provider: str | None, batch: bool, usage: Usage) -> float:
    return price(model, usage, provider=provider, batch=batch)


def _places(known: _Model, *, batch: bool) -> tuple[int, int | None]:
    """Return which of the prices are in force now: the last that may be, and of what differs for a batch the first."""
    moment = datetime.datetime.fromtimestamp(environment().clock.time(), datetime.UTC).replace(tzinfo=None)
    held = [i for i, (condition, _) in enumerate(known.prices) if _is_in_force(condition, moment)]
    special = next(
        (i for i, (condition, _) in enumerate(known.batch) if batch and _is_in_force(condition, moment)), None
    )
    return (held[-1] if held else 0), special


@functools.lru_cache(maxsize=4096)
def _merged(key: str, provider: str | None, place: int, special: int | None) -> tuple[_Tier, ...]:
    known = _known(key, provider)
    differs = {} if special is None else known.batch[special][1]
    return _tiers({**known.prices[place][1], **differs})


@functools.lru_cache(maxsize=4096)
def _known(key: str, provider: str | None) -> _Model:
    candidates = [_named(provider)] if provider is not None else _owners(key)
    for name in dict.fromkeys((key, _DATE.sub(r"-\1-\2-\3", key))):
        for candidate in candidates:
            found = None if candidate is None else _in(candidate, name)
            if found is not None and found.prices:
                return found
    who = "" if provider is None else f" of {provider}"
    message = (
        f"no price is known for the model {key!r}{who} (the table is of {made()}): set one by "
        f"beluga.prices.override({key!r}, input=..., output=...), in dollars for a million tokens"
    )
    raise UnknownPrice(message)


_DATE: Final = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")
"""A day that is written in one piece, as gateways do: gpt-5.2-20251211."""


def _in(provider: _Provider, name: str) -> _Model | None:
    model = provider.find(name)
    others: Iterable[_Provider] = (each for each in _providers() if each.name in provider.others)
    return model or next((found for other in others if (found := other.find(name)) is not None), None)


def _named(provider: str) -> _Provider | None:
    name = provider.lower().strip()
    exact = next((each for each in _providers() if each.name == name), None)
    return exact or next((each for each in _providers() if _matches(each.clause, name)), None)


def _owners(name: str) -> list[_Provider]:
    """Return those whose models have such names; a name with a path says whose it is at a gateway."""
    return [each for each in _providers() if _matches(each.model_clause, name)][:1]
