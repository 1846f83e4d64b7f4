"""Personal data, kind by kind."""

from __future__ import annotations

import pytest

from beluga.guards import DEFAULT_PII_PATTERNS, Guard, PIIPattern, PIIRedactor, SecretRedactor

redactor = PIIRedactor()


def found(text):
    return [(finding.kind, text[finding.start : finding.end]) for finding in redactor.scan(text)]


def test_recipe():
    """The recipe's text comes out as the recipe says."""
    text = (
        "Contact John at john.doe@example.com or call 555-123-4567. "
        "His SSN is 123-45-6789 and card number is 4111-1111-1111-1111."
    )

    assert PIIRedactor(*DEFAULT_PII_PATTERNS).validate(text, role="output").modified == (
        "Contact John at [EMAIL] or call [PHONE]. His SSN is [SSN] and card number is [CREDIT_CARD]."
    )


def test_recipe_with_custom_patterns():
    """Given patterns replace the defaults, with their own placeholders."""
    custom = PIIRedactor(
        PIIPattern("employee_id", r"EMP-[0-9]{6}", "[EMPLOYEE_ID]"),
        PIIPattern("internal_ip", r"10\.\d{1,3}\.\d{1,3}\.\d{1,3}", "[INTERNAL_IP]"),
    )

    assert custom.redact("EMP-123456 at 10.1.2.3, a@b.com") == "[EMPLOYEE_ID] at [INTERNAL_IP], a@b.com"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail jo.o'neill+x@sub.example.co.uk.", [("EMAIL", "jo.o'neill+x@sub.example.co.uk")]),
        ("an öko@exämple.com, a@xn--d1acufc.xn--p1ai", [("EMAIL", "öko@exämple.com"), ("EMAIL", "a@xn--d1acufc.xn--p1ai")]),
        ("icons: logo@2x.png @user pkg@1.2.3", []),
        ("redis://:pw@h:6379/0, then", [("URL_CREDENTIALS", "redis://:pw@h:6379/0")]),
        ("https://example.com/a?b=c", []),
        ("host 192.168.1.1:80 v1.2.3.4 999.1.1.1 section 1.2.3.4", [("IP_ADDRESS", "192.168.1.1")]),
        ("libssl 1.2.5.1-2, 192.168.1.10-20", [("IP_ADDRESS", "192.168.1.10")]),
        ("203.0.113.7-203.0.113.9", [("IP_ADDRESS", "203.0.113.7"), ("IP_ADDRESS", "203.0.113.9")]),
        ("[2001:db8::1]:443 ::ffff:10.0.0.1 fe80::1%eth0", [("IP_ADDRESS", a) for a in ("2001:db8::1", "::ffff:10.0.0.1", "fe80::1%eth0")]),
        ("std::vector a::b 12:30:45 2001::1::2", []),
        ("00:1A:2B:3C:4D:5E 0012.3456.789a aa-bb-cc-dd-ee-ff", [("MAC_ADDRESS", m) for m in ("00:1A:2B:3C:4D:5E", "0012.3456.789a", "aa-bb-cc-dd-ee-ff")]),
        ("pay 4111 1111 1111 1111 378282246310005", [("CREDIT_CARD", "4111 1111 1111 1111"), ("CREDIT_CARD", "378282246310005")]),
        ("4111 1111 1111 1112", []),
        ("LU28 0019 4006 4475 0000 please", [("IBAN", "LU28 0019 4006 4475 0000")]),
        ("LU280019400644750001", []),
        ("pay gb29 nwbk 6016 1331 9268 19 please", [("IBAN", "gb29 nwbk 6016 1331 9268 19")]),
        ("nl91 abna 0417 1643 00", [("IBAN", "nl91 abna 0417 1643 00")]),
        ("SSN 123-45-6789 000-12-3456 666-12-3456 900-12-3456", [("SSN", "123-45-6789")]),
        ("ssn: 123456789", [("SSN", "123456789")]),
        ("born on 3 March 1980, paid on 4 March 2024", [("DATE_OF_BIRTH", "3 March 1980")]),
        ("né le 3 mars 1980; geb. 03.03.1980", [("DATE_OF_BIRTH", "3 mars 1980"), ("DATE_OF_BIRTH", "03.03.1980")]),
        ("nacido el 12 de marzo de 1980", [("DATE_OF_BIRTH", "12 de marzo de 1980")]),
        ("passport number X1234567, order X7654321", [("PASSPORT", "X1234567")]),
        ("+41 (0)44 668 18 00 or +1 415 555 0132 2024", [("PHONE", "+41 (0)44 668 18 00"), ("PHONE", "+1 415 555 0132")]),
        ("tel:415 555 0147, fax 28-64-66-98", [("PHONE", "415 555 0147"), ("PHONE", "28-64-66-98")]),
        ("Téléphone : 01 23 45 67 89; позвоните 8 495 123 45 67", [("PHONE", "01 23 45 67 89"), ("PHONE", "8 495 123 45 67")]),
        ("order 28646698 took 1.5 s at 2024-03-15 10:00, seed 1234567", []),
        ("john@acme.com123-45-6789", [("EMAIL", "john@acme.com"), ("SSN", "123-45-6789")]),
    ],
)  # fmt: skip
def test_kinds(text, expected):
    """Each kind is found by form, check digits and context, and nothing else is."""
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "4111\u200b1111\u200b1111\u200b1111",
        "４１１１ １１１１ １１１１ １１１１",
        "ana＠example．com",
        "call 555\u00a0123\u00a04567",
    ]
    + ["card \u0664\u0661\u0661\u0661 1111 1111 1111", "4111\x001111\x1c1111\x001111"],
)
def test_disguises(text):
    """Full-width characters, other digits, invisible and control characters hide nothing."""
    assert len(redactor.scan(text)) == 1


