"""What every policy must keep about the callable that it decorates."""

from __future__ import annotations

import inspect
import pickle
import sys
from typing import TYPE_CHECKING, Any

import pytest

from beluga.testing.contracts.subjects import outcome, shaped, subject
from beluga.testing.contracts.suite import PolicySuite, every_kind
from beluga.testing.contracts.tally import Tally, watched

if TYPE_CHECKING:
    from beluga._engine.kinds import Kind

__all__ = ["CallableRules"]


class CallableRules(PolicySuite):
    """Every callable can be decorated, and a function stays what it is."""

    @every_kind
    @pytest.mark.parametrize("shape", ["method", "bound method", "classmethod", "staticmethod", "partial", "object"])
    def test_every_callable_can_be_decorated(self, kind: Kind, shape: str) -> None:
        """Methods, class and static methods, partials and callable objects work like functions."""
        tally = Tally()
        function = shaped(shape, kind, watched(self.policy_for(kind), tally))
        assert outcome(kind, function, "given") == "given"
        assert tally.entered == 1
        tally.assert_balanced()

    @every_kind
    def test_the_function_stays_what_it_is(self, kind: Kind) -> None:
        """Kind, name, documentation, signature and ``__wrapped__`` are those of the function."""
        plain = subject(kind)
        function = self.policy_for(kind)(plain)
        tests = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
        assert inspect.isfunction(function)
        assert [test(function) for test in tests] == [test(plain) for test in tests]
        assert inspect.signature(function) == inspect.signature(plain)
        assert inspect.getdoc(function) == "Give the text back."
        assert (function.__name__, function.__qualname__) == (plain.__name__, plain.__qualname__)
        assert function.__module__ == plain.__module__
        assert function.__wrapped__ is plain  # type: ignore[attr-defined]

    @every_kind
    def test_the_function_pickles_by_name(self, kind: Kind) -> None:
        """A decorated function of a module pickles like any other function."""
        plain = subject(kind)
        plain.__qualname__ = plain.__name__ = "pickled_by_contract"
        function = self.policy_for(kind)(plain)
        module: Any = sys.modules[plain.__module__]
        module.pickled_by_contract = function
        try:
            assert pickle.loads(pickle.dumps(function)) is function
        finally:
            del module.pickled_by_contract
