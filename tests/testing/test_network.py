"""Tests stay off the network, and say so."""

from __future__ import annotations

import socket

import pytest

from beluga.testing import no_network


@pytest.mark.parametrize("host", ["api.example.invalid", b"api.example.invalid", "192.0.2.1"])
def test_no_name_is_looked_up(host):
    """A look-up leaves the machine too, and fails with the address and a way out."""
    with no_network(), pytest.raises(RuntimeError, match=r"tried to reach (api\.example\.invalid|192\.0\.2\.1):443"):
        socket.getaddrinfo(host, 443)


def test_loopback_stays_open():
    """A server of the test's own can be found, and the real look-up comes back."""
    real = socket.getaddrinfo
    with no_network():
        assert socket.getaddrinfo("127.0.0.1", 80)
        assert socket.getaddrinfo(None, 0)
    assert socket.getaddrinfo is real


def test_it_acts_at_the_call():
    """Called like a command it refuses from then on, until what it returned is closed."""
    undo = no_network()
    with pytest.raises(RuntimeError, match="tried to reach"):
        socket.create_connection(("192.0.2.1", 443), timeout=1)
    undo()
    undo()
