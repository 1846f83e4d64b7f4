"""What a redactor may be told: kinds, what stays, what stands for a finding, and recognisers of one's own."""

from __future__ import annotations

import asyncio
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beluga import guarded
from beluga.errors import GuardBlocked
from beluga.guards import Finding, GuardPipeline, PIIPattern, PIIRedactor, SecretRedactor
from beluga.testing.pii import pii_text, secret_text
from beluga.testing.strategies import chunkings

THOROUGHLY = settings.get_profile("guards")
TEXT = "mail ana@example.com, call 555-123-4567, pay 4111 1111 1111 1111 from 203.0.113.7"


def names(text):
    return [(found.start(), found.end(), "PERSON") for found in re.finditer(r"Ana(?: Roe)?|Roe", text)]


async def awaited_names(text):
    return names(text)


def test_kinds_narrow():
    """Only the named kinds are found."""
    assert PIIRedactor(kinds=["EMAIL"]).redact(TEXT) == TEXT.replace("ana@example.com", "[EMAIL]")


@pytest.mark.parametrize(
    ("entry", "text", "stays"),
    [
        ("support@acme.com", "Support@Acme.com", True),
        ("support@acme.com", "xsupport@acme.com", False),
        ("support@acme.com", "support@acme.com.evil.test", False),
        ("acme.com", "ana@acme.com", True),
        ("@acme.com", "ana@acme.com", True),
        ("acme.com", "ana@eu.acme.com", False),
        ("*.acme.com", "ana@eu.acme.com", True),
        ("*.acme.com", "ana@acme.com", False),
        ("*.acme.com", "https://u:pw12345@db.acme.com/", False),
        ("bot-*@acme.com", "bot-17@acme.com", True),
        ("127.0.0.0/8", "127.1.2.3", True),
        ("127.0.0.0/8", "128.1.2.3", False),
        ("127.0.0.0/8", "::ffff:127.0.0.1", True),
        ("fe80::/10", "fe80::1%eth0", True),
        ("203.0.113.7", "203.0.113.7", True),
        ("+1 415 555 0132", "+1 (415) 555-0132", True),
        ("4111111111111111", "4111-1111-1111-1111", True),
        ("4111111111111111", "5500 0000 0000 0004", False),
    ],
)
def test_what_is_allowed_stays(entry, text, stays):
    """Values, networks, domains and values with an asterisk stay as they are; nothing that only looks like them does."""
    assert (PIIRedactor(allow=[entry]).redact(f"see {text} now") == f"see {text} now") == stays


def test_masks_keep_four_of_at_least_eight():
    """A short value, and one that runs on into the next word, gets its placeholder."""
    redactor = PIIRedactor(PIIPattern("code", r"C-\d{1,8}"), PIIPattern("letters", "[a-z]{9}"), strategy="mask_last4")

    assert redactor.redact("C-1234567 C-123456 abcdefghiX abcdefghi.") == "****4567 [CODE] [LETTERS]X ****fghi."


def test_hashes_are_stable_under_their_key():
    """Equal values have equal hashes under one key, however they are written, and others under another key."""
    first, second, other = (PIIRedactor(strategy="hash", key=key) for key in ("k", b"k", "other"))
    hashed = first.redact("ana@example.com")

    assert re.fullmatch(r"\[EMAIL_[b-t]{16}\]", hashed)
    assert hashed == second.redact("ANA@example.com") != other.redact("ana@example.com")
    assert first.redact("bob@example.com") != hashed
    assert PIIRedactor(strategy="hash").redact("ana@example.com") != hashed


def test_each_kind_may_have_its_own_strategy():
    """A mapping names strategies by kind, functions among them; the others get their placeholder."""
    redactor = PIIRedactor(strategy={"CREDIT_CARD": "mask_last4", "EMAIL": lambda text: f"<{len(text)}>"})

    assert redactor.redact(TEXT) == "mail <15>, call [PHONE], pay ****1111 from [IP_ADDRESS]"


