"""The files that a page of the tutorial shows are run as its reader would run them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
_FILE = re.compile(r'^```py title="([\w.]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def test_the_first_test_passes_as_it_is_shown(tmp_path):
    """Blocks with the same title are one file, in their order; pytest runs all that the page counts."""
    page = (DOCS / "tutorial/first-test.md").read_text(encoding="utf-8")
    for name, text in _FILE.findall(page):
        with (tmp_path / name).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "."]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    told = re.findall(r"`(\d+ passed)`", page)
    assert len(told) == 1
    assert told[0] in run.stdout, run.stdout + run.stderr
