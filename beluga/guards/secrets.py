"""Credentials in text: known by their provider's form, by their wrapping, or by the name in front of them."""

from __future__ import annotations

import re

from beluga.guards._secret_formats import FORMATS
from beluga.guards._secret_names import FOREIGN_NAMES
from beluga.guards.patterns import SecretPattern, initials, spellings
from beluga.guards.redactor import Redactor, passages_for
from beluga.guards.streaming import Passages

__all__ = ["DEFAULT_SECRET_PATTERNS", "SecretPattern", "SecretRedactor"]

_NO_VALUE = re.compile(
    r"(?i)(?:[$%]?[{<(\[]|\$[A-Z_]+|%[A-Z_]+%|%s|os\.|process\.|env[.\[]|secrets?\.|vault:|ref\+|arn:"
    r"|self\.|settings\.|config\."
    r"|example|your[-_ ]|my[-_]|insert|change[-_]?me|redacted|masked|hidden|placeholder|dummy|file:"
    r"|[a-z0-9+.-]+://[^:@]*$"
    r"|(?:required|optional|none|null|nil|undefined|true|false|string|str|bytes|int|field|empty|missing"
    r"|invalid|expired|here|todo"
    r"|tbd|unknown|unset|default|value|bearer|basic|digest)\W*$)|[*•.xX#_\-\s]*$"
)
_IDENTIFIER = re.compile(r"[A-Za-z_]+(?:[.:][A-Za-z_]+)*(?:\(.*)?$")
_ABOUT_SECRETS = re.compile(r"(?i)pass|secret|token|key|auth|cred|pwd")
_SENTENCE_END = ".,;:)]}'\"`"  # not `!` and `?`: passwords end in them


