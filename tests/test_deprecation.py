"""Who uses what is on its way out is told once, at his own line, with the versions."""

from __future__ import annotations

import warnings

import pytest

from beluga import _deprecation


@pytest.fixture(autouse=True)
def _afresh(monkeypatch):
    monkeypatch.setattr(_deprecation, "_TOLD", set())


def _old(option="limit(calls=)"):
    _deprecation.deprecated(option, since="1.1", removed="1.3", instead="limit(permits=)")


def test_the_warning_names_both_versions_and_the_remedy_at_the_users_line():
    """A warning that points into the library cannot be acted on."""
    told = r"^limit\(calls=\) is deprecated since beluga 1.1 and goes in 1.3: write limit\(permits=\)$"
    with pytest.warns(DeprecationWarning, match=told) as seen:
        _old()
    assert seen[0].filename == __file__


def test_each_is_told_once():
    """A loop does not fill the log; another option is told of by itself."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for option in ("one", "other", "one", "other"):
            _old(option)
    assert [str(each.message).partition(" ")[0] for each in seen] == ["one", "other"]
