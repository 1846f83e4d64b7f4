"""Whether what stands where a secret would stand is one: not a word of a program, a reference, or a placeholder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beluga.guards._secret_names import Kind

__all__ = ["is_absent", "is_class", "is_mixed", "is_nothing", "is_random", "is_secret", "is_varied"]

# Words that stand in for a value; a value of only these is a placeholder: `your-api-key-here`, not `Example2024!`.
_STANDING_IN = (
    "a an the my your our their this that here some any one new old own insert enter put add paste replace set change"
    " changeit change changeme me it with in go goes example examples sample dummy fake mock test testing demo"
    " placeholder redacted"
    " masked hidden removed filtered secret secrets token tokens password passwords passwd pwd pass passphrase user"
    " username"
    " key keys api apikey auth access client private public value string text id name code cookie bearer basic session"
    " todo tbd fixme xxx foo bar baz foobar null none nil undefined empty blank missing unset default optional required"
    " invalid valid unknown false true yes no not provided supplied given specified sensitive openai anthropic aws"
    " google azure github gitlab stripe slack db database root admin app service account webhook signing master super"
    " top very real actual production staging development dev prod local localhost long random generated strong value"
    " confidential credential credentials var env variable config settings field input str bytes int bool object any"
    " number from to of is for be must type hunter same origin include omit digest negotiate hmac sha sha1 sha256 jwt"
).split()


def _branches(words: Iterable[str]) -> str:
    """Return an expression for any of `words` that reads each letter once: a tenth of the time of one after another."""
    rest: dict[str, list[str]] = {}
    for word in words:
        if word:
            rest.setdefault(word[0], []).append(word[1:])
    several = "|".join(re.escape(first) + _branches(tails) for first, tails in rest.items())
    return (f"(?:{several})?" if "" in words else f"(?:{several})") if rest else ""


_PLACEHOLDER = re.compile(rf"(?:{_branches(_STANDING_IN)}[-_ .:/!?'*]{{0,3}}){{1,8}}\Z")  # in small letters
_TEMPLATE = re.compile(
    r"[*•.·xX#_\-\s?…]*\Z"  # a mask
    r"|(?:[$%#@]?\{|\$\(|<%|\[%)[^\n]{0,200}[})>\]]{1,2}\Z"  # a template's variable
    r"|<[^<>\n]{1,100}>\Z|\[[A-Z _-]{2,40}\]\Z|\{[\w .!:\[\]-]{0,60}\}\Z|\$\{?[A-Za-z_]\w*\}?\Z|%[A-Z_]+%\Z"
    r"|%(?:\(\w+\))?[sdrif]\Z"
)
_STATE = re.compile(r"(?i)(?:none|null|nil|undefined|true|false)[.,;]?\Z")
_EXPRESSION = re.compile(r"\(\?|\[\^|\][+*{?]|\)[+*]|#[0-9a-fA-F]{3,8}\Z")  # a regular one, or a colour
_ELSEWHERE = re.compile(
    r":[a-z_]+\Z|@[A-Za-z_]+\Z"
    r"|(?:vault|ref\+|arn|file|op|ssm|sops|kms|gcp-sm|aws-sm|azurekeyvault|secretref|env|doppler|bws)\+?:\S*\Z"
    r"|[a-z][a-z0-9+.-]*://[^:@\s]*\Z"  # an address without a password
    r"|(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2)|(?:SHA256|MD5|SHA1):|sha(?:256|384|512)-"
    r"|pk_(?:live|test)_|sb_publishable_|pk\.eyJ|\.{0,2}/[\w./-]*\Z|~/|[\w-]+(?:\.[\w-]+)*\.(?:pem|json|ya?ml|key"
    r"|txt|env|crt)\Z"
)
# A name in a program, `config.api_key`, `get_token(`, `row[0]`; digits only end a word of it, as in `key1`.
_REFERENCE = re.compile(
    r"(?:(?:os|sys|process|self|this|config|settings|env|secrets?|vars?|data|local|module|ctx|req|request|args"
    r"|options|opts"
    r"|params|props|state|conf|cfg|app|event|input|user|creds|credentials|response|res|body|context|cls|values)(?=[.\[(])"
    r"|[A-Za-z_$][\w$]*(?=[.\[(]|::|->))(?:(?:\?|!)?(?:\.|::|->)[$@]?[A-Za-z_]+\d{0,2}(?:_[A-Za-z]+\d{0,2})*\b"
    r"|\[[^\]\n]*\]?|\((?!\d)[^\n]*)+\Z"
)
_CODE = re.compile(
    r"[A-Za-z_$][\w$.]*(?:\.[A-Za-z_$][\w$]*)*[(\[][^\n]*\Z|(?:await|new|lambda|function|async|typeof|not) \S"
)
_IDENTIFIER = re.compile(r"[^\W\d]+(?:[.:-][^\W\d]+)*(?:\(.*)?\Z")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\Z")
_LABEL = re.compile(r"[A-Za-z]+(?:[-_./:][A-Za-z]+)*(?:[-_./:]?v?\d{1,2})?\Z")
_ABOUT = re.compile(r"(?i)pass(?:word|wd|phrase)|secret|token|key|auth|cred|pwd")
_VERSION = re.compile(
    r"(?:npm:)?[\^~<>=v ]{0,4}\d{1,5}(?:\.(?:\d{1,5}|[x*])){1,3}(?:[-+.][\w.+-]{1,40})?(?:[ ,|<>=^~].*)?\Z|\*\Z"
    r"|workspace:"
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?\Z")
_SENTENCE = re.compile(
    r"(?i).*\b(?:the|your|you|is|are|must|please|enter|for|not|and|or|with|at least|forgot|reset|contain|should|can"
    r"|de|votre|ihr|su|of|to)\b"
)
_BRACKETS = frozenset("([{<")
_LABELS = re.compile(r"[A-Z][A-Za-z0-9',.!?:() -]*\Z")  # several words, as a form shows them
_SEPARATORS = re.compile("-")
_CAMEL = re.compile(r"(?:[A-Z]+[a-z]+\d?){2,}\Z")  # the name of a class, such as `OAuth2Token`
_CODES = re.compile(r"[\dA-Za-z]{3,12}(?:[ -][\dA-Za-z]{3,12}){0,7}\Z")
_UNLIKE_A_COOKIE = re.compile(r"(?i)(?:path|domain|max-age|expires|samesite|version|priority|comment)\Z")
_OPENS = re.compile(r"(?i)sess|sid\b|auth|token|jwt|remember|csrf|xsrf|secret|login|user|key")


def is_varied(text: str) -> int:
    """Turn down what stands for a key in documentation: ``xxxx``, ``1111``, one letter over and over."""
    body = text[len(text) // 3 :]
    return len(text) if len(set(body.lower())) >= 5 else 0


def is_mixed(text: str) -> int:
    """Accept varied text that has both letters and digits."""
    return is_varied(text) if any(map(str.isdigit, text)) and any(map(str.isalpha, text)) else 0


def is_absent(text: str) -> bool:
    """Say whether `text` stands for a value that is somewhere else, or for none."""
    return (
        _is_template(text)
        or _PLACEHOLDER.match(text.lower()) is not None
        or bool(_ELSEWHERE.match(text) or _REFERENCE.match(text))
    )


def _is_template(text: str) -> bool:
    """Say whether `text` is empty, a mask, or what a program puts a value in the place of."""
    return not text or _TEMPLATE.match(text) is not None


def is_class(text: str) -> bool:
    """Say whether `text` is written as the names of classes are."""
    return _CAMEL.match(text) is not None


def is_nothing(text: str) -> bool:
    """Say whether even a log, which takes every word behind a password's name for it, may show `text`."""
    return _is_template(text) or _STATE.match(text) is not None


