"""Masking data of every shape."""

from __future__ import annotations

import collections
import dataclasses
import json
from types import MappingProxyType

import attrs
import pytest

from beluga.masking import is_secret_key, mask_secrets, mask_text

VALUE = "s3cret-value"
MASKED = "s3********ue"


def test_recipe():
    """The recipe's configuration comes out with its two secrets masked."""
    config = {
        "model": "gpt-4o",
        "api_key": "sk-" + "1234567890abcdef",
        "openai": {"token": "tok-secret-value-here", "temperature": 0.7},
    }

    assert mask_secrets(config) == {
        "model": "gpt-4o",
        "api_key": "sk***************ef",
        "openai": {"token": "to*****************re", "temperature": 0.7},
    }


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "apiKey",
        "APIKEY",
        "X-API-Key",
        "clientSecret",
        "id_token",
        "DB_PASSWORD",
        "Set-Cookie",
        "HF_TOKEN",
    ]
    + [
        "AWS_SESSION_TOKEN",
        "ClientSecretValue",
        "SecretString",
        "authorizationCode",
        "connection_string",
        "passphrase",
    ],
)
def test_names_of_secrets(name):
    """The last word decides, in every way to write a name."""
    assert is_secret_key(name)


@pytest.mark.parametrize(
    "name",
    [
        "max_tokens",
        "maxTokens",
        "prompt_tokens",
        "tokenizer",
        "next_page_token",
        "eos_token",
        "pad_token",
        "primary_key",
    ]
    + [
        "public_key",
        "keyboard",
        "monkey",
        "author",
        "secretary",
        "has_password",
        "password_length",
        "token_type",
        "",
        "_",
    ],
)
def test_names_that_are_no_secrets(name):
    """Vocabulary, counts and ordinary words stay."""
    assert not is_secret_key(name)


def test_records_keep_their_types():
    """attrs classes, data classes, named tuples and read-only mappings come back as what they are."""
    record = attrs.make_class("Record", ["api_key", "model"], frozen=True)
    plain = dataclasses.make_dataclass("Plain", ["password", "user"], frozen=True)
    pair = collections.namedtuple("Pair", ["token", "user"])  # noqa: PYI024 - the untyped kind is the one under test

    assert mask_secrets(record(VALUE, "m")) == record(MASKED, "m")
    assert mask_secrets(plain(VALUE, "u")) == plain(MASKED, "u")
    assert mask_secrets(pair(VALUE, "u")) == pair(MASKED, "u")
    assert mask_secrets(MappingProxyType({"secret": VALUE})) == MappingProxyType({"secret": MASKED})


def test_subclasses_of_dict_keep_their_behaviour():
    """A default dict still has its default, an ordered one its order."""
    data = collections.defaultdict(list, {"password": VALUE})
    masked = mask_secrets(data)

    assert masked == {"password": MASKED}
    assert masked["new"] == []


def test_headers_as_pairs():
    """A pair whose first part names a secret is a field, also in bytes."""
    headers = [("Authorization", "Bearer abcdefgh"), (b"X-API-Key", b"abcdefghijkl"), ("Accept", "*/*")]

    assert mask_secrets(headers) == [
        ("Authorization", "Be***********gh"),
        (b"X-API-Key", b"****"),
        ("Accept", "*/*"),
    ]


def test_json_that_says_a_name_twice():
    """A later value under the same name hides no secret."""
    assert VALUE not in mask_text(f'{{"password": "{VALUE}", "password": ""}}')


def test_json_in_a_string():
    """JSON is masked as data and stays JSON."""
    body = mask_secrets({"body": json.dumps({"refresh_token": VALUE, "n": 1})})["body"]

    assert json.loads(body) == {"refresh_token": MASKED, "n": 1}


def test_urls_and_forms():
    """Passwords in URLs, query strings and form bodies are masked."""
    url = mask_secrets("https://u:p4ssw0rd@h.example/p?api_key=abcdefgh&q=1")

    assert url == "https://u:****@h.example/p?api_key=****&q=1"
    assert mask_secrets("user=ana&password=hunter2hunter2&n=1") == "user=ana&password=hu**********r2&n=1"


def test_whatever_lies_under_a_secret_name_is_masked_whole():
    """Containers and numbers under a secret's name show nothing; None, empty text and flags stay."""
    data = {
        "secret": {"inner": "x"},
        "token": ["a", 1],
        "api_key": 12345678901,
        "password": None,
        "pwd": "",
        "otp": True,
    }

    assert mask_secrets(data) == {
        "secret": "****",
        "token": "****",
        "api_key": "****",
        "password": None,
        "pwd": "",
        "otp": True,
    }


def test_cycles_end():
    """A structure that holds itself is copied as one that holds itself."""
    data = {"token": VALUE}
    data["self"] = data
    data["list"] = [data]
    masked = mask_secrets(data)

    assert masked["self"] is masked
    assert masked["list"][0] is masked
    assert masked["token"] == MASKED


def test_deep_nesting_fails_closed():
    """What lies too deep to be looked at is masked."""
    data = VALUE
    for _ in range(150):
        data = [data]

    assert VALUE not in repr(mask_secrets(data))


