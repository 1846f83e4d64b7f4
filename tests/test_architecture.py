"""The floors of the house: who may import whom, read from the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import beluga

ROOT = Path(beluga.__file__).parent

# The longest prefix counts. A module imports from lower floors only.
FLOORS = {
    "_foreign": 0,
    "_lazy": 0,
    "_types": 0,
    "_version": 0,
    "classification": 0,
    "clock": 0,
    "errors": 0,
    "events": 0,
    "schema": 0,
    "_engine": 1,
    "config": 1,
    "guards": 1,
    "ledger": 1,
    "prompt": 1,
    "telemetry": 1,
    "_policies": 2,
    "masking": 2,
    "llm": 3,
    "orchestration": 3,
    "logs": 4,
    "__main__": 5,
    "_commands": 5,
    "_demo": 5,
    "cli": 5,
    "demo": 5,
    "testing": 5,
}
WITHIN = {0, 1, 5}  # floors on which rooms may import each other
PAIRS = {
    ("_policies.breaker", "_policies.circuit"),
    ("_policies.budget", "_policies.spending"),
    ("_policies.guarded", "_policies.guarded_stream"),
}
MAY_IMPORT = {
    "asyncio": {"clock", "_engine.timeouts", "testing", "_demo", "llm", "config", "orchestration"},
    "threading": {
        "_policies", "classification", "cli", "config", "events", "guards.vault", "ledger", "llm",
        "logs", "telemetry", "testing",
    },
    "opentelemetry": {"telemetry", "_policies.traced", "testing", "logs", "cli", "demo", "_demo"},
    "loguru": {"logs"},
    "httpx": {"llm", "testing"},
    "hypothesis": {"testing"},
    "wrapt": {"_engine.proxy"},
    "time": {"clock", "testing", "cli", "demo", "_demo"},
    "random": {"clock", "testing", "llm", "cli", "demo", "_demo"},
}  # fmt: skip


def _name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_name(path): path for path in ROOT.rglob("*.py") if _name(path)}


def _floor(name):
    return FLOORS[name.partition(".")[0]]


def _imports(name):
    """Yield what a module imports when it runs, by absolute name; not what only type checkers read."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} has a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner.removeprefix("beluga.") in MODULES else node.module


def _is_in(name, rooms):
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_imports_from_lower_floors_only(name):
    """Data flows one way: nothing knows what is built on it, nor its neighbours on the floors of concerns."""
    for imported in _imports(name):
        target = imported.removeprefix("beluga.")
        if target in (imported, name):
            continue
        same_room = target.partition(".")[0] == name.partition(".")[0]
        same_concern = same_room and target.split(".")[1:2] == name.split(".")[1:2]
        if name == "_engine.policy" and target == "_engine.wrapping":
            continue
        if same_concern or (same_room and _floor(name) != 2):
            continue
        allowed = _floor(target) < _floor(name) or (name, target) in PAIRS
        allowed |= _floor(target) == _floor(name) and _floor(name) in WITHIN
        assert allowed, f"{name} (floor {_floor(name)}) imports {target} (floor {_floor(target)})"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_heavy_and_forbidden_modules_have_their_rooms(name):
    """Time, randomness, threads and each big library are imported where they belong, and nowhere else."""
    for imported in _imports(name):
        package = imported.partition(".")[0]
        if package in MAY_IMPORT:
            assert _is_in(name, MAY_IMPORT[package]), f"{name} imports {imported}"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_only_the_clock_sleeps(name):
    """A call of a function named sleep belongs to a clock."""
    if _is_in(name, {"clock", "testing"}):
        return
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr in {"sleep", "asleep"}:
            assert "clock" in ast.unparse(called.value), f"{name}:{node.lineno}"
