"""What suites have in common: time that does not pass and, for those of policies, the policy under test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from beluga._engine.kinds import Kind
from beluga.testing.clock import fake_clock
from beluga.testing.contracts.tally import Tally, watched

if TYPE_CHECKING:
    import contextlib

    from beluga._engine.policy import Policy

__all__ = ["PolicySuite", "Suite", "both_streams", "every_kind"]

every_kind: pytest.MarkDecorator = pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name.lower())
both_streams: pytest.MarkDecorator = pytest.mark.parametrize(
    "kind", [kind for kind in Kind if kind.is_stream], ids=lambda kind: kind.name.lower()
)


class Suite:
    """Tests that run in surroundings of their own."""

    def surroundings(self) -> contextlib.AbstractContextManager[Any]:
        """Return the context that every test runs in; virtual time unless overridden."""
        return fake_clock()

    @pytest.fixture(autouse=True)
    def _surrounded(self) -> Any:
        with self.surroundings():
            yield


class PolicySuite(Suite):
    """The policy under test, and how it is put on a function."""

    delays_items = False
    """True where the policy merges or holds back a stream's items."""

    answers_errors = False
    """True where the policy may turn an error into an answer."""

    def make_policy(self) -> Policy:
        """Return a new policy that lets a few healthy calls through."""
        raise NotImplementedError

    def policy_for(self, kind: Kind) -> Policy:
        """Return the policy to put on a function of `kind`; `make_policy` unless it depends on the kind."""
        return self.make_policy()

    def _decorate(self, function: Any, kind: Kind) -> tuple[Any, Tally]:
        tally = Tally()
        return watched(self.policy_for(kind), tally)(function), tally