def test_exceptions_and_their_causes():
    """Arguments, attributes and causes are masked, the type stays."""
    cause = ValueError("key sk-" + "abcdefgh12345678ijkl")
    error = KeyError({"password": VALUE})
    error.__cause__ = cause
    masked = mask_secrets(error)

    assert type(masked) is KeyError
    assert masked.args == ({"password": MASKED},)
    assert "abcdefgh" not in str(masked.__cause__)


def test_bytes_that_are_no_text_stay():
    """Bytes are looked at without being changed."""
    assert mask_secrets(b"\xff\xfe\x00data") == b"\xff\xfe\x00data"


def test_usage_is_untouched():
    """Token counts of a model's answer are no secrets, in free text either."""
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}

    assert mask_secrets(usage) == usage
    assert mask_text("max_tokens=4096, eos_token=abcdefgh1") == "max_tokens=4096, eos_token=abcdefgh1"


def failing(base, *names):
    """Return a class of which the methods of these names raise, with the secret in their message."""

    def fail(*_):
        raise RuntimeError(VALUE)

    return type("Failing", (base,), {name: property(fail) if name == "__class__" else fail for name in names})


BAD = {
    "repr": failing(object, "__repr__", "__str__"),
    "equality": failing(object, "__eq__"),
    "hash": failing(object, "__hash__"),
    "attributes": failing(object, "__getattr__"),
    "every attribute": failing(object, "__getattribute__"),
    "class": failing(object, "__class__"),
    "items": failing(dict, "items", "__iter__"),
    "get": failing(dict, "get"),
    "iteration": failing(list, "__iter__"),
    "bool": failing(object, "__bool__", "__len__"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_read_raises_nothing(what):
    """An object that raises when it is looked at is masked or left, and what stands beside it is masked as ever."""
    masked = mask_secrets({"odd": [BAD[what]()], "password": VALUE})

    assert masked["password"] == MASKED


def test_depth_cycles_and_generators():
    """Ten thousand levels end, a cycle ends, and a generator is not consumed."""
    deep = {"password": VALUE}
    for _ in range(10_000):
        deep = [deep]
    generator = iter([VALUE])

    mask_secrets([deep, float("nan"), 10**5000, generator])
    assert next(generator) == VALUE


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"name": "DB_PASSWORD", "value": VALUE}, {"name": "DB_PASSWORD", "value": MASKED}),
        ([{"key": "api_key", "type": "x", "value": VALUE}], [{"key": "api_key", "type": "x", "value": MASKED}]),
        ({"name": "region", "value": VALUE}, {"name": "region", "value": VALUE}),
        (["mysql", "--password", VALUE, "db"], ["mysql", "--password", MASKED, "db"]),
        (("curl", "-u", f"ana:{VALUE}"), ("curl", "-u", f"ana:{MASKED}")),
        (["ls", "--sort", "token"], ["ls", "--sort", "token"]),
        ({"token": "Hello", "logprob": -0.3}, {"token": "Hello", "logprob": -0.3}),
        (
            {"contraseña": VALUE, "密码": VALUE, "clave_api": VALUE},
            dict.fromkeys(("contraseña", "密码", "clave_api"), MASKED),
        ),
    ],
)
def test_names_beside_values(data, expected):
    """A field says what stands in the one beside it, an option what the next argument is."""
    assert mask_secrets(data) == expected


def test_the_place_of_an_error_says_what_its_input_is():
    """Of what pydantic and FastAPI tell of errors, the input is masked where its place is a secret's."""
    told = [
        {"loc": ("body", "password"), "input": "swordfish"},
        {"loc": ["body", "name"], "input": "ana"},
        {"input": "x"},
    ]
    masked = mask_secrets(told)
    assert masked[0]["input"] == "****"
    assert masked[1:] == told[1:]


@pytest.mark.parametrize(
    "data",
    [
        ["password", "swordfish0"],
        ("api_key", "swordfish0"),
        {"sent": ["token", "swordfish0"]},
        {"name": "api_key", "values": ["swordfish0"]},
        {("db", "password"): "swordfish0"},
        '["password","swordfish0"]',
        "b'password=swordfish0'",
    ],
    ids=str,
)
def test_a_pair_is_a_name_and_its_value_wherever_it_stands(data):
    """A list of two or a tuple, on top too, and a name that is a tuple; two names are no pair."""
    assert "swordfish0" not in str(mask_secrets(data))
    assert mask_secrets(["password", "api_key"]) == ["password", "api_key"]
    assert mask_secrets(["user", "swordfish0"]) == ["user", "swordfish0"]


@pytest.mark.parametrize("name", ["**Password:** {}", "Password: {}", "__Password:__ {}", "<b>Password:</b> {}"])
@pytest.mark.parametrize(
    "value", ["{}", "**{}**", "~~{}~~", "`{}`", "'{}'", "<b>{}</b>", "<code>{}</code>", "<br>{}", "&nbsp;{}"]
)
def test_the_edges_of_markup_are_not_the_edges_of_a_secret(name, value):
    """Of a secret too short to show anything of, nothing is shown, whatever stands around it."""
    masked = mask_text(name.format(value.format("hunter2!x9")))

    assert mask_text(masked) == masked
    assert not any(part in masked for part in ("hu", "x9"))
