"""What a store is asked about the answers of a cache, and how an answer is written down.

One caller over all processes leads: it fetches the answer, and its lease is renewed as long as it lives. The others
ask again now and then, until there is an answer, or nobody leads any more, and then one of them does:

    process A   take: lead ---> function, renew ... renew ---> land: kept until its time is over
    process B   take: wait ---- take: wait ------------------------------------ take: the answer
    process C   take: wait ---- take: wait ------------------------------------------- take: the answer

The value of a key is a line, ``0 who until`` in flight and ``1 made until`` once landed, and after it the answer.
"""

from __future__ import annotations

import datetime
import decimal
import json
from typing import TYPE_CHECKING, Any, Final, Protocol

import attrs

from beluga.stores.scripts import COMMON, Script, numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from beluga.stores.scripts import Records

__all__ = ["LAND", "LEAD", "LEAVE", "PLAIN", "RENEW", "TAKE", "WAIT", "Codec", "UnstorableError", "check_codec"]

LEAD, WAIT = 0, 1
"""What `TAKE` answers where there is no answer yet."""

_FLIGHT_LUA = """\
local text = redis.call('GET', KEYS[1]) or ''
local state, who, at, body = string.match(text, '^(%d) (%d+) (%d+)\\n()')
who, at = tonumber(who), tonumber(at)
local function put(lease)
  local head = string.format('0 %.0f %.0f\\n', given[1], now + lease)
  redis.call('SET', KEYS[1], head, 'PX', math.ceil(lease / 1000) + longer)
end
"""
# given: who asks, and for how many microseconds it would lead.
_TAKE_LUA = """\
if state == '1' and who <= now and now < at then return {2, who, now, string.sub(text, body)} end
if state == '0' and who ~= given[1] and now < at and at <= now + given[2] then return {1, at - now} end
put(given[2])
return {0, 0}
"""
_RENEW_LUA = """\
if state ~= '0' or who ~= given[1] then return {0} end
put(given[2])
return {1}
"""
# given: who leads, for how many microseconds the answer is good, and the answer.
_LAND_LUA = """\
if state ~= '0' or who ~= given[1] then return {0} end
local head = string.format('1 %.0f %.0f\\n', now, now + given[2])
redis.call('SET', KEYS[1], head .. ARGV[3], 'PX', math.ceil(given[2] / 1000) + longer)
return {1}
"""
_LEAVE_LUA = """\
if state ~= '0' or who ~= given[1] then return {0} end
redis.call('DEL', KEYS[1])
return {1}
"""


def _read(records: Records, key: str) -> tuple[float, float, float, bytes]:
    head, _, body = records.get(key).partition(b"\n")
    state, who, at = numbers(head) or (-1.0, 0.0, 0.0)
    return state, who, at, body


def _put(records: Records, key: str, now: float, given: Sequence[float]) -> None:
    records.put(key, b"0 %d %d\n" % (given[0], now + given[1]), now, now + given[1])


def _take(records: Records, key: str, now: float, given: Sequence[float]) -> list[Any]:
    state, who, at, body = _read(records, key)
    if state == 1 and who <= now < at:
        return [2, int(who), int(now), body]
    if state == 0 and who != given[0] and now < at <= now + given[1]:
        return [WAIT, int(at - now)]
    _put(records, key, now, given)
    return [LEAD, 0]


def _as_leader(then: Callable[[Records, str, float, Sequence[Any]], None]) -> Callable[..., list[Any]]:
    def run(records: Records, key: str, now: float, given: Sequence[Any]) -> list[Any]:
        state, who, *_ = _read(records, key)
        if state != 0 or who != given[0]:
            return [0]
        then(records, key, now, given)
        return [1]

    return run


@_as_leader
def _land(records: Records, key: str, now: float, given: Sequence[Any]) -> None:
    _, ttl, payload = given
    records.put(key, b"1 %d %d\n%b" % (now, now + ttl, payload), now, now + ttl)


@_as_leader
def _leave(records: Records, key: str, _: float, __: Sequence[float]) -> None:
    records.drop(key)


TAKE = Script("take", COMMON + _FLIGHT_LUA + _TAKE_LUA, _take)
"""Ask for an answer: `LEAD`; or `WAIT` and how long the leader's lease is; or 2, when it was made, now, the answer."""

RENEW = Script("renew", COMMON + _FLIGHT_LUA + _RENEW_LUA, _as_leader(_put))
"""Lead on: 1, or 0 where somebody else does."""

LAND = Script("land", COMMON + _FLIGHT_LUA + _LAND_LUA, _land)
"""Keep the answer of a leader: 1, or 0 where it was forgotten meanwhile or somebody else leads.

It is not told once more: what was too long for one connection would break the next one too.
"""

