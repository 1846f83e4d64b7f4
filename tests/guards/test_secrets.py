"""Credentials in text."""

from __future__ import annotations

import importlib.util
import pathlib

import pytest

from beluga.guards import Guard, SecretPattern, SecretRedactor
from beluga.guards._secret_formats import FORMATS
from beluga.guards._secret_names import is_secret_name

redactor = SecretRedactor()
LONG = "aB3dE5gH7jK9mN1pQ2sT4vW6xY8zA0cD5fG7"
HEX = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def found(text):
    return [(finding.kind, text[finding.start : finding.end]) for finding in redactor.scan(text)]


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("OPENAI_KEY", ("sk", "-proj-", LONG, LONG)),
        ("ANTHROPIC_KEY", ("sk", "-ant-", "api03-", LONG, LONG)),
        ("AWS_KEY_ID", ("AK", "IA", "Q3EGRLWMBTSZ7XYV")),
        ("GITHUB_TOKEN", ("gh", "p_", LONG)),
        ("GITHUB_TOKEN", ("github", "_pat_", LONG, LONG)),
        ("GITLAB_TOKEN", ("gl", "pat-", LONG[:20])),
        ("SLACK_TOKEN", ("xo", "xb-", "123456789012-", "123456789012-", LONG[:24])),
        ("GOOGLE_KEY", ("AI", "za", LONG[:35])),
        ("STRIPE_KEY", ("sk_", "live_", LONG[:24])),
        ("HUGGINGFACE_TOKEN", ("h", "f_", LONG[:34])),
        ("SENDGRID_KEY", ("S", "G.", LONG[:22], ".", LONG, "abcdefg")),
        ("TELEGRAM_TOKEN", ("123456789", ":AA", LONG[:33])),
        ("DISCORD_TOKEN", ("M", LONG[:23], ".", LONG[:6], ".", LONG[:27])),
        ("NPM_TOKEN", ("np", "m_", LONG)),
        ("REPLICATE_TOKEN", ("r", "8_", LONG, "x")),
        ("DATABRICKS_TOKEN", ("da", "pi", HEX)),
        ("DIGITALOCEAN_TOKEN", ("do", "p_v1_", HEX, HEX)),
        ("VAULT_TOKEN", ("hv", "s.", LONG)),
        ("TWILIO_KEY", ("S", "K", HEX)),
        ("DYNATRACE_TOKEN", ("dt0", "c01.", LONG[:24], ".", LONG, LONG[:28])),
        ("SNYK_TOKEN", ("snyk_", "uat.", HEX[:8], ".", LONG, LONG)),
        ("TAILSCALE_KEY", ("tskey-", "auth-", LONG[:12], "-", LONG[:32])),
        ("CIRCLECI_TOKEN", ("CCI", "PAT_", LONG[:22], "_", HEX, HEX[:8])),
        ("SONAR_TOKEN", ("sq", "p_", HEX, HEX[:8])),
        ("RESEND_KEY", ("re", "_", LONG[:8], "_", LONG[:24])),
        ("NUGET_KEY", ("oy", "2", HEX, HEX[:11])),
        ("CLOUDFLARE_KEY", ("v1", ".0-", HEX[:24], "-", HEX * 4, HEX[:18])),
        ("POSTHOG_KEY", ("ph", "x_", LONG, LONG[:10])),
        ("TRELLO_TOKEN", ("AT", "TA", HEX, HEX)),
        ("AKAMAI_TOKEN", ("ak", "ab-", HEX[:16], "-", HEX[16:])),
        ("CLICKHOUSE_KEY", ("4b", "1d", LONG, LONG[:2])),
        ("PACKAGIST_TOKEN", ("packa", "gist_ort_", HEX, HEX, HEX[:4])),
        ("MAXMIND_KEY", (LONG[:6], "_", LONG[:29], "_m", "mk")),
        ("PRIVATE_KEY", ("LS0tLS1C", "RUdJTi", "BSU0EgUFJJVkFURSBLRVktLS0tLQo", LONG, LONG)),
        ("JWT", ("ZX", "lKaGJHY2lPaUpJVXpJMU5pSjku", LONG, LONG)),
        ("JWT", ("ey", "JhbGciOiJIUzI1NiJ9.", "ey", "JzdWIiOiIxMjM0In0.", LONG)),
    ],
)
def test_provider_formats(kind, parts):
    """A key is known by its form, wherever it stands and whatever is around it."""
    key = "".join(parts)
    for template in ("{}", "key {}, ok", '{{"x": "{}"}}', "`{}`", "?k={}&n=1", "({})", "Incorrect key: {}."):
        assert (kind, key) in found(template.format(key)), template


