"""``beluga doctor``, on a machine with other packages than this one."""

from __future__ import annotations

from importlib import metadata

import pytest

pytest.importorskip("typer", reason="the command line is the extra cli")

from typer.testing import CliRunner

from beluga._cli import doctor
from beluga._cli.app import app

RUNNER = CliRunner()
WELL = {"attrs": "25.1.0", "opentelemetry-api": "1.40.0", "opentelemetry-sdk": "1.40.0"}


@pytest.fixture
def examine(monkeypatch):
    """Return what runs the command on a machine with the given packages."""

    def run(packages, owners=("beluga-ai",)):
        def version(name):
            if name == "beluga-ai":
                return "0.1.0"
            if name in packages:
                return packages[name]
            raise metadata.PackageNotFoundError(name)

        asked = [
            "attrs>=24.1",
            "opentelemetry-api>=1.30",
            'redis>=5.2; extra == "redis"',
            'rich>=13.9; extra == "cli"',
            'typer>=0.15; extra == "cli"',
            'redis>=5.2; extra == "all"',
        ]
        monkeypatch.setattr(metadata, "version", version)
        monkeypatch.setattr(metadata, "requires", lambda name: asked)
        monkeypatch.setattr(metadata, "metadata", lambda name: _Metadata())
        monkeypatch.setattr(metadata, "packages_distributions", lambda: {"beluga": list(owners)})
        return RUNNER.invoke(app, ["doctor"])

    return run


class _Metadata:
    def get_all(self, name):
        assert name == "Provides-Extra"
        return ["all", "cli", "redis"]


def test_a_machine_where_all_is_well(examine):
    """Each extra is there, or one is told how to get it; that one is missing is not wrong."""
    result = examine({**WELL, "redis": "8.0.0", "rich": "14.0.0"})
    assert result.exit_code == 0
    lines = result.stdout.splitlines()[1:]
    assert lines == [
        "  always: attrs 25.1.0, opentelemetry-api 1.40.0",
        '  cli: without typer; pip install "beluga-ai[cli]"',
        "  redis: redis 8.0.0",
        "  nothing is wrong",
    ]


@pytest.mark.parametrize(
    ("packages", "owners", "problem"),
    [
        ({"attrs": "23.2"}, (), 'attrs 23.2, and always asks for attrs>=24.1: pip install "attrs>=24.1"'),
        ({"redis": "4.6"}, (), 'redis 4.6, and redis asks for redis>=5.2: pip install "redis>=5.2"'),
        ({}, ("beluga",), "beluga installs a module beluga too: pip uninstall beluga, then install beluga-ai again"),
        (
            {"opentelemetry-sdk": "1.39.0"},
            (),
            "opentelemetry-api is 1.40.0 and opentelemetry-sdk 1.39.0: install the same version of both",
        ),
    ],
)
def test_what_does_not_go_together_is_named_with_the_way_out(examine, packages, owners, problem):
    """The exit status is 1."""
    result = examine({**WELL, **packages}, ("beluga-ai", *owners))
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-2:] == [f"  wrong: {problem}", "  1 to mend"]


def test_a_client_that_tries_again_by_itself_is_noted(examine):
    """Two retries of three attempts are nine requests."""
    result = examine({**WELL, "openai": "3.1.0"})
    assert result.exit_code == 0
    assert "note: openai 3.1.0 makes a failed call again by itself; under @retry give it max_retries=0" in result.stdout


def test_an_interpreter_without_the_global_lock_is_named(examine, monkeypatch):
    """No test covers it."""
    monkeypatch.setattr(doctor.sys, "_is_gil_enabled", lambda: False, raising=False)
    assert "runs without the global lock" in examine(WELL).stdout


def test_the_version_is_printed():
    """For a report of a bug."""
    result = RUNNER.invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout == f"beluga {metadata.version('beluga-ai')}\n"
