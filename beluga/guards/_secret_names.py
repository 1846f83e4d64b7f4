"""Whether the name of a field says that its value is a secret: its words do, above all the last one.

Names come in every spelling (``dbPassword``, ``DB_PASSWORD``, ``--db-password``, ``secret access key``) and language.
They are cut into words once, words of other languages that mean *key*, *token* or *secret* are taken for these, and
then the last word decides, with the one before: an ``api key`` opens something, a ``primary key`` does not.
"""

from __future__ import annotations

import functools
import re
from typing import Literal, NamedTuple, TypeAlias

__all__ = [
    "CLOSE",
    "EAST",
    "IS",
    "LONGEST",
    "PIECES",
    "QUOTE",
    "Kind",
    "Name",
    "is_secret_name",
    "kind_of_name",
    "name_around",
]

Kind: TypeAlias = Literal["", "password", "secret", "key", "token", "cookie", "number"]
"""What a name says of its value; empty where that is not a secret. A number is a PIN or a code that is used once."""

# camelCase, kebab-case and snake_case fall into words; an acronym ends before the last capital of a run, and
# Latin letters before those of East Asia.
EAST = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORDS = re.compile(rf"[{EAST}]+|[A-Za-z]*[^\W\d_A-Za-z{EAST}][^\W\d_{EAST}]*|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

PASSWORDS = (
    r"contrase[nñ]as?|senhas?|palavras? passe|mdp|mots? de passe|(?:kenn|pass|losungs)w[oö]rt(?:e?s|er)?"
    r"|wachtwoord(?:en)?|has[lł](?:o|a|em|u)|lösenord(?:et)?|losenord|adgangskode[nr]?|kodeord(?:et)?|passord(?:et)?"
    r"|salasana\w{0,4}|tunnussana|parola(?:m|n|sı|nız|niz)?|[sş]ifre\w{0,4}|(?:kata )?sandi|парол\w{1,3}"
    r"|密码|密碼|口令|パスワード|暗証番号|合言葉|비밀번호|암호|패스워드"
)
"""Passwords in Spanish, Portuguese, French, German, Dutch, Polish, the Nordic languages, Italian, Turkish, Indonesian,
Russian, Chinese, Japanese and Korean."""

# In most of these languages what it opens, or which one it is, stands behind: `senha do banco`, `contraseña maestra`.
_WHICH = (
    r"(?:de|del|du|des|do|da|dos|das|di|della|dell|la|le|les|el|lo|al|van|het|von|der|d|l|admin\w*|админ\w*|root|user"
    r"|usu[aá]ri\w+|utente|utilisateur|benutzer\w*|gebruiker\w*|użytkownika|пользовател\w+|pengguna|nuev[oa]|nouveau"
    r"|nov[oa]|nuov[oa]|nieuwe?|baru|lama|now[ey]|новый|старый|actual|actuelle?|atual|attuale|ma[eî]s?tr[oae]|mestre"
    r"|maître|principale?|hoofd|główne|главный|utama|wi ?fi|db|base|datos|données|dados|dati|banco|banque|banca|baz[ay]"
    r"|базы|данных|red|réseau|rede|rete|сети|correo|courriel|e ?mail|posta|почты|serve\w+|servidor|сервера|app\w*"
    r"|aplica\w+|tempor\w+|provis\w+)"
)
_PASSWORD = re.compile(rf"(?:.* |.*[{EAST}]|)(?:{PASSWORDS})(?: {_WHICH}){{0,4}}\Z")
_ENGLISH: dict[str, str] = {
    word: english
    for english, words in {
        "key": "schlüssel schluessel clé cle clés clave claves chave chaves chiave sleutel klucz klucza nyckel nyckeln"
        " nøgle nøglen nøkkel nøkkelen avain avaimen anahtar anahtarı anahtari kunci ключ ключа ключом キー 鍵 키",
        "secret": "geheimnis geheim geheimer geheime secreto secreta secreti segredo secreta segreto segreta secrète"
        " sekret tajny hemlig hemlighet hemmelig hemmelighed salainen salaisuus gizli rahasia секрет секретный"
        " 密钥 密鑰 秘钥 私钥 秘密鍵 シークレット シークレットキー 비밀키 시크릿",
        "token": "jeton jetons токен токена トークン 令牌 토큰",
        "private": "privée privé privada privado privata private privater privater prywatny privat yksityinen özel"
        " pribadi приватный закрытый",
        "access": "acceso accès acesso accesso zugriffs zugangs zugang toegangs toegang dostępu åtkomst adgangs доступа"
        " erişim akses アクセス 액세스 访问",
        "credentials": "zugangsdaten anmeldedaten identifiants credenciales credenciais credenziali inloggegevens",
        "api key": "apikey api密钥 apiキー api키",
    }.items()
    for word in words.split()
}
_COMPOUND = re.compile(
    r"(api|zugriffs?|zugangs?|geheim|sicherheits|toegangs?|åtkomst|adgangs|tilgangs|pääsy|api )[- ]?"
    r"(?:schlüssel|schluessel|sleutel|nyckel|nøgle|nøkkel|avain)\Z"
)
_PARTICLES = frozenset("de d del di da do dell of dla para per la l".split())

_ONE_WORD: dict[Kind, str] = {
    "password": "password passwords pw passwd passphrase passphrases passcode pwd pass pswd htpasswd storepass keypass",
    "secret": "secret secrets credential credentials cred creds authorization mnemonic connectionstring dsn"
    " keytab pem"
    " pkcs sas ssn clientsecret webhooksecret",
    "key": "apikey accesskey secretkey privatekey signingkey encryptionkey",
    "token": "apitoken authtoken accesstoken jwt bearer refreshtoken sessiontoken csrf xsrf sid sessid sessionid"
    " phpsessid"
    " jsessionid",
    "cookie": "cookie cookies",
    "number": "otp totp pin cvv cvc cvv2 passnumber",
}
_ALWAYS: dict[str, Kind] = {word: kind for kind, words in _ONE_WORD.items() for word in words.split()}
# One word that somebody wrote together out of two: `dbpassword`, `PGPASSWORD`.
_GLUED = re.compile(
    r"\w*(?:(?P<password>password|passwd|passphrase|(?<!y)pwd|(?:ssh|db|user|my|root|admin|key|store|require|auth)pass)"
    r"|(?P<key>apikey|secretkey|accesskey|privatekey|(?:app|client|consumer|shared|api)secret)|(?P<token>authtoken|accesstoken|apitoken))\Z"
)
_GLUED_KINDS: dict[str, Kind] = {"password": "password", "key": "key", "token": "token"}
# A key is secret when the word before says what it opens.
_KEY_OF = frozenset(
    "api secret private access signing signature encryption decryption master app application auth client service"
    " shared account admin license licence hmac aes rsa ssh gpg pgp root webhook subscription data wrapping symmetric"
    " host deploy provider openai anthropic azure aws gcp google groq mistral cohere stripe jwt session cipher crypto"
    " seed kms server user developer integration write ingest ingestion monitoring bot merchant sandbox live"
    " twilio sendgrid mailgun mailchimp datadog dd algolia maps segment pagerduty functions function consumer".split()
)
_NOT_KEY_OF = frozenset("public primary foreign cache sort partition hash map row unique idempotency dedupe".split())
# A token is a credential unless it is a piece of text, or the place in a list of pages.
_NOT_TOKEN_OF = frozenset(
    "eos bos pad unk mask cls sep stop start end special next last first prev previous max min num n total prompt"
    " completion input output cached reasoning page continuation continue sync cancellation cancel per new image audio"
    " text begin decoder forced eot assistant system separator padding unknown pagination cursor scroll idempotency"
    " conversation client_request request clientrequest count type value unexpected expected illegal unrecognized"
    " unrecognised missing closing opening current lookahead trailing comment keyword whitespace".split()
)
# Words that may follow a credential's name: `SecretString`, `passwordHash`, `Authorization-Code`.
_TAILS = frozenset(
    "value string text code hash data base64 b64 encoded plaintext plain raw old new current previous"
    " confirm confirmation base header bytes env var digest ciphertext blob payload pem bin hex json v".split()
)
_FLAGS = frozenset(
    "has is num max min n no allow require requires required enable enabled disable use should can".split()
)
_CODES = frozenset("verification confirmation security mfa sms recovery backup device auth".split())
_LAST: dict[str, frozenset[str]] = {
    "tokens": frozenset("access refresh auth api secret bearer session user bot".split()),
    "auth": frozenset(["", *"basic proxy http x registry docker digest npm".split()]),
    "pat": frozenset("github gitlab gh azure devops ado bitbucket".split()),
    "signature": frozenset("x hub webhook sas amz".split()),
    "id": frozenset("session sess csrf xsrf".split()),
    "seed": frozenset("totp otp mfa wallet".split()),
    "phrase": frozenset("seed recovery secret".split()),
    "words": frozenset("seed recovery".split()),
    "certificate": frozenset(["private"]),
    "verifier": frozenset(["code"]),
    **dict.fromkeys(("string", "url", "uri"), frozenset("connection conn dsn credentials".split())),
}
_KIND_OF_LAST: dict[str, Kind] = {"tokens": "token", "pat": "token", "id": "token", "signature": "key"}


@functools.lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Say whether a field called `name` holds a secret.

    Example:
        >>> is_secret_name("openaiApiKey"), is_secret_name("max_tokens"), is_secret_name("eos_token")
        (True, False, False)
    """
    return kind_of_name(name) != ""


@functools.lru_cache(maxsize=4096)
def kind_of_name(name: str) -> Kind:
    """Say what kind of secret a field called `name` holds.

    Example:
        >>> kind_of_name("mot de passe"), kind_of_name("clave de API"), kind_of_name("sort_key")
        ('password', 'key', '')
    """
    words = [word.lower() for word in _WORDS.findall(name)] or [name.lower()]
    while len(words) > 1 and words[-1].isdigit():
        words.pop()
    if words[0] in _FLAGS and len(words) > 1:
        return ""
    if _PASSWORD.match(" ".join(words[-6:])):
        return "password"
    words = _in_english(words)
    if kind := _by_last(words):
        return kind
    stem = list(words)
    while len(stem) > 1 and stem[-1] in _TAILS:
        stem.pop()
        if kind := _by_last(stem):
            piece_of_text = stem == ["token"] and words[-1] in {"text", "data", "raw", "hash"}
            piece_of_text |= stem[-1] == "pin"  # the pin codes of India are postal ones
            return "" if piece_of_text else kind
    return ""


def _in_english(words: list[str]) -> list[str]:
    """Return `words` with those of other languages in English, and in its order: `clave de api` is an `api key`."""
    if all(word.isascii() for word in words) and _ENGLISH.keys().isdisjoint(words) and not _COMPOUND.match(words[-1]):
        return words
    meant = [_ENGLISH.get(word, word) for word in words if word not in _PARTICLES] or words
    if _COMPOUND.search(words[-1]):
        return ["access", "key"]
    for noun in ("key", "token"):
        if noun in meant[:-1]:
            meant.remove(noun)
            meant.append(noun)
    return " ".join(meant).split()


def _by_last(words: list[str]) -> Kind:
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    for word in (last, before + last, "".join(words)):
        if word in _ALWAYS:
            return _ALWAYS[word]
    if last in {"key", "keys"}:
        return "key" if before in _KEY_OF and before not in _NOT_KEY_OF else ""
    if last == "token":
        return "token" if before not in _NOT_TOKEN_OF else ""
    if last in {"code", "codes"}:
        return "number" if before in _CODES else ""
    if last in _LAST:
        return _KIND_OF_LAST.get(last, "secret") if before in _LAST[last] else ""
    glued = _GLUED.match(last)
    return _GLUED_KINDS[glued.lastgroup or ""] if glued else ""


PIECES = tuple(
    "pass pwd pswd secret token key auth cred cookie jwt bearer otp cvv cvc mnemonic string dsn sess csrf xsrf phrase"
    """ pin: pin= pin" pin' pw: pw= pw" pat: pat= pat" sid: sid= sid" sid' code: code= code" code' codes"""
    " mfa recovery verification verifier backup"
    " contrase senha palavra mdp kennwort losungswort wachtwoord hasl hasł senord adgang kodeord salasana tunnussana"
    " parola ifre sandi парол 密码 密碼 口令 パスワード 暗証番号 合言葉 비밀번호 암호 패스워드"
    " schlu schlü clé clave chave chiav sleutel klucz nyckel nøgle nøkkel avain anahtar kunci ключ キー 鍵 키"
    " geheim secreto segre sekret hemlig salai gizli rahasia секрет"
    " 密钥 密鑰 秘钥 私钥 秘密鍵 シークレット 비밀키 시크릿"
    " jeton токен トークン 令牌 토큰 zugang anmelde identifiant inlog".split()
)
"""What every name of a secret has in it, in small letters, for those who look for names in a text."""

_IN_EAST = 16  # characters of a name before its last word where no blank says that it begins
LONGEST = 64  # characters of a name on either side of the piece that was found

QUOTE = r"(?:\\{0,8}(?:\"\"\"|'''|[\"'`])|%22|[「『])"
CLOSE = rf"(?:{QUOTE})?[\])]{{0,2}}"
IS = (
    r"(?:is|was|are|will be|reads|ist|lautet|est|es|sera|será|é|foi|è|sarà|jest|to|brzmi|är|er|on|это|adalah|ialah"
    r"|olarak)"
)
_AFTER = re.compile(
    rf"(?:(?<=[{EAST}])(?:キー|키|ID|コード)?"
    rf"|(?<![{EAST}])[^\W{EAST}]{{0,{LONGEST}}}+(?:[.-][^\W{EAST}]{{1,{LONGEST}}}(?![\w(])){{0,4}})"
)
_TWO_AFTER = re.compile(r"((?:[ \t]{1,2}|-)(?:d['’]|l['’])?[^\W\d_]{1,14})((?:[ \t]{1,2}|['’])[^\W\d_]{1,14})?")
_GOES_ON, _ENDS = frozenset(" \t-"), frozenset(" \t\r\n:=\"'`,;|)]>")
_JOINED_BY_SIGN = re.compile(rf"{CLOSE}[ \t]{{0,4}}(?:[:=]|->|→|{IS}[ \t]|[|\n])")


_LETTERS = re.compile(r"[^\W\d_]+\Z")


class Name(NamedTuple):
    """A name in a text."""

    start: int
    end: int
    kind: Kind
    text: str


def name_around(work: str, place: int, end: int) -> Name:
    """Return the whole name of which a piece stands at `place`; of no kind where it names no secret."""
    start = place
    least = max(0, start - (LONGEST if work[place] < "\u3040" else _IN_EAST))
    while start > least and (work[start - 1].isalnum() or work[start - 1] in "_.-"):
        start -= 1
    if work[end : end + 1] not in _ENDS and (after := _AFTER.match(work, end)):
        end = after.end()
    while work[start] in ".-_" and start < place:
        start += 1
    if work[start] == "D" and work.startswith("-", start - 1) and start < place:  # `java -DapiKey=x`
        start += 1
    token = work[start:end]
    if len(token) > LONGEST:
        return Name(start, end, "", token)
    kind = kind_of_name(token)
    if not kind or token.lower() == "token":
        start, kind = _with_words_before(work, start, token, kind)
    following = _TWO_AFTER.match(work, end) if work[end : end + 1] in _GOES_ON else None
    if (following and work[end] != "-") or (following and not kind):
        for group in (2, 1):
            if following[group]:
                stop = following.end(group)
                longer = kind_of_name(work[start:stop])
                if longer and _JOINED_BY_SIGN.match(work, stop):
                    return Name(start, stop, longer, work[start:stop])
    return Name(start, end, kind, token)


def _with_words_before(work: str, start: int, token: str, kind: Kind) -> tuple[int, Kind]:
    """Return where the name begins whose last word is `token`, and its kind, by the words before it."""
    words = _words_before(work, start)
    if not words:
        return start, kind
    one = kind_of_name(f"{words[-1]} {token}")
    kind = one or ("" if kind else kind_of_name(" ".join((*words, token))))
    return (work.rfind(words[-1] if one else words[0], 0, start) if kind else start), kind


def _words_before(work: str, start: int) -> list[str]:
    """Return the two words of a line before `start`, or as many as there are."""
    if not start or work[start - 1] not in " \t":
        return []
    words = work[max(0, start - 28) : start].rpartition("\n")[2].split()[-2:]
    last = _LETTERS.search(words[-1]) if words else None
    if last is None:
        return []
    return words if last[0] == words[-1] else [last[0]]  # what is before a bracket or a comma is another matter
