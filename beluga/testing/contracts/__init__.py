"""Contract suites: inherit one, say what to test, and pytest checks that it keeps every promise.

A suite is an ordinary test class. It needs ``pip install "beluga-ai[testing]"``.

Example:
    >>> from beluga import RateLimiter
    >>> class TestMyLimiter(PolicyContract):
    ...     def make_policy(self):
    ...         return RateLimiter(1000)
"""

from __future__ import annotations

from beluga._lazy import publish
from beluga.testing.contracts.guard import GuardContract
from beluga.testing.contracts.model import ModelContract
from beluga.testing.contracts.policy import PolicyContract
from beluga.testing.contracts.suite import Tally, watched

__all__ = ["GuardContract", "ModelContract", "PolicyContract", "Tally", "watched"]

publish(__name__)
