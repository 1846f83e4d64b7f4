"""What a store can be asked: each question is one script over one key, in one round trip.

A script is written twice: in Lua, which the server runs in one piece, and as a function of Python, which `FakeStore`
runs on virtual time; a property holds both against each other. Both are told `now` in whole microseconds, which is the
server's time, so the clocks of the processes do not matter. The value of a key is a line of numbers, and each script
begins with reading and ends with writing it:

    limit      a b  for each rate    token bucket: when it is full again, and the rest of that microsecond
                                     fixed window: when it ends, and what is used of it
    circuit    generation state failures successes probes_at next,  then  lease until  for each probe
    members    who until             for each process that was there lately
    budget     end tokens cost       of the window, then  lapse tokens cost  for each slot of reservations

A key needs no other one beside it, and any server of a cluster may hold it. A key expires when its numbers say
nothing any more; that they do so is decided by `now` alone, never by whether the server has already removed it. What
lies further ahead than it can, since a clock went back at a failover, is brought near, so that nobody is locked out.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "ADMIT",
    "FORGET",
    "GIVE",
    "LIMIT",
    "LOOK",
    "MICROSECONDS",
    "OUTCOME",
    "PRESENT",
    "RESERVE",
    "SCRIPTS",
    "SETTLE",
    "TRIPPED",
    "Records",
    "Script",
    "numbers",
]

MICROSECONDS = 1_000_000
LONGEST_LEASE = 86_400 * MICROSECONDS
TRIPPED = -2
"""How a call "ended" by which somebody opens a circuit by hand."""


class Records:
    """The keys of a `FakeStore`: a line of numbers each, and when it may be forgotten, in microseconds."""

    def __init__(self) -> None:
        self._lines: dict[str, tuple[str, float]] = {}
        self._room = 1000

    def __len__(self) -> int:
        """Return how many keys there are."""
        return len(self._lines)

    def read(self, key: str) -> list[float]:
        """Return the numbers of `key`; none where it is not known."""
        return numbers(self._lines[key][0]) if key in self._lines else []

    def write(self, key: str, values: Sequence[float], now: float, until: float) -> bytes:
        """Keep `values` until then; return the line."""
        line = _line(values)
        self._lines[key] = (line, until)
        if len(self._lines) > self._room:
            self._lines = {key: kept for key, kept in self._lines.items() if now < kept[1]}
            self._room = max(1000, 2 * len(self._lines))
        return line.encode()

    def drop(self, key: str) -> None:
        """Forget `key`."""
        self._lines.pop(key, None)


def _line(values: Sequence[float]) -> str:
    return " ".join(format(value, ".17g") for value in values)


def numbers(line: str | bytes) -> list[float]:
    """Return the numbers of a line."""
    return list(map(float, line.split()))


_NOW = """\
local time = redis.call('TIME')
local now, longer = time[1] * 1000000 + time[2], 1
"""
_COMMON = """\
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
            milliseconds; with what is `_COMMON` before it also `given`, `read`, `line` and `write`.
        run: The same in Python, for the records, the key, `now` and the arguments.
        keeps: Whether it is told once more where the connection broke before the answer. What was spent is: counted
            twice it is on the safe side, and lost it is not. What is given back is not, for the same reason.
    """

    name: str
    body: str
    run: Callable[[Records, str, float, Sequence[float]], list[Any]]
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


# ARGV: algorithm (0 token bucket, 1 fixed window), latest, reach; then window, limit, cost for each rate. Nearly every
# call of a limit runs this, so it makes no closures and few tables: half of the server's time.
_LIMIT_LUA = """\
local bucket, latest, reach = ARGV[1] == '0', tonumber(ARGV[2]), tonumber(ARGV[3])
local values, wait, expires, text = {}, 0, now, redis.call('GET', KEYS[1])
if text then
  for word in string.gmatch(text, '%S+') do values[#values + 1] = tonumber(word) or 0 end
end
for i = 1, (#ARGV - 3) / 3 do
  local window, limit, cost = tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2]), tonumber(ARGV[3 * i + 3])
  local a, b, needed = values[2 * i - 1] or 0, values[2 * i] or 0, 0
  if bucket then
    if a < now then a, b = now, 0 end
    if a > now + window + reach then a = now + window + reach end
    if b >= limit then b = 0 end
    local whole = math.floor(cost * window / limit)
    a, b = a + whole, b + math.max(0, cost * window - whole * limit)
    if b >= limit then a, b = a + 1, b - limit end
    needed = a - now - window
    if b > 0 then needed = needed + 1 end
    if a + 1 > expires then expires = a + 1 end
  else
    if now >= a then
      local passed = math.floor((now - a) / window) + 1
      a, b = a + passed * window, b - passed * limit
      if b <= 0 then a, b = now + window, 0 end
    end
    if a > now + window then a = now + window end
    b = math.min(b, limit * (math.floor(reach / window) + 1)) + cost
    local ahead = math.max(0, math.ceil(b / limit - 1e-9) - 1)
    if ahead > 0 then needed = a - now + (ahead - 1) * window end
    if a + ahead * window > expires then expires = a + ahead * window end
  end
  if needed > wait then wait = needed end
  values[2 * i - 1], values[2 * i] = a, b