def test_more_than_forty_providers():
    """The table is as long as promised, and every row is a valid expression."""
    assert len({kind for kind, _, _ in FORMATS}) >= 40
    SecretRedactor(*(SecretPattern(kind, form) for kind, _, form in FORMATS))


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password=hunter2!x", "hunter2!x"),
        ("passwd: correct-horse-battery-q9ldqs", "correct-horse-battery-q9ldqs"),
        ('"apiKey": "pDa8QoijqmAHl6ok5THg2b"', "pDa8QoijqmAHl6ok5THg2b"),
        ("aws_secret_access_key = iSlYEYNzP%4ocKvQ", "iSlYEYNzP%4ocKvQ"),
        ("client_secret=xTx0dQRinLHaWxro&grant_type=x", "xTx0dQRinLHaWxro"),
        ("--password 45m&UAPGMTNz0Sna run", "45m&UAPGMTNz0Sna"),
        ("X-API-Key: 7c9d4cd595ee435a287d47eb", "7c9d4cd595ee435a287d47eb"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA=="),
        ("mysql://app:hunter03xx@db.example.com/x", "hunter03xx"),
        ("AccountKey=" + LONG + LONG + "==;Endpoint=x", LONG + LONG + "=="),
        ("password=hunter22!, retry", "hunter22!"),
        ("my password is hunter2!x.", "hunter2!x"),
        ("Cookie: session=abcdef123456; theme=dark", "session=abcdef123456; theme=dark"),
    ],
)
def test_secrets_in_context(text, secret):
    """The value behind the name of a secret is found, and nothing around it."""
    assert [value for _, value in found(text)] == [secret]


@pytest.mark.parametrize(
    "text",
    [
        "commit 6634288e597eb997d67061925b9abae94f1c2081",
        "id: dce43894-f643-4757-a388-84c64d3164e7",
        "sha256:5692b3da0dd30e0ad5104bf3939a8437a2ffd09d8912fbba46b464964c52a07c",
        "max_tokens=9107, prompt_tokens=4139",
        'eos_token="<|endoftext|>" pad_token=<pad>',
        "the password field is required",
        "password: ******",
        "api_key: ${OPENAI_API_KEY}",
        'api_key=os.environ["OPENAI_API_KEY"]',
        "token = get_token()",
        "risk-free skill sk-learn task-1234",
        "model: claude-sonnet-4-5-20250929",
        "data:image/png;base64,iVBORw0KGgoJpvlZdz6C3HDlCwZKt8hSjq6gNQzyN9OJzIz13bXbAKpdAuDesHphCDp6Uo4",
        "chatcmpl-8MYOXaWRDGYtqzNduPuVbzBdhNeVq",
        "gh" + "p_" + "x" * 36,
        "the secret to good pasta is salt",
        "next_page_token=abcdef123456",
    ],
)
def test_harmless_text(text):
    """Identifiers, hashes, references, placeholders and vocabulary are no secrets."""
    assert found(text) == []