def test_offsets_count_in_the_original():
    """A finding behind removed characters is where it is in the text as given."""
    text = "\u200b\u200bmail ana@example.com\u200b ok"
    finding = redactor.scan(text)[0]

    assert text[finding.start : finding.end] == "ana@example.com"


def test_the_edge_of_a_finding_is_a_boundary():
    """What touches a finding is found in the first pass, not in a second one."""
    redacted = redactor.redact("GB82WEST12345698765432card 4111 1111 1111 1111")

    assert redacted == "[IBAN]card [CREDIT_CARD]"


def test_it_is_a_guard():
    """The redactor has what a guard must have, and allows everything."""
    assert isinstance(redactor, Guard)
    assert redactor.validate("nothing here").modified is None


@pytest.mark.parametrize("blank", [" ", "\t", "\x1c", "\x85", "\xa0", "\u2028", "\u3000"])
@pytest.mark.parametrize("pattern", [r"B-\d{4}", r"x*", r"\u2003?", r"case \d", r"end$"])
def test_blanks_beyond_ascii_end(blank, pattern):
    """A pattern of one's own comes to an end on a text of any blanks, also where it matches nothing at all."""
    own = PIIRedactor(PIIPattern("own", pattern))

    assert own.redact(blank) == blank
    assert own.redact(f"a{blank}B-1234") == "".join(f"a{blank}") + own.redact("B-1234")


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "@", "a" * 5000, "\n" * 100, "[EMAIL]", "\U0010ffff"])
def test_any_string_gets_an_answer(text):
    """No string makes it raise."""
    assert redactor.redact(text) == text


