"""Traces in files and over OTLP, as the real exporters write them."""

from __future__ import annotations

import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import tracemalloc
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.trace import Link, SpanContext

from beluga import retry, telemetry, traced
from beluga._cli.trace import trace
from beluga._traceview.records import SpanRecord, arranged, decoded, totals, traces
from beluga.schema import AIMessage, Response, Usage
from beluga.telemetry.exporting import encoded

SECRET = "sk-proj-" + "Zx9Kq2Lm8Rt4Vw1Yp6Ns3Bd7"


def work():
    """Make a trace with every kind of thing in it."""
    left = [TimeoutError]

    @traced(operation="chat", model="gpt-4o", provider="openai")
    @retry(initial_backoff=0.001)
    def ask():
        if left:
            raise left.pop()
        return Response(AIMessage("fine"), Usage(12, 3), "stop")

    @traced(tool="look", attributes={"list": ["a", "b"], "big": 2**70, "odd": "\ud800", "nan": float("nan")})
    def look():
        raise KeyError(f"{SECRET} of ada@example.com")

    with telemetry.start_span("request", {"note": "<script>alert(1)</script>"}):
        ask()
        with pytest.raises(KeyError):
            look()


def recorded(exporter):
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with telemetry.use_provider(provider):
        work()
    provider.shutdown()


def shown(path, html=None):
    """Run the command; return its exit status and what it wrote."""
    out, err = io.StringIO(), io.StringIO()
    return trace(path, html=html, out=out, err=err), out.getvalue(), err.getvalue()


def test_otlp_over_http_arrives_whole():
    """The real exporter posts the spans, and a receiver reads the real protobuf."""
    exporting = pytest.importorskip("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    requests = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            requests.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_): ...

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        recorded(exporting.OTLPSpanExporter(endpoint=f"http://127.0.0.1:{server.server_port}/v1/traces"))
    finally:
        server.shutdown()
        server.server_close()
        serving.join(60)
    spans = {s.name: s for r in requests for g in r.resource_spans for c in g.scope_spans for s in c.spans}
    assert set(spans) == {"request", "chat gpt-4o", "execute_tool look"}
    chat = {pair.key: pair.value for pair in spans["chat gpt-4o"].attributes}
    assert chat["gen_ai.usage.input_tokens"].int_value == 12
    assert spans["chat gpt-4o"].parent_span_id == spans["request"].span_id
    assert [event.name for event in spans["chat gpt-4o"].events] == ["beluga.retry"]
    assert SECRET not in str(requests)


def test_a_file_tells_what_was_recorded(tmp_path):
    """The exporter writes lines that the command shows as a tree."""
    recorded(telemetry.FileExporter(tmp_path / "t.jsonl"))
    (records,) = traces(tmp_path / "t.jsonl", pytest.fail)
    by_name = {record.name: record for record in records}
    assert by_name["chat gpt-4o"].tokens == (12, 3)
    assert by_name["chat gpt-4o"].attempts == 2
    assert by_name["execute_tool look"].attributes["list"] == ["a", "b"]
    status, out, err = shown(tmp_path / "t.jsonl")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].endswith("3 spans, 12 + 3 tokens, 1 failed")
    assert lines[2].startswith("  chat gpt-4o")
    assert "12+3 tokens  2 attempts" in lines[2]
    assert "error: KeyError" in lines[3]
    assert SECRET not in out
    assert "ada@example.com" not in out


