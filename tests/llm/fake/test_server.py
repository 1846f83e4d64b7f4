"""The loopback server: any client, any nonsense, and nothing left behind."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
import urllib.parse

import pytest

from beluga.llm import FakeProvider, Reply, faults
from beluga.testing import fake_clock

ASKED = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}]}).encode()
PATH = "/v1/chat/completions"


def threads():
    """Return the server's threads."""
    return [thread for thread in threading.enumerate() if thread.name == "beluga-fake-server"]


def place(url):
    """Return the address of `url`."""
    parts = urllib.parse.urlsplit(url)
    return parts.hostname, parts.port


def talk(url, sent):
    """Send bytes over a plain socket and return all that comes back until the other side closes."""
    with socket.create_connection(place(url), timeout=30) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def post(body, *headers, version="HTTP/1.1", path=PATH):
    """Return the bytes of a request."""
    lines = [f"POST {path} {version}", "Host: x", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def test_nothing_is_left_behind():
    """When the block ends, every thread and connection has ended, also one that was kept open."""
    fake = FakeProvider().default("ok")
    with fake.serve() as url:
        idle = socket.create_connection(place(url))
        kept = http.client.HTTPConnection(*place(url))
        kept.request("POST", PATH, ASKED)
        assert kept.getresponse().read()
        assert threads()
    assert threads() == []
    assert idle.recv(1) == b""
    idle.close()
    kept.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place(url))


def test_a_client_that_waits_does_not_keep_the_server():
    """Stopping ends a stall and a silence at once, on the real clock too."""
    for item in (faults.read_timeout(), faults.stall(3600.0)):
        fake = FakeProvider(item, "late")
        began = time.perf_counter()
        with fake.serve() as url, socket.create_connection(place(url)) as connection:
            connection.sendall(post(ASKED, f"Content-Length: {len(ASKED)}"))
            while not fake.calls:
                threading.Event().wait(0.001)
        assert threads() == []
        assert time.perf_counter() - began < 20.0


def test_a_stall_passes_on_the_fake_clock():
    """The threads live in the context of who serves: virtual waits take no time and are seen outside."""
    with fake_clock() as clock, FakeProvider(faults.stall(90.0), "late").serve() as url:
        connection = http.client.HTTPConnection(*place(url), timeout=30)
        connection.request("POST", PATH, ASKED)
        assert b"late" in connection.getresponse().read()
        assert clock.monotonic() == 90.0
        connection.close()


def test_a_connection_is_used_again():
    """HTTP/1.1 keeps the connection, after whole answers, streams and errors."""
    fake = FakeProvider("one", Reply("two three"), faults.rate_limit(), "four")
    with fake.serve() as url:
        connection = http.client.HTTPConnection(*place(url))
        streamed = json.dumps(json.loads(ASKED) | {"stream": True})
        seen = []
        for body in (ASKED, streamed, ASKED, ASKED):
            connection.request("POST", PATH, body)
            answer = connection.getresponse()
            seen.append((answer.status, len(answer.read()) > 0, len(threads())))
        connection.close()
    assert seen == [(200, True, 2), (200, True, 2), (429, True, 2), (200, True, 2)]


