"""``beluga explain MODULE:FUNCTION``."""

from __future__ import annotations

import sys

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


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return what writes a package of the name ``shop_of_mine`` into the current folder."""

    def write(**modules):
        folder = tmp_path / "shop_of_mine"
        folder.mkdir()
        for name, text in {"__init__": "", **modules}.items():
            (folder / f"{name}.py").write_text(text)

    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    yield write
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop_of_mine"]:
        del sys.modules[name]


def test_all_of_a_package_is_explained_once(package):
    """Functions, methods and nested classes, where they are written; a ``__main__`` is not run."""
    package(
        llm=(
            "from beluga import retry\n\n@retry\ndef ask(): ...\n\nalias = ask\n\n"
            "class Desk:\n    @staticmethod\n    @retry\n    def open(): ...\n\n"
            "    class Inner:\n        @retry\n        def close(self): ...\n"
        ),
        user="from shop_of_mine.llm import ask\n",
        __main__="raise SystemExit('was run')\n",
    )
    result = RUNNER.invoke(app, ["explain", "--all", "shop_of_mine"])
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if line.startswith("shop_of_mine")] == [
        "shop_of_mine.llm:ask",
        "shop_of_mine.llm:Desk.open",
        "shop_of_mine.llm:Desk.Inner.close",
    ]
    assert result.stdout.endswith("decorated functions: 3, warnings: 0\n")


@pytest.mark.parametrize(
    ("modules", "status", "message"),
    [
        ({"llm": "from beluga import retry\n@retry\n@retry\ndef ask(): ...\n"}, 1, "warnings: 1"),
        ({"llm": "def ask(): ...\n"}, 2, "nothing in shop_of_mine is decorated"),
        ({"llm": "raise OSError('no disk')\n"}, 2, "shop_of_mine.llm: cannot be imported: OSError: no disk"),
        ({"llm": "raise SystemExit(0)\n"}, 2, "shop_of_mine.llm: cannot be imported: SystemExit: 0"),
    ],
)
def test_the_exit_status_tells_ci_what_is_wrong_in_a_package(package, modules, status, message):
    """1 where something is misplaced; 2 where nothing is decorated, or a module cannot be imported."""
    package(**modules)
    result = RUNNER.invoke(app, ["explain", "--all", "shop_of_mine"])
    assert result.exit_code == status
    assert message in result.stdout + result.stderr


@pytest.mark.parametrize("body", ["def ask(:\n", "{}['no key']\n", "raise SystemExit(0)\n"])
def test_a_module_that_fails_when_it_is_imported_exits_with_2(package, body):
    """Whatever it raises, in one line: to end the process with 0 is not an explanation."""
    package(llm=body)
    result = RUNNER.invoke(app, ["explain", "shop_of_mine.llm:ask"])
    assert result.exit_code == 2
    assert result.stderr.startswith("beluga explain: shop_of_mine.llm: cannot be imported: ")


def test_a_package_that_is_not_there_exits_with_2():
    """The message says so."""
    result = RUNNER.invoke(app, ["explain", "--all", "no_such_package"])
    assert result.exit_code == 2
    assert "No module named 'no_such_package'" in result.stderr