@pytest.mark.parametrize("label", ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"])
@pytest.mark.parametrize("newline", ["\n", "\\n", "\r\n"])
def test_private_keys(label, newline):
    """The whole block goes, with its begin and end, also where the line breaks are escaped."""
    block = newline.join([f"-----BEGIN {label}-----", LONG + LONG[:28], LONG[:10] + "==", f"-----END {label}-----"])

    assert found(f"key: {block} and more") == [("PRIVATE_KEY", block)]


def test_a_private_key_that_is_cut_off():
    """A block without its end is a secret all the same; the words behind it are not."""
    block = "-----BEGIN PRIVATE KEY-----\n" + LONG + LONG

    assert redactor.redact(f"{block}\n\nThat was it.").endswith("That was it.")
    assert LONG not in redactor.redact(block)


@pytest.mark.parametrize("newline", ["\n", "\\n", '" +\n  "', "\n> "])
@pytest.mark.parametrize("ended", [True, False])
def test_a_private_key_longer_than_the_window(newline, ended):
    """However long a block is, and whether its end came or not, none of its lines is seen, in a stream neither."""
    lines = [f"{number:04}{LONG}{LONG}"[:64] for number in range(300)]
    block = newline.join(["-----BEGIN PRIVATE KEY-----", *lines, *(["-----END PRIVATE KEY-----"] if ended else [])])
    whole = redactor.redact(f"see {block}\n\nthat was it")

    assert not [line for line in lines if line in whole]
    assert whole.endswith("that was it")
    for size in (61, 997):
        stream = redactor.stream()
        cut = [f"see {block}\n\nthat was it"[at : at + size] for at in range(0, len(block) + 20, size)]
        assert "".join([*map(stream.feed, cut), stream.close()]) == whole, size


DIGITS = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ALGOLIA", DIGITS[:32]),
        ("my_codecov", DIGITS[:32]),
        ("myDatadogApi", DIGITS[:40]),
        ("okta", "00" + DIGITS[:40]),
        ("BUNDLE_ENTERPRISE__CONTRIBSYS__COM", f"{DIGITS[:8]}:{DIGITS[8:16]}"),
        ("ibm_cos", DIGITS[:48]),
    ],
)
def test_a_key_without_a_form_is_known_behind_its_providers_name(name, key):
    """So many letters and digits are a key where the name in front of them is that of a provider whose keys have so many."""
    for template in ("{}={}", '{} = "{}"', '"{}": "{}"', "{}: {},"):
        text = template.format(name, key)
        assert [value for _, value in found(text)] == [key], text
        assert redactor.redact(text) == text.replace(key, "[SECRET]")


@pytest.mark.parametrize(
    "text",
    [
        f"uses: codecov/codecov-action@{DIGITS[:40]}",
        f"datadog_trace: {DIGITS[:32]}",
        "opsgenie_alert: 3f2a9c1e-1b2c-4d5e-8f90-a1b2c3d4e5f6",
        f"etsy_listing={DIGITS[:24]}",
        "linkedin: janedoe1234567",
        f"ReactNativeCameraKit: {DIGITS[:40]}",
        f"sendbird_app_id: {DIGITS[:40]}",
        f"fastly_commit = {DIGITS[:32]}",
        f"algolia: {DIGITS[:31]}",
        f"sumObj = su{DIGITS[:12]}",
        "We host the docs on algolia, drone and travis.",
    ],
)
def test_a_providers_name_alone_makes_no_key(text):
    """A commit, an id, a digest, another length, or a word in which the name only happens to stand is left alone."""
    assert not found(text)


def test_the_scanners_formats_have_rows():
    """Of the scanners' providers each has a row, but for a few of trufflehog's services that have no form."""
    spec = importlib.util.spec_from_file_location("tool", pathlib.Path(__file__).parents[2] / "tools/secret_formats.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    assert not tool.without_a_row([*tool.GITLEAKS, *tool.DETECT_SECRETS])
    assert len(tool.without_a_row(tool.TRUFFLEHOG)) <= 23


def test_it_is_a_guard():
    """It allows everything and says what it did."""
    result = redactor.validate("password=hunter2!x")

    assert isinstance(redactor, Guard)
    assert (result.allowed, result.modified, result.reason) == (True, "password=[SECRET]", "secret redacted")


NAMES = [
    "password", "admin_password", "REDIS_PASSWORD", "developer_token", "backend_secret", "account_key", "API key", "access key",
    "secret access key", "connection string", "private key", "recovery code", "session id", "totp seed", "dbPassword", "mot de passe",
    "contraseña", "senha", "Kennwort", "wachtwoord", "hasło", "lösenord", "adgangskode", "salasana", "passord", "parola", "şifre",
    "kata sandi", "пароль", "密码", "パスワード", "비밀번호",
]  # fmt: skip


@pytest.mark.parametrize("separator", [": ", "=", " = "])
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_by_its_words(name, separator):
    """Names of one word and of two, with whatever in front, in the languages of the table; streams find the same."""
    text = f"the {name}{separator}hunter2Zq9 is new"
    stream = redactor.stream()
    whole = redactor.redact(text)

    assert "hunter2Zq9" not in whole
    assert "".join([*map(stream.feed, text), stream.close()]) == whole
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["min_token", "max_tokens", "page_token", "nextPageToken", "eos_token", "per_token", "count_tokens"]
)
def test_names_of_vocabulary_are_not_secrets(name):
    """A boundary stands in front of the words that make a token a piece of text."""
    assert redactor.redact(f"{name}=hunter2Zq9") == f"{name}=hunter2Zq9"
