"""The floors of the house: who may import whom, read from the source.

``python tests/test_architecture.py`` draws the picture in docs/explanation/design.md anew.
"""

from __future__ import annotations

import ast
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import beluga

ROOT = Path(beluga.__file__).parent
PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "design.md"
sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
diagrams = pytest.importorskip("diagrams")
sys.path.pop(0)

# A module imports from lower floors, and from its own room.
FLOORS = {
    "_deprecation": 0,
    "_foreign": 0,
    "_lazy": 0,
    "_types": 0,
    "_values": 0,
    "_version": 0,
    "classification": 0,
    "clock": 0,
    "errors": 0,
    "events": 0,
    "schema": 0,
    "_engine": 1,
    "_traceview": 1,
    "config": 1,
    "guards": 1,
    "prices": 1,
    "prompt": 1,
    "spending": 1,
    "stores": 1,
    "telemetry": 1,
    "_policies": 2,
    "masking": 2,
    "llm": 3,
    "orchestration": 3,
    "logs": 4,
    "__main__": 5,
    "_cli": 5,
    "integrations": 5,
    "testing": 5,
}
# The arrows between rooms of one floor.
SIDEWAYS = {
    "_foreign": "schema",
    "classification": "_foreign",
    "events": "_foreign",
    "errors": "classification",
    "schema": "_lazy _types",
    "config": "_engine",
    "_traceview": "telemetry",
    "prices": "_engine",
    "prompt": "telemetry",
    "spending": "_engine",
    "stores": "_engine",
    "telemetry": "_engine guards",
    "__main__": "_cli",
    "_cli": "testing",
}
# On floors 2 to 4 the arrows between the concepts within a room, too.
WITHIN = {
    "_policies": {
        "breaker": "circuit circuit_shared",
        "budget": "budget_layers budget_shared",
        "budget_layers": "budget_shared",
        "bulkhead": "adaptive slots",
        "circuit_shared": "circuit",
        "cached": "cache_keys cache_shared flights",
        "cache_shared": "flights",
        "guarded": "guarded_stream",
        "fallback": "retry_state",
        "hedge": "retry_state",
        "rate_layers": "rate_algorithms rate_permits",
        "rate_limit": "rate_algorithms rate_layers rate_permits rate_shared",
        "rate_permits": "rate_algorithms",
        "rate_shared": "rate_algorithms rate_layers rate_leases",
        "response_format": "partial",
        "retry": "budget retry_state",
        "structured": "partial response_format structured_stream",
    },
    "llm": {
        "_http": "base",
        "fake": "_http base",
        "middleware": "base",
        "registry": "_http",
    },
    "logs": {"boundary": "loguru_doors records", "loguru_bridge": "records", "loguru_doors": "records"},
    "orchestration": {
        "executor": "nodes",
        "graph": "edges executor nodes",
        "mapping": "nodes results scatter_call tasks",
        "scatter": "executor mapping nodes results scatter_call tasks",
        "scatter_call": "executor",
        "tasks": "scatter_call",
    },
}
MAY_IMPORT = {
    "asyncio": {
        "clock", "_engine.race", "_engine.state", "_engine.timeouts", "testing", "_cli", "llm", "config",
        "orchestration", "stores.links", "stores.redis",
    },
    "threading": {
        "_cli", "_engine.state", "_policies", "classification", "config", "events", "guards.vault",
        "llm", "logs", "stores.redis", "telemetry", "testing",
    },
    "opentelemetry": {"telemetry", "_traceview", "_policies.traced", "testing", "logs", "_cli"},
    "loguru": {"logs"},
    "httpx": {"llm", "testing"},
    "hypothesis": {"testing"},
    "wrapt": {"_engine.wrapping", "masking.standins"},
    "time": {"clock", "testing", "_cli"},
    "random": {"clock", "testing", "llm", "_cli"},
}  # fmt: skip


def _name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in ROOT.rglob("*.py") if _name(path)}


def _statements(node, *, deferred):
    """Yield each statement that runs, of functions only where `deferred` is true; not what only type checkers read."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING":
            continue
        if deferred or not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child
            yield from _statements(child, deferred=deferred)


@cache
def _imports(name, *, deferred=True):
    """Return the absolute name of each module that this one imports."""
    imported = []
    for node in _statements(TREES[name], deferred=deferred):
        if isinstance(node, ast.Import):
            imported += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} has a relative import"
            inner = ((f"{node.module}.{alias.name}", node.module) for alias in node.names)
            imported += (whole if whole.removeprefix("beluga.") in TREES else module for whole, module in inner)
    return imported


def _own_imports(name, *, deferred=True):
    """Yield the modules of beluga that this one imports, without the package's name before them."""
    inner = (each.removeprefix("beluga.") for each in _imports(name, deferred=deferred) if each.startswith("beluga."))
    yield from (each for each in inner if each != name)


