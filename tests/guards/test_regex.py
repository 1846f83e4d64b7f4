"""How far a custom pattern may look."""

from __future__ import annotations

import re

import pytest

from beluga.guards._regex import scope


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"EMP-\d{6}", "word"),
        (r"[a-z]+@\S+", "word"),
        (r"\b\w+(?=:)", "word"),
        (r"(?P<a>[^\s,])(?P=a)", "word"),
        (r"case \d+", "line"),
        (r".+x", "line"),
        (r"[^,\n\r\v\f\x85\u2028]+", "line"),
        (r"a\s+b", "whole"),
        (r"[^,]+", "whole"),
        (r"(?s:a.b)", "window"),
        (r"a(?= b)", "line"),
        (r"(?:x|\D)y", "window"),
        (r"a++b", "word"),
        (r"end$", "whole"),
        (r"(?m)end$", "word"),
        (r"end\Z", "whole"),
    ],
)
def test_scope(pattern, expected):
    """A pattern needs a word, a line, a window or the whole text, by what its parts can match."""
    assert scope(re.compile(pattern))[0] == expected
