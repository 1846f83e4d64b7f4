"""The pytest plugin: fixtures of the test kit, found by pytest on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beluga.llm.fake import FakeProvider
    from beluga.testing.clock import FakeClock
    from beluga.testing.recorders import EventRecorder, SpanRecorder

__all__ = ["events", "fake_clock", "fake_provider", "no_network", "spans"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``beluga_instant`` and ``beluga_no_network`` to pytest's ini options."""
    parser.addini("beluga_instant", "let nothing wait, and no retry make more than so many attempts", default="")
    parser.addini("beluga_no_network", "let no test reach another machine", type="bool", default=False)


@pytest.fixture(autouse=True)
def _beluga_offline(request: pytest.FixtureRequest) -> Iterator[None]:
    if not request.config.getini("beluga_no_network"):
        yield
        return
    from beluga.testing.network import no_network

    with no_network():
        yield


@pytest.fixture(autouse=True)
def _beluga_instant(request: pytest.FixtureRequest) -> Iterator[None]:
    attempts = request.config.getini("beluga_instant")
    if not attempts:
        yield
        return
    from beluga.testing.clock import instant

    with instant(max_attempts=int(attempts)):
        yield


@pytest.fixture
def fake_clock() -> Iterator[FakeClock]:
    """Virtual time for this test."""
    from beluga.testing.clock import fake_clock

    with fake_clock() as clock:
        yield clock


@pytest.fixture
def fake_provider() -> FakeProvider:
    """A fake provider with an empty script; add rules to it, or make your own."""
    from beluga.llm.fake import FakeProvider

    return FakeProvider()


@pytest.fixture
def events() -> Iterator[EventRecorder]:
    """The events of this test."""
    from beluga.testing.recorders import record_events

    with record_events() as recorder:
        yield recorder


@pytest.fixture
def spans() -> Iterator[SpanRecorder]:
    """The spans of this test."""
    from beluga.testing.recorders import record_spans

    with record_spans() as recorder:
        yield recorder


@pytest.fixture
def no_network() -> Iterator[None]:
    """Keep this test off the network."""
    from beluga.testing.network import no_network

    with no_network():
        yield
