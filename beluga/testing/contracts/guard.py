"""What every guard must keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from beluga.guards.base import Guard, GuardResult
from beluga.testing.strategies import prompts

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["GuardContract"]


class GuardContract:
    """What every guard must keep, on whatever text it meets.

    Set `make_guard` and `telling_texts`.
    """

    telling_texts: Sequence[str] = ()
    """Texts in which the guard finds something."""

    def make_guard(self) -> Guard:
        """Return a new guard."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    def _has_telling_texts(self) -> None:
        assert self.telling_texts, "set telling_texts to at least one text in which the guard finds something"

    def _texts(self, text: str) -> list[str]:
        """Return `text`, and `text` around each telling text."""
        return [text, *(f"{text} {telling} {text}" for telling in self.telling_texts)]

    def test_the_guard_has_a_name(self) -> None:
        """A guard has a name, and is one by structure."""
        guard = self.make_guard()
        assert isinstance(guard, Guard)
        assert isinstance(guard.name, str)
        assert guard.name

    def test_telling_texts_tell(self) -> None:
        """In each of the telling texts something is found, and the verdict blocks or changes it."""
        for text in self.telling_texts:
            result = self.make_guard().validate(text)
            assert result.findings, "tell what was found: findings=(Finding(kind, start, end),)"
            assert not result.allowed or result.modified not in {None, text}

    @settings(suppress_health_check=[HealthCheck.differing_executors], deadline=None)
    @given(prompts())
    def test_every_text_gets_a_verdict(self, text: str) -> None:
        """Whatever the text and the role, the answer is a `GuardResult` with the guard's name, never an error."""
        guard = self.make_guard()
        for role in ("input", "output", "tool"):
            for each in self._texts(text):
                result = guard.validate(each, role=role)
                assert isinstance(result, GuardResult)
                assert result.guard in {"", guard.name}

    @settings(suppress_health_check=[HealthCheck.differing_executors], deadline=None)
    @given(prompts())
    def test_findings_are_places_in_the_text(self, text: str) -> None:
        """Findings are sorted, disjoint, not empty, and within the text as it was given."""
        guard = self.make_guard()
        for each in self._texts(text):
            end = 0
            for finding in guard.validate(each).findings:
                assert end <= finding.start < finding.end <= len(each)
                assert 0.0 <= finding.score <= 1.0
                end = finding.end

    @settings(suppress_health_check=[HealthCheck.differing_executors], deadline=None)
    @given(prompts())
    def test_the_same_text_gets_the_same_verdict(self, text: str) -> None:
        """A guard judges the text and not what it judged before."""
        guard, other = self.make_guard(), self.make_guard()
        texts = self._texts(text)
        verdicts = [guard.validate(each) for each in texts]
        assert [guard.validate(each) for each in texts] == verdicts
        assert [other.validate(each) for each in reversed(texts)] == verdicts[::-1]

    def test_the_reason_does_not_quote_the_text(self) -> None:
        """Neither the reason nor a finding, nor the verdict's repr, holds what was found."""
        for text in self.telling_texts:
            result = self.make_guard().validate(text)
            for finding in result.findings:
                found = text[finding.start : finding.end]
                assert found not in result.reason
                assert found not in repr(result)

    @settings(suppress_health_check=[HealthCheck.differing_executors], deadline=None)
    @given(prompts())
    def test_a_changed_text_is_not_changed_again(self, text: str) -> None:
        """The text that a guard puts in place passes the same guard unchanged."""
        guard = self.make_guard()
        for each in self._texts(text):
            modified = guard.validate(each).modified
            if modified is not None:
                again = guard.validate(modified)
                assert again.allowed
                assert again.modified in {None, modified}
