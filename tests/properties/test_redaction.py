"""What must hold for every text and every redactor."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beluga.guards import (
    DEFAULT_PII_PATTERNS,
    DEFAULT_SECRET_PATTERNS,
    ContentFilter,
    GuardPipeline,
    PIIPattern,
    PIIRedactor,
    SecretRedactor,
)
from beluga.testing.pii import LabelledText, pii_text, secret_text

THOROUGHLY = settings.get_profile("guards")

PII = PIIRedactor()
SECRETS = SecretRedactor()
OWN = (PIIPattern("badge", r"B-\d{4}"), PIIPattern("b", r"B"), PIIPattern("digits", r"\d{1,9}"), *DEFAULT_PII_PATTERNS)
CUSTOM = PIIRedactor(*DEFAULT_PII_PATTERNS, PIIPattern("badge", r"B-\d{4}"), PIIPattern("case", r"case \d+"))

PIECES = st.sampled_from(
    [
        "a", "Z", " ", "\n", "\r\n", "\t", "1", "@", ".", "-", ":", "/", "(", ")", "=", "[", "]", "\0", "é", "\u0301",
        "\u200b", "\uff11", "\uff20", "\ud800", "[EMAIL]", "ana@example.com", "4111 1111 1111 1111", "555-123-4567",
        "+1 415 555 0132", "DE89 3704 0044 0532 0130 00", "::1", "10.0.0.1", "born ", "March 3, 1980", "passport ",
        "X1234567", "card ", "phone: ", "0494 92 82 32", "https://u:pw@h/x", "password=", "hunter2!x", "Bearer ",
        "token ", "B-1234", "case 12", "API ", "key", "mot ", "de ", "passe : ", "hunter2Zq9",
        "connection ", "string", "id: ", "kata sandi", "пароль", "session ", "NO", "of",
        "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200) | pii_text().map(lambda drawn: drawn.text)
REDACTORS = pytest.mark.parametrize("redactor", [PII, SECRETS, CUSTOM], ids=["pii", "secrets", "custom"])


@REDACTORS
@THOROUGHLY
@given(text=TEXTS)
def test_redacting_twice_changes_nothing_more(redactor, text):
    """Redaction is idempotent: nothing that can be found survives it."""
    once = redactor.redact(text)

    assert once == redactor.redact(once)
    assert not redactor.scan(once)


@REDACTORS
@THOROUGHLY
@given(text=TEXTS)
def test_findings_are_sorted_disjoint_and_in_range(redactor, text):
    """Findings are places in the text as given, in order, and none overlaps another."""
    findings = redactor.scan(text)
    edges = [edge for finding in findings for edge in (finding.start, finding.end)]

    assert edges == sorted(edges)
    assert all(0 <= finding.start < finding.end <= len(text) for finding in findings)


@REDACTORS
@THOROUGHLY
@given(text=TEXTS)
def test_text_outside_the_findings_stays_in_order(redactor, text):
    """The result is the text with each finding's placeholder in its place, and nothing else is changed."""
    placeholders = {pattern.name: pattern.replacement for pattern in redactor.patterns}
    expected, last = "", 0
    for finding in redactor.scan(text):
        expected += text[last : finding.start] + placeholders[finding.kind]
        last = finding.end

    assert redactor.redact(text) == expected + text[last:]


@REDACTORS
@THOROUGHLY
@given(text=TEXTS)
def test_validate_allows_and_gives_the_redacted_text(redactor, text):
    """A redactor never blocks; `modified` is None exactly where nothing was found."""
    result = redactor.validate(text, role="output")

    assert result.allowed
    assert result.modified == (redactor.redact(text) if result.findings else None)


@THOROUGHLY
@given(drawn=pii_text())
def test_every_piece_of_personal_data_is_found(drawn: LabelledText):
    """What the strategy put in is found, whole and by its kind."""
    found = {(finding.start, finding.end, finding.kind) for finding in PII.scan(drawn.text)}

    assert set(drawn.spans) <= found


@THOROUGHLY
@given(drawn=secret_text())
def test_no_secret_survives(drawn: LabelledText):
    """No made-up secret is left in the result."""
    redacted = SECRETS.redact(drawn.text)

    assert not [value for value in drawn.values if value in redacted]


