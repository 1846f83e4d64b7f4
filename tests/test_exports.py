"""The public names: sorted, complete, loadable, and light."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from difflib import unified_diff
from pathlib import Path

import public_api
import pytest

import beluga
import beluga.guards
import beluga.orchestration
import beluga.schema
import beluga.telemetry
import beluga.testing

PUBLIC = [
    name
    for _, name, _ in pkgutil.walk_packages(beluga.__path__, "beluga.")
    if not any(part.startswith("_") for part in name.split("."))
]
FACADES = (beluga, beluga.guards, beluga.orchestration, beluga.schema, beluga.telemetry, beluga.testing)
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


@pytest.mark.parametrize("module", FACADES)
def test_dir_lists_the_lazy_names(module):
    """Names that are not loaded yet are listed too, and unknown ones are an AttributeError."""
    assert set(module.__all__) <= set(dir(module))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        module.nothing


@pytest.mark.parametrize("module", FACADES)
def test_every_lazy_name_is_exported(module):
    """Each name of the tables is exported, and each export is in the tables or imported at the top."""
    rooms = [name for names in module._ROOMS.values() for name in names.split()]
    lazy = {*rooms, *getattr(module, "_MODULES", ())} - {"__version__"}
    eager = {
        alias.name
        for node in ast.parse(Path(module.__file__).read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom) and node.module.startswith(module.__name__ + ".")
        for alias in node.names
    }
    assert lazy | eager - {"facade"} == set(module.__all__)


def test_the_public_names_are_those_that_are_promised():
    """A public name comes, goes or changes its signature only where the committed list says so in the same commit."""
    promised = Path(__file__).with_name("public_api.txt").read_text(encoding="utf-8").splitlines()
    difference = "\n".join(unified_diff(promised, public_api.lines(), "promised", "found", lineterm="", n=0))
    assert not difference, f"{difference}\nIf that is meant: python tools/public_api.py > tests/public_api.txt"


def test_a_misspelt_name_gets_a_suggestion():
    """The error of an unknown name knows enough for Python to propose the right one."""
    with pytest.raises(AttributeError) as caught:
        beluga.retri
    assert (caught.value.name, caught.value.obj) == ("retri", beluga)


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


def test_plain_texts_do_without_the_schema():
    """All decorators around a function of plain texts load neither messages nor answers, which take 15 ms."""
    code = (
        "import sys, beluga\n"
        "from beluga.guards import MaxLength\n"
        "@beluga.traced\n"
        "@beluga.guarded(input=[MaxLength(9)], output=[MaxLength(9)])\n"
        "@beluga.budget(tokens=5)\n"
        "@beluga.fallback(lambda text: text)\n"
        "@beluga.retry\n"
        "def ask(text): return text\n"
        "ask('hello')\n"
        "print([name for name in ('response', 'messages') if f'beluga.schema.{name}' in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", done.stderr
