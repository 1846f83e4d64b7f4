"""What a store is asked about the permits of a rate limit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from beluga.stores.scripts import COMMON, MICROSECONDS, Script, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beluga.stores.scripts import Records

__all__ = ["GIVE", "LIMIT", "LONGEST"]

LONGEST = 3600.0 * MICROSECONDS
"""The furthest place that is booked for those who would wait for ever."""

# ARGV: algorithm (0 token bucket, 1 fixed window), latest, reach; then window, limit, cost for each rate. Nearly every
# call of a limit runs this, so it makes no closures and few tables: half of the server's time.
_LIMIT_LUA = """\
local bucket, latest, reach = ARGV[1] == '0', tonumber(ARGV[2]), tonumber(ARGV[3])
local values, wait, expires, text = {}, 0, now, redis.call('GET', KEYS[1])
local count, kept = (#ARGV - 3) / 3, 2
if text then
  for word in string.gmatch(text, '%S+') do values[#values + 1] = tonumber(word) or 0 end
end
for i = 1, count do
  local window, limit, cost = tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2]), tonumber(ARGV[3 * i + 3])
  local a, b, needed = values[2 * i - 1] or 0, values[2 * i] or 0, 0
  if bucket then
    local place = 2 * (count + i)
    local r = values[place - 1]
    if r then
      if a <= now + window then values[place] = 0 end
      if a + r <= now then r = 0 end
      values[place - 1] = r
    end
    if a < now then a, b = now, 0 end
    if a > now + window + reach then a = now + window + reach end
    if b >= limit then b = 0 end
    local whole = math.floor(cost * window / limit)
    a, b = a + whole, b + math.max(0, cost * window - whole * limit)
    if b >= limit then a, b = a + 1, b - limit end
    needed = a - now - window
    if b > 0 then needed = needed + 1 end
    if a + 1 > expires then expires = a + 1 end
    if r and r > 0 then kept, expires = 4, math.max(expires, a + math.min(r, window + reach)) end
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
for i = #values, kept * count + 1, -1 do values[i] = nil end
if #values == 2 and values[2] == 0 then values[2] = nil end
for i = 1, #values do values[i] = string.format('%.17g', values[i]) end
text = table.concat(values, ' ')
if wait <= latest then redis.call('SET', KEYS[1], text, 'PX', math.ceil((expires - now) / 1000) + longer) end
return {wait, now, text}
"""


def _limit(records: Records, key: str, now: float, given: Sequence[float]) -> list[Any]:
    latest, reach = given[1:3]
    rows, wait, expires = _rows(records.read(key), (len(given) - 3) // 3), 0.0, now
    book = _book_in_bucket if given[0] == 0 else _book_in_window
    for i, row in enumerate(rows):
        needed, until = book(row, now, reach, *given[3 * i + 3 : 3 * i + 6])
        wait, expires = max(wait, needed), max(expires, until)
    values = _values(rows)
    if values[1:] == [0]:
        del values[1]
    if wait > latest:
        return [int(wait), int(now), line(values)]
    return [int(wait), int(now), records.write(key, values, now, expires)]


def _rows(values: list[float], count: int) -> list[list[float]]:
    """Return a b r z for each rate."""
    values += [0.0] * (4 * count - len(values))
    return [values[2 * i : 2 * i + 2] + values[2 * (count + i) : 2 * (count + i) + 2] for i in range(count)]


def _values(rows: list[list[float]]) -> list[float]:
    """Return the numbers as they are kept: the last two of each rate only where anything was given back."""
    parts = (slice(0, 2), slice(2, 4)) if any(row[2] > 0 for row in rows) else (slice(0, 2),)
    return [number for part in parts for row in rows for number in row[part]]


def _book_in_bucket(
    row: list[float], now: float, reach: float, window: float, limit: float, cost: float
) -> tuple[float, float]:
    a, b, r, z = row
    if a <= now + window:
        z = 0.0
    if a + r <= now:
        r = 0.0
    if a < now:
        a, b = now, 0.0
    a = min(a, now + window + reach)
    if b >= limit:
        b = 0.0
    whole = math.floor(cost * window / limit)
    a, b = a + whole, b + max(0.0, cost * window - whole * limit)
    if b >= limit:
        a, b = a + 1, b - limit
    row[:] = a, b, r, z
    return a - now - window + (b > 0), a + max(1, min(r, window + reach))


def _book_in_window(
    row: list[float], now: float, reach: float, window: float, limit: float, cost: float
) -> tuple[float, float]:
    a, b, *_ = row
    if now >= a:
        passed = math.floor((now - a) / window) + 1
        a, b = a + passed * window, b - passed * limit
        if b <= 0:
            a, b = now + window, 0.0
    a = min(a, now + window)
    b = min(b, limit * (math.floor(reach / window) + 1)) + cost
    ahead = max(0, math.ceil(b / limit - 1e-9) - 1)
    row[:] = a, b, 0.0, 0.0
    return (a - now + (ahead - 1) * window if ahead else 0.0), a + ahead * window


# given: algorithm, then for each rate window, limit, what to give back (or, where negative, to take); where the booking
# ended, what had been given back of all bookings when it was made, and what a call costs at most, which is more than
# the limit where somebody may hold permits ahead.
_GIVE_LUA = """\
local bucket, values, expires = given[1] == 0, read(), 0
local count, kept = (#given - 1) / 6, 2
if #values == 0 then
  local least, last = 0, 0
  for i = 1, count do
    least, last = math.min(least, given[6 * i - 2]), math.max(last, given[6 * i - 1])
    values[2 * i - 1], values[2 * i] = given[6 * i - 1], 0
  end
  if not bucket or least == 0 or last > now then return {0} end
end
for i = 1, count do
  local window, limit, back, edge, seen, most = unpack(given, 6 * i - 4, 6 * i + 1)
  local a, b = values[2 * i - 1] or 0, values[2 * i] or 0
  local r, z = values[2 * (count + i) - 1] or 0, values[2 * (count + i)] or 0
  if bucket then
    local change, left, waits = back * window / limit, edge - math.max(0, r - seen), a > now + window
    if not waits then z = 0 end
    if change > 0 then
      change = math.min(change, left - now, a - now)
      if left < a and (waits or most > limit) then
        change = math.max(0, math.min(change, window - most * window / limit - z))
        z = z + change
      end
      change = a - math.ceil(a - math.max(0, change))
      r = r + change
    end
    a = math.ceil(a - change)
    expires = math.max(expires, a + 1, math.min(a + r, now + window + 3600000000))
    if r > 0 then kept = 4 end
  else
    local last = math.max(0, math.ceil(b / limit - 1e-9) - 1)
    if now < edge and back < 0 then
      b = b - back
    elseif now < edge and edge == a + last * window then
      b = math.max(last * limit, b - back)
    end
    expires = math.max(expires, a + math.max(0, math.ceil(b / limit) - 1) * window)
  end
  values[2 * i - 1], values[2 * i] = a, b
  values[2 * (count + i) - 1], values[2 * (count + i)] = r, z
end
for i = #values, kept * count + 1, -1 do values[i] = nil end
if #values == 2 and values[2] == 0 and bucket then values[2] = nil end
write(values, expires)
return {1}
"""


def _give(records: Records, key: str, now: float, given: Sequence[float]) -> list[Any]:
    values, expires = records.read(key), 0.0
    if not values:
        edges = given[4::6]
        if given[0] != 0 or min(given[3::6]) >= 0 or max(edges) > now:
            return [0]
        values = [number for edge in edges for number in (edge, 0.0)]
    rows = _rows(values, (len(given) - 1) // 6)
    give = _give_to_bucket if given[0] == 0 else _give_to_window
    for i, row in enumerate(rows):
        expires = max(expires, give(row, now, *given[6 * i + 1 : 6 * i + 7]))
    values = _values(rows)
    if values[1:] == [0] and given[0] == 0:
        del values[1]
    records.write(key, values, now, expires)
    return [1]


def _give_to_bucket(row: list[float], now: float, window: float, limit: float, *booking: float) -> float:
    (a, b, r, z), (back, edge, seen, most) = row, booking
    change, left, waits = back * window / limit, edge - max(0.0, r - seen), a > now + window
    if not waits:
        z = 0.0
    if change > 0:
        change = min(change, left - now, a - now)
        if left < a and (waits or most > limit):
            change = max(0.0, min(change, window - most * window / limit - z))
            z += change
        change = a - math.ceil(a - max(0.0, change))
        r += change
    a = math.ceil(a - change)
    row[:] = a, b, r, z
    return max(a + 1, min(a + r, now + window + LONGEST))


def _give_to_window(row: list[float], now: float, window: float, limit: float, *booking: float) -> float:
    a, b, back, edge = *row[:2], *booking[:2]
    last = max(0, math.ceil(b / limit - 1e-9) - 1)
    if now < edge and back < 0:
        b -= back
    elif now < edge == a + last * window:
        b = max(last * limit, b - back)
    row[:] = a, b, 0.0, 0.0
    return a + max(0, math.ceil(b / limit) - 1) * window


LIMIT = Script("limit", _LIMIT_LUA, _limit)
"""Take permits of all rates or of none: wait, now, and the numbers as they would be; taken where wait <= latest."""

GIVE = Script("give", COMMON + _GIVE_LUA, _give)
"""Give permits back that were taken and not used, as far as the others then admit no more than if they had never been.

A bucket is a queue that drains: a booking takes a piece of it, up to its edge, and what has drained cannot be taken
out. What was given back meanwhile moved the piece forward, so its edge counts less what was (`r`):

    10 in 10 s   A and B book 5 each, edges 5 and 10    A gives 5 back: full at 5, r = 5    at 5 C books 9: full at 14
                 at 6 B gives 5 back: its edge is 10 - 5 now, all of it has drained, and full stays at 14

Those who wait have fixed times and do not move: a piece is taken out from before them only as long as the bucket
still holds something when the next one goes, or the last of them leaves. Of windows the last that is booked counts.

What was used beyond the booking lengthens its piece, also where the bucket was full meanwhile and the key has expired:
then the piece is all there is. A key that is gone before its time was made to begin anew, and does.
"""