def test_what_a_strategy_returns_must_be_text():
    """Anything else is named by its type, without the value."""
    with pytest.raises(TypeError, match="strategy for EMAIL must return str, not int") as caught:
        PIIRedactor(strategy=len).redact("ana@example.com")
    assert "ana" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kinds": ["EMIAL"]}, "did you mean 'EMAIL'"),
        ({"kinds": ["email"]}, "did you mean 'EMAIL'"),
        ({"kinds": "EMAIL"}, r"must be a list, such as \['EMAIL'\]"),
        ({"kinds": []}, "would find nothing"),
        ({"strategy": "hsah"}, "did you mean 'hash'"),
        ({"strategy": 3}, "3 is not a strategy"),
        ({"strategy": {"EMIAL": "hash"}}, "did you mean 'EMAIL'"),
        ({"strategy": {"EMIAL": "hash"}, "recognisers": [names]}, "did you mean 'EMAIL'"),
        ({"strategy": lambda: ""}, "called with the text found alone"),
        ({"strategy": "hash", "key": ""}, "not empty"),
        ({"key": "k"}, "for hashes alone"),
        ({"strategy": "hash", "reversible": True}, "no place for a strategy"),
        ({"allow": "a@b.co"}, "must be a list"),
        ({"allow": ["10.0.0.1/8"]}, "has host bits set"),
        ({"allow": ["300.1.1.0/24"]}, "not a network"),
        ({"allow": ["*"]}, "give values, networks"),
        ({"allow": [7]}, "give values, networks"),
        ({"recognisers": names}, "must be a list"),
        ({"recognisers": ["spacy"]}, "a recogniser is a function"),
    ],
)
def test_bad_options_are_refused_at_once(options, said):
    """A misspelt name or a senseless value is an error of the construction, which says what was meant."""
    with pytest.raises((TypeError, ValueError), match=said):
        PIIRedactor(**options)


@pytest.mark.parametrize("found", [(0, 3, "PERSON"), Finding("PERSON", 0, 3)], ids=["triple", "finding"])
def test_recognisers_find_beside_the_patterns(found):
    """What a recogniser finds is redacted like anything else."""
    redactor = PIIRedactor(recognisers=[lambda text: [found] if text.startswith("Ana") else []])

    assert redactor.redact("Ana: ana@example.com") == "[PERSON]: [EMAIL]"
    assert redactor.redact("[PERSON]: [EMAIL]") == "[PERSON]: [EMAIL]"


def test_patterns_and_placeholders_are_cut_out_of_what_recognisers_find():
    """What is left of a span is redacted; what is left as it is by `allow`, stays."""
    redactor = PIIRedactor(recognisers=[lambda text: [(0, len(text), "line")]], allow=["Roe"])

    assert redactor.redact("Ana ana@example.com, Roe") == "[LINE] [EMAIL], Roe"
    assert redactor.redact("Ana [EMAIL] Bo") == "[LINE] [EMAIL] [LINE]"


def test_a_recogniser_sees_sentences():
    """A stream lets a sentence go when the next one begins, and no sooner."""
    shown = []
    redactor = PIIRedactor(recognisers=[lambda text: shown.append(text) or names(text)])
    stream = redactor.stream()
    out = [stream.feed(word) for word in ("Ask Mr. ", "Ana ", "Roe ", "first. ", "Then ", "call 555-123-", "4567\n")]

    assert [*out, stream.close()] == ["", "", "", "", "Ask Mr. [PERSON] first. ", "", "", "Then call [PHONE]\n"]
    assert shown == ["Ask Mr. Ana Roe first. ", "Then call 555-123-4567\n"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "returned NoneType; it must return findings"),
        ("Ana", "returned str"),
        ([3], r"must find \(start, end, kind\), not int"),
        ([("0", 3, "A")], "must find"),
        ([(0, 3, "")], "must find"),
        ([(0, 99, "A")], "found A from 0 to 99 in a text of 3 characters"),
        ([(2, 1, "A")], "found A from 2 to 1"),
    ],
)
def test_nonsense_of_a_recogniser_blocks(answer, said):
    """An answer that is none is an error that does not quote the text, and a pipeline blocks."""
    redactor = PIIRedactor(recognisers=[lambda text: answer])

    with pytest.raises((TypeError, ValueError), match=said):
        redactor.redact("Zoe")
    assert not GuardPipeline(output=[redactor]).validate_output("Zoe").allowed


