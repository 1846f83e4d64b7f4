"""Run the examples in documents and docstrings; only where sybil is installed, as in ``tox -e docs``."""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("sybil") is not None:
    from contextlib import ExitStack
    from doctest import ELLIPSIS
    from typing import Any

    from sybil import Sybil
    from sybil.parsers.doctest import DocTestParser
    from sybil.parsers.markdown import PythonCodeBlockParser

    from beluga.testing import fake_clock

    def stop_the_clock(namespace: dict[str, Any]) -> None:
        """An example says "try again in 60 s", however long the machine thinks between two of its lines."""
        namespace["__clock__"] = stack = ExitStack()
        stack.enter_context(fake_clock())

    def start_the_clock(namespace: dict[str, Any]) -> None:
        """Give the next document a clock of its own."""
        namespace.pop("__clock__").close()

    still = {"setup": stop_the_clock, "teardown": start_the_clock}
    documents = Sybil([PythonCodeBlockParser(doctest_optionflags=ELLIPSIS)], patterns=["*.md"], **still)
    docstrings = Sybil([DocTestParser(optionflags=ELLIPSIS)], path="beluga", patterns=["*.py"], **still)
    pytest_collect_file = (documents + docstrings).pytest()
