"""The examples of the documents that need an SDK."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import openai
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "fake-a-provider.md"


@pytest.mark.skipif(openai.__version__.startswith("2."), reason="the page shows openai 3, which is built on httpx2")
def test_the_examples_with_the_sdks_run():
    """Blocks marked py, unlike those marked python, are run here."""
    text = "".join(re.findall(r"^```py\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
    test = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0
