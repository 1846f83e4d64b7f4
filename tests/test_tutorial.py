"""What the pages show is run as their readers would run it, and the pages say how long that takes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from beluga.testing.contracts import PolicyContract

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_FILE = re.compile(r'^```py title="([\w.]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TIMED = re.compile(r"\b(a|two|three|five|ten|twenty) (minute|second)s?\b", re.IGNORECASE)


def _page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def _written(name: str, folder: Path) -> None:
    """Write the files that a page shows; blocks with the same title are one file, in their order."""
    for title, text in _FILE.findall(_page(name)):
        with (folder / title).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n\n")


@pytest.mark.parametrize("name", ["tutorial/first-test.md", "how-to/own-guard.md"])
def test_the_tests_of_a_page_pass_as_they_are_shown(name, tmp_path):
    """Pytest runs all that the page counts."""
    _written(name, tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "."]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    told = re.findall(r"`(\d+ passed)`", _page(name))
    assert len(told) == 1
    assert told[0] in run.stdout, run.stdout + run.stderr


class TestThePolicyOfThePage(PolicyContract):
    """The policy that a page shows keeps the contract to which the page holds it."""

    def make_policy(self):
        """Return a new one."""
        namespace: dict[str, object] = {"__name__": __name__}
        exec(_BLOCK.findall(_page("how-to/own-policy.md"))[0], namespace)
        return namespace["Switch"]()


@pytest.mark.parametrize(
    "name",
    [
        "../README.md",
        *(f"tutorial/{path.name}" for path in (DOCS / "tutorial").glob("*.md")),
        "how-to/fastapi-in-production.md",
        "how-to/more-than-one-process.md",
        "how-to/own-guard.md",
        "how-to/own-policy.md",
    ],
)
def test_a_page_to_work_through_says_how_long_it_takes(name):
    """Before its first command or file, so that nobody begins what they cannot end."""
    begins = _page(name).partition("## Try it")[2] or _page(name)
    assert _TIMED.search(begins.partition("```")[0]), name