def test_many_clients_share_the_script():
    """Each of many connections at once gets an answer of its own."""
    fake = FakeProvider(*map(str, range(40)))
    got = []

    def ask(url):
        for _ in range(5):
            answer = json.loads(talk(url, post(ASKED, f"Content-Length: {len(ASKED)}")).partition(b"\r\n\r\n")[2])
            got.append(answer["choices"][0]["message"]["content"])

    with fake.serve() as url:
        workers = [threading.Thread(target=ask, args=(url,)) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert sorted(map(int, got)) == list(range(40))
    fake.assert_done()


def test_old_and_odd_clients_are_served():
    """HTTP/1.0, chunked requests, Expect: 100-continue and a blank line before the request all work."""
    chunked = b"%x\r\n%b\r\n%x;name=value\r\n%b\r\n0\r\nTrailer: x\r\n\r\n" % (
        10,
        ASKED[:10],
        len(ASKED) - 10,
        ASKED[10:],
    )
    length = f"Content-Length: {len(ASKED)}"
    streamed = json.dumps(json.loads(ASKED) | {"stream": True}).encode()
    with FakeProvider().default("ok").serve() as url:
        assert b'"content":"ok"' in talk(url, post(ASKED, length, version="HTTP/1.0"))
        assert b'"content":"ok"' in talk(url, post(chunked, "Transfer-Encoding: chunked"))
        assert b'"content":"ok"' in talk(url, b"\r\n" + post(ASKED, length))
        assert b'"content":"ok"' in talk(url, post(ASKED, length, path="/openai/deployments/x/chat/completions?v=1"))
        with socket.create_connection(place(url), timeout=30) as connection:
            connection.sendall(post(b"", length, "Expect: 100-continue", "Connection: close"))
            assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n")
            connection.sendall(ASKED)
            assert b'"content":"ok"' in b"".join(iter(lambda: connection.recv(65536), b""))
        old = talk(url, post(streamed, f"Content-Length: {len(streamed)}", version="HTTP/1.0"))
        assert b"transfer-encoding" not in old
        assert old.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"hello\r\n\r\n",
        b"POST " + PATH.encode() + b" HTTP/1.1",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\n" + b"a: b\r\n" * 30_000 + b"\r\n",
        b"A" * 70_000 + b"\r\n\r\n",
        post(b"", "Content-Length: many"),
        post(b"", "Content-Length: -5"),
        post(b"", "Content-Length: 99999999999999"),
        post(b"half", "Content-Length: 100"),
        post(b"zz\r\n", "Transfer-Encoding: chunked"),
    ],
)
def test_nonsense_gets_the_providers_400(nonsense):
    """What is no HTTP request is answered with an error body, and the server goes on."""
    fake = FakeProvider("ok")
    with fake.serve() as url:
        top, _, body = talk(url, nonsense).partition(b"\r\n\r\n")
        assert top.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert json.loads(body)["error"]["type"] == "invalid_request_error"
        assert b'"content":"ok"' in talk(url, post(ASKED, f"Content-Length: {len(ASKED)}"))


def test_a_client_that_leaves_is_no_trouble():
    """A connection closed in the middle of a request or of an answer ends its thread alone."""
    fake = FakeProvider().default(Reply("word " * 5000))
    streamed = json.dumps(json.loads(ASKED) | {"stream": True}).encode()
    with fake.serve() as url:
        for sent in (b"", b"POST", post(streamed, f"Content-Length: {len(streamed)}")):
            connection = socket.create_connection(place(url))
            connection.sendall(sent)
            connection.close()
        assert b"word" in talk(url, post(ASKED, f"Content-Length: {len(ASKED)}"))
    assert threads() == []


def test_a_server_can_be_started_again():
    """The same object serves in a second block, with the rest of the script; twice at once is an error."""
    fake = FakeProvider("one", "two")
    server = fake.serve()
    for word in (b"one", b"two"):
        with server as url:
            assert word in talk(url, post(ASKED, f"Content-Length: {len(ASKED)}"))
            with pytest.raises(RuntimeError, match="runs already"):
                server.start()
    server.stop()
    with pytest.raises(RuntimeError, match="does not run"):
        server.url


@pytest.mark.parametrize("host", ["0.0.0.0", "localhost"])
def test_other_addresses_are_reached_from_here(host):
    """A server on all addresses names one that this machine reaches, and ends like every other."""
    with FakeProvider("ok").serve(host=host) as url:
        assert url.startswith("http://127.0.0.1:")
        assert b'"content":"ok"' in talk(url, post(ASKED, f"Content-Length: {len(ASKED)}"))
    assert threads() == []


def test_too_many_open_files_are_waited_for(monkeypatch):
    """The server goes on when connections can be taken again."""
    take, failed = socket.socket.accept, []

    def accept(listener):
        if not failed:
            failed.append(True)
            raise OSError(24, "Too many open files")
        return take(listener)

    monkeypatch.setattr(socket.socket, "accept", accept)
    with FakeProvider("ok").serve() as url:
        assert b'"content":"ok"' in talk(url, post(ASKED, f"Content-Length: {len(ASKED)}"))
    assert threads() == []


def test_a_taken_port_is_an_error():
    """A port of somebody else is refused on entry, and nothing is left open."""
    with (
        FakeProvider().serve() as url,
        pytest.raises(OSError, match=r"[Aa]ddress"),
        FakeProvider().serve(port=place(url)[1]),
    ):
        pass
    assert threads() == []


def test_the_server_is_up_in_no_time():
    """Entering and leaving the block takes a few milliseconds; the best of many runs is not disturbed by others."""
    fake = FakeProvider()
    best = float("inf")
    for _ in range(200):
        began = time.perf_counter()
        with fake.serve():
            best = min(best, time.perf_counter() - began)
        if best < 0.005:
            return
    pytest.fail(f"{best:.4f} s")