def _room(name):
    return name.partition(".")[0]


def _concept(name):
    return name.partition(".")[2].partition(".")[0]


def _arrows():
    """Yield (module, floor, from, to, who may) for every import that needs a row of a table."""
    for name in TREES:
        for target in _own_imports(name):
            room, other = _room(name), _room(target)
            if room != other and FLOORS[room] == FLOORS[other]:
                yield name, room, other, SIDEWAYS
            elif room == other and 2 <= FLOORS[room] <= 4 and len({"", _concept(name), _concept(target)}) == 3:
                yield name, _concept(name), _concept(target), WITHIN.get(room, {})


def _is_in(name, rooms):
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def test_the_table_names_every_room():
    """A new room gets a floor, and one that is gone leaves none behind."""
    assert set(FLOORS) == set(map(_room, TREES))


def test_a_module_imports_from_lower_floors_only():
    """Data flows one way: nothing knows what is built on it."""
    climbing = [
        f"{name} imports {target}"
        for name in TREES
        for target in _own_imports(name)
        if FLOORS[_room(target)] > FLOORS[_room(name)]
    ]
    assert not climbing


def test_neighbours_are_imported_only_where_a_table_says_so():
    """Rooms of one floor, and concepts of one room, know each other only by an arrow that somebody thought about."""
    missing = [
        f"{name}: {source} -> {target}"
        for name, source, target, table in _arrows()
        if target not in table.get(source, "").split()
    ]
    assert not missing, "\n".join(missing)


def test_no_table_holds_an_arrow_that_is_gone():
    """A permission that nobody needs any more is taken back."""
    used = {(id(table), source, target) for _, source, target, table in _arrows()}
    for table in (SIDEWAYS, *WITHIN.values()):
        for source, targets in table.items():
            unused = [target for target in targets.split() if (id(table), source, target) not in used]
            assert not unused, f"{source} -> {' '.join(unused)}"


def _loads(name):
    """Return what is loaded before this module is: what it imports at load time, and the packages around that."""
    wanted = set()
    for target in _own_imports(name, deferred=False):
        parts = target.split(".")
        wanted |= {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    return {each for each in wanted if each != name and not name.startswith(f"{each}.")}


def test_modules_are_loaded_in_one_order():
    """No module needs, at load time, one that needs it: any of them may be imported first."""
    try:
        TopologicalSorter({name: _loads(name) for name in TREES}).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(reversed(circle.args[1])))


def test_heavy_and_forbidden_modules_have_their_rooms():
    """Time, randomness, threads and each big library are imported where they belong, and nowhere else."""
    astray = [
        f"{name} imports {imported}"
        for name in TREES
        for imported in _imports(name)
        if not _is_in(name, MAY_IMPORT.get(_room(imported), {name}))
    ]
    assert not astray


def test_only_the_clock_sleeps():
    """A call of a function named sleep belongs to a clock."""
    sleeping = [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items()
        if not _is_in(name, {"clock", "testing"})
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in {"sleep", "asleep"} and "clock" not in ast.unparse(node.func.value)
    ]
    assert not sleeping


_BEGIN, _END = (f"<!-- {word}: made by tests/test_architecture.py -->" for word in ("begin", "end"))


def _picture():
    """Draw the rooms by floors, and an arrow for each import that does not go through another room anyway."""
    arrows = {room: set() for room in FLOORS}
    for name in TREES:
        arrows[_room(name)] |= {_room(target) for target in _own_imports(name)} - {_room(name)}

    def below(room):
        return arrows[room].union(*map(below, arrows[room]))

    floors = [
        sorted(room for room in FLOORS if FLOORS[room] == floor) for floor in sorted(set(FLOORS.values()), reverse=True)
    ]
    lines = ['<div class="house">', diagrams.house(floors), "</div>", "", "| room | rests on |", "|---|---|"]
    for room in sorted(FLOORS, key=lambda room: (-FLOORS[room], room)):
        direct = arrows[room].difference(*map(below, arrows[room]))
        lines += [f"| `{room}` | {', '.join(f'`{each}`' for each in sorted(direct))} |"] if direct else []
    return "\n".join([_BEGIN, "", *lines, "", _END])


def test_the_page_shows_the_house_as_it_is():
    """The picture in the explanation is the one that the imports give."""
    assert _picture() in PAGE.read_text(encoding="utf-8"), "draw it anew: python tests/test_architecture.py"


if __name__ == "__main__":
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    PAGE.write_text(before + _picture() + rest.partition(_END)[2], encoding="utf-8")