def test_what_the_sdk_allows_comes_back_as_it_was(spans):
    """Mappings, bytes, missing items and the attributes of links, which the SDK takes, have their place in the file."""
    link = Link(SpanContext(1, 2, is_remote=True), {"why": "batch"})
    telemetry.tracer().start_span(
        "call", links=[link], attributes={"map": {"a": [1, None]}, "raw": b"\x00", "list": ["a", None]}
    ).end()
    request = encoded(spans.spans)
    (written,) = request["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert written["links"][0]["attributes"] == [{"key": "why", "value": {"stringValue": "batch"}}]
    (record,) = decoded(request)
    assert record.attributes == {"map": '{"a": [1, null]}', "raw": "AA==", "list": ["a", None]}


def test_an_exporter_without_a_place_fails_its_export(tmp_path):
    """A folder that is not there costs the spans and not the application."""
    recorded(telemetry.FileExporter(tmp_path / "nowhere" / "t.jsonl"))
    assert telemetry.FileExporter(tmp_path / "new.jsonl").export([]) is SpanExportResult.SUCCESS


def test_a_batch_that_a_full_disk_cuts_off_is_alone(tmp_path, monkeypatch, spans):
    """The export fails, and the next batch begins on a line of its own."""
    with telemetry.start_span("request"):
        pass
    path, opened = tmp_path / "t.jsonl", pathlib.Path.open

    class Full:
        def __init__(self, *args, **kwargs):
            self.file = opened(*args, **kwargs)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, data):
            return self.file.write(data[:10])

    exporter = telemetry.FileExporter(path)
    with monkeypatch.context() as patched:
        patched.setattr(pathlib.Path, "open", lambda *args, **kwargs: Full(*args, **kwargs))
        assert exporter.export(spans.spans) is SpanExportResult.FAILURE
    assert exporter.export(spans.spans) is SpanExportResult.SUCCESS
    assert exporter.export(spans.spans) is SpanExportResult.SUCCESS
    broken = []
    (records,) = traces(path, lambda number, _: broken.append(number))
    assert (len(records), broken, len(path.read_bytes().splitlines())) == (2, [1], 3)


TIMED = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"spanId":"b","traceId":"a","endTimeUnixNano":%s}]}]}]}'

BROKEN = {
    "no JSON": b"{",
    "no object": b"[1]",
    "no spans": b'{"logs": []}',
    "no ids": b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "x"}]}]}]}',
    "bad time": TIMED % b'"x"',
    "endless time": TIMED % b"1e999",
    "far too late": TIMED % (b"9" * 400),
    "bad id": b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"spanId": "b", "traceId": "\\u001b[2J"}]}]}]}',
    "wrong kinds": b'{"resourceSpans": [{"scopeSpans": [{"spans": [5]}]}]}',
    "no UTF-8": b'{"resourceSpans": "\xff"}',
    "too deep": b"[" * 100_000,
}


@pytest.mark.parametrize("line", BROKEN.values(), ids=BROKEN)
def test_a_broken_line_is_reported_and_skipped(line, tmp_path):
    """The number of the line and the reason go to stderr, the rest is shown, and nothing of the line is quoted."""
    path = tmp_path / "t.jsonl"
    recorded(telemetry.FileExporter(path))
    good = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([good[0], b"", line, *good[1:]]) + b"\n")
    status, out, err = shown(path)
    assert status == 0
    assert err.startswith(f"{path}:3: ")
    assert len(err.splitlines()) == 1
    assert "3 spans" in out


def line_of(**fields):
    """Return the line of one span with these fields."""
    span = {"traceId": "ab", "spanId": "cd", "name": "call", "startTimeUnixNano": "1", "endTimeUnixNano": "2", **fields}
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}) + "\n"


FIGURES = ("gen_ai.usage.input_tokens", "gen_ai.response.time_to_first_chunk", "beluga.cost")


@pytest.mark.parametrize("html", [False, True], ids=["tree", "page"])
@pytest.mark.parametrize(
    "value",
    [{"doubleValue": "NaN"}, {"doubleValue": "Infinity"}, {"doubleValue": -1}, {"intValue": 1e999}]
    + [{"intValue": "9" * 400}, {"doubleValue": 10**400}, {"doubleValue": 1e308}],
    ids=["nan", "infinite", "negative", "overflow", "large", "larger", "too large for a sum"],
)
def test_a_figure_that_cannot_be_is_none(value, html, tmp_path):
    """Tokens, times and costs that are no finite numbers are left out of the sums, and the span is shown."""
    path = tmp_path / "t.jsonl"
    path.write_text(line_of(attributes=[{"key": key, "value": value} for key in FIGURES]))
    status, out, err = shown(path, tmp_path / "t.html" if html else None)
    assert (status, err) == (0, "")
    assert html or out.splitlines()[0] == "trace ab: 1 span"


