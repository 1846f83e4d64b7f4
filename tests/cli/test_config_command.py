"""The commands that look at a configuration file."""

from __future__ import annotations

import sys
import threading

import pytest

from beluga._cli.config import check, watch

SCHEMA = """
import attrs
from beluga.config import field

@attrs.frozen
class OpenAI:
    api_key: str = field("", secret=True)
    rate: int = field(5, min=1)

@attrs.frozen
class App:
    model: str = "gpt-4o"
    openai: OpenAI = field(factory=OpenAI)
    spare: OpenAI | None = None
"""

SECRET = "sk-live-9f8e7d"


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A file and a module with its schema in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app_settings.py").write_text(SCHEMA)
    (tmp_path / "app.json").write_text(f'{{"openai": {{"api_key": "{SECRET}"}}}}')
    yield tmp_path / "app.json"
    sys.modules.pop("app_settings", None)


def test_check_shows_the_settings_and_masks_secrets(file):
    """A valid file is exit status 0 and its settings."""
    lines = []
    assert check("app.json", "app_settings:App", lines.append) == 0
    assert lines == [
        "app.json: valid",
        "  model = 'gpt-4o'",
        "  openai.api_key = ***",
        "  openai.rate = 5",
        "  spare = None",
    ]


def test_check_tells_every_problem(file):
    """An invalid file is exit status 1, with all problems."""
    file.write_text(f'{{"modle": 1, "openai": {{"api_key": ["{SECRET}"], "rate": 0}}}}')
    lines = []
    assert check("app.json", "app_settings:App", lines.append) == 1
    assert lines == [
        "app.json has 3 problems:",
        "  app.json:1: modle is no known key; did you mean model?",
        "  app.json:1: openai.api_key must be a string",
        "  app.json:1: openai.rate must be an int of at least 1, not 0",
    ]


@pytest.mark.parametrize(
    ("path", "schema", "told"),
    [
        ("none.json", "app_settings:App", "none.json: does not exist"),
        ("app.json", "app_settings", "--schema app_settings: write module:Class, such as app.settings:AppConfig"),
        ("app.json", "no_such_module:App", "--schema no_such_module:App: No module named 'no_such_module'"),
        ("app.json", "app_settings:attrs.x", "--schema app_settings:attrs.x: module "),
        ("app.json", "app_settings:field", "config: <function field"),
        (".", "app_settings:App", ".: cannot be read: Is a directory"),
        ("app.json", "raising:App", "--schema raising:App: RuntimeError: no database"),
        ("app.json", "misspelt:App", "--schema misspelt:App: SyntaxError: "),
        ("app.json", "leaving:App", "--schema leaving:App: SystemExit: 3"),
        ("app.json", "../app:App", "--schema ../app:App: "),
    ],
)
@pytest.mark.parametrize("command", [check, lambda *args: watch(*args, stop=threading.Event())])
def test_what_cannot_be_read_is_status_2(file, path, schema, told, command):
    """A wrong call says what was wrong with it, and so does a module that cannot be imported, whatever it raises."""
    (file.parent / "raising.py").write_text("raise RuntimeError('no database')")
    (file.parent / "misspelt.py").write_text("def (")
    (file.parent / "leaving.py").write_text("raise SystemExit(3)")
    lines = []
    assert command(path, schema, lines.append) == 2
    assert lines[0].startswith(told)


@pytest.mark.parametrize("command", [check, watch])
@pytest.mark.usefixtures("file")
def test_a_prefix_that_is_not_a_name_is_status_2(command):
    """It is told in one line, as every other wrong call is."""
    lines, stop = [], {"stop": threading.Event()} if command is watch else {}
    assert command("app.json", "app_settings:App", lines.append, prefix="APP_", **stop) == 2
    assert lines == ["config: prefix='APP_' must be a name such as 'APP', without the underscore behind it"]


def test_watch_shows_old_and_new_values_and_masks_secrets(file):
    """Each change is one line a setting; a rejected content says why."""
    lines = []
    stop, news = threading.Event(), threading.Semaphore(0)

    def out(line):
        lines.append(line)
        news.release()

    thread = threading.Thread(
        target=watch, args=("app.json", "app_settings:App", out), kwargs={"stop": stop, "interval": 0.02}
    )
    thread.start()

    def heard(count):
        assert all(news.acquire(timeout=60) for _ in range(count))

    heard(1)
    file.write_text('{"model": "mini", "openai": {"api_key": "other"}, "spare": {}}')
    heard(5)
    file.write_text('{"model": 1}')
    heard(2)
    stop.set()
    thread.join()
    assert lines == [
        "watching app.json",
        "model: 'gpt-4o' -> 'mini'",
        "openai.api_key: *** -> ***",
        "spare: None -> absent",
        "spare.api_key: absent -> ***",
        "spare.rate: absent -> 5",
        "rejected; the configuration in use stays:",
        "  app.json:1: model must be a string, not 1",
    ]


def test_check_and_watch_are_commands(file):
    """``beluga config`` has both, and hands the exit status on."""
    testing = pytest.importorskip("typer.testing", reason="the command line is the extra cli")
    from beluga._cli.app import app

    runner = testing.CliRunner()
    valid = runner.invoke(app, ["config", "check", "app.json", "--schema", "app_settings:App"])
    assert valid.exit_code == 0
    assert "app.json: valid" in valid.stdout
    assert SECRET not in valid.output
    file.write_text('{"modle": "x"}')
    assert runner.invoke(app, ["config", "check", "app.json", "--schema", "app_settings:App"]).exit_code == 1
    assert runner.invoke(app, ["config", "check", "none.json", "--schema", "app_settings:App"]).exit_code == 2
    assert runner.invoke(app, ["config", "watch", "app.json", "--schema", "app_settings:App"]).exit_code == 1
    assert runner.invoke(app, ["config", "watch", "app.json", "--schema", "app_settings"]).exit_code == 2
