"""What a store can be asked: each question is one script over one key, in one round trip.

A script is written twice: in Lua, which the server runs in one piece, and as a function of Python, which `FakeStore`
runs on virtual time; a property holds both against each other. Both are told `now` in whole microseconds, which is the
server's time, so the clocks of the processes do not matter. The value of a key is a line of numbers, and each script
begins with reading and ends with writing it:

    limit      a b  for each rate    token bucket: when it is full again, and the rest of that microsecond
                                     fixed window: when it ends, and what is used of it
               r z  for each rate    of a bucket, once anything was given back: how much in all, and how much of it
                                     while calls waited, in microseconds; see `GIVE`
    circuit    generation state failures successes probes_at next,  then  lease until  for each probe
    members    who until             for each process that was there lately
    budget     end tokens cost       of the window, then  lapse tokens cost  for each slot of reservations

A key needs no other one beside it, and any server of a cluster may hold it. A key expires when its numbers say
nothing any more; that they do so is decided by `now` alone, never by whether the server has already removed it. What
lies further ahead than it can, since a clock went back at a failover, is brought near, so that nobody is locked out.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["COMMON", "FORGET", "LOOK", "MICROSECONDS", "PRESENT", "Question", "Records", "Script", "line", "numbers"]

MICROSECONDS = 1_000_000


class Records:
    """The keys of a `FakeStore`: what the server would hold, and until when, in microseconds."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[bytes, float]] = {}
        self._room = 1000

    def __len__(self) -> int:
        """Return how many keys there are."""
        return len(self._values)

    def get(self, key: str) -> bytes:
        """Return the value of `key`; empty where it is not known."""
        return self._values.get(key, (b"", 0.0))[0]

    def put(self, key: str, value: bytes, now: float, until: float) -> None:
        """Keep `value` until then."""
        self._values[key] = value, until
        if len(self._values) > self._room:
            self._values = {key: kept for key, kept in self._values.items() if now < kept[1]}
            self._room = max(1000, 2 * len(self._values))

    def read(self, key: str) -> list[float]:
        """Return the numbers of `key`."""
        return numbers(self.get(key))

    def write(self, key: str, values: Sequence[float], now: float, until: float) -> bytes:
        """Keep `values` until then; return the line."""
        text = line(values)
        self.put(key, text, now, until)
        return text

    def drop(self, key: str) -> None:
        """Forget `key`."""
        self._values.pop(key, None)


def line(values: Sequence[float]) -> bytes:
    """Return numbers as a server keeps them."""
    return " ".join(format(value, ".17g") for value in values).encode()


def numbers(text: str | bytes) -> list[float]:
    """Return the numbers of a line."""
    return list(map(float, text.split()))


_NOW = """\
local time = redis.call('TIME')
local now, longer = time[1] * 1000000 + time[2], 1
"""
COMMON = """\
local function read()
  local values = {}
  for word in string.gmatch(redis.call('GET', KEYS[1]) or '', '%S+') do values[#values + 1] = tonumber(word) or 0 end
  return values
end
local function line(values)
  for i = 1, #values do values[i] = string.format('%.17g', values[i]) end
  return table.concat(values, ' ')
end
local function write(values, expires)
  redis.call('SET', KEYS[1], line(values), 'PX', math.ceil(math.max(expires - now, 0) / 1000) + longer)
end
local given = {}
for i = 1, #ARGV do given[i] = tonumber(ARGV[i]) end
"""


@attrs.frozen(eq=False)
class Script:
    """One question.

    Args:
        name: What messages call it.
        body: The Lua code, which finds `now`, and how much `longer` than it means something a key is kept, in
            milliseconds; with what is `COMMON` before it also `given`, `read`, `line` and `write`.
        run: The same in Python, for the records, the key, `now` and the arguments.
        keeps: Whether it is told once more where the connection broke before the answer. What was spent is: counted
            twice it is on the safe side, and lost it is not. What is given back is not, for the same reason.
    """

    name: str
    body: str
    run: Callable[[Records, str, float, Sequence[Any]], list[Any]]
    keeps: bool = False

    def source(self, clock: str = _NOW) -> str:
        """Return the whole Lua code."""
        return clock + self.body

    @functools.cached_property
    def lua(self) -> bytes:
        """The code that the server gets."""
        return self.source().encode()

    @functools.cached_property
    def sha(self) -> bytes:
        """What the server knows it by."""
        import hashlib

        return hashlib.sha1(self.lua, usedforsecurity=False).hexdigest().encode()


class Question:
    """A script to be run over a key.

    Args:
        script: The script.
        key: The server's key; see `Store.key`.
        given: Its arguments.
        undo: Takes an answer that nobody waits for any more, to give back what it stands for.
        payload: One more argument, of any length.
    """

    __slots__ = ("given", "key", "payload", "script", "undo")

    def __init__(
        self,
        script: Script,
        key: str,
        given: tuple[float, ...] = (),
        undo: Callable[[Any], None] | None = None,
        payload: bytes | None = None,
    ) -> None:
        self.script: Script = script
        self.key: str = key
        self.given: tuple[float, ...] = given
        self.undo: Callable[[Any], None] | None = undo
        self.payload: bytes | None = payload

    def run(self, records: Records, now: float) -> list[Any]:
        """Return what the twin answers."""
        given: tuple[Any, ...] = tuple(map(float, self.given))
        return self.script.run(records, self.key, now, given if self.payload is None else (*given, self.payload))


# given: who says that it is there, and for how many microseconds that holds.
_PRESENT_LUA = """\
local values, kept = read(), {given[1], now + given[2]}
for i = 1, #values - 1, 2 do
  if values[i] ~= given[1] and values[i + 1] > now and values[i + 1] <= now + given[2] then
    kept[#kept + 1] = values[i]
    kept[#kept + 1] = values[i + 1]
  end
end
local count = #kept / 2
write(kept, now + given[2])
return {count}
"""


def _present(records: Records, key: str, now: float, given: Sequence[float]) -> list[Any]:
    values = records.read(key)
    others = zip(values[::2], values[1::2], strict=True)
    kept = [given[0], now + given[1]]
    for who, until in others:
        if who != given[0] and now < until <= now + given[1]:
            kept += [who, until]
    records.write(key, kept, now, now + given[1])
    return [len(kept) // 2]


def _look(records: Records, key: str, now: float, _: Sequence[float]) -> list[Any]:
    return [int(now), records.get(key)]


def _forget(records: Records, key: str, _: float, __: Sequence[float]) -> list[Any]:
    records.drop(key)
    return [1]


PRESENT = Script("present", COMMON + _PRESENT_LUA, _present)
"""Say that this process is there; how many are."""

LOOK = Script("look", "return {now, redis.call('GET', KEYS[1]) or ''}", _look)
"""Read the numbers of a key: now, and the line."""

FORGET = Script("forget", "redis.call('DEL', KEYS[1])\nreturn {1}", _forget)
"""Begin anew."""
