"""The example of hot reload prints what its page says."""

from __future__ import annotations

import importlib.util
import pathlib
import sys

EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "config_hot_reload.py"


def test_the_example_keeps_the_last_good_configuration(capsys, monkeypatch):
    """A good edit is followed by the policies, a bad one by nobody, and no secret is printed."""
    spec = importlib.util.spec_from_file_location("config_hot_reload", EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    # The annotations of its schema are looked up there.
    monkeypatch.setitem(sys.modules, spec.name, example)
    spec.loader.exec_module(example)
    example.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [
        "  gpt-4o says fine",
        "  gpt-4o says fine",
        "  refused: the rate limit of 2 per 3600 s is used up",
        "a good edit:",
        "  model: 'gpt-4o' -> 'gpt-4o-mini'",
        "  rate_limit: 2 -> 3",
        "  timeout: 30.0 -> 60.0",
        "  gpt-4o-mini says fine",
        "  refused: the rate limit of 3 per 3600 s is used up",
        "an edit with three mistakes:",
        "  app.json:1: modle is no known key; did you mean model?",
        "  app.json:2: max_tokens must be an int from 1 to 128000, not 4096.5",
        "  app.json:3: temperature must be a finite number from 0 to 2, not 3",
        "an edit that the retry policy forbids:",
        "  does not suit a policy that follows it: retry: max_attempts=0 must be a whole number of at least 1",
        "still in use: gpt-4o-mini 3",
    ]
    assert "sk-example" not in "".join(lines)
