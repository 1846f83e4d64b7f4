"""Make the test kit's own pytest plugin available, installed or not, and choose how hard properties are tried."""

from __future__ import annotations

import dis
import gc
import os
import re
import sys
import time
from importlib.metadata import entry_points
from importlib.util import find_spec

import pytest
from hypothesis import Phase, seed, settings

_PLUGIN = "beluga.testing.plugin"

# pytest loads an installed plugin by its entry point, and refuses to register it a second time.
_installed = any(entry.value == _PLUGIN for entry in entry_points(group="pytest11"))
pytest_plugins = [] if _installed else [_PLUGIN]

# The real SDKs have environments of their own, one for each major: ``tox -e sdk-openai2,sdk-openai3``.
collect_ignore = [] if all(map(find_spec, ("openai", "anthropic", "httpx2"))) else ["sdk"]
# So have the libraries around the logs and the traces: ``tox -e boundaries``.
if not all(map(find_spec, ("structlog", "pythonjsonlogger", "sentry_sdk", "fastapi", "uvicorn"))):
    collect_ignore.append("boundaries")
# And the frameworks that ask models: ``tox -f clients``.
if not all(map(find_spec, ("agents", "langchain_openai", "pydantic_ai"))):
    collect_ignore.append("clients")

# No deadline: how long one example takes says more about the machine's other work than about the code.
_profile = os.environ.get("HYPOTHESIS_PROFILE", "default")
settings.register_profile("default", max_examples=100, deadline=None)
# The same examples each time, so that green here is green there; Hypothesis does so itself where it finds ``CI`` set.
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, database=None, print_blob=True)
# For ``tox -e mutants``: whether an example is found counts, not the smallest one.
settings.register_profile(
    "mutants", max_examples=50, deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)
settings.register_profile("thorough", max_examples=500, deadline=None, print_blob=True)
settings.load_profile(_profile)
# What the properties of the guards ask for by name: an evasion is rarer than any other counter-example. An example
# may cost 8 ms, so that five hundred of each are for the time before a release: HYPOTHESIS_PROFILE=thorough.
settings.register_profile("guards", max_examples={"ci": 200, "thorough": 500}.get(_profile, 100), deadline=None)


# Properties whose thousands of examples run what the tests beside them run once. Coverage would double their time,
# and looks away for as long.
_NOT_MEASURED = re.compile(
    r"tests/(guards|llm|contracts/test_guards)"
    r"|tests/properties/test_(adapter|config|fake|injection|masking|prompt|readings|redaction|servers)"
)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session):
    """Keep the collector of garbage away from what thirteen thousand tests are made of.

    It took a quarter of a second to look through that, in each of the hundreds of tests that call it.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Let coverage look away while such a property runs."""
    measured = sys.modules["coverage"].Coverage.current() if "coverage" in sys.modules else None
    if measured is None or not item.get_closest_marker("hypothesis") or not _NOT_MEASURED.match(item.nodeid):
        return (yield)
    measured.stop()
    try:
        return (yield)
    finally:
        measured.start()


@pytest.fixture(scope="session")
def until_reached():
    """Run a property, with other examples each time, until they have been everywhere that it is about.

    `reached` is what the property counts in, `wanted` what must be in it at the end.
    """

    def run(holds, reached, wanted, rounds=5):
        for number in range(rounds):
            # The first round is as the profile says; the next ones draw anew also where that is always the same.
            (seed(number)(holds) if number else holds)()
            if wanted <= (+reached).keys():
                break
        assert wanted - (+reached).keys() == set()

    return run


@pytest.fixture(scope="session")
def eventually():
    """Wait for a condition for as long as a machine may take that is busy or stands still, and fail after that."""

    def wait(holds, seconds=60.0):
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"not within {seconds:g} s"
            time.sleep(0.001)

    return wait


@pytest.fixture(scope="session")
def intruding():
    """Run a step, and something else before one bytecode in it, as a signal handler or another thread does."""

    def run(where, step, intrude=lambda: None, at=0, *, after=frozenset()):
        """Return how many bytecodes, or those behind one of `after`, it has in files that begin with `where`."""
        count, last = 0, {}

        def trace(frame, event, _):
            nonlocal count
            code = frame.f_code
            if not code.co_filename.startswith(where):
                return None
            frame.f_trace_opcodes = True
            if event == "call":
                last[id(frame)] = "RESUME"  # not the frame, which would live on
            elif event == "opcode":
                before, last[id(frame)] = last.get(id(frame)), dis.opname[code.co_code[frame.f_lasti]]
                count += not after or before in after
                if count == at and (not after or before in after):
                    sys.settrace(None)
                    intrude()
                    sys.settrace(trace)
            return trace

        outer = sys.gettrace()
        sys.settrace(trace)
        try:
            step()
        finally:
            sys.settrace(outer)
        return count

    return run
