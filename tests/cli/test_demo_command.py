"""``beluga demo`` as a person or a machine runs it."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("typer", reason="the command line is the extra cli")

from typer.testing import CliRunner

from beluga._cli.app import app

RUNNER = CliRunner()


@pytest.fixture
def file(tmp_path):
    """A file with two tickets and two broken lines."""
    path = tmp_path / "tickets.jsonl"
    path.write_text('{"project": "[red]a\\u001b[2J", "text": "hi \\ud800"}\nnonsense\n{"text": ""}\n{"project": "b"}\n')
    return path


def test_a_person_sees_tickets_totals_decorators_and_a_tree():
    """The bundled run shows all four, and exits with 0."""
    result = RUNNER.invoke(app, ["demo"])
    assert result.exit_code == 0
    for shown in ("blocked", "69 tickets: ", "@rate_limited", "ticket in line", "└── answer"):
        assert shown in result.stdout
    assert result.stderr == ""


def test_json_has_exactly_four_parts(file):
    """Machines get tickets, broken lines, totals and decorators, and nothing else on stdout."""
    result = RUNNER.invoke(app, ["demo", str(file), "--json"])
    report = json.loads(result.stdout)
    assert list(report) == ["tickets", "broken", "totals", "decorators"]
    assert [(ticket["line"], ticket["status"]) for ticket in report["tickets"]] == [(1, "answered"), (3, "answered")]
    assert report["broken"] == [
        {"line": 2, "reason": "no JSON at character 1"},
        {"line": 4, "reason": 'no "text"'},
    ]
    assert list(report["decorators"]) == [
        *("traced", "guarded", "fallback", "budget", "retry", "breaker", "rate_limited", "cached", "bulkhead", "hedge"),
    ]
    assert result.exit_code == 0


def test_broken_lines_are_shown_and_strange_names_are_harmless(file):
    """A person sees the number and the reason; a name from the file is neither markup nor control characters."""
    result = RUNNER.invoke(app, ["demo", str(file)])
    assert "line 2 skipped: no JSON at character 1" in result.stdout
    assert "[red]a?[2J" in result.stdout
    assert "\x1b" not in result.stdout
    assert "2 broken lines skipped" in result.stdout.replace("\n", " ")


@pytest.mark.parametrize("content", ["", "\n\n", "nonsense\n"])
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_file_without_a_ticket_exits_with_2(tmp_path, content, more):
    """Nothing could be read: stderr says so, and JSON is still JSON."""
    path = tmp_path / "tickets.jsonl"
    path.write_text(content)
    result = RUNNER.invoke(app, ["demo", str(path), *more])
    assert result.exit_code == 2
    assert "there is no ticket in" in result.stderr
    assert not more or json.loads(result.stdout)["tickets"] == []


def test_a_missing_file_exits_with_2(tmp_path):
    """The message names the file and the reason."""
    result = RUNNER.invoke(app, ["demo", str(tmp_path / "none.jsonl")])
    assert result.exit_code == 2
    assert "none.jsonl: No such file or directory" in result.stderr


@pytest.mark.parametrize("arguments", [["--faults", "1.5"], ["--faults", "nan"], ["--limit", "0"]])
def test_a_wrong_option_exits_with_2(arguments):
    """Figures out of range are refused before anything runs."""
    assert RUNNER.invoke(app, ["demo", *arguments]).exit_code == 2


def test_the_limit_stops_early():
    """Only so many tickets are answered."""
    result = RUNNER.invoke(app, ["demo", "--limit", "3", "--json", "--faults", "0"])
    assert json.loads(result.stdout)["totals"]["tickets"] == 3