def _varied(text: str) -> int:
    """Turn down what stands for a key in documentation: ``xxxx``, ``1111``, one letter over and over."""
    body = text[len(text) // 3 :]
    return len(text) if len(set(body.lower())) >= 5 else 0


def _mixed(text: str) -> int:
    """Accept `_varied` text that has both letters and digits."""
    return _varied(text) if re.search(r"\d", text) and re.search("[A-Za-z]", text) else 0


def _quoted(text: str) -> int:
    """Accept every value in quotes that does not stand for another."""
    named = _IDENTIFIER.match(text) and _ABOUT_SECRETS.search(text)
    return 0 if named or _NO_VALUE.match(text) else len(text)


def _bare(text: str) -> int:
    """Accept a value without quotes unless it is a word or a name in a program."""
    text = text.rstrip(_SENTENCE_END)
    if _NO_VALUE.match(text) or (text.isdigit() and len(text) < 6):
        return 0
    return len(text) if not _IDENTIFIER.match(text) or _jumbled(text) else 0


def _jumbled(text: str) -> bool:
    """Say whether upper and lower case change more often than in a name of several words."""
    capitals = sum(map(str.isupper, text))
    return text.isalpha() and len(text) >= 12 and len(text) // 4 <= capitals <= len(text) * 3 // 4


def _password(text: str) -> int:
    """Accept every word behind ``password=``, except names and words that say there is none."""
    text = text.rstrip(_SENTENCE_END)
    return 0 if _NO_VALUE.match(text) or _ABOUT_SECRETS.search(text) or "(" in text else len(text)


_KEYS = (
    "api secret access private signing encryption master auth client account shared(?:access)? app service webhook"
    " license storage session hmac ssh subscription"
)
_WORDS = (
    "|".join(rf"{kind}[_. -]?keys?" for kind in _KEYS.split())
    + "|password|passwd|passphrase|passcode|passwort|pass|pswd|pwd|secret|token|credentials?|authorization|cookie"
    r"|connection[_. -]?string|conn[_. -]?string|jwt|bearer|otp|recovery[_. -]?codes?|backup[_. -]?codes?"
    r"|session[_. -]?id|csrf[_. -]?token|csrf[_. -]?id|totp[_. -]?seed|otp[_. -]?seed|seed[_. -]?phrase"
    f"|{'|'.join(FOREIGN_NAMES)}"
)
_FIRST, _TAILS = initials(_WORDS)
# Names of two words are known by the second, because the first may have left a stream already.
_SECONDS = {
    "key": "api access private signing encryption master license subscription storage client service account",
    "string": "connection", "id": "session csrf", "code": "recovery backup", "seed": "totp otp", "phrase": "seed",
    "sandi": "kata", "passe": "de",
}  # fmt: skip
_SECOND = "|".join(
    rf"(?<=(?i:{first}) (?i:{word[0]}))(?i:{word[1:]}s?)"
    for word, firsts in _SECONDS.items()
    for first in firsts.split()
)
# What the name of a secret ends in; `_VOCABULARY` below turns down the names that only look like one.
_NAME = (
    rf"(?:[{_FIRST}]{_TAILS}|[kKsSiIcCpP](?:{_SECOND}))"
    r"(?i:[_-]?(?:value|string|base64|b64|hash|text|id(?=[\"']?\s?[:=]\s?[\"']?[A-Za-z0-9+/]{32,}))){0,2}"
)
_FIRST, _TAILS = initials(
    "key|pass|pswd|pwd|secret|token|credential|auth|cookie|string|jwt|bearer|otp|code|session|csrf|seed|"
    + "|".join(FOREIGN_NAMES)
)
_NAMED = f"[{_FIRST}]{_TAILS}"
_SEPARATOR = r"[\"'\])]{0,3}[ \t]{0,4}(?:=>|:=|={1,3}|:)[ \t]{0,4}"
_VOCABULARY = (
    r"(?i)(?:(?-i:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))(?:eos|bos|pad|unk|mask|cls|sep|stop|start|end|special|next|prev(?:ious)?|page|continuation"
    r"|sync|cancell?ation|max|min|num"
    r"|count|per|pagination|cursor|has|is|public|csrf_param)[_. -]?(?:page[_-]?)?(?:token|password|secret"
    r"|key)"
    r"|\b(?:by|com|tres)?pass|\bno[_ -]?pass(?:word)?)[\"'\])]{0,3}[ \t]{0,4}(?:=>|:=|={1,3}"
    r"|:)?[ \t\"'`(]{0,6}$"
)
_BASE64 = "[A-Za-z0-9+/=]"
_PEM_GAP = r"(?:\s|\\[nr]|\"|')*+"
_PEM_BODY = (
    r"-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----"
    rf"(?:{_PEM_GAP}(?:{_BASE64}{{20,}}+|[A-Z][A-Za-z-]{{2,20}}:[^\n\\]{{0,100}}))*+"
)
_PEM_END = r"-----END [A-Z0-9 ]{0,32}-----"
_PEM = rf"{_PEM_BODY}(?:{_PEM_GAP}{_BASE64}{{0,76}}{_PEM_GAP}{_PEM_END}|{_PEM_GAP}{_BASE64}{{1,76}}\Z)?"
# A passage goes on while the end of the block may still come.
_PEM_PASSAGE = rf"{_PEM_BODY}{_PEM_GAP}{_BASE64}{{0,76}}{_PEM_GAP}(?:{_PEM_END})?"

DEFAULT_SECRET_PATTERNS: tuple[SecretPattern, ...] = (
    SecretPattern("PRIVATE_KEY", _PEM, needs="-----BEGIN", priority=10),
    SecretPattern(
        "JWT",
        r"(?<![\w-])eyJ[\w-]{8,2048}\.(?:eyJ[\w-]{4,4096}\.[\w-]{0,1024}"
        r"|[\w-]{0,1024}(?:\.[\w-]{8,2048}){2,3})",
        needs="eyJ",
        priority=11,
    ),
    *(
        SecretPattern(kind, rf"(?<![\w-])(?:{form})(?![\w])", check=_varied, needs=needs, priority=20 + row)
        for row, (kind, needs, form) in enumerate(FORMATS)
    ),
    SecretPattern(
        "PASSWORD",
        r"(?i)[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>]{0,64}:(?P<value>[^\s/\"'<>]{3,128})@",
        check=_quoted,
        needs="://",
        priority=200,
    ),
    SecretPattern(
        "STORAGE_KEY",
        r"(?:AccountKey|SharedAccessKey|SharedAccessSignature|sig)=(?P<value>[A-Za-z0-9+/%]{20,200}={0,2})",
        check=_mixed,
        needs="Key=|Signature=|sig=",
        priority=201,
    ),
    SecretPattern(
        "AUTHORIZATION",
        r"(?i)authorization[\"'\])]{0,3}\s?[:=,]\s?[\"']?(?:bearer|basic|token|digest|apikey"
        r"|aws4-hmac-sha256|negotiate)?[ ]"
        r"(?P<value>[^\s\"',;<>{}$]{6,2048})",
        check=_bare,
        needs="(?i)authorization",
        priority=202,
    ),
    SecretPattern(
        "AUTHORIZATION",
        r"(?i)(?<![a-z])bearer(?:[ ]|%20)(?P<value>[\w.~+/=-]{12,2048})",
        check=_mixed,
        needs="(?i)bearer",
        priority=203,
    ),
    SecretPattern(
        "COOKIE",
        r"(?i)(?<![a-z])(?:set-)?cookie[\"']?\s?:\s?[\"']?(?P<value>[\w.-]{1,64}=[^\r\n\"']{4,2048})",
        needs="(?i)cookie",
        priority=204,
    ),
    SecretPattern(
        "SECRET",
        rf"{_NAME}{_SEPARATOR}[bru]?\\?(?P<q>[\"'`])(?P<value>[^\"'`\s\0]{{4,512}})(?=\\?(?P=q))",
        check=_quoted,
        unless=_VOCABULARY,
        needs=_NAMED,
        priority=210,
    ),
    SecretPattern(
        "SECRET",
        rf"{_NAME}{_SEPARATOR}(?P<value>[^\s\"'`,;&<>(){{}}\[\]\0\\]{{5,512}}+)(?![(\[{{])",
        check=_bare,
        unless=_VOCABULARY,
        needs=_NAMED,
        priority=211,
    ),
    SecretPattern(
        "PASSWORD",
        r"(?i)(?:pass(?:word|wd|phrase)|pwd)=(?P<value>[^\s\"'`,;&<>(){}\[\]\0\\]{5,512}+)(?![(\[{])",
        check=_password,
        unless=_VOCABULARY,
        needs="(?i)p(?:ass|wd)",
        priority=212,
    ),
    SecretPattern(
        "SECRET",
        r"(?i)--?(?:api-?key|password|passwd|pass|secret|token|auth-token|access-token"
        r"|client-secret)[ =](?P<value>[^\s\"'`\0]{5,512})",
        check=_bare,
        needs="--?[a-z]",
        priority=213,
    ),
    SecretPattern(
        "SECRET",
        rf"(?:{_NAME}|(?i:\bkey))[ ](?i:is|was|provided|set to"
        rf"|to)[: ]{{1,3}}[\"'`]?(?P<value>[\w+/=.~!@#$%^&*-]{{6,512}})",
        check=lambda text: _mixed(text.rstrip(_SENTENCE_END)) and _bare(text),
        unless=_VOCABULARY,
        needs=_NAMED,
        priority=214,
    ),
    SecretPattern(
        "SECRET",
        r"(?i)[?&](?:key|sig|signature|code|auth|hash)=(?P<value>[\w%+/=.~-]{20,512})",
        check=_mixed,
        needs="[?&]",
        priority=215,
    ),
)
"""The built-in forms: provider formats, wrappings, and values behind the names of secrets."""

_KEYWORD = spellings(
    "pass|pwd|secret|token|key|auth|cred|bearer|cookie|jwt|otp|string|session|csrf|seed|recovery|backup|"
    + "|".join(name.rpartition(" ")[2] for name in FOREIGN_NAMES if name.isascii())
)
_FOREIGN_KEYWORD = "|".join(name.rpartition(" ")[2] for name in FOREIGN_NAMES if not name.isascii())
_BLANK = "[ \\t\\xa0\\u2000-\\u200a\\u202f\\u205f\\u3000\\x1c-\\x1f]"
# A word that names a secret draws in the next; so do separators, and the words of a cookie and of a key's
# header. Nothing here looks behind: a stream may have passed on what was there.
_LINK = (
    rf"(?:(?=[^\s]{{0,200}}?(?:{_KEYWORD}|(?i:{_FOREIGN_KEYWORD})))\S*+|(?i:codes?|ids?|phrase)[:=]*(?=\s|\Z)|[=:>]{{1,3}}|(?i:is|was|to|set|de|basic|digest"
    rf"|provided:?)(?=\s|\Z)"
    r"|\S*;(?=\s)|[A-Z0-9]{2,12}(?=\s|\Z)|\S*?-(?:BEGIN|END)(?=\s))"
)
# No provider's key is shorter than twenty characters.
_PASSAGES = Passages(
    gates=(
        re.compile(r"(?<!\S)\S{20}"),
        re.compile(f"{_KEYWORD}|-----BEGIN"),
        re.compile("://"),
    ),
    rest=re.compile(rf"(?:\S*?{_PEM_PASSAGE}|{_LINK}{_BLANK}{{1,4}})*+\S*+"),
    limit=16384,
    reach=4096,
    foreign=re.compile(f"(?i){_FOREIGN_KEYWORD}"),
)


class SecretRedactor(Redactor):
    """Finds credentials and puts placeholders in their place.

    Knows the key formats of more than eighty providers, private keys, JSON web tokens, passwords in URLs,
    authorization headers and cookies, and takes the value behind the name of a secret for one unless it is
    a word, a reference or a placeholder. Identifiers, hashes and UUIDs by themselves are left alone.

    Args:
        patterns: What to look for instead of the defaults; add to them with ``*DEFAULT_SECRET_PATTERNS``.

    Raises:
        ValueError: A pattern is not a valid regular expression, or one that can take exponential time.

    Example:
        >>> SecretRedactor().redact("password=hunter2!, retry later")
        'password=[SECRET], retry later'
    """

    name = "secret_redactor"
    _what = "secret"

    def __init__(self, *patterns: SecretPattern) -> None:
        own = [pattern for pattern in patterns if pattern not in _BUILT_IN]
        super().__init__(patterns or DEFAULT_SECRET_PATTERNS, passages_for(own, _PASSAGES))


_BUILT_IN = frozenset(DEFAULT_SECRET_PATTERNS)
