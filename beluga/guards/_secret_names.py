"""Whether the name of a field says that its value is a secret: the last word of the name decides."""

from __future__ import annotations

import functools
import re

__all__ = ["FOREIGN_NAMES", "is_secret_name"]

# camelCase, kebab-case and snake_case fall into words; an acronym ends before the last capital of a run.
_WORDS = re.compile(r"[A-Za-z]*[^\W\d_A-Za-z][^\W\d_]*|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

FOREIGN_NAMES = (
    "contraseña", "senha", "mot de passe", "kennwort", "wachtwoord", "hasło", "lösenord", "adgangskode", "kodeord",
    "salasana", "passord", "parola", "şifre", "kata sandi", "пароль", "密码", "密碼", "パスワード", "비밀번호", "암호",
)  # fmt: skip
"""Passwords in Spanish, Portuguese, French, German, Dutch, Polish, the Nordic languages, Italian, Turkish, Indonesian,
Russian, Chinese, Japanese and Korean."""

_ALWAYS = frozenset(
    "password passwd passphrase passcode pwd pass pswd secret secrets credential credentials cred creds"
    " authorization"
    " apikey apitoken authtoken accesstoken accesskey secretkey privatekey cookie cookies jwt bearer otp"
    " totp pin cvv cvc"
    " mnemonic connectionstring dsn htpasswd keytab passwort kennwort contraseña senha"
    " clientsecret refreshtoken sessiontoken webhooksecret signingkey encryptionkey userpassword dbpassword"
    " pem pkcs sas ssn".split()
)
# A key is secret when the word before says what it opens.
_KEY_OF = frozenset(
    "api secret private access signing signature encryption decryption master app application auth"
    " client service shared"
    " account admin license licence hmac aes rsa ssh gpg pgp root webhook storage subscription data"
    " wrapping symmetric"
    " host deploy provider openai anthropic azure aws gcp google groq mistral cohere stripe jwt session"
    " cipher crypto seed"
    " kms server user".split()
)
_NOT_KEY_OF = frozenset("public primary foreign cache sort partition hash map row unique idempotency dedupe".split())
# A token is a credential unless it is a piece of text, or the place in a list of pages.
_NOT_TOKEN_OF = frozenset(
    "eos bos pad unk mask cls sep stop start end special next last first prev previous max min num n"
    " total prompt"
    " completion input output cached reasoning page continuation continue sync cancellation cancel per"
    " new image audio"
    " text mask begin decoder forced bot eot user assistant system separator padding unknown pagination"
    " cursor scroll"
    " idempotency conversation client_request request clientrequest count type value".split()
)
# Words that may follow a credential's name: `SecretString`, `passwordHash`, `Authorization-Code`.
_TAILS = frozenset(
    "value string text code hash data base64 b64 encoded plaintext plain raw old new current previous"
    " confirm confirmation"
    " header bytes env var digest ciphertext blob payload pem bin hex json".split()
)
_FOREIGN = frozenset(FOREIGN_NAMES)
_FLAGS = frozenset(
    "has is num max min n no allow require requires required enable enabled disable use should can".split()
)


@functools.lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Say whether a field called `name` holds a secret.

    Example:
        >>> is_secret_name("openaiApiKey"), is_secret_name("max_tokens"), is_secret_name("eos_token")
        (True, False, False)
    """
    words = [word.lower() for word in _WORDS.findall(name)] or [name.lower()]
    while len(words) > 1 and words[-1].isdigit():
        words.pop()
    if words[0] in _FLAGS and len(words) > 1:
        return False
    if " ".join(words[-3:]) in _FOREIGN or " ".join(words[-2:]) in _FOREIGN or words[-1] in _FOREIGN:
        return True
    if _ends_in_secret(words):
        return True
    stem = list(words)
    while len(stem) > 1 and stem[-1] in _TAILS:
        stem.pop()
        if _ends_in_secret(stem):
            return not (stem[-1] == "token" and words[-1] in {"text", "data", "raw", "hash"} and len(stem) == 1)
    return False


def _ends_in_secret(words: list[str]) -> bool:  # noqa: PLR0911 - one line for each last word
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _ALWAYS or before + last in _ALWAYS or "".join(words) in _ALWAYS:
        return True
    if last in {"key", "keys"}:
        return before in _KEY_OF and before not in _NOT_KEY_OF
    if last == "token":
        return before not in _NOT_TOKEN_OF
    if last == "tokens":
        return before in {"access", "refresh", "auth", "api", "secret", "bearer", "session"}
    if last == "auth":
        return before in {"", "basic", "proxy", "http", "x", "registry", "docker", "digest"}
    if last == "signature":
        return before in {"x", "hub", "webhook", "sas", "amz"}
    if last == "code":
        return before in {
            "verification",
            "confirmation",
            "security",
            "mfa",
            "sms",
            "recovery",
            "backup",
            "device",
            "auth",
        }
    if last in {"id", "seed", "phrase"}:
        return before in {"id": {"session", "sess", "csrf"}, "seed": {"totp", "otp"}, "phrase": {"seed"}}[last]
    if last == "certificate":
        return before == "private"
    return last in {"string", "url", "uri"} and before in {"connection", "conn", "dsn", "credentials"}