def test_nested_values_are_written_once(tmp_path):
    """A value 100 levels deep stays as long as it is: each level that was quoted again would double it."""
    value = {"stringValue": "x"}
    for _ in range(100):
        value = {"kvlistValue": {"values": [{"key": "a", "value": value}]}}
    (record,) = decoded(json.loads(line_of(attributes=[{"key": "deep", "value": value}])))
    assert json.loads(record.attributes["deep"])["a"]["a"].keys() == {"a"}
    assert len(record.attributes["deep"]) < 1_000


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KINDS = ("stringValue", "intValue", "doubleValue", "boolValue", "bytesValue", "arrayValue", "kvlistValue", "other")
VALUES = st.dictionaries(st.sampled_from(KINDS), ANY_JSON, max_size=2) | ANY_JSON
PAIRS = st.lists(st.fixed_dictionaries({"key": st.sampled_from(FIGURES) | ANY_JSON, "value": VALUES}), max_size=3)
FIELDS = ("name", "kind", "parentSpanId", "startTimeUnixNano", "endTimeUnixNano", "status", "events", "attributes")


@settings(max_examples=40)  # a page takes most of the 0.1 s of each
@given(st.dictionaries(st.sampled_from(FIELDS), ANY_JSON, max_size=4), PAIRS)
def test_no_line_breaks_the_command(fields, pairs):
    """Whatever a line holds, it is shown or reported, and the next one is shown."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "t.jsonl")
        path.write_text(line_of(**{"attributes": pairs, **fields}) + line_of(traceId="ef"))
        for html in (None, pathlib.Path(folder, "t.html")):
            status, out, err = shown(path, html)
            assert status == 0
            assert html or "trace ef: 1 span" in out
            assert err == "" or err.startswith(f"{path}:1: ")


def test_a_page_does_not_replace_its_traces(tmp_path):
    """The file of traces given as the page is refused and stays as it is."""
    path = tmp_path / "t.jsonl"
    path.write_text(line_of())
    assert shown(path, path) == (2, "", f"{path}: is the file of traces itself; give the page another name\n")
    assert path.read_text() == line_of()


def test_a_page_that_cannot_be_written_is_named(tmp_path):
    """The message names the page that was asked for, not the file in which it is prepared."""
    path = tmp_path / "t.jsonl"
    path.write_text(line_of())
    for page in (tmp_path, tmp_path / "nowhere" / "t.html"):
        status, _, err = shown(path, page)
        assert status == 2
        assert err.startswith(f"{page}: ")


def test_a_missing_file_is_an_error(tmp_path):
    """The exit status is 2, and the message names the file."""
    status, out, err = shown(tmp_path / "none.jsonl")
    assert (status, out) == (2, "")
    assert "none.jsonl: No such file" in err
    assert not (tmp_path / "out.html").exists()


def test_what_others_write_is_read(tmp_path):
    """Numbers as numbers, names of enums, unknown fields and ids in capitals, as the collector may write them."""
    span = {
        "traceId": "AB" * 16,
        "spanId": "CD" * 8,
        "name": "chat",
        "kind": "SPAN_KIND_CLIENT",
        "startTimeUnixNano": 1_000,
        "endTimeUnixNano": 2_001_000,
        "flags": 257,
        "status": {"code": "STATUS_CODE_ERROR"},
        "attributes": [{"key": "error.type", "value": {"stringValue": "timeout"}}, {"key": "odd", "value": {}}],
    }
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}))
    _, out, err = shown(path)
    assert err == ""
    assert "trace " + "ab" * 16 in out
    assert "2 ms  error: timeout" in out


def test_control_characters_do_not_reach_the_terminal(tmp_path):
    """A name cannot repaint the screen of whoever reads the trace."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(telemetry.FileExporter(tmp_path / "t.jsonl")))
    with telemetry.use_provider(provider), telemetry.start_span("a\x1b[2Jb\nc"):
        pass
    _, out, _ = shown(tmp_path / "t.jsonl")
    assert "\x1b" not in out
    assert len(out.strip().splitlines()) == 2


