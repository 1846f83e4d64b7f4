"""Keep tests off the network."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from typing import TYPE_CHECKING, Any

from beluga.testing.clock import Undo

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


def no_network() -> Undo:
    """Refuse every connection to another machine, and every look-up of its name, from now on.

    Loopback stays open.

    Returns:
        What undoes it: leave its block, or call it.

    Raises:
        RuntimeError: Later, by whatever tries; the message names the address.

    Example:
        >>> undo = no_network()
        >>> undo()
    """
    return Undo(_refused())


@contextlib.contextmanager
def _refused() -> Iterator[None]:
    target: Any = socket.socket
    module: Any = socket
    real_connect, real_connect_ex, real_getaddrinfo = target.connect, target.connect_ex, module.getaddrinfo

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

    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        # A client looks a name up before it connects, and where there is no network fails with less to go by.
        check((host.decode() if isinstance(host, bytes) else host or "", port))
        return real_getaddrinfo(host, port, *args, **options)

    target.connect, target.connect_ex, module.getaddrinfo = connect, connect_ex, getaddrinfo
    try:
        yield
    finally:
        target.connect, target.connect_ex, module.getaddrinfo = real_connect, real_connect_ex, real_getaddrinfo
