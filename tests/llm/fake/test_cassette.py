"""Record and replay: what comes back, what is never written, and what a mismatch says."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga.llm import FakeProvider, Reply, faults, tool_call
from beluga.llm.fake.cassette import record, replay

RICH = Reply("Grüße, 世界", thinking="hm", tools=[tool_call("find", q="ß")])
EMPTY = {"request": {}, "status": 200, "headers": {}, "body": {}, "complete": True}
PNG = b"\x89PNG\r\n\x1a\n\xff\xfe"


def recorded(path, fake, *bodies, dialect, **request):
    """Record the answers of `fake` to `bodies`; return their bytes."""
    with httpx.Client(transport=record(path, fake.transport(httpx))) as client:
        return [client.post(f"https://api.test{dialect.path}", json=body, **request).content for body in bodies]


def test_a_replay_answers_as_the_provider_did(tmp_path, dialect, wire, stream):
    """Status, body and events come back as recorded, on every surface, and cut as one likes."""
    path = tmp_path / "tape.json"
    body = dialect.body("hi", stream=stream)
    expected = recorded(path, FakeProvider(RICH), body, dialect=dialect)
    for surface in wire.surfaces.values():
        cassette = replay(path)
        assert surface(cassette, dialect, body, chunking=3) == surface(FakeProvider(RICH), dialect, body)
        cassette.assert_done()
    client = httpx.Client(transport=replay(path).transport(httpx))
    assert client.post(f"https://api.test{dialect.path}", json=body).content == expected[0]


def test_an_async_client_is_recorded(tmp_path, dialect):
    """The same transport records asynchronous clients."""

    async def ask():
        transport = record(tmp_path / "tape.json", FakeProvider("one").transport(httpx))
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.post(f"https://api.test{dialect.path}", json=dialect.body("hi", stream=True))).content

    content = asyncio.run(ask())
    client = httpx.Client(transport=replay(tmp_path / "tape.json").transport(httpx))
    assert client.post(f"https://x{dialect.path}", json=dialect.body("hi", stream=True)).content == content


def test_equal_requests_are_played_in_their_order(tmp_path, dialect):
    """The first answer first; when all are played, that is what the error says."""
    path = tmp_path / "tape.json"
    body = dialect.body("hi", stream=False)
    recorded(path, FakeProvider("one", faults.rate_limit(2.0), "three"), body, body, body, dialect=dialect)
    client = httpx.Client(transport=replay(path).transport(httpx))
    answers = [client.post(f"https://x{dialect.path}?a=b", json=body) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 429, 200, 400]
    assert answers[1].headers["retry-after"] == "2"
    assert "all 3 were played" in answers[3].json()["error"]["message"]
    assert answers[3].headers["x-should-retry"] == "false"


def test_a_mismatch_names_the_nearest_recording(tmp_path, dialect):
    """It tells the places that differ and none of the texts."""
    path = tmp_path / "tape.json"
    recorded(
        path,
        FakeProvider("one", "two"),
        dialect.body("other", stream=True) | {"n": 1, "seed": 2},
        dialect.body("tell-nobody", stream=False) | {"top_p": 1},
        dialect=dialect,
    )
    cassette = replay(path)
    client = httpx.Client(transport=cassette.transport(httpx))
    asked = dialect.body("my own text", stream=False) | {"temperature": 0}
    message = client.post(f"https://x{dialect.path}", json=asked).json()["error"]["message"]
    assert message.endswith(
        "the nearest is exchange 2, which differs in messages[0].content, top_p (only in the recording), "
        "temperature (not in the recording)"
    )
    assert "tell-nobody" not in message
    assert "my own" not in message
    with pytest.raises(AssertionError, match="these were not asked for: 1, 2"):
        cassette.assert_done()


def test_a_stream_that_was_cut_is_cut_again(tmp_path, dialect):
    """What broke off, or was left by its consumer, breaks off in the replay too."""
    path = tmp_path / "tape.json"
    body = dialect.body("hi", stream=True)
    with pytest.raises(httpx.RemoteProtocolError):
        recorded(path, FakeProvider(faults.cut_stream(2), "one two three"), body, dialect=dialect)
    client = httpx.Client(transport=replay(path).transport(httpx))
    heard = b""
    with (
        pytest.raises(httpx.RemoteProtocolError),
        client.stream("POST", f"https://x{dialect.path}", json=body) as answer,
    ):
        for piece in answer.iter_raw():
            heard += piece
    assert b"two " in heard
    assert b"three" not in heard


secrets = st.from_regex(r"[A-Za-z0-9]{20,40}", fullmatch=True).filter(lambda text: not text.isalpha())


@given(secrets, secrets, secrets, st.booleans(), st.data())
def test_no_credential_lands_in_a_cassette(tmp_path_factory, wire, first, second, third, stream, data):
    """Neither from headers, nor from the query, nor from the body, nor echoed in the answer."""
    dialect = wire.dialects[data.draw(st.sampled_from(sorted(wire.dialects)))]
    path = tmp_path_factory.mktemp("tape") / "tape.json"
    headers = {
        "Authorization": f"Bearer {first}",
        "X-Api-Key": second,
        "Cookie": f"session={third}",
        "X-Whatever": f"{first} {second}",
        "Set-Cookie": third,
    }
    body = dialect.body(f"my key is sk-{third}abcdefgh, so {first}", stream=stream) | {"api_key": second}
    echo = FakeProvider(lambda request: f"you said {first} and {second}: {request.text}")
    recorded(path, echo, body, dialect=dialect, headers=headers, params={"api_key": third, "token": first})
    written = path.read_text()
    if not stream:  # a stream spells its words over several events
        assert first not in written
    assert second not in written
    assert f"sk-{third}" not in written
    # And yet the request is found again, with other credentials.
    fresh = httpx.Client(transport=replay(path).transport(httpx))
    assert fresh.post(f"https://x{dialect.path}", json=body, headers=headers).status_code == 200


def test_headers_are_kept_by_an_allow_list(tmp_path, dialect):
    """Nothing is kept because nobody thought of it."""
    path = tmp_path / "tape.json"
    recorded(path, FakeProvider("x"), dialect.body("hi", stream=False), dialect=dialect, headers={"X-New": "new"})
    (exchange,) = json.loads(path.read_text())["exchanges"]
    assert set(exchange["request"]["headers"]) == {"accept", "content-type"}
    assert "date" not in exchange["headers"]
    assert "new" not in path.read_text()


def test_bodies_of_every_kind_come_back(tmp_path):
    """Text and bytes that are no JSON are recorded too."""
    bodies = {"/text": b"<html>503</html>", "/bytes": PNG, "/nothing": b""}
    inner = httpx.MockTransport(lambda request: httpx.Response(502, content=bodies[request.url.path]))
    with httpx.Client(transport=record(tmp_path / "tape.json", inner)) as client:
        for place in bodies:
            client.post(f"https://x{place}", content=PNG)
    client = httpx.Client(transport=replay(tmp_path / "tape.json").transport(httpx))
    for place, body in bodies.items():
        assert client.post(f"https://x{place}", content=PNG).content == body


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "Expecting value"),
        ("[]", "format"),
        ('{"format": "vcr"}', "format"),
        ('{"format": "beluga cassette 1", "exchanges": [5]}', "an exchange has the fields request"),
        ('{"format": "beluga cassette 1", "exchanges": 5}', "not iterable"),
        (
            json.dumps({"format": "beluga cassette 1", "exchanges": [EMPTY]}),
            "a body has one of",
        ),
    ],
)
def test_a_broken_cassette_is_refused(tmp_path, content, told):
    """The error has the file and the reason."""
    path = tmp_path / "tape.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=told) as caught:
        replay(path)
    assert "tape.json is no cassette" in str(caught.value)


def test_an_empty_cassette_says_so(tmp_path, dialect):
    """Nothing recorded is a mismatch with everything."""
    path = tmp_path / "tape.json"
    path.write_text('{"format": "beluga cassette 1", "exchanges": []}')
    client = httpx.Client(transport=replay(path).transport(httpx))
    answer = client.post(f"https://x{dialect.path}", json=dialect.body("hi", stream=False))
    assert "it is empty" in answer.json()["error"]["message"]


def test_wrong_arguments_are_refused(tmp_path):
    """A folder that is not there, a file that is not there, and what is no transport."""
    with pytest.raises(FileNotFoundError, match="folder"):
        record(tmp_path / "no" / "tape.json", httpx.HTTPTransport())
    with pytest.raises(TypeError, match="takes a transport of httpx or httpx2, not str"):
        record(tmp_path / "tape.json", "httpx")
    with pytest.raises(FileNotFoundError):
        replay(tmp_path / "tape.json")
