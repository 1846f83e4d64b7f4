"""Distributed trace: two processes serve one request, and their spans and log lines have one trace id."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from loguru import logger
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from beluga import logs, telemetry, traced


@traced(tool="search")
def search(query: str) -> str:
    """Work for the other service."""
    logger.info("searching")
    return f"three results for {query}"


class Search(BaseHTTPRequestHandler):
    """The second service: continues the trace that the request's headers tell of."""

    def do_GET(self) -> None:
        """Answer one request."""
        with telemetry.start_span("GET /search", context=telemetry.extract(self.headers)):
            body = search("billing").encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Leave the log to loguru."""


def serve() -> None:
    """Serve one request on a free port, which is told on stdout."""
    server = HTTPServer(("127.0.0.1", 0), Search)
    print(server.server_port, flush=True)
    server.handle_request()


@traced(agent="triage-agent")
def ask(port: str) -> str:
    """Ask the other service; the headers carry the trace."""
    logger.info("asking the other service")
    request = urllib.request.Request(f"http://127.0.0.1:{port}/search", headers=dict(telemetry.inject()))
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def recording(service: str, folder: Path) -> TracerProvider:
    """Write the spans and the log lines of one service to files."""
    logs.install()
    logger.remove()
    logger.add(folder / f"{service}.log", format="{extra[trace_id]} {message}")
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(SimpleSpanProcessor(telemetry.FileExporter(folder / "trace.jsonl")))
    return provider


def spans_of(file: Path) -> list[dict]:
    """Read the spans of both services: each line is an export request of OTLP, as collectors take it."""
    requests = map(json.loads, file.read_text().splitlines())
    return [span for ask in requests for of in ask["resourceSpans"] for s in of["scopeSpans"] for span in s["spans"]]


def show(spans: list[dict], parent: str = "", indent: str = "") -> None:
    """Print the tree that ``beluga trace`` shows with times and tokens."""
    for span in spans:
        if span["parentSpanId"] == parent:
            print(indent + span["name"])
            show(spans, span["spanId"], indent + "  ")


def main() -> None:
    """Start the second service, send it a request, and compare what both have written."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, __file__, "serve", name]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
            port = other.stdout.readline().strip()
            with telemetry.use_provider(recording("desk", folder)):
                print(ask(port))
        logger.remove()
        logs.uninstall()
        spans = spans_of(folder / "trace.jsonl")
        ids = {span["traceId"] for span in spans}
        for service in ("desk", "search"):
            for line in (folder / f"{service}.log").read_text().splitlines():
                trace_id, _, message = line.partition(" ")
                print(f"{service}: {message}, in the trace: {trace_id in ids}")
        print("traces:", len(ids))
        show(spans)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        with telemetry.use_provider(recording("search", Path(sys.argv[2]))):
            serve()
    else:
        main()
