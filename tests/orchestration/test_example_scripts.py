"""The examples of orchestration print what really happens; Sybil runs the page and the docstrings."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

EXPECTED = {
    "scatter": [
        "Node 2: C processed: hello",
        "collect: archive   timed_out after 2.0 s",
        "first:   a web page about refunds",
        "quorum:  search ok, search_2 ok, archive cancelled",
        "fail_fast: ConnectionError [\"scatter: branch 'database' failed\"]",
        "virtual seconds: 2.5",
    ],
    "graph_routing": [
        "Billing team will handle your request: 'I have a billing issue with my invoice'",
        "technical: Technical support is looking into this: 'There is an error on my screen'",
        "  path: support: classify",
        '    n0(["classify"])',
    ],
    "classify_scatter_answer": [
        "turn of 6 s",
        "  archive has 2.0 s",
        "  archive  timed_out after 2.0 s",
        "  answer has 4.0 s",
        "gpt-4o: Your refund for invoice 17 is on its way. (2 facts)",
        "  archive has 0.5 s",
        "gpt-4o-mini: Your refund for invoice 17 is on its way. (1 facts)",
    ],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_prints_what_it_promises(name, capsys, monkeypatch):
    """Each expected line is printed, in this order."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    module.main()
    printed = iter(capsys.readouterr().out.splitlines())
    assert [line for line in EXPECTED[name] if line in printed] == EXPECTED[name]
