"""What is not checked says why."""

from __future__ import annotations

import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ["beluga", "benchmarks", "examples", "tests", "tools"]
CODES = re.compile(r"noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|(?:type|pyright):\s*ignore(?:\[[\w, -]+\])?")


def unexplained(path):
    """Yield the place of each ignore of the file that stands without a reason."""
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT and (codes := CODES.search(token.string)):
                reason = (token.string[: codes.start()] + token.string[codes.end() :]).strip("# -")
                if not reason:
                    yield f"{path.relative_to(ROOT)}:{token.start[0]} {token.string}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_ignore_has_a_reason(folder):
    """An ignore of a linter or a type checker is a claim, and a claim without a reason cannot be checked."""
    missing = [place for path in sorted((ROOT / folder).rglob("*.py")) for place in unexplained(path)]
    assert not missing, "\n".join(missing)
