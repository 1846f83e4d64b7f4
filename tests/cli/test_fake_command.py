"""``beluga fake serve``: it serves, it ends cleanly, and it says what is wrong with a script."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request

import pytest

from beluga._cli.fake import serve

ASKED = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}]}).encode()


@pytest.fixture
def script(tmp_path):
    """A script of one answer."""
    path = tmp_path / "script.json"
    path.write_text('{"script": ["hello"]}')
    return path


@pytest.fixture
def interruptible():
    """Let a child be interrupted although the tests run in the background of a shell, which ignores Ctrl-C there."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_it_serves_until_ctrl_c(script):
    """It prints its URL and a line per request, answers, and ends with status 0 and no traceback when interrupted."""
    command = [sys.executable, "-m", "beluga", "fake", "serve", "--script", str(script), "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    ) as process:
        url = process.stdout.readline().split(" at ")[1].partition(";")[0]
        with urllib.request.urlopen(f"{url}/v1/chat/completions", ASKED, timeout=10) as answer:
            assert json.load(answer)["choices"][0]["message"]["content"] == "hello"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "POST /v1/chat/completions 200\nended after 1 calls\n", "")


def test_it_ends_when_told(script):
    """Whoever runs it as a function can stop it from another thread."""
    stop, lines, ready = threading.Event(), [], threading.Event()

    def out(line):
        lines.append(line)
        ready.set()

    thread = threading.Thread(target=lambda: lines.append(serve(script, "127.0.0.1", 0, out, out, stop)))
    thread.start()
    assert ready.wait(60)
    stop.set()
    thread.join(60)
    assert "serving" in lines[0]
    assert lines[1:] == ["ended after 0 calls", 0]


@pytest.mark.parametrize(
    ("content", "status", "told"),
    [(None, 2, "No such file"), ("[", 1, "is not JSON"), ('{"script": [5]}', 1, "script.json:1: script[0]")],
)
def test_a_bad_script_is_told(tmp_path, content, status, told):
    """One line for each problem, and an exit status of its own."""
    path = tmp_path / "script.json"
    if content is not None:
        path.write_text(content)
    lines = []
    assert serve(path, "127.0.0.1", 0, pytest.fail, lines.append, threading.Event()) == status
    assert told in lines[0]


def test_a_missing_library_is_told(script, monkeypatch):
    """The command comes with the extra cli, and what serves HTTP with another one."""
    monkeypatch.delitem(sys.modules, "beluga.llm.fake.server", raising=False)
    monkeypatch.setitem(sys.modules, "h11", None)
    lines = []
    assert serve(script, "127.0.0.1", 0, pytest.fail, lines.append, threading.Event()) == 2
    assert lines == ['to serve HTTP takes h11: pip install "beluga-ai[llm]"']


def test_a_taken_port_is_told(script):
    """The address is named."""
    from beluga.llm import FakeProvider

    with FakeProvider().serve() as url:
        port = int(url.rpartition(":")[2])
        lines = []
        assert serve(script, "127.0.0.1", port, pytest.fail, lines.append, threading.Event()) == 2
    assert f"127.0.0.1:{port}" in lines[0]