def test_a_recogniser_that_fails_blocks():
    """Nothing gets out of a function, and nothing more of a stream."""

    def broken(text):
        raise RuntimeError(text)

    redactor = PIIRedactor(recognisers=[broken])
    with pytest.raises(GuardBlocked):
        guarded(output=[redactor])(lambda: "Ana")()
    stream = redactor.stream()
    stream.feed("Ana is ")
    with pytest.raises(RuntimeError):
        stream.close()
    assert stream.close() == ""


def test_async_recognisers_are_awaited():
    """An async function and an async stream give what was redacted with an async recogniser."""
    redactor = PIIRedactor(recognisers=[awaited_names])

    @guarded(output=[redactor])
    async def whole():
        return "Ana: ana@example.com"

    @guarded(output=[redactor])
    async def pieces():
        for piece in ("A", "na: ana@exam", "ple.com"):
            yield piece

    async def collect():
        return await whole(), "".join([piece async for piece in pieces()])

    assert asyncio.run(collect()) == ("[PERSON]: [EMAIL]", "[PERSON]: [EMAIL]")


def test_async_recognisers_are_refused_where_nobody_awaits():
    """A plain function cannot be guarded with one, and a call that does not await says what to do."""
    redactor = PIIRedactor(recognisers=[awaited_names])

    with pytest.raises(TypeError, match="can only be awaited"):
        guarded(output=[redactor])(lambda: "Ana")
    for ask in (redactor.redact, redactor.validate, lambda _: redactor.stream()):
        with pytest.raises(TypeError, match="async recogniser"):
            ask("Ana")


OPTIONS = {
    "mask": {"strategy": "mask_last4"},
    "hash": {"strategy": "hash", "key": "k"},
    "by kind": {"strategy": {"EMAIL": "mask_last4", "PHONE": "hash"}},
    "allow": {"allow": ["ana@example.com", "10.0.0.0/8", "*.org"]},
    "kinds": {"kinds": ["EMAIL", "PHONE"]},
    "recogniser": {"recognisers": [names], "strategy": {"PERSON": "hash"}},
}
PIECES = st.sampled_from(
    [
        " ", "\n", ". ", "Ana", "Roe ", "Then ", "****", "*", "1", "12", "9", "_", "\u200b", "é", "call ", "card ", "born ",
        "passport ", "BOB@EXAMPLE.COM", "ana@example.com", "555-123-4567", "4111 1111 1111 1111", "10.0.0.1", "8.8.8.8",
        "X1234567", "3. March 1980", "DE89 3704 0044 0532 0130 00", "[EMAIL]", "[SECRET]", "password=", "order ",
        "hunterhunter!", "token ", "sentence. ",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=30).map("".join) | pii_text().map(lambda drawn: drawn.text)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@THOROUGHLY
@given(text=TEXTS.flatmap(lambda text: st.tuples(st.just(text), chunkings(text))))
def test_every_option_streams_and_is_idempotent(options, text):
    """With every option a stream gives what the whole gives, and a second pass changes nothing."""
    whole, chunks = text
    redactor = PIIRedactor(**options)
    once = redactor.redact(whole)
    stream = redactor.stream()

    assert "".join([*map(stream.feed, chunks), stream.close()]) == once
    assert redactor.redact(once) == once


@pytest.mark.parametrize("order", ["personal data first", "secrets first"])
@THOROUGHLY
@given(text=TEXTS | secret_text().map(lambda drawn: drawn.text))
def test_two_redactors_in_turn_are_idempotent(order, text):
    """What one redactor puts makes the other find nothing new."""
    pair = [PIIRedactor(), SecretRedactor()] if order == "personal data first" else [SecretRedactor(), PIIRedactor()]

    def both(text):
        return pair[1].redact(pair[0].redact(text))

    once = both(text)
    assert both(once) == once
