"""Pseudonyms, what models make of them, and vaults that are stored."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga.guards import PIIRedactor, Vault
from beluga.testing.strategies import chunkings

MAIL = "ana@example.com"
REWRITTEN = [
    "{token}",
    "{token}s",
    "{token}'s",
    "**{token}**",
    "`{token}`",
    "<{token}>",
    "({token})",
    "{lower}",
    "{bare}",
    "{bare}'s",
    "{bare_lower}",
    "_{bare}_",
    "{dashed}",
    "{escaped}",
    "[{bare_escaped}]",
    "%5B{bare}%5D",
    "【{bare}】",
]
DROPPED = ["[**{bare}**]", "[ {bare} ]", "[{blanks}]", "[E-Mail_{key}]", "[CORREO_{key}]", "[{key}]", "{key}"]


def forms(token):
    bare = token[1:-1]
    return {
        "token": token,
        "lower": token.lower(),
        "bare": bare,
        "bare_lower": bare.lower(),
        "dashed": bare.replace("_", "-"),
        "escaped": token.replace("[", "\\[").replace("]", "\\]").replace("_", "\\_"),
        "bare_escaped": bare.replace("_", "\\_"),
        "blanks": bare.replace("_", " "),
        "key": bare.split("_", bare.count("_") - 1)[-1],
    }


def restored(form):
    for name in ("token", "lower", "bare_lower", "bare_escaped", "bare", "dashed", "escaped"):
        form = form.replace(f"{{{name}}}", MAIL)
    return form.replace("[", "").replace("]", "").replace("%5B", "").replace("%5D", "").strip("【】")


@pytest.mark.parametrize("kind", ["EMAIL", "CREDIT_CARD"])
@pytest.mark.parametrize("form", [*REWRITTEN, *DROPPED])
def test_what_a_model_made_of_a_pseudonym_is_restored(form, kind):
    """Case, Markdown, separators, missing brackets and endings do not hide what a pseudonym stands for."""
    vault = Vault()
    token = vault.pseudonym(kind, MAIL)

    expected = MAIL if form in DROPPED else restored(form)
    assert vault.restore(f"to {form.format(**forms(token))}, and on") == f"to {expected}, and on"


def test_what_is_no_pseudonym_stays():
    """Numbers that were never given out, other marks and the text around a pseudonym stay as they are."""
    vault = Vault()
    token = vault.pseudonym("EMAIL", MAIL)
    bare = token[1:-1]
    text = f"{bare}7 {bare[:-1]}0 [EMAIL_1] [EMAIL_ABCDEF_1] [see {bare}] my-{bare}"

    assert vault.restore(text) == text.replace(f"see {bare}", f"see {MAIL}").replace(f"my-{bare}", f"my-{MAIL}")


def test_an_empty_vault_restores_nothing():
    """Before the first pseudonym every text is returned as it is."""
    assert Vault().restore("[EMAIL_000000_1]") == "[EMAIL_000000_1]"


@given(
    drawn=st.lists(st.sampled_from([*REWRITTEN, *DROPPED, " ", "a", "[", "]", "7", "_", "\\", "*", "word ", "\n"]), max_size=12),
    data=st.data(),
)  # fmt: skip
def test_a_restoring_stream_equals_the_whole(drawn, data):
    """However a model's text is cut, the stream restores what the whole would, within its bound."""
    vault = Vault()
    first, second = vault.pseudonym("EMAIL", MAIL), vault.pseudonym("CREDIT_CARD", "4111 1111 1111 1111")
    names = {**forms(first), "lower": second.lower(), "blanks": second[1:-1].replace("_", " ")}
    text = "".join(form.format(**names) if "{" in form else form for form in drawn)
    stream = vault.stream()

    output = ""
    for chunk in data.draw(chunkings(text)):
        output += stream.feed(chunk)
    assert output + stream.close() == vault.restore(text)


def test_a_stored_vault_opens_with_its_key_alone():
    """Another key, changed data and what is no key at all are refused without a word about the values."""
    fernet = pytest.importorskip("cryptography.fernet", reason="the extra vault is not installed").Fernet
    key, redactor = fernet.generate_key(), PIIRedactor(reversible=True)
    redacted = redactor.redact(f"{MAIL}, bob@example.com, \ud800@example.com")
    stored = redactor.vault.dump(key)
    opened = Vault.load(stored, key.decode())

    assert MAIL.encode() not in stored
    assert opened.restore(redacted) == f"{MAIL}, bob@example.com, \ud800@example.com"
    assert opened.pseudonym("EMAIL", MAIL) == redacted.partition(",")[0]
    assert PIIRedactor(reversible=opened).redact(MAIL) == redacted.partition(",")[0]
    assert len({*opened, opened.pseudonym("EMAIL", "new@example.com")}) == len(opened) == 3
    for data, opener in ((stored, fernet.generate_key()), (stored[:-2] + b"AA", key), (b"", key)):
        with pytest.raises(ValueError, match="not the key that it was stored with"):
            Vault.load(data, opener)
    for nonsense in ("", "short", b"x" * 32, None):
        with pytest.raises(ValueError, match="32 bytes in URL-safe base64"):
            redactor.vault.dump(nonsense)


def test_without_cryptography_the_extra_is_named(monkeypatch):
    """What is missing, and how to get it, is said where it is needed."""
    monkeypatch.setitem(sys.modules, "cryptography.fernet", None)

    with pytest.raises(ImportError, match=r'pip install "beluga-ai\[vault\]"'):
        Vault().dump("key")
