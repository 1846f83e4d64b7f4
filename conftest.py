"""Run the examples in documents and docstrings; only where sybil is installed, as in ``tox -e docs``."""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("sybil") is not None:
    from doctest import ELLIPSIS

    from sybil import Sybil
    from sybil.parsers.doctest import DocTestParser
    from sybil.parsers.markdown import PythonCodeBlockParser

    documents = Sybil([PythonCodeBlockParser(doctest_optionflags=ELLIPSIS)], patterns=["*.md"])
    docstrings = Sybil([DocTestParser(optionflags=ELLIPSIS)], path="beluga", patterns=["*.py"])
    pytest_collect_file = (documents + docstrings).pytest()
