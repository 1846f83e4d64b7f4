"""Run the examples in documents and docstrings; only where sybil is installed, as in ``tox -e docs``."""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("sybil") is not None:
    from doctest import ELLIPSIS

    from sybil import Sybil
    from sybil.parsers.doctest import DocTestParser
    from sybil.parsers.markdown import PythonCodeBlockParser

    markdown = Sybil(
        parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS)],
        patterns=["README.md", "docs/**/*.md"],
    )
    docstrings = Sybil(parsers=[DocTestParser(optionflags=ELLIPSIS)], patterns=["beluga/**/*.py"])
    pytest_collect_file = (markdown + docstrings).pytest()
