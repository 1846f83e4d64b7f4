"""Keywords and length."""

from __future__ import annotations

import pytest

from beluga.guards import ContentFilter, Guard, MaxLength


@pytest.mark.parametrize(
    ("keywords", "threshold", "text", "allowed"),
    [
        ([], 1, "violence hate", True),
        (["violence", "hate"], 1, "Spreading hate is wrong.", False),
        (["BadWord"], 1, "this has BADWORD in it", False),
        (["bad"], 1, "This went badly", False),
        (["bad", "evil"], 2, "This is bad, bad.", True),
        (["bad", "evil"], 2, "This is bad and evil.", False),
        (["hate"], 1, "h\u200bＡte", False),
        (["i"], 1, "İİ i", False),
        (["x"], 1, "", True),
    ],
)
def test_keywords(keywords, threshold, text, allowed):
    """Enough different keywords block, in any case and through disguises."""
    assert ContentFilter(keywords, threshold).validate(text).allowed is allowed


def test_reason_lists_the_keywords():
    """The reason names the keywords, which are the user's own, and not the text."""
    result = ContentFilter(["spam", "scam"]).validate("my secret plan: spam and a scam")

    assert result.reason == "content blocked: matched keywords [spam, scam]"
    assert [(finding.start, finding.end) for finding in result.findings] == [(16, 20), (27, 31)]


@pytest.mark.parametrize(
    ("keywords", "threshold", "error"),
    [("spam", 1, TypeError), ([""], 1, ValueError), (["a"], 0, ValueError)],
)
def test_bad_arguments(keywords, threshold, error):
    """What would match everything or nothing is refused at once."""
    with pytest.raises(error):
        ContentFilter(keywords, threshold)


def test_length():
    """One character too many blocks."""
    assert MaxLength(3).validate("abc").allowed
    assert MaxLength(3).validate("abcd").reason == "content length 4 exceeds the limit of 3 characters"


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "3"])
def test_bad_limits(limit):
    """A limit is a positive whole number."""
    with pytest.raises(ValueError, match="whole number"):
        MaxLength(limit)


def test_they_are_guards():
    """Both follow the protocol."""
    assert isinstance(ContentFilter([]), Guard)
    assert isinstance(MaxLength(1), Guard)