def test_a_terminal_without_the_characters_gets_others(tmp_path):
    """The tree is printed whatever the terminal's encoding."""
    path = tmp_path / "t.jsonl"
    path.write_text(line_of(name="café"))
    command = [sys.executable, "-m", "beluga", "trace", str(path)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "caf?" in done.stdout


def test_a_reader_who_has_seen_enough_is_no_error(tmp_path):
    """`beluga trace FILE | head` ends without a complaint about the file."""
    path = tmp_path / "t.jsonl"
    path.write_text("".join(line_of(traceId=f"{number:x}") for number in range(1, 2_000)))
    with subprocess.Popen(
        [sys.executable, "-m", "beluga", "trace", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""


def lines_of(count, size):
    """Yield the lines of `count` traces of `size` spans, span by span, the traces mixed."""
    for number in range(size):
        for which in range(count):
            span = {
                "traceId": f"{which + 1:032x}",
                "spanId": f"{which * size + number + 1:016x}",
                "parentSpanId": f"{which * size + number:016x}" if number else "",
                "name": f"step {number % 10}",
                "startTimeUnixNano": str(number),
                "endTimeUnixNano": str(number + 5),
            }
            yield json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}) + "\n"


def test_a_large_file_needs_the_memory_of_one_trace(tmp_path):
    """5,000 spans in 250 mixed traces are read holding one trace and 8 bytes for each line."""
    path = tmp_path / "t.jsonl"
    with path.open("w") as file:
        file.writelines(lines_of(250, 20))
    tracemalloc.start()
    try:
        spans = sum(len(records) for records in traces(path, pytest.fail))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert spans == 5_000
    assert peak < 500_000  # 5,000 records at once take 4.5 MB


def test_batches_of_many_traces_are_read_few_times(tmp_path, monkeypatch):
    """Traces spread over neighbouring batches, as an exporter writes them, do not cost a reading for each."""
    from beluga._traceview import records

    spans = [
        {"traceId": f"{which + 1:032x}", "spanId": f"{which * 4 + number + 1:016x}", "name": "step"}
        for which in range(1_000)
        for number in range(4)
    ]
    order = sorted(range(4_000), key=lambda at: at // 4 + at % 4 * 60)  # a trace begins when others still run
    path = tmp_path / "t.jsonl"
    with path.open("w") as file:
        for at in range(0, 4_000, 100):
            batch = [spans[place] for place in order[at : at + 100]]
            file.write(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": batch}]}]}) + "\n")
    read = []
    monkeypatch.setattr(records, "decoded", lambda request: read.append(1) or decoded(request))
    assert {len(records) for records in traces(path, pytest.fail)} == {4}
    assert len(read) <= 120  # 40 lines, each once for the places and at most twice for its spans


def test_a_deep_trace_is_no_problem(tmp_path):
    """A chain of 20,000 spans is arranged without recursion."""
    path = tmp_path / "t.jsonl"
    with path.open("w") as file:
        file.writelines(lines_of(1, 20_000))
    (records,) = traces(path, pytest.fail)
    rows = arranged(records)
    assert [depth for depth, _ in rows] == list(range(20_000))
    assert totals(rows) == (0, 0, 0.0)


def record(span_id, parent="", given=0, taken=0, cost=None):
    attributes = {"gen_ai.usage.input_tokens": given, "gen_ai.usage.output_tokens": taken, "beluga.cost": cost}
    return SpanRecord("t", span_id, parent, span_id, int(span_id), int(span_id) + 1, attributes=attributes)


def test_tokens_are_counted_once():
    """What an agent reports of its model's calls is not added to what they report."""
    rows = arranged([record("1"), record("2", "1", 100, 10, 0.5), record("3", "2", 60, 6), record("4", "2", 40, 4)])
    assert totals(rows) == (100, 10, 0.5)
    rows = arranged([record("1"), record("2", "1", 100, 10), record("3", "1", 7, 1)])
    assert totals(rows) == (107, 11, 0.0)


def test_spans_that_are_each_others_parents_are_shown():
    """A broken file may hold a circle; every span is shown once."""
    rows = arranged([record("1", "2"), record("2", "1"), record("3", "9")])
    assert sorted(r.name for _, r in rows) == ["1", "2", "3"]