@pytest.mark.parametrize(
    ("kind", "patterns"),
    [(PIIRedactor, DEFAULT_PII_PATTERNS), (SecretRedactor, DEFAULT_SECRET_PATTERNS), (PIIRedactor, OWN)],
    ids=["pii", "secrets", "own"],
)
@THOROUGHLY
@given(text=TEXTS, seed=st.integers(0, 1000))
def test_order_of_registration_makes_no_difference(kind, patterns, text, seed):
    """The same patterns in another order find the same; only their priority counts."""
    shuffled = random.Random(seed).sample(patterns, len(patterns))

    assert kind(*patterns).scan(text) == kind(*shuffled).scan(text)


@THOROUGHLY
@given(text=st.text(st.sampled_from("aX1 -@.")), names=st.permutations(["first", "second", "third"]))
def test_priority_decides_between_two_that_match(text, names):
    """What a pattern of a lower number found, others leave alone, whatever their names and order."""
    low, middle, high = names
    redactor = PIIRedactor(
        PIIPattern(low, r"[a-zA-Z]", priority=3), PIIPattern(middle, r"[aX1]", priority=2), PIIPattern(high, r"X")
    )
    kinds = {"X": high, "a": middle, "1": middle}

    assert [(found.start, found.kind) for found in redactor.scan(text)] == [
        (place, kinds[character]) for place, character in enumerate(text) if character in kinds
    ]


@THOROUGHLY
@given(text=TEXTS)
def test_restoring_gives_the_text_back(text):
    """A reversible redactor's vault takes every pseudonym back."""
    redactor = PIIRedactor(reversible=True)

    assert text == redactor.vault.restore(redactor.redact(text))


@THOROUGHLY
@given(first=pii_text("EMAIL"), second=pii_text("EMAIL"))
def test_equal_values_have_equal_pseudonyms(first, second):
    """In one vault a value has one pseudonym, and a pseudonym one value."""
    redactor = PIIRedactor(reversible=True)
    redactor.redact(first.text), redactor.redact(second.text)
    values = {redactor.vault.restore(token) for token in redactor.vault}

    assert len(values) == len(redactor.vault)
    assert set(first.values) | set(second.values) <= values


@THOROUGHLY
@given(drawn=pii_text("EMAIL", "CREDIT_CARD", "IBAN", "SSN", max_size=2), data=st.data())
def test_full_width_and_invisible_characters_hide_nothing(drawn, data):
    """A disguise that a reader does not see does not help."""
    wide = {ord(ascii_): ord(ascii_) + 0xFEE0 for ascii_ in "0123456789@"}
    hidden = data.draw(st.sampled_from(["\u200b", "\u2060", "\u00ad", ""]))
    for start, end, kind in drawn.spans:
        value = drawn.text[start:end]
        disguised = value[:3].translate(wide) + hidden + value[3:].translate(wide)
        findings = PII.scan(disguised)
        assert [kind] == [finding.kind for finding in findings]
        assert (findings[0].start, findings[0].end) == (0, len(disguised))


@THOROUGHLY
@given(text=TEXTS)
def test_reversible_redaction_is_idempotent(text):
    """Pseudonyms of the vault are no findings, and the text between them stays."""
    redactor = PIIRedactor(reversible=True)
    once = redactor.redact(text)

    assert redactor.redact(once) == once
    assert not redactor.scan(once)


@THOROUGHLY
@given(text=TEXTS, message=st.text(max_size=20))
def test_a_detector_that_raises_blocks(text, message):
    """A pipeline whose redactor fails lets nothing through, and says nothing of the text."""

    def broken(_):
        raise RuntimeError(message + text)

    redactor = PIIRedactor(PIIPattern("mine", r"secret|\d", check=broken))
    result = GuardPipeline(output=[redactor]).validate_output(f"{text} secret 1")

    assert not result.allowed
    assert result.modified is None
    assert result.reason == "the guard failed with RuntimeError"


@THOROUGHLY
@given(text=TEXTS, keywords=st.lists(st.sampled_from(["card", "ana", "BORN", "é", "1", "@"]), unique=True, max_size=4))
def test_filtered_places_are_sorted_disjoint_and_in_range(text, keywords):
    """A content filter's findings are places in the text as given, and it blocks exactly where there are any."""
    guard = ContentFilter(keywords)
    findings = guard.scan(text)
    edges = [edge for finding in findings for edge in (finding.start, finding.end)]

    assert edges == sorted(edges)
    assert all(0 <= finding.start < finding.end <= len(text) for finding in findings)
    assert guard.validate(text).allowed == (not findings)
    assert ContentFilter(keywords[::-1]).validate(text).allowed == guard.validate(text).allowed
