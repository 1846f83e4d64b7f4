"""What a store is asked about the permits of a rate limit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from beluga.stores.scripts import COMMON, Script, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beluga.stores.scripts import Records

__all__ = ["GIVE", "LIMIT"]

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
        return [int(wait), int(now), line(values)]
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


LIMIT = Script("limit", _LIMIT_LUA, _limit)
"""Take permits of all rates or of none: wait, now, and the numbers as they would be; taken where wait <= latest."""

GIVE = Script("give", COMMON + _GIVE_LUA, _give)
"""Give permits back that were taken and not used."""