@pytest.mark.parametrize("kind", [PIIRedactor, SecretRedactor])
@pytest.mark.parametrize("unit", ["plain words and no more, ", "\ud83d", "\0", "\udcff é ", "１"])
def test_ten_megabytes_of_anything_get_an_answer(kind, unit):
    """Size, lone surrogates and NUL are no reason to fail; what is harmless comes back as it was."""
    text = unit * (10_000_000 // len(unit)) if unit.isascii() and unit.isprintable() else unit * 300_000

    assert kind().redact(text) == text


def test_wrong_type():
    """Anything but a string is refused with what to do."""
    with pytest.raises(TypeError, match="reads str, not bytes"):
        redactor.scan(b"ana@example.com")


@pytest.mark.parametrize("pattern", ["(", "[a-", "(?P<x>a)(?P<x>b)"])
def test_broken_patterns_raise_when_the_guard_is_built(pattern):
    """The earliest moment is the construction, and the message names the pattern."""
    with pytest.raises(ValueError, match="'mine'"):
        PIIRedactor(PIIPattern("mine", pattern))


@pytest.mark.parametrize("part", ["context", "unless", "needs", "shape"])
@pytest.mark.parametrize("expression", ["(", "(a+)+b"])
def test_every_part_of_a_pattern_is_tried_when_the_guard_is_built(part, expression):
    """Neither a broken context nor one that takes for ever waits for its first text."""
    with pytest.raises(ValueError, match="'mine'"):
        PIIRedactor(PIIPattern("mine", "x", **{part: expression}))


def test_a_check_that_returns_nonsense_is_named_without_the_text():
    """The message says which pattern's check is wrong, and nothing of what it was given."""
    redactor = PIIRedactor(PIIPattern("mine", r"[a-z]{1,9}@[a-z]{1,9}", check=lambda text: text))
    with pytest.raises(TypeError, match="check of pattern 'mine' must return a number or a bool, not str") as caught:
        redactor.redact("ana@home")
    assert "ana" not in str(caught.value)


def test_exponential_patterns_raise_when_the_guard_is_built():
    """A pattern that could hang the application is refused, with the reason."""
    with pytest.raises(ValueError, match="exponential"):
        PIIRedactor(PIIPattern("mine", r"(a+)+b"))


def test_quadratic_patterns_warn():
    """A pattern that gets slow on long texts is taken, with a warning."""
    with pytest.warns(UserWarning, match="quadratic"):
        PIIRedactor(PIIPattern("mine", r"\d+x"))


def test_two_placeholders_for_one_name():
    """A name stands for one placeholder."""
    with pytest.raises(ValueError, match="two placeholders"):
        PIIRedactor(PIIPattern("id", "A1", "[X]"), PIIPattern("id", "B1", "[Y]"))


def test_checks_of_custom_patterns():
    """A check may turn a match down or accept its beginning; a context must stand before it."""
    even = PIIPattern("even", r"\b\d{1,9}\b", check=lambda text: int(text) % 2 == 0)
    first = PIIPattern("first", r"[A-Z]{4}", check=lambda _: 2)
    room = PIIPattern("room", r"\b\d{3}\b", context=r"room $")

    assert PIIRedactor(even).redact("1 2 3 4") == "1 [EVEN] 3 [EVEN]"
    assert PIIRedactor(first).redact("ABCD") == "[FIRST]CD"
    assert PIIRedactor(room).redact("room 101, year 102") == "room [ROOM], year 102"


def test_reversible():
    """Equal values get equal pseudonyms, and the vault takes them back."""
    reversible = PIIRedactor(reversible=True)
    redacted = reversible.redact("a@b.com, c@d.com, a@b.com")

    first, second, third = redacted.split(", ")
    assert first == third != second
    assert reversible.vault.restore(redacted) == "a@b.com, c@d.com, a@b.com"
    assert reversible.redact(redacted) == redacted


def test_a_vault_needs_a_reversible_redactor():
    """Without pseudonyms there is nothing to restore, and the message says so."""
    with pytest.raises(AttributeError, match="reversible=True"):
        _ = redactor.vault


def test_nothing_shows_in_a_repr():
    """Neither the redactor nor its vault prints a value."""
    reversible = PIIRedactor(reversible=True)
    reversible.redact("ana@example.com")

    assert "ana" not in repr(reversible) + repr(reversible.vault) + repr(reversible.validate("ana@example.com"))