end
if #values == 2 and values[2] == 0 then values[2] = nil end
for i = 1, #values do values[i] = string.format('%.17g', values[i]) end
text = table.concat(values, ' ')
if wait <= latest then redis.call('SET', KEYS[1], text, 'PX', math.ceil((expires - now) / 1000) + longer) end
return {wait, now, text}
"""


def _limit(records: Records, key: str, now: float, given: Sequence[float]) -> list[Any]:
    bucket, latest, reach = given[0] == 0, given[1], given[2]
    values, wait, expires = records.read(key), 0.0, now
    count = (len(given) - 3) // 3
    values += [0.0] * (2 * count - len(values))
    for i in range(count):
        window, limit, cost = given[3 * i + 3 : 3 * i + 6]
        a, b = values[2 * i : 2 * i + 2]
        needed = 0.0
        if bucket:
            if a < now:
                a, b = now, 0.0
            a = min(a, now + window + reach)
            if b >= limit:
                b = 0.0
            whole = math.floor(cost * window / limit)
            a, b = a + whole, b + max(0.0, cost * window - whole * limit)
            if b >= limit:
                a, b = a + 1, b - limit
            needed = a - now - window + (b > 0)
            expires = max(expires, a + 1)
        else:
            if now >= a:
                passed = math.floor((now - a) / window) + 1
                a, b = a + passed * window, b - passed * limit
                if b <= 0:
                    a, b = now + window, 0.0
            a = min(a, now + window)
            b = min(b, limit * (math.floor(reach / window) + 1)) + cost
            ahead = math.ceil(b / limit - 1e-9) - 1
            if ahead > 0:
                needed = a - now + (ahead - 1) * window
            expires = max(expires, a + max(ahead, 0) * window)
        wait = max(wait, needed)
        values[2 * i : 2 * i + 2] = a, b
    if values[1:] == [0]:
        del values[1]
    if wait > latest:
        return [int(wait), int(now), _line(values).encode()]
    return [int(wait), int(now), records.write(key, values, now, expires)]


# given: algorithm, then window, limit, what to give back (or, where negative, to take), and up to when it counts.
_GIVE_LUA = """\
local bucket, values, expires = given[1] == 0, read(), 0
if #values == 0 then return {0} end
for i = 1, (#given - 1) / 4 do
  local window, limit, back, edge = given[4 * i - 2], given[4 * i - 1], given[4 * i], given[4 * i + 1]
  local a, b = values[2 * i - 1] or 0, values[2 * i] or 0
  if bucket then
    local change = back * window / limit
    if change > 0 then change = math.min(change, math.max(0, edge - now)) end
    a = math.ceil(a - change)
    expires = math.max(expires, a + 1)
  elseif now < edge then
    b = math.max(0, b - back)
  end
  expires = math.max(expires, a + math.max(0, math.ceil(b / limit) - 1) * window)
  values[2 * i - 1], values[2 * i] = a, b
end
if #values == 2 and values[2] == 0 and bucket then values[2] = nil end
write(values, expires)
return {1}
"""


def _give(records: Records, key: str, now: float, given: Sequence[float]) -> list[Any]:
    bucket, values, expires = given[0] == 0, records.read(key), 0.0
    if not values:
        return [0]
    count = (len(given) - 1) // 4
    values += [0.0] * (2 * count - len(values))
    for i in range(count):
        window, limit, back, edge = given[4 * i + 1 : 4 * i + 5]
        a, b = values[2 * i : 2 * i + 2]
        if bucket:
            change = back * window / limit
            if change > 0:
                change = min(change, max(0.0, edge - now))
            a = math.ceil(a - change)
            expires = max(expires, a + 1)
        elif now < edge:
            b = max(0.0, b - back)
        expires = max(expires, a + max(0, math.ceil(b / limit) - 1) * window)
        values[2 * i : 2 * i + 2] = a, b
    if values[1:] == [0] and bucket:
        del values[1]
    records.write(key, values, now, expires)
    return [1]


# Reservations lapse with the slot of time that they are in, so that a dead worker's end by themselves, and there are
# never more than ten slots to look at however many calls are on their way.
_SLOTS_LUA = """\
local function opened(values, window)
  if #values < 3 or now >= values[1] then values[1], values[2], values[3] = now + window, 0, 0 end
  values[1] = math.min(values[1], now + window)
  return values
end
local function alive(values)
  local slots = {}
  for i = 4, #values, 3 do
    if values[i] > now and values[i] <= now + 172800000000 then
      slots[#slots + 1] = {values[i], values[i + 1], values[i + 2]}
    end
  end
  return slots
end
local function add(slots, lapse, tokens, cost)
  for _, slot in ipairs(slots) do
    if slot[1] == lapse then
      slot[2], slot[3] = slot[2] + tokens, slot[3] + cost
      return
    end
  end
  slots[#slots + 1] = {lapse, tokens, cost}
end
local function write_slots(values, slots)
  local kept, expires = {values[1], values[2], values[3]}, values[1]
  for _, slot in ipairs(slots) do
    for i = 1, 3 do kept[#kept + 1] = slot[i] end
    expires = math.max(expires, slot[1])
  end
  write(kept, expires)
end
"""


class _Spending:
    """The numbers of a budget, read and written as the code above does."""

    def __init__(self, values: list[float], now: float, window: float) -> None:
        is_known = bool(values) and now < values[0]
        self.end: float = values[0] if is_known else now + window
        self.tokens: float = values[1] if is_known else 0.0
        self.cost: float = values[2] if is_known else 0.0
        self.end = min(self.end, now + window)
        slots = zip(values[3::3], values[4::3], values[5::3], strict=True)
        self.slots = {at: [t, c] for at, t, c in slots if now < at <= now + 2 * LONGEST_LEASE}

    def write(self, records: Records, key: str, now: float) -> None:
        kept = [self.end, self.tokens, self.cost]
        for at, held in self.slots.items():
            kept += [at, *held]
        records.write(key, kept, now, max([self.end, *self.slots]))


# given: window, lease, at most so many tokens and so much money (-1 for no bound), and how much of both is wanted.
_RESERVE_LUA = """\
local window, lease = given[1], given[2]
local values = opened(read(), window)
local slots = alive(values)
for i, unit in ipairs({2, 3}) do
  local held = values[unit]
  for _, slot in ipairs(slots) do held = held + slot[unit] end
  local limit = given[2 + i]
  if limit >= 0 and (held + given[4 + i] > limit or held >= limit) then return {i, now, held, values[1]} end
end
local lapse = (math.floor((now + lease) / (lease / 8)) + 1) * (lease / 8)
add(slots, lapse, given[5], given[6])
write_slots(values, slots)
return {0, now, line({lapse}), values[1]}
"""


def _reserve(records: Records, key: str, now: float, given: Sequence[float]) -> list[Any]:
    window, lease, *limits = given[:4]
    wanted = given[4:6]
    state = _Spending(records.read(key), now, window)
    for i, spent in enumerate((state.tokens, state.cost)):
        held = spent + sum(slot[i] for slot in state.slots.values())
        if limits[i] >= 0 and (held + wanted[i] > limits[i] or held >= limits[i]):
            return [i + 1, int(now), int(held), int(state.end)]
    lapse = (math.floor((now + lease) / (lease / 8)) + 1) * (lease / 8)
    slot = state.slots.setdefault(lapse, [0, 0])
    slot[0] += wanted[0]
    slot[1] += wanted[1]
    state.write(records, key, now)
    return [0, int(now), _line([lapse]).encode(), int(state.end)]


# given: window, lease, the slot and what was reserved there, and what was used.
_SETTLE_LUA = """\
local values = opened(read(), given[1])
local slots = alive(values)
for i = #slots, 1, -1 do
  local slot = slots[i]
  if slot[1] == given[3] then
    slot[2], slot[3] = math.max(0, slot[2] - given[4]), math.max(0, slot[3] - given[5])
    if slot[2] == 0 and slot[3] == 0 then table.remove(slots, i) end
  end
end
values[2], values[3] = values[2] + given[6], values[3] + given[7]
write_slots(values, slots)
return {1}
"""


def _settle(records: Records, key: str, now: float, given: Sequence[float]) -> list[Any]:
    window, _, lapse, tokens, cost, used_tokens, used_cost = given
    state = _Spending(records.read(key), now, window)
    slot = state.slots.get(lapse)
    if slot is not None:
        slot[:] = max(0, slot[0] - tokens), max(0, slot[1] - cost)
        if slot == [0, 0]:
            del state.slots[lapse]
    state.tokens += used_tokens
    state.cost += used_cost
    state.write(records, key, now)
    return [1]


# States: 0 closed, 1 open, 2 half-open. given: seconds from opening to the first probe, probes at once.
_CIRCUIT_LUA = """\
local values, reset = read(), given[1]
for i = 1, 6 do values[i] = values[i] or 0 end
local function change(state, probes_at)
  values = {values[1] + 1, state, 0, 0, probes_at, values[6]}
end
local function probing()
  for i = #values - 1, 7, -2 do
    if values[i + 1] <= now or values[i + 1] > now + reset then
      table.remove(values, i)
      table.remove(values, i)
    end
  end
  return (#values - 6) / 2
end
local function answer(wait, lease)
  local told = {values[2], values[1], values[3], math.max(0, wait), lease}
  write(values, now + 10 * reset + 3600000000)
  return told
end
if values[2] == 1 then values[5] = math.min(values[5], now + reset) end
"""
_ADMIT_LUA = """\
if values[2] == 0 then return {0, values[1], values[3], 0, 0} end
if values[2] == 1 then
  if values[5] > now then return answer(values[5] - now, 0) end
  change(2, 0)
end
if probing() >= given[2] then
  local first = values[8]
  for i = 8, #values, 2 do first = math.min(first, values[i]) end
  return answer(first - now, 0)
end
values[6] = values[6] + 1
values[#values + 1] = values[6]
values[#values + 1] = now + reset
return answer(0, values[6])
"""
# given: also the generation and lease of a call's ticket, whether it was good (1), bad (0), neither (-1) or tripped by
# hand (-2), how many failures in a row open the circuit, and how many good probes close it.
_OUTCOME_LUA = """\
local generation, lease, good = given[3], given[4], given[5]
if good == -2 then
  change(1, now + reset)
elseif generation == values[1] then
  if lease == 0 then
    if good == 1 then values[3] = 0 elseif good == 0 then values[3] = values[3] + 1 end
    if values[3] >= given[6] then change(1, now + reset) end
  else
    for i = #values - 1, 7, -2 do
      if values[i] == lease then
        table.remove(values, i)
        table.remove(values, i)
      end
    end
    if good == 0 then
      change(1, now + reset)
    elseif good == 1 then
      values[4] = values[4] + 1
      if values[4] >= given[7] then change(0, 0) end
    end
  end
end
return answer(values[2] == 1 and values[5] - now or 0, 0)
"""


class _Circuit:
    """The numbers of a circuit, read, changed and written as the code above does."""

    def __init__(self, values: list[float], now: float, reset: float) -> None:
        self.generation, self.state, self.failures, self.successes, self.probes_at, self.next = (
            values[:6] if values else (0.0,) * 6
        )
        self.leases = dict(zip(values[6::2], values[7::2], strict=True))
        self._now, self._reset = now, reset
        if self.state == 1:
            self.probes_at = min(self.probes_at, now + reset)

    def change(self, state: float, probes_at: float = 0.0) -> None:
        self.generation += 1
        self.state, self.probes_at = state, probes_at
        self.failures = self.successes = 0.0
        self.leases = {}

    def answer(self, records: Records, key: str, wait: float = 0.0, lease: float = 0.0) -> list[Any]:
        numbers = [self.generation, self.state, self.failures, self.successes, self.probes_at, self.next]
        for held, until in self.leases.items():
            numbers += [held, until]
        records.write(key, numbers, self._now, self._now + 10 * self._reset + 3600 * MICROSECONDS)
        return [int(n) for n in (self.state, self.generation, self.failures, max(0.0, wait), lease)]


def _admit(records: Records, key: str, now: float, given: Sequence[float]) -> list[Any]:
    reset, most = given
    circuit = _Circuit(records.read(key), now, reset)
    if circuit.state == 0:
        return [0, int(circuit.generation), int(circuit.failures), 0, 0]
    if circuit.state == 1:
        if circuit.probes_at > now:
            return circuit.answer(records, key, circuit.probes_at - now)
        circuit.change(2)
    circuit.leases = {held: until for held, until in circuit.leases.items() if now < until <= now + reset}
    if len(circuit.leases) >= most:
        return circuit.answer(records, key, min(circuit.leases.values()) - now)
    circuit.next += 1
    circuit.leases[circuit.next] = now + reset
    return circuit.answer(records, key, 0.0, circuit.next)


def _outcome(records: Records, key: str, now: float, given: Sequence[float]) -> list[Any]:
    reset, _, generation, lease, good, failures, successes = given
    circuit = _Circuit(records.read(key), now, reset)
    if good == TRIPPED:
        circuit.change(1, now + reset)
    elif generation == circuit.generation:
        if lease == 0:
            circuit.failures = 0.0 if good == 1 else circuit.failures + (good == 0)
            if circuit.failures >= failures:
                circuit.change(1, now + reset)
        else:
            circuit.leases.pop(lease, None)
            if good == 0:
                circuit.change(1, now + reset)
            elif good == 1:
                circuit.successes += 1
                if circuit.successes >= successes:
                    circuit.change(0)
    return circuit.answer(records, key, circuit.probes_at - now if circuit.state == 1 else 0.0)


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
    return [int(now), _line(records.read(key)).encode()]


def _forget(records: Records, key: str, _: float, __: Sequence[float]) -> list[Any]:
    records.drop(key)
    return [1]


LIMIT = Script("limit", _LIMIT_LUA, _limit)
"""Take permits of all rates or of none: wait, now, and the numbers as they would be; taken where wait <= latest."""

GIVE = Script("give", _COMMON + _GIVE_LUA, _give)
"""Give permits back that were taken and not used."""

RESERVE = Script("reserve", _COMMON + _SLOTS_LUA + _RESERVE_LUA, _reserve)
"""Reserve of a budget: 0, now, the slot, the window's end; or which unit is short, now, what is held, the end."""

SETTLE = Script("settle", _COMMON + _SLOTS_LUA + _SETTLE_LUA, _settle, keeps=True)
"""Put what was used in the place of what was reserved."""

ADMIT = Script("admit", _COMMON + _CIRCUIT_LUA + _ADMIT_LUA, _admit)
"""Ask to be let through: state, generation, failures, how long to wait, and the number of a probe's lease."""

OUTCOME = Script("outcome", _COMMON + _CIRCUIT_LUA + _OUTCOME_LUA, _outcome)
"""Tell how a call ended; the same answer."""

PRESENT = Script("present", _COMMON + _PRESENT_LUA, _present)
"""Say that this process is there; how many are."""

LOOK = Script("look", "return {now, redis.call('GET', KEYS[1]) or ''}", _look)
"""Read the numbers of a key: now, and the line."""

FORGET = Script("forget", "redis.call('DEL', KEYS[1])\nreturn {1}", _forget)
"""Begin anew."""

SCRIPTS = (LIMIT, GIVE, RESERVE, SETTLE, ADMIT, OUTCOME, PRESENT, LOOK, FORGET)
