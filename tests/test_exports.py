"""The public names: sorted, complete, loadable, and light."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

import beluga
import beluga.guards
import beluga.testing

PUBLIC = [
    name
    for _, name, _ in pkgutil.walk_packages(beluga.__path__, "beluga.")
    if not any(part.startswith("_") for part in name.split("."))
]
HEAVY = ("asyncio", "httpx", "opentelemetry", "loguru", "wrapt")


@pytest.mark.parametrize("name", ["beluga", *PUBLIC])
def test_exports_are_sorted_and_load(name):
    """Each public module lists its names in order, once, and has every one of them."""
    module = importlib.import_module(name)
    exported = list(module.__all__)
    constants_first = sorted(exported, key=lambda n: (not n.isupper(), not n[0].isupper(), n))
    assert exported == constants_first
    assert len(set(exported)) == len(exported)
    for each in exported:
        assert getattr(module, each) is not None


@pytest.mark.parametrize("module", [beluga, beluga.guards, beluga.testing])
def test_dir_lists_the_lazy_names(module):
    """Names that are not loaded yet are listed too, and unknown ones are an AttributeError."""
    assert set(module.__all__) <= set(dir(module))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        module.nothing


def test_every_lazy_name_is_exported():
    """The table of rooms and the list of exports say the same."""
    assert sorted(beluga._HOME | dict.fromkeys(beluga._MODULES)) == sorted(beluga.__all__)


def test_importing_beluga_is_light():
    """Importing beluga, and decorating a plain function, loads none of the big libraries."""
    code = (
        "import sys, beluga\n"
        "@beluga.retry\n"
        "@beluga.breaker\n"
        "@beluga.rate_limited(limit=5)\n"
        "@beluga.budget(5)\n"
        "def ask(): return 1\n"
        "ask()\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", done.stderr
