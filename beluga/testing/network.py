"""Keep tests off the network."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["no_network"]


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a socket file
    host = address[0]
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextlib.contextmanager
def no_network() -> Iterator[None]:
    """Refuse every connection to another machine until the block ends; loopback stays open.

    Raises:
        RuntimeError: In the block, by whatever tries to connect; the message names the address.
    """
    real_connect, real_connect_ex = socket.socket.connect, socket.socket.connect_ex

    def check(address: Any) -> None:
        if not _is_local(address):
            message = f"a test tried to reach {address[0]}:{address[1]}; use a FakeProvider, or allow it here"
            raise RuntimeError(message)

    def connect(self: socket.socket, address: Any) -> None:
        check(address)
        real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        check(address)
        return real_connect_ex(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign]  # the guard
    socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]  # the guard
    try:
        yield
    finally:
        socket.socket.connect = real_connect  # type: ignore[method-assign]  # back again
        socket.socket.connect_ex = real_connect_ex  # type: ignore[method-assign]  # back again
