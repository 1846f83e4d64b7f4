"""``beluga store check`` says what there is, and in words what is wrong."""

from __future__ import annotations

import sys

import pytest

from beluga import RateLimiter
from beluga._cli.doctor import check


def run(url, prefix="beluga"):
    lines = []
    return check(url, prefix, lines.append), "\n".join(lines)


def test_a_server_that_is_well(any_server):
    """Its version, round trip, clock, memory and our keys; nothing is wrong."""
    store = any_server.store()
    RateLimiter(5, name="a", store=store).allow()
    status, text = run(f"redis://127.0.0.1:{any_server.port}/0", store.prefix)
    assert status == 0
    assert f"redis://127.0.0.1:{any_server.port}/0: " in text
    assert "round trip" in text
    assert f"2 keys begin with {store.prefix}:" in text  # the limit, and the processes
    assert text.endswith("nothing is wrong")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda c: (c.config_set("maxmemory-policy", "allkeys-lru"), c.config_set("maxmemory", 2**30)), "volatile-ttl"),
        (lambda c: (c.config_set("maxmemory-policy", "noeviction"), c.config_set("maxmemory", 1000)), "nearly full"),
        (lambda c: c.execute_command("REPLICAOF", "127.0.0.1", "1"), "a replica, which takes no writes"),
    ],
    ids=["evicting", "full", "replica"],
)
def test_what_is_wrong_is_said_with_its_remedy(own_server, spoil, message):
    """Each thing that would let limits be forgotten or refused."""
    spoil(own_server.client)
    status, text = run(f"redis://127.0.0.1:{own_server.port}/0")
    assert (status, message in text) == (1, True)


@pytest.mark.parametrize("url", ["redis://user:s3cret@127.0.0.1:1/0", "http://localhost"])
def test_what_cannot_be_asked(url):
    """Is said without a traceback and without the password."""
    status, text = run(url)
    assert (status, "s3cret" in text, text.count("\n")) == (2, False, 0)


def test_without_the_client_it_says_what_to_install(monkeypatch):
    """The extra, and no traceback."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "redis"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert run("redis://127.0.0.1:1/0") == (2, 'RedisStore needs redis-py: pip install "beluga-ai[redis]"')
