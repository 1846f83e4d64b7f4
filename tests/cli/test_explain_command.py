"""``beluga explain MODULE:FUNCTION``."""

from __future__ import annotations

import pytest

pytest.importorskip("typer", reason="the command line is the extra cli")

from typer.testing import CliRunner

from beluga._cli.app import app

RUNNER = CliRunner()


def test_the_layers_of_a_function_are_shown(tmp_path, monkeypatch):
    """A module of the current folder is imported, and the plan names its layers."""
    (tmp_path / "desk_of_mine.py").write_text("from beluga import retry\n\n@retry(max_attempts=2)\ndef ask(): ...\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    result = RUNNER.invoke(app, ["explain", "desk_of_mine:ask"])
    assert result.exit_code == 0
    assert "1. retry  max_attempts=2" in result.stdout


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("json", "write MODULE:FUNCTION"),
        ("no_such_module:ask", "No module named 'no_such_module'"),
        ("json:no_such_function", "no attribute 'no_such_function'"),
        ("json:dumps", "'dumps' is not decorated by beluga"),
    ],
)
def test_what_cannot_be_explained_exits_with_2(monkeypatch, target, message):
    """The message says what is missing."""
    monkeypatch.syspath_prepend("")
    result = RUNNER.invoke(app, ["explain", target])
    assert result.exit_code == 2
    assert message in result.stderr
