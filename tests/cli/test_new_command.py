"""``beluga new``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("typer", reason="the command line is the extra cli")

from typer.testing import CliRunner

import beluga
from beluga._cli.app import app

RUNNER = CliRunner()


def test_the_tests_of_a_new_project_pass(tmp_path):
    """They run as its README says, in a process of their own."""
    result = RUNNER.invoke(app, ["new", str(tmp_path / "support-desk")])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == f"now: cd {tmp_path / 'support-desk'} && python -m pytest"
    environment = {"PYTHONPATH": str(Path(beluga.__file__).parents[1]), "PATH": ""}
    options = ["-q", "-p", "no:cacheprovider"]
    if not any("beluga" in str(plugin) for plugin in _installed()):
        options += ["-p", "beluga.testing.plugin"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=tmp_path / "support-desk",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "5 passed" in ran.stdout


def _installed():
    from importlib.metadata import entry_points

    return [entry.value for entry in entry_points(group="pytest11")]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x--y", "'x--y' is not a project's name"),
        ("9", "'9' is not a project's name"),
        ("été", "'été' is not a project's name"),
        ("beluga", "a module of the name beluga would hide another one"),
        ("json", "a module of the name json would hide another one"),
        ("pytest", "a module of the name pytest would hide another one"),
        ("class", "class is a word of Python's own"),
        ("full", "full is not empty: nothing was written"),
        ("file", "file: Not a directory"),
        ("file/inner", "inner: Not a directory"),
    ],
)
def test_what_cannot_be_a_project_exits_with_2(tmp_path, monkeypatch, name, message):
    """Nothing is written, and what is there stays."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    result = RUNNER.invoke(app, ["new", name])
    assert result.exit_code == 2
    assert message in result.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "full", "mine.txt"]


def test_an_empty_folder_is_filled(tmp_path):
    """Such as one that a code host has just made."""
    assert RUNNER.invoke(app, ["new", str(tmp_path)]).exit_code in {0, 2}
    folder = tmp_path / "desk"
    folder.mkdir()
    assert RUNNER.invoke(app, ["new", str(folder)]).exit_code == 0
    assert (folder / "desk.py").exists()