LEAVE = Script("leave", COMMON + _FLIGHT_LUA + _LEAVE_LUA, _leave, keeps=True)
"""Lead no more, without an answer."""


class Codec(Protocol):
    """How the answers of a cache are written: `pickle` has these two, and so has a class of your own."""

    def dumps(self, value: Any, /) -> bytes:
        """Return `value` as bytes."""
        ...

    def loads(self, data: bytes, /) -> Any:
        """Return the value that was written."""
        ...


def check_codec(instance: Any, attribute: Any, value: Any) -> None:
    """Demand a codec."""
    if not (callable(getattr(value, "dumps", None)) and callable(getattr(value, "loads", None))):
        message = f"{instance.concern}: {attribute.name}= needs the methods dumps and loads, as pickle has them"
        raise TypeError(message)


class UnstorableError(TypeError):
    """A value of this type is not written without a codec."""


def _told(moment: datetime.datetime) -> str:
    """Return a moment with its fold, and the name of its zone, whose offset is another one half a year later."""
    zone = getattr(moment.tzinfo, "key", None) or ""
    text = f"{(moment.replace(tzinfo=None) if zone else moment).isoformat()} {moment.fold} {zone}"
    if repr(_moment(text)) != repr(moment):
        message = f"datetime with a {type(moment.tzinfo).__qualname__}"
        raise UnstorableError(message)
    return text


def _moment(text: str) -> datetime.datetime:
    told, fold, zone = text.split(" ", 2)
    moment = datetime.datetime.fromisoformat(told).replace(fold=int(fold))
    if zone:
        import zoneinfo  # which few need

        moment = moment.replace(tzinfo=zoneinfo.ZoneInfo(zone))
    return moment


_TEXTS: Final[dict[type, tuple[Callable[[Any], str], Callable[[str], Any]]]] = {
    bytes: (bytes.hex, bytes.fromhex),
    datetime.datetime: (_told, _moment),
    datetime.date: (datetime.date.isoformat, datetime.date.fromisoformat),
    decimal.Decimal: (str, decimal.Decimal),
}
_ROWS: Final[dict[type, Callable[[list[Any]], Any]]] = {
    tuple: tuple,
    set: set,
    frozenset: frozenset,
}
_KNOWN: Final = {kind.__name__: kind for kind in (*_TEXTS, *_ROWS)}
_SCHEMA: Final = "beluga.schema"
_TAG: Final = ""
"""The key of an object that stands for something else than a dict."""


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in {str, int, float, bool, type(None)}:
        return value
    if kind is list:
        return [_plain(each) for each in value]
    if kind is dict:
        if _TAG not in value and all(type(key) is str for key in value):
            return {key: _plain(each) for key, each in value.items()}
        return {_TAG: "dict", "of": [[_plain(key), _plain(each)] for key, each in value.items()]}
    if kind in _ROWS:
        return {_TAG: kind.__name__, "of": [_plain(each) for each in value]}
    if kind in _TEXTS:
        return {_TAG: kind.__name__, "of": _TEXTS[kind][0](value)}
    if kind.__module__ == _SCHEMA:
        return {_TAG: f"{_SCHEMA}.{kind.__name__}", "of": _fields(value)}
    raise UnstorableError(kind.__qualname__)


def _fields(value: Any) -> dict[str, Any]:
    written = {}
    for field in attrs.fields(type(value)):
        try:
            written[field.alias] = _plain(getattr(value, field.name))
        except UnstorableError:
            if field.eq:
                raise  # what does not count when answers are compared, such as an SDK's own object, is left out
    return written


def _made(written: Any) -> Any:
    if isinstance(written, list):
        return [_made(each) for each in written]
    if not isinstance(written, dict):
        return written
    if _TAG not in written:
        return {key: _made(each) for key, each in written.items()}
    name, content = written[_TAG], written["of"]
    if name == "dict":
        return {_made(key): _made(each) for key, each in content}
    if name.startswith(f"{_SCHEMA}."):
        from beluga import schema

        kind = getattr(schema, name.removeprefix(f"{_SCHEMA}."))
        if not attrs.has(kind):
            raise LookupError(name)
        return kind(**{key: _made(each) for key, each in content.items()})
    kind = _KNOWN[name]
    return _TEXTS[kind][1](content) if kind in _TEXTS else _ROWS[kind]([_made(each) for each in content])


class _Plain:
    """Writes plain data, and the records of `beluga.schema`, as JSON."""

    @staticmethod
    def dumps(value: Any, /) -> bytes:
        """Write it.

        Raises:
            UnstorableError: It holds something else, which only its own class could read again.
        """
        written = json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False)  # escaped, halves would join
        return written.encode("utf-8", "surrogatepass")

    @staticmethod
    def loads(data: bytes, /) -> Any:
        """Read it again."""
        return _made(json.loads(data))


PLAIN: Final[Codec] = _Plain()
