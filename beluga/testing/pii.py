"""Hypothesis strategies for texts with personal data or secrets in them, and where they are.

Everything is made up, and no secret looks like a real one to a scanner of this file: the parts are joined
only when a text is drawn.
"""

from __future__ import annotations

import itertools
import re
import string
from typing import TYPE_CHECKING

import attrs
from hypothesis import strategies as st

from beluga.guards._national import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["LabelledText", "national_values", "pii_text", "pii_values", "secret_text", "secret_values"]


@attrs.frozen
class LabelledText:
    """A text and the truth about it.

    Args:
        text: The text.
        spans: ``(start, end, kind)`` of everything in it that must be found, sorted and disjoint.
    """

    text: str
    spans: tuple[tuple[int, int, str], ...]

    @property
    def values(self) -> tuple[str, ...]:
        """The parts of the text that must not survive."""
        return tuple(self.text[start:end] for start, end, _ in self.spans)


_WORDS = st.sampled_from(
    "please thanks the report shipped tomorrow and we will check it again soon hello model answer café größer"
    " naïve отчёт готов 報告 done".split()
)
_PROSE = st.lists(_WORDS, min_size=1, max_size=6).map(" ".join)
_LOWER = string.ascii_lowercase
_ALNUM = string.ascii_letters + string.digits
_VARIETY = 8  # different characters
_BETWEEN = st.sampled_from([" ", ", ", ". ", "\n", "; ", " (", ") "])


def _digits(size: int) -> st.SearchStrategy[str]:
    return st.text(string.digits, min_size=size, max_size=size)


