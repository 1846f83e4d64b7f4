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
    target: Any = socket.socket
    real_connect, real_connect_ex = target.connect, target.connect_ex

    def check(address: Any) -> None:
        if not _is_local(address):
            message = f"a test tried to reach {address[0]}:{address[1]}; use a FakeProvider, or allow it here"
            raise RuntimeError(message)

    def connect(self: socket.socket, address: Any) -> None:
        check(address)
        real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        check(address)
        status: int = real_connect_ex(self, address)
        return status

    target.connect, target.connect_ex = connect, connect_ex
    try:
        yield
    finally:
        target.connect, target.connect_ex = real_connect, real_connect_ex