def is_random(text: str) -> int:
    """Accept text of which one part is long and no word; `sk-toggleable__content` is the name of a style."""
    parts = re.split(r"[-_.]+", text)
    return len(text) if any((len(part) >= 12 and is_mixed(part)) or _jumbled(part) for part in parts) else 0


def is_secret(text: str, kind: Kind, *, quoted: bool, plain: bool) -> bool:
    """Say whether `text`, behind the name of a secret of `kind`, is the secret.

    Args:
        text: What stands there.
        kind: What the name says.
        quoted: It stands in quotes, or in something else that says where it ends.
        plain: A word may be one: behind ``password=``, and not in prose.
    """
    if not quoted and (text[:1] in _BRACKETS or is_class(text)):
        return False
    if len(text) < 3 or is_absent(text) or (_CODE.match(text) and not quoted):
        return False
    if kind == "number":
        is_code = _CODES.match(text) and any(map(str.isdigit, text)) and not _DATE.match(text)
        return bool(is_code) or (len(text) >= 8 and _is_key(text, "token", quoted=quoted))
    if kind == "cookie":
        return _opens(text)
    if kind == "password":
        return _is_password(text, quoted=quoted, plain=plain)
    return _is_key(text, kind, quoted=quoted)


def _is_password(text: str, *, quoted: bool, plain: bool) -> bool:
    if " " in text and (_SENTENCE.match(text) or _LABELS.match(text)):
        return False
    if text.isdigit():
        return len(text) >= (4 if quoted or plain else 6)
    if not _IDENTIFIER.match(text) or _jumbled(text):
        return len(text) >= 4 and not (_ABOUT.search(text) and _LABEL.match(text))
    return (quoted or plain) and len(text) >= 4 and not _ABOUT.search(text)


def _is_key(text: str, kind: Kind, *, quoted: bool) -> bool:
    if (
        _EXPRESSION.search(text)
        or _VERSION.match(text)
        or _DATE.match(text)
        or (text.isdigit() and (kind != "secret" or len(text) < 6))
    ):
        return False
    if " " in text:
        told = kind == "secret" or any(map(str.isdigit, text))
        return told and quoted and not _SENTENCE.match(text) and not _LABELS.match(text)
    if len(text) < (4 if quoted else 5) or _CONSTANT.match(text):
        return False
    if _IDENTIFIER.match(text) and not _jumbled(text) and len(_SEPARATORS.findall(text)) < 3:
        return quoted and kind != "cookie" and len(text) >= (4 if kind == "secret" else 8) and not _ABOUT.search(text)
    if _LABEL.match(text) and len(_SEPARATORS.findall(text)) < 3 and not (text.isalnum() and is_mixed(text)):
        return kind == "secret" and quoted and not _ABOUT.search(text)
    return True


def _jumbled(text: str) -> bool:
    """Say whether upper and lower case change more often than in a name of several words."""
    capitals = sum(map(str.isupper, text))
    return text.isalpha() and len(text) >= 12 and len(text) // 4 <= capitals <= len(text) * 3 // 4


def _opens(cookies: str) -> bool:
    """Say whether one of `cookies` says who somebody is, and not only which colours they like."""
    for pair in cookies.split(";"):
        name, _, value = pair.strip().partition("=")
        if not value or _UNLIKE_A_COOKIE.match(name):
            continue
        if _OPENS.search(name) and len(value) >= 4 and not is_absent(value):
            return True
        if len(value) >= 16 and is_mixed(value):
            return True
    return False
