"""Where a public name says that it comes from: the package that it is imported from, never a private room."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
import subprocess
import sys
import types
import typing

import attrs
import pytest

import beluga
from beluga import schema

MODULES = ["beluga"] + [
    name
    for _, name, _ in pkgutil.walk_packages(beluga.__path__, "beluga.")
    if not any(part.startswith("_") for part in name.split("."))
]
NAMES = [(module, name) for module in MODULES for name in importlib.import_module(module).__all__]


def _given(module, name):
    return getattr(importlib.import_module(module), name)


OURS = [
    pytest.param(module, name, id=f"{module}.{name}")
    for module, name in NAMES
    if isinstance(_given(module, name), (type, types.FunctionType))
    and (getattr(_given(module, name), "__module__", None) or "").startswith("beluga")
]


@pytest.mark.parametrize(("module", "name"), OURS)
def test_a_public_name_comes_from_a_public_module(module, name):
    """The module that it names is public, and gives away this very object under this very name."""
    value = _given(module, name)
    home = importlib.import_module(value.__module__)
    assert not any(part.startswith("_") for part in home.__name__.split("."))
    assert getattr(home, value.__qualname__) is value
    assert name in home.__all__ or module == home.__name__


@pytest.mark.parametrize(("module", "name"), OURS)
def test_what_a_package_gives_away_is_its_own(module, name):
    """A reader who imports from a package reads in tracebacks what it gives away, and not the file behind it."""
    home = _given(module, name).__module__
    if hasattr(importlib.import_module(module), "__path__"):
        package, _, last = home.rpartition(".")
        is_package = hasattr(importlib.import_module(home), "__path__")
        assert is_package or last in importlib.import_module(package).__all__


@pytest.mark.parametrize(("module", "name"), OURS)
def test_a_public_name_pickles_by_its_public_path(module, name):
    """A pickle holds the path that stays, and reads back as the same object."""
    value = _given(module, name)
    pickled = pickle.dumps(value, protocol=4)
    assert pickle.loads(pickled) is value
    assert value.__module__.encode() in pickled
    assert b"._" not in pickled


def test_text_annotations_are_read_where_they_were_written():
    """A public class says its package, and its annotations still mean what they mean in its own room."""
    assert schema.AIMessage.__module__ == "beluga.schema"
    hints = typing.get_type_hints(schema.AIMessage)
    assert hints["parts"] == tuple[schema.Part, ...]
    assert attrs.fields(attrs.resolve_types(schema.ToolResult)).is_error.type is bool


@pytest.mark.parametrize("first", ["_policies.retry", "_engine.policy", "guards.pipeline", "errors"])
def test_the_order_of_imports_does_not_matter(first):
    """A private module that was there before the name was asked for is labelled as well."""
    code = (
        f"import beluga.{first}, beluga, beluga.guards\n"
        "beluga.retry\n"
        "from beluga._engine.policy import Policy\n"
        "from beluga._policies.retry import RetryPolicy\n"
        "print({each.__module__ for each in (beluga.retry, RetryPolicy, Policy, beluga.GuardPipeline)})\n"
        "print(beluga.guards.Finding.__module__, beluga.RateLimited.__module__, beluga.RetryPolicy)"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.splitlines() == ["{'beluga'}", "beluga.guards beluga.errors <class 'beluga.RetryPolicy'>"]
