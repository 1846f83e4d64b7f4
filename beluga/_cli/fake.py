"""``beluga fake serve``: a fake provider for programs in any language."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from beluga.clock import environment
from beluga.errors import ConfigError
from beluga.llm.fake.scriptfile import load_script

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from beluga.llm.fake._wire import HTTPRequest

__all__ = ["serve"]

_FINE: Final = 0
_INVALID: Final = 1
_UNREADABLE: Final = 2
_GLANCE: Final = 3600.0


def serve(
    script: Path,
    host: str,
    port: int,
    out: Callable[[str], object],
    err: Callable[[str], object],
    stop: threading.Event,
) -> int:
    """Serve the script of a file over HTTP until `stop` is set or somebody presses Ctrl-C.

    Args:
        script: The file.
        host: The address to listen on.
        port: 0 finds a free one.
        out: Prints one line of what goes well.
        err: Prints one line of what does not.
        stop: Ends it.

    Returns:
        The exit status: 0 ended, 1 the script has problems, 2 the file cannot be read or the port is taken.
    """
    try:
        fake = load_script(script)
    except ConfigError as error:
        err(str(error))
        return _INVALID
    except OSError as error:
        err(f"{os.fspath(script)}: {error.strerror or type(error).__name__}")
        return _UNREADABLE
    server = fake.serve(host=host, port=port, log=lambda request, status: out(_line(request, status)))
    try:
        server.start()
    except OSError as error:
        err(f"cannot listen on {host}:{port}: {error.strerror or type(error).__name__}")
        return _UNREADABLE
    try:
        out(f"serving {script} at {server.url}; OpenAI clients add /v1; Ctrl-C ends it")
        while not stop.is_set():
            environment().clock.wait(stop, _GLANCE)
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
    out(f"ended after {len(fake.calls)} calls")
    return _FINE


def _line(request: HTTPRequest, status: int) -> str:
    """Return what is told of a request: no query, where a key may stand, and nothing of its body."""
    return f"{request.method} {request.path.partition('?')[0]} {status}"
