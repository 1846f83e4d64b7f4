"""Patterns that backtrack without end are refused before they meet a text."""

from __future__ import annotations

import re
import warnings

import pytest

from beluga.guards import DEFAULT_PII_PATTERNS, DEFAULT_SECRET_PATTERNS
from beluga.guards._injection import reading, rules
from beluga.guards._regex.redos import check_linear
from beluga.guards._text import confusables, deobfuscation, normalization


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+b", r"(a|a)*b", r"(a|ab|b)*c", r"(\w+\s*)*x", r"([a-z]+)*\d", r"(a*)*b", r"(?:a+){1,50}b",
        r"(x+x+)+y", r"(.*)*x", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(?i)(é|É)*x|(a|A+)*y",
    ],
)  # fmt: skip
def test_exponential_patterns_raise(pattern: str) -> None:
    """Two ways round one loop are an error that names what it happens on."""
    with pytest.raises(ValueError, match="exponential time on a run of"):
        check_linear(pattern)


@pytest.mark.parametrize(
    "pattern", [r"\d+x", r"a+a+b", r"\s+$", r"^\s+|\s+$", r"x+(?=y)", r".*foo", r"\w+@\w+", r"^a*b*a*$"]
)
def test_quadratic_patterns_warn(pattern: str) -> None:
    """Two loops over one text are a warning with the worst case."""
    with pytest.warns(UserWarning, match=r"quadratic time on a run of .*, about 50 s for 100 KB"):
        check_linear(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"EMP-[0-9]{6}", r"10\.\d{1,3}\.\d{1,3}", r"(?i)ignore\s+(all\s+)?(previous|above)\s+instructions",
        r"(?i)(show|reveal)\s+(your\s+)?(system\s+)?prompt", r"foo\s*=\s*bar", r"x(?:[ab]{1,20}c){1,9}", r"a++b", "",
        r"(?=a+)b", r"(?P<q>['\"])x(?P=q)", r"(?>ab)c|[^a-z\d_]\W", r"\d+", r"(?:%[0-9a-f]{2})+", r"[A-Z]{3}-\w+", r"^\s*#",
    ],
)  # fmt: skip
def test_linear_patterns_pass_in_silence(pattern: str) -> None:
    """A bounded pattern is neither refused nor warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_linear(pattern)
        check_linear(re.compile(pattern))


def test_broken_pattern_is_an_error_with_its_name() -> None:
    """What does not compile is reported by name."""
    with pytest.raises(ValueError, match="pattern 'badge' is no regular expression"):
        check_linear("[x", name="badge")


def test_builtin_patterns_cannot_take_exponential_time() -> None:
    """The detector's own patterns pass the check that users' patterns must pass."""
    own = [p for module in (deobfuscation, rules, normalization, confusables, reading) for p in vars(module).values()]
    patterns = [p for p in own if isinstance(p, re.Pattern)] + [r.pattern for r in (*rules.RULES, *rules.MARKERS)]
    assert len(patterns) > 30
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # quadratic in theory; what they take is measured with the detector
        for pattern in patterns:
            check_linear(pattern)


@pytest.mark.parametrize("built_in", [*DEFAULT_PII_PATTERNS, *DEFAULT_SECRET_PATTERNS])
def test_builtin_redactors_cannot_take_exponential_time(built_in) -> None:
    """The redactors' own forms, contexts and gates pass the check that users' patterns must pass."""
    parts = (built_in.pattern, built_in.context, built_in.unless, built_in.needs, built_in.shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # quadratic in theory; a passage is short, and what it takes is measured
        for expression in filter(None, parts):
            check_linear(expression, name=built_in.name)
