"""What holds for the injection detector on any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beluga.guards import InjectionDetector
from beluga.guards import _injection_concepts as concepts
from beluga.guards._injection_concepts import places, tokenise
from beluga.testing.attacks import ATTACKS, EVASIONS, attacks, evasions

THOROUGHLY = settings.get_profile("guards")

DETECTOR = InjectionDetector()
TEXTS = st.text(st.characters(), max_size=200) | st.lists(
    st.sampled_from(
        [
            "ignore",
            "all",
            "previous",
            "instructions",
            "\u200b",
            "the",
            "rules",
            "\ud800",
            "<b>",
            "1gn0r3",
            ".",
        ]
    )
).map(" ".join)


@pytest.mark.parametrize("name", EVASIONS)
def test_no_evasion_of_the_closed_list_escapes(name: str) -> None:
    """A caught attack is caught in every disguise of the list."""
    missed = [attack for attack in ATTACKS if DETECTOR.validate(EVASIONS[name](attack)).allowed]
    assert not missed


@THOROUGHLY
@given(attacks())
def test_every_generated_attack_is_blocked_by_a_named_rule(attack: str) -> None:
    """Whatever the strategy draws is blocked, and the verdict says why."""
    result = DETECTOR.validate(attack)
    assert not result.allowed
    assert result.reason.startswith("injection: ")
    assert all(f.rule and f.kind == "INJECTION" for f in result.findings)


@THOROUGHLY
@given(evasions("The meeting starts at nine in the large room, please bring your badge"))
def test_hiding_alone_is_no_attack(text: str) -> None:
    """Harmless text stays harmless in any disguise but that of a message frame."""
    assert DETECTOR.validate(text).allowed or "<|im_start|>" in text


@THOROUGHLY
@given(st.text(st.characters(max_codepoint=127) | st.sampled_from("aaabz09'' "), max_size=60).map(str.lower))
def test_tokens_are_where_places_says(text: str) -> None:
    """A finding's span is that of the tokens it was made of."""
    assert tokenise(text) == [text[start:end] for start, end in places(text)]


@THOROUGHLY
@given(st.text(st.sampled_from("_INPQSRTOYLMUXABJ"), max_size=60))
def test_the_gate_before_the_rules_loses_no_match(letters: str) -> None:
    """Looking for the indispensable concepts first changes no verdict."""
    expected = [(rule, *match.span()) for rule in concepts.RULES for match in rule.pattern.finditer(letters)]
    assert list(concepts.matches(letters)) == expected


@THOROUGHLY
@given(TEXTS)
def test_findings_are_in_range_sorted_and_disjoint(text: str) -> None:
    """Offsets are usable without a check."""
    findings = DETECTOR.scan(text)
    at = 0
    for finding in findings:
        assert at <= finding.start <= finding.end <= len(text)
        at = finding.end


@THOROUGHLY
@given(TEXTS)
def test_score_agrees_with_the_verdict_and_is_stable(text: str) -> None:
    """The score is a probability, the same each time, and decides the verdict."""
    score = DETECTOR.score(text)
    assert 0.0 <= score <= 1.0
    assert score == DETECTOR.score(text) == InjectionDetector().score(text)
    assert DETECTOR.validate(text).allowed is (score < DETECTOR.threshold)


@THOROUGHLY
@given(TEXTS, TEXTS)
def test_reason_never_depends_on_the_words(text: str, other: str) -> None:
    """The reason is made of rule names alone."""
    allowed = {"injection", "model", "override_instructions", "reveal_prompt", "remove_limits", "hide_from_user",
               "unrestricted_persona", "reserved_token", "hidden_instruction_block", "jailbreak_persona",
               "image_exfiltration", "new_speaker", "role_override"}  # fmt: skip
    reason = DETECTOR.validate(text + other).reason
    assert set(reason.replace(":", "").replace(",", "").split()) <= allowed
