"""Personal data: found by form, check digits and context, and replaced."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import attrs

from beluga.guards import _pii_forms, _pii_words
from beluga.guards._national import LETTERS_FIRST, national_patterns
from beluga.guards._normalization import normalise
from beluga.guards._tables import Columns
from beluga.guards.patterns import PIIPattern, initials
from beluga.guards.redactor import Redactor, passages_for
from beluga.guards.streaming import Passages
from beluga.guards.vault import Vault, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beluga.guards.base import Recogniser
    from beluga.guards.vault import Strategy

T = TypeVar("T")

__all__ = ["DEFAULT_PII_PATTERNS", "PIIPattern", "PIIRedactor"]

DEFAULT_PII_PATTERNS: tuple[PIIPattern, ...] = (
    *_pii_forms.PATTERNS,
    *_pii_words.PATTERNS,
)
"""The ten built-in kinds; some of them have several forms."""

# A word with a digit may go on in the next word, behind a single blank; so may a month, a group of capitals
# inside an account number, the small words of a date, and the bank behind an account number's first group.
# Anything else ends the passage.
_BLANK = "[ \\t\\xa0\\u2000-\\u200a\\u202f\\u205f\\u3000\\x1c-\\x1f]"
_DIGITS = r"\d\u00b2\u00b3\u00b9\u2070-\u2089\u2460-\u249b\u24ea-\u24ff\u2776-\u2793"
_FIRST, _TAILS = initials(_pii_words.MONTHS)
_MONTH = rf"[{_FIRST}]{_TAILS}[.,]?(?=\s|\Z)"
_ACCOUNT = rf"[A-Za-z]{{2}}\d\d{_BLANK}[A-Za-z]{{4}}(?=\s|\Z)"
_LINK = (
    rf"(?:{_ACCOUNT}|[^\s\d]*+[{_DIGITS}]\S*+|[A-Z]{{1,4}}(?=\s|\Z)|{_MONTH}"
    r"|(?:of|de|del|di|ext\.)(?=\s|\Z)|(?=\()\S*+)"
)
# Blanks may be doubled, or stand around a sign; a number may go on in the next line.
_JOIN = rf"(?:{_BLANK}{{1,3}}(?:--?{_BLANK}{{1,2}})?|(?<=[\d-])\r?\n(?=\d|\Z))"
# Names of columns that are read in front of each of their cells, as words of a sentence would stand there.
_COLUMN = re.compile(
    r"(?:(?:home|work|cell|mobile|office|private|customer|client|contact|user|patient|employee|emergency)[ _]?)?"
    r"(?:phone|telephone|tel|mobile|cell|fax|whatsapp|telefon|telefono|teléfono|téléphone|telefone|celular|móvil|handy"
    r"|gsm|dob|birth[ _]?da(?:te|y)|date[ _]of[ _]birth|born|geburts(?:datum|tag)|geboren|(?:date[ _]de[ _])?naissance"
    r"|(?:fecha[ _]de[ _])?nacimiento|(?:data[ _]de[ _])?nascimento|(?:data[ _]di[ _])?nascita|ssn|social[ _]?security"
    r"|passport|reisepass|passeport|pasaporte|passaporto|(?:credit[ _]?)?card)"
    r"[ _]?(?:no\.?|nr\.?|nummer|numbers?|num|[#12])?",
    re.IGNORECASE,
)
_COLUMN_WORDS = (
    "phone tel mobile cell fax whatsapp móvil celular handy gsm dob birth born gebor geburt naissance nacimiento "
    "nascimento nascita ssn social passp passe passap reisepass pasaporte card"
).split()
_PASSAGES = Passages(
    # One set, to which `re` skips forty times as fast as it tries alternatives everywhere, and then what it may be.
    gates=(
        re.compile(
            rf"[{_DIGITS}@\uff20\ufe6b:.jfmasondJFMASOND-]"
            rf"(?:(?<![a-zA-Z:.-])|(?<=:)(?=:|//)|(?<!\w.)(?<=(?=(?i:{_pii_words.ENGLISH_MONTHS})\b).)"
            r"|(?<=[A-Fa-f]{2}[:.-])[A-Fa-f]{2}(?:[:-]|(?<=[A-Fa-f]{4}\...)[A-Fa-f]{2}\.))"
        ),
    ),
    rest=re.compile(rf"(?:{_LINK}{_JOIN})*+\S*+"),
    limit=1024,
    reach=512,
    columns=Columns(_COLUMN_WORDS, _COLUMN),
)


class PIIRedactor(Redactor):
    """Finds personal data and puts placeholders, or something else, in its place.

    Ten kinds by default: EMAIL, PHONE, SSN, CREDIT_CARD, IBAN, IP_ADDRESS, MAC_ADDRESS, DATE_OF_BIRTH,
    PASSPORT and URL_CREDENTIALS. Numbers are validated (Luhn, mod 97, ranges, octets), dates of birth,
    passports and local phone numbers are known by the words around them, and disguises (full-width digits,
    invisible characters) are seen through. Takes time linear in the text.

    Args:
        patterns: What to look for instead of the defaults; add to them with ``*DEFAULT_PII_PATTERNS``.
            A pattern of your own goes before the built-in ones. It finds up to 512 characters; in a stream
            it holds back a word, a line or more, as far as it can match.
        kinds: Which of the patterns' kinds to look for; None means all.
        allow: What is left in the text: values such as ``"support@acme.com"``, networks such as
            ``"127.0.0.0/8"`` for IP addresses, domains such as ``"acme.com"`` or ``"*.example.com"`` for mail
            addresses, and values with ``*`` for any characters.
        strategy: What to put in the place of a finding, or a mapping from kinds: ``"placeholder"``;
            ``"mask_last4"``, four asterisks and the last four letters or digits of at least eight;
            ``"hash"``, equal for equal values; or a function from the text found to the one to put there, which
            must not look like personal data itself.
        key: What hashes are made with. The same key gives the same hashes everywhere; None draws one, so that
            they can be compared within this redactor.
        recognisers: Functions from a text to findings or ``(start, end, kind)``, such as a model for names and
            places. They are shown whole sentences, in streams too. With an async one the redactor has to be
            awaited, and is shown whole texts. One that fails blocks.
        countries: Whose numbers of people and firms to look for as well, by code, such as ``["DE", "ES"]``, or
            ``"all"``; their check digits are checked. Takes the extra ``identifiers``.
        reversible: True gives stable pseudonyms and a ``vault`` to take them back; a `Vault` shares one.

    Raises:
        ImportError: `countries` are given and the extra is not installed.
        TypeError: `kinds`, `allow`, `countries` or `recognisers` is not a list of such things.
        ValueError: A pattern is not a valid regular expression, or one that can take exponential time; a kind, a
            strategy or an allowed value makes no sense.

    Example:
        >>> PIIRedactor().redact("Mail ana@example.com or call 555-123-4567")
        'Mail [EMAIL] or call [PHONE]'
        >>> redactor = PIIRedactor(kinds=["EMAIL", "CREDIT_CARD"], allow=["*.acme.com"], strategy="mask_last4")
        >>> redactor.redact("help@eu.acme.com: 4111 1111 1111 1111")
        'help@eu.acme.com: ****1111'
        >>> redactor = PIIRedactor(reversible=True)
        >>> redactor.vault.restore(redactor.redact("Mail ana@example.com"))
        'Mail ana@example.com'
    """

    name = "pii_redactor"
    _what = "PII"

    def __init__(
        self,
        *patterns: PIIPattern,
        kinds: Iterable[str] | None = None,
        allow: Iterable[str] = (),
        strategy: Strategy | Mapping[str, Strategy] = "placeholder",
        key: str | bytes | None = None,
        recognisers: Iterable[Recogniser] = (),
        countries: Iterable[str] | Literal["all"] = (),
        reversible: bool | Vault = False,
    ) -> None:
        if reversible and strategy != "placeholder":
            message = "PIIRedactor: reversible=True puts pseudonyms, so there is no place for a strategy"
            raise ValueError(message)
        for pattern in patterns:
            if not isinstance(pattern, PIIPattern):
                shown = pattern if isinstance(pattern, str) else "TICKET"
                message = (
                    f"PIIRedactor: a pattern is a PIIPattern, not {type(pattern).__name__}: write "
                    f"PIIPattern({shown!r}, r'...', '[{shown.upper()}]')"
                )
                raise TypeError(message)
        national = national_patterns(countries)
        chosen = _of_kinds((*(patterns or DEFAULT_PII_PATTERNS), *national), kinds)
        finders = _listed("recognisers", recognisers)
        for finder in finders:
            if not callable(finder):
                message = f"PIIRedactor: a recogniser is a function from a text to findings, not {finder!r}"
                raise TypeError(message)
        entries = _listed("allow", allow)
        built_in = attrs.evolve(_PASSAGES, gates=(*_PASSAGES.gates, LETTERS_FIRST)) if national else _PASSAGES
        own = [pattern for pattern in chosen if pattern not in _BUILT_IN and pattern not in national]
        super().__init__(
            chosen,
            passages_for(own, built_in, sentences=bool(finders)),
            vault=_vault(reversible),
            strategy=strategy,
            key=key,
            allows=_Allowed(entries) if entries else None,
            recognisers=finders,
        )


def _listed(name: str, given: Iterable[T]) -> tuple[T, ...]:
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        message = f"PIIRedactor: {name}={given!r} must be a list, such as [{given!r}]"
        raise TypeError(message)
    return tuple(given)


def _of_kinds(patterns: tuple[PIIPattern, ...], kinds: Iterable[str] | None) -> tuple[PIIPattern, ...]:
    """Return the patterns of these kinds; all where none are named."""
    if kinds is None:
        return patterns
    names = _listed("kinds", kinds)
    known = {pattern.name: pattern for pattern in patterns}
    for name in names:
        if name not in known:
            message = f"PIIRedactor: kinds names {unknown(name, known)}"
            raise ValueError(message)
    if not names:
        message = "PIIRedactor: kinds=[] would find nothing; name some, or leave it out to find all"
        raise ValueError(message)
    return tuple(pattern for pattern in patterns if pattern.name in names)


def _vault(reversible: bool | Vault) -> Vault | None:
    if isinstance(reversible, Vault):
        return reversible
    return Vault() if reversible else None


_NETWORK = re.compile(r"[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]*(?:/.*)?")
_DOMAIN = re.compile(r"@?((?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,})")
_FEWEST = 7  # digits of a number that is compared without its blanks and signs


class _Allowed:
    """Says what may stay in a text.

    Args:
        entries: Values, networks, domains, and values with an asterisk.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        self._networks: list[Any] = []
        self._values: set[str] = set()
        self._domains: set[str] = set()
        wild: list[str] = []
        for entry in entries:
            plain = normalise(entry).text.casefold().strip() if isinstance(entry, str) else ""
            if not plain.strip("*"):
                message = f"PIIRedactor: allow holds {entry!r}; give values, networks, or names such as '*.example.com'"
                raise ValueError(message)
            if _NETWORK.fullmatch(plain):
                self._networks.append(_network(entry, plain))
            elif "*" in plain:
                wild.append(".*".join(map(re.escape, plain.split("*"))))
            elif domain := _DOMAIN.fullmatch(plain):
                self._domains.add(domain[1])
            self._values |= {plain, _compact(plain)}
        self._wild = re.compile("|".join(wild) or "(?!)", re.DOTALL)

    def __call__(self, kind: str, text: str) -> bool:
        """Say whether `text`, found as a `kind`, may stay."""
        plain = normalise(text).text.casefold()
        if plain in self._values or _compact(plain) in self._values:
            return True
        if kind == "IP_ADDRESS":
            return self._in_network(plain)
        domain = plain.rpartition("@")[2] if kind == "EMAIL" else ""
        # The host in a URL with a password says nothing about the password.
        return domain in self._domains or (kind != "URL_CREDENTIALS" and self._wild.fullmatch(plain) is not None)

    def _in_network(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:  # of a pattern of one's own
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self._networks)


def _network(entry: str, plain: str) -> Any:
    try:
        return ipaddress.ip_network(plain)
    except ValueError as error:
        message = f"PIIRedactor: allow holds {entry!r}, which is not a network: {error}"
        raise ValueError(message) from None


def _compact(text: str) -> str:
    """Return a number without what only groups its digits; any other text as it is."""
    return "".join(filter(str.isalnum, text)) if sum(map(str.isdigit, text)) >= _FEWEST and "@" not in text else text


_BUILT_IN = frozenset(DEFAULT_PII_PATTERNS)
