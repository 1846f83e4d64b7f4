"""What a store is asked about the tokens and the money of a budget."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from beluga.stores.scripts import COMMON, MICROSECONDS, Script, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beluga.stores.scripts import Records

__all__ = ["RESERVE", "SETTLE"]

LONGEST_LEASE = 86_400 * MICROSECONDS

# Reservations lapse with the slot of time that they are in, so that a dead worker's end by themselves, and there are
# few slots to look at however many calls are on their way: 17 at most for all whose leases are within a factor of two.
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


# given: window, lease and the width of its slots, at most so many tokens and so much money (-1 for no bound), and how
# much of both is wanted.
_RESERVE_LUA = """\
local window, lease, width = given[1], given[2], given[3]
local values = opened(read(), window)
local slots = alive(values)
for i, unit in ipairs({2, 3}) do
  local held = values[unit]
  for _, slot in ipairs(slots) do held = held + slot[unit] end
  local limit = given[3 + i]
  if limit >= 0 and (held + given[5 + i] > limit or held >= limit) then return {i, now, held, values[1]} end
end
local lapse = (math.floor((now + lease) / width) + 1) * width
add(slots, lapse, given[6], given[7])
write_slots(values, slots)
return {0, now, line({lapse}), values[1]}
"""


def _reserve(records: Records, key: str, now: float, given: Sequence[float]) -> list[Any]:
    window, lease, width, *limits = given[:5]
    wanted = given[5:7]
    state = _Spending(records.read(key), now, window)
    for i, spent in enumerate((state.tokens, state.cost)):
        held = spent + sum(slot[i] for slot in state.slots.values())
        if limits[i] >= 0 and (held + wanted[i] > limits[i] or held >= limits[i]):
            return [i + 1, int(now), int(held), int(state.end)]
    lapse = (math.floor((now + lease) / width) + 1) * width
    slot = state.slots.setdefault(lapse, [0, 0])
    slot[0] += wanted[0]
    slot[1] += wanted[1]
    state.write(records, key, now)
    return [0, int(now), line([lapse]), int(state.end)]


# given: window, the slot and what was reserved there, and what was used.
_SETTLE_LUA = """\
local values = opened(read(), given[1])
local slots = alive(values)
for i = #slots, 1, -1 do
  local slot = slots[i]
  if slot[1] == given[2] then
    slot[2], slot[3] = math.max(0, slot[2] - given[3]), math.max(0, slot[3] - given[4])
    if slot[2] == 0 and slot[3] == 0 then table.remove(slots, i) end
  end
end
values[2], values[3] = values[2] + given[5], values[3] + given[6]
write_slots(values, slots)
return {1}
"""


def _settle(records: Records, key: str, now: float, given: Sequence[float]) -> list[Any]:
    window, lapse, tokens, cost, used_tokens, used_cost = given
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


RESERVE = Script("reserve", COMMON + _SLOTS_LUA + _RESERVE_LUA, _reserve)
"""Reserve of a budget: 0, now, the slot, the window's end; or which unit is short, now, what is held, the end."""

SETTLE = Script("settle", COMMON + _SLOTS_LUA + _SETTLE_LUA, _settle, keeps=True)
"""Put what was used in the place of what was reserved."""
