"""Patterns that backtrack without end are refused before they meet a text."""

from __future__ import annotations

import re
import time
import warnings

import pytest
from hypothesis import HealthCheck, event, given, reject, settings
from hypothesis import strategies as st

from beluga.guards import DEFAULT_PII_PATTERNS, DEFAULT_SECRET_PATTERNS, _deobfuscation, _encodings, _normalization
from beluga.guards import _injection_concepts as concepts
from beluga.guards._redos import check_linear, growth
from beluga.guards._regex import scope

PIECES = [
    "a", "b", ".", r"\d", r"\W", "[^a-c]", "[a-z\\s]", "(", ")", "(?:", "(?P<n>", "(?P=n)", r"\1", "(?(1)a|b)", "|", "*", "+", "?",
    "*?", "++", "{2}", "{1,3}", "{2,}", "{1,9}", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:", "(?-i:", "(?s:", "^", "$", r"\A", r"\Z", r"\b", r"\B", "(?!)",
    "é", "\n", " ",
]  # fmt: skip


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+b", r"(a|a)*b", r"(a|ab|b)*c", r"(\w+\s*)*x", r"([a-z]+)*\d", r"(a*)*b", r"(?:a+){1,50}b",
        r"(x+x+)+y", r"(.*)*x", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(?i)(é|É)*x|(a|A+)*y",
        r"(?=(a+)+b)c", r"c(?!(?:a|a)*b)", r"(a+)(\1)+b", r"(a{1,20}){1,20}b", r"(x{0,3}){0,200}y", r"(?:a?){24}b", r"(?>(a+)+)b",
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


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_whatever_compiles_is_judged(pattern: str) -> None:
    """Every expression that `re` takes gets an answer; no operator of its parser is unknown."""
    try:
        re.compile(pattern)
    except re.error:
        reject()
    event("compiles")
    try:
        assert isinstance(growth(pattern), list)
    except ValueError as refused:
        assert "exponential" in str(refused)
    assert scope(re.compile(pattern))[0] in {"word", "line", "window", "whole"}


def test_long_patterns_are_judged_at_once() -> None:
    """A list of five hundred words, and a loop over it, take seconds at most."""
    words = "|".join(f"word{number}end" for number in range(500))
    started = time.process_time()

    assert growth(f"(?:{words})") == []
    assert growth(f"(?:{words} )+") == []
    assert time.process_time() - started < 30


def test_broken_pattern_is_an_error_with_its_name() -> None:
    """What does not compile is reported by name."""
    with pytest.raises(ValueError, match="pattern 'badge' is not a valid regular expression"):
        check_linear("[x", name="badge")


def test_builtin_patterns_cannot_take_exponential_time() -> None:
    """The detector's own patterns pass the check that users' patterns must pass."""
    own = [p for module in (_deobfuscation, _encodings, _normalization, concepts) for p in vars(module).values()]
    patterns = [p for p in own if isinstance(p, re.Pattern)] + [r.pattern for r in (*concepts.RULES, *concepts.MARKERS)]
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