def _random(alphabet: str, size: int) -> st.SearchStrategy[str]:
    """Draw a body that stands for nothing: at least eight different characters."""

    def varied(body: str) -> str:
        return body[: size // 2] + alphabet[1] + alphabet[-2] + body[size // 2 :] + alphabet[3] + alphabet[-4]

    def looks_random(body: str) -> bool:
        return len(set(body.lower()[size // 3 :])) >= _VARIETY

    return st.text(alphabet, min_size=size - 4, max_size=size - 4).map(varied).filter(looks_random)


def _key_block() -> st.SearchStrategy[str]:
    """Draw something with the outside of a private key and nothing inside."""
    lines = st.lists(_random(_ALNUM, 48), min_size=1, max_size=4).map("\n".join)
    label = st.sampled_from(["", "RSA ", "EC ", "OPENSSH "])
    dashes = "-" * 5
    return st.builds(
        lambda name, body: f"{dashes}BEGIN {name}PRIVATE KEY{dashes}\n{body}\n{dashes}END {name}PRIVATE KEY{dashes}",
        label,
        lines,
    )


def _luhn(head: str) -> str:
    """Append the check digit. Source: ISO/IEC 7812-1:2017, annex B."""
    total = 0
    for place, digit in enumerate(reversed(head)):
        value = int(digit) * (2 - place % 2)
        total += value - 9 if value > 9 else value
    return head + str(-total % 10)


def _iban(account: str) -> str:
    """Make a German account number. Source: ISO 13616-1:2020 section 6."""
    remainder = int(account + "131400") % 97  # D is 13, E is 14
    return f"DE{98 - remainder:02d}{account}"


def _grouped(number: str, separator: str) -> str:
    return separator.join(number[i : i + 4] for i in range(0, len(number), 4))


_MONTHS = "January February March April May June July August September October November December".split()
_email = st.builds(
    "{}@{}.{}".format,
    st.text(_LOWER, min_size=2, max_size=10),
    st.text(_LOWER, min_size=2, max_size=10),
    st.sampled_from(["com", "org", "example.net", "co.uk"]),
)
_card = st.builds(_grouped, _digits(14).map(lambda body: _luhn("4" + body)), st.sampled_from([" ", "-", ""])).filter(
    lambda card: len(set(card)) > 3
)
_account = st.builds(_grouped, _digits(18).map(_iban), st.sampled_from([" ", ""]))
_ssn = st.builds(
    "{}-{}-{}".format,
    st.integers(1, 665).map("{:03d}".format),
    st.integers(1, 99).map("{:02d}".format),
    st.integers(1, 9999).map("{:04d}".format),
)
_phone = st.one_of(
    st.builds("({}) 555-{}".format, st.integers(201, 989), _digits(4)),
    st.builds("{}-555-{}".format, st.integers(201, 989), _digits(4)),
    st.builds("+44 20 7946 {}".format, _digits(4)),
    st.builds("+1 415 555 {}".format, _digits(4)),
)
_ipv4 = st.builds(
    "{}.{}.{}.{}".format,
    st.integers(1, 223).filter(lambda first: first != 127),
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(1, 254),
)
_ipv6 = st.builds("2001:db8::{:x}:{:x}".format, st.integers(1, 65535), st.integers(10, 65535))
_mac = (
    st.lists(st.integers(1, 254).map("{:02x}".format), min_size=6, max_size=6)
    .map(":".join)
    .filter(lambda mac: len(set(mac)) > 2)
)
_birth = st.builds(
    "{} {}, {}".format, st.sampled_from(_MONTHS), st.integers(1, 28), st.integers(1930, 2015)
) | st.builds("{}-{:02d}-{:02d}".format, st.integers(1930, 2015), st.integers(1, 12), st.integers(1, 28))
_passport = st.builds("{}{}".format, st.sampled_from("LXP"), st.integers(10_000_000, 99_999_999))
_url = st.builds(
    "{}://{}:{}@db.example.com/app".format,
    st.sampled_from(["postgres", "https", "redis"]),
    st.text(_LOWER, min_size=2, max_size=8),
    st.text(_ALNUM, min_size=6, max_size=12),
)

# What stands before a value of each kind: some are only known by it.
_PII: Mapping[str, tuple[tuple[str, ...], st.SearchStrategy[str]]] = {
    "CREDIT_CARD": (("", "card ", "paid with "), _card),
    "DATE_OF_BIRTH": (("born on ", "DOB: ", "date of birth "), _birth),
    "EMAIL": (("", "mail ", "e-mail: ", "<"), _email),
    "IBAN": (("", "IBAN ", "to "), _account),
    "IP_ADDRESS": (("", "from ", "ip="), st.one_of(_ipv4, _ipv6)),
    "MAC_ADDRESS": (("", "device "), _mac),
    "PASSPORT": (("passport number ", "passport: "), _passport),
    "PHONE": (("call ", "phone: ", "tel. "), _phone),
    "SSN": (("", "SSN ", "ssn: "), _ssn),
    "URL_CREDENTIALS": (("", "DATABASE_URL="), _url),
}
_SECRETS: Mapping[str, tuple[tuple[str, ...], st.SearchStrategy[str]]] = {
    "ANTHROPIC_KEY": (
        ("", "key "),
        st.builds("{}-{}-{}".format, st.just("sk"), st.just("ant-api03"), _random(_ALNUM, 95)),
    ),
    "AWS_KEY_ID": (
        ("", "aws="),
        st.builds("{}{}".format, st.just("AKIA"), _random(string.ascii_uppercase + "234567", 16)),
    ),
    "GITHUB_TOKEN": (("", "token "), st.builds("{}_{}".format, st.just("ghp"), _random(_ALNUM, 36))),
    "OPENAI_KEY": (("", "using "), st.builds("{}-{}".format, st.just("sk"), _random(_ALNUM, 48))),
    "SLACK_TOKEN": (
        ("", "slack "),
        st.builds("{}-{}-{}-{}".format, st.just("xoxb"), _digits(12), _digits(12), _random(_ALNUM, 24)),
    ),
    "STRIPE_KEY": (
        ("", "pay with "),
        st.builds("{}_{}_{}".format, st.just("sk"), st.just("live"), _random(_ALNUM, 24)),
    ),
    "PRIVATE_KEY": (("", "key: "), _key_block()),
    "SECRET": (
        tuple(
            (
                'client_secret=|api_key: "|refresh_token = |API key: |connection string: |'
                "mot de passe : |Kennwort: |contraseña: |senha=|password è |wachtwoord: |hasło: |"
                "lösenord: |passord: |adgangskode: |salasana: |пароль: |şifre: |kata sandi: |"
                "clave de API: |密码：|비밀번호: |パスワード：|password was changed to |--password |"
                '<password>|token -> |{"name": "DB_PASSWORD", "value": "'
            ).split("|")
        ),
        _random(_ALNUM, 23).map(lambda drawn: f"{drawn}7"),
    ),
}


def pii_values(kind: str) -> st.SearchStrategy[str]:
    """Return a strategy for values of `kind`, without the words that some kinds need before them."""
    return _PII[kind][1]


# Where the form alone leaves too much open.
_DRAWN = {
    "DE_TAX_ID": st.permutations(string.digits)
    .filter(lambda row: row[0] != "0")
    .map(lambda row: "".join(row[:9]) + row[0] + "0"),
    "MX_CURP": st.from_regex(
        r"[A-D][AEIOU][B-D]{2}[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[HM](DF|JC|NL)[B-D]{3}[0-9]{2}",
        fullmatch=True,
    ),
}


def national_values(kind: str) -> st.SearchStrategy[str]:
    """Return a strategy for numbers of a national `kind`, such as ``"PL_PESEL"``, with right check digits.

    It takes the extra ``identifiers``.
    """
    number = next(number for number in NUMBERS if number.kind == kind)
    drawn = _DRAWN[kind] if kind in _DRAWN else st.from_regex(number.form, fullmatch=True, alphabet=string.printable)
    form = re.compile(number.form)

    def is_right(text: str) -> bool:
        return form.fullmatch(text) is not None and number.is_valid(text)

    return drawn.map(lambda text: _with_check_digits(text, is_right)).filter(is_right)


def _with_check_digits(text: str, is_right: Callable[[str], bool]) -> str:
    """Change the last one or two characters so that the number is right, if that can be."""
    kinds = [string.digits if end.isdigit() else string.ascii_uppercase for end in text[-2:]]
    tails = [(text[-2], last) for last in kinds[1]] + list(itertools.product(*kinds))
    return next((text[:-2] + "".join(tail) for tail in tails if is_right(text[:-2] + "".join(tail))), text)


def secret_values(kind: str) -> st.SearchStrategy[str]:
    """Return a strategy for made-up secrets of `kind`."""
    return _SECRETS[kind][1]


def pii_text(*kinds: str, max_size: int = 4) -> st.SearchStrategy[LabelledText]:
    """Return a strategy for texts with up to `max_size` pieces of personal data, and where they are.

    Args:
        kinds: Which kinds; all ten where none is named.
        max_size: The most pieces in a text; some texts hold none.
    """
    return _labelled({kind: _PII[kind] for kind in kinds or _PII}, max_size)


def secret_text(*kinds: str, max_size: int = 3) -> st.SearchStrategy[LabelledText]:
    """Return a strategy for texts with up to `max_size` made-up secrets, and where they are.

    Args:
        kinds: Which kinds; all where none is named.
        max_size: The most secrets in a text; some texts hold none.
    """
    return _labelled({kind: _SECRETS[kind] for kind in kinds or _SECRETS}, max_size)


_ENDS = {'"': '"', "<": ">", "d>": "</"}


@st.composite
def _labelled(
    draw: st.DrawFn, table: Mapping[str, tuple[tuple[str, ...], st.SearchStrategy[str]]], max_size: int
) -> LabelledText:
    text, spans = draw(_PROSE), []
    for kind in draw(st.lists(st.sampled_from(sorted(table)), max_size=max_size)):
        leads, values = table[kind]
        lead, value = draw(st.sampled_from(leads)), draw(values)
        text += draw(_BETWEEN) + lead
        spans.append((len(text), len(text) + len(value), kind))
        text += value + next((end for start, end in _ENDS.items() if lead.endswith(start)), "")
        text += draw(_BETWEEN) + draw(_PROSE)
    return LabelledText(text, tuple(spans))
