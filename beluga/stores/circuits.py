"""What a store is asked about a circuit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga.stores.scripts import COMMON, MICROSECONDS, Script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beluga.stores.scripts import Records

__all__ = ["ADMIT", "OUTCOME", "TRIPPED"]

TRIPPED = -2
"""How a call "ended" by which somebody opens a circuit by hand."""

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


ADMIT = Script("admit", COMMON + _CIRCUIT_LUA + _ADMIT_LUA, _admit)
"""Ask to be let through: state, generation, failures, how long to wait, and the number of a probe's lease."""

OUTCOME = Script("outcome", COMMON + _CIRCUIT_LUA + _OUTCOME_LUA, _outcome)
"""Tell how a call ended; the same answer."""
