"""The entry point."""

from __future__ import annotations

import subprocess
import sys

import pytest

from beluga.__main__ import main


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_it_says_how_to_get_it(missing, monkeypatch, capsys):
    """One line on stderr, and the exit status 2."""
    for name in list(sys.modules):
        if name.startswith(("beluga._cli", "typer", "rich")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 2
    assert 'pip install "beluga-ai[cli]"' in capsys.readouterr().err


def test_a_fault_of_our_own_is_not_taken_for_a_missing_extra(monkeypatch):
    """Another module that is missing comes out as it is."""
    monkeypatch.delitem(sys.modules, "beluga._cli.app", raising=False)
    monkeypatch.setitem(sys.modules, "beluga._cli.demo", None)
    with pytest.raises(ModuleNotFoundError, match="demo"):
        main()


def test_it_runs_as_a_module():
    """``python -m beluga --help`` names the commands."""
    done = subprocess.run([sys.executable, "-m", "beluga", "--help"], capture_output=True, text=True, check=True)
    assert "demo" in done.stdout
    assert "explain" in done.stdout
