"""The page of a trace: self-contained, escaped, redacted, and alive in a real browser."""

from __future__ import annotations

import html
import io
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga._cli.trace import trace
from beluga._traceview.records import EventRecord, SpanRecord
from beluga._traceview.views import Page

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed, so no page can be opened")

EVIL = "</script><img src=x onerror=alert(1)><!-- & \u2028"


def span(number, parent=0, **fields):
    return SpanRecord(
        **{
            "trace_id": "ab" * 16,
            "span_id": f"{number:016x}",
            "parent_id": f"{parent:016x}" if parent else "",
            "name": f"span {number}",
            "start": number * 1_000_000,
            "end": number * 1_000_000 + 5_000_000,
            **fields,
        }
    )


TRACE = [
    span(1, name="request", end=20_000_000),
    span(2, 1, name="chat gpt-4o", kind=3, attributes={"gen_ai.usage.input_tokens": 1200, "beluga.cost": 0.25}),
    span(3, 1, name=f"tool {EVIL}", error=f"failed {EVIL}", events=[EventRecord(EVIL, 3_500_000, {EVIL: EVIL})]),
    span(4, 3, name="needle", end=None, attributes={"big": 2**60, "nan": float("nan"), "list": [1, EVIL]}),
]


def page(*traces):
    file = io.StringIO()
    made = Page(file, f"title {EVIL}")
    for records in traces:
        made.add(records)
    made.end()
    return file.getvalue()


class _Reader(HTMLParser):
    """Collects the elements of a page and what its scripts hold."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] == "script":
            self.scripts[-1] += data


def test_the_page_needs_nothing_else():
    """No element loads anything, and the policy forbids it too."""
    read = _Reader(page(TRACE))
    assert not [attrs for _, attrs in read.tags if {"src", "href", "onerror", "onclick"} & set(attrs)]
    assert "img" not in {tag for tag, _ in read.tags}
    (policy,) = (attrs["content"] for tag, attrs in read.tags if attrs.get("http-equiv"))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text() | st.integers() | st.floats() | st.lists(st.text())))
def test_whatever_a_span_holds_comes_through_as_data(name, error, attributes):
    """The block of data is the JSON of what was recorded, and no text can end it."""
    written = page([span(1, name=name, error=error, attributes=attributes)])
    (block,) = re.findall(r'<script type="application/json" class="trace-data">(.*?)</script>', written, re.DOTALL)
    (told,) = json.loads(block)["spans"]
    assert told["name"] == name.encode("utf-8", "replace").decode()
    assert len(told["attributes"]) == len(attributes)
    assert written.count("<script") == 2


def test_the_command_writes_a_redacted_page(tmp_path):
    """What an application put into a span is redacted again, and the page takes its place whole."""
    secret = "sk-proj-" + "Zx9Kq2Lm8Rt4Vw1Yp6Ns3Bd7"
    told = {"name": f"call {secret}", "traceId": "a", "spanId": "b", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [told]}]}]}) + "\n")
    out, err = io.StringIO(), io.StringIO()
    assert trace(path, html=tmp_path / "t.html", out=out, err=err) == 0
    assert secret not in (tmp_path / "t.html").read_text()
    assert "call [" in (tmp_path / "t.html").read_text()
    assert {p.name for p in tmp_path.iterdir()} == {"t.jsonl", "t.html"}
    assert trace(tmp_path / "none.jsonl", html=tmp_path / "u.html", out=out, err=err) == 2
    assert {p.name for p in tmp_path.iterdir()} == {"t.jsonl", "t.html"}


def opened(tmp_path, text, query=""):
    """Return the DOM after the page's script has run in a browser."""
    path = tmp_path / "page.html"
    path.write_text(text, encoding="utf-8")
    with_profile = [BROWSER, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=3000"]
    done = subprocess.run(
        [*with_profile, "--dump-dom", f"{path.as_uri()}{query}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout.partition("<header>")[2]


@needs_browser
def test_a_browser_shows_the_waterfall(tmp_path):
    """Rows in the tree's order with their depth, bars in their place, sums on top, the texts as texts."""
    dom = opened(tmp_path, page(TRACE))
    labels = [html.unescape(found) for found in re.findall(r'class="label"[^>]*>(.*?)</span>', dom)]
    assert labels == ["request", "chat gpt-4o", f"tool {EVIL}", "needle"]
    assert re.findall(r'aria-level="(\d)"', dom) == ["1", "2", "2", "3"]
    bars = re.findall(r'class="bar" style="left: ([\d.]+)%; width: ([\d.]+)%', dom)
    assert bars[0] == ("0", "100")
    assert float(bars[1][0]) == pytest.approx(100 / 19, rel=1e-3)
    assert float(bars[1][1]) == pytest.approx(500 / 19, rel=1e-3)
    assert "1 trace · 4 spans · 1,200 tokens in · 0 out · cost 0.25" in dom
    assert "<img" not in dom
    assert dom.count("failed") >= 2
    assert ">open<" in dom


@needs_browser
def test_a_browser_finds_what_is_searched(tmp_path):
    """A search keeps the hits and what stands above them, and marks the hits; other traces vanish."""
    other = [span(9, name="other", trace_id="cd" * 16)]
    dom = opened(tmp_path, page(TRACE, other), "#q=needle")
    labels = [html.unescape(found) for found in re.findall(r'class="label"[^>]*>(.*?)</span>', dom)]
    assert labels == ["request", f"tool {EVIL}", "needle"]
    assert len(re.findall(r'class="row [^"]*\bhit\b', dom)) == 1
    assert len(re.findall(r'<section class="trace" hidden', dom)) == 1


@needs_browser
def test_a_search_that_is_no_url_is_searched_as_it_stands(tmp_path):
    """A link with a lone percent sign does not leave the page empty."""
    dom = opened(tmp_path, page([span(1, name="50% done"), span(2, name="other")]), "#q=50%")
    assert re.findall(r'class="label"[^>]*>(.*?)</span>', dom) == ["50% done"]


@needs_browser
def test_a_browser_opens_a_large_trace_in_batches(tmp_path):
    """Of 20,000 spans only the first rows are in the page until more are asked for."""
    dom = opened(tmp_path, page([span(1), *(span(number, 1) for number in range(2, 20_001))]))
    assert len(re.findall(r'class="row', dom)) == 501
    assert "show 500 more of 19500" in dom
