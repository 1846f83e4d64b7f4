"""Where the URLs in a tool's arguments lead."""

from __future__ import annotations

import contextlib
import json
import random
import re
import shutil
import subprocess
from urllib.parse import urlsplit

import httpx
import pytest
import urllib3
from hypothesis import event, given, settings
from hypothesis import strategies as st

from beluga.guards import ToolGuard

try:
    import yarl
except ImportError:  # it is in the tests' environment, and nobody needs it elsewhere
    yarl = None

GUARD = ToolGuard(domains=["example.com", "10.0.0.7"])


def allows(text, guard=GUARD):
    return guard.validate_tool("fetch", {"url": text}).allowed


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com\\@evil.test/x", "//evil.test/x", "\\\\evil.test\\share", "ht\ttps://evil.test", "https:evil.test",
        "https:/evil.test", "https:///evil.test", "ssh://example.com", "redis://example.com", "jdbc:mysql://example.com/db",
        "ldap://example.com", "file:///etc/passwd", "s3://bucket/key", "git@evil.test:r.git", "mailto:x@evil.test",
        "http://example.com", "javascript:alert(1)", "data:text/html,x", "see <https://evil.test>", "tel:112",
        "https://user@example.com", "https://example.com:99999/", "https://example.com@evil.test", "https://example.com#@evil.test",
        "https://example.com/?u=https%3A%2F%2Fevil.test", "https://example.com/?u=https%253A%252F%252Fevil.test",
        "https://example.com/?u=//evil.test", "https://example.com%2eevil.test/", "https://example.com\t.evil.test/",
        "https://example.com\nevil.test", "https://127.0.0.1", "https://0x7f.1", "https://2130706433", "https://0177.0.0.1",
        "https://[::1]/", "https://[::ffff:10.0.0.7]/", "https://localhost.", "https://169.254.169.254/latest",
        "https://example\u3002com/", "https://\uff45vil.test", "https://ex\u200bample.com/", "https://пример.test/", "https://evilexample.com",
        "%" + "25" * 20 + "2f", 'https://example.com"@evil.test/', "https://example.com<[::1]", "https://example.com|@evil.test", "-https://evil.test",
        "a" * 40 + "https://evil.test", "https: @evil.test", "https:\n %2ehttps@evil.test", "https:\revil.test", "://evil", "//\u2028@evil",
    ],
)  # fmt: skip
def test_what_leads_elsewhere_is_refused(text):
    """Another host, another scheme, another notation, or a form that two parsers read in two ways."""
    assert not allows(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/x", "https://api.EXAMPLE.com:8443/x?y=1#z", "see (https://example.com/x).", "https://10.0.0.7/x", "note:hello",
        "Re: your mail", "at 10:30", "C:\\Users\\x", "a // comment", "ana@example.com: hi", "and/or", "std::vector",
        "https://example.com/?next=/home", "use https://example.com\nand go on", "https://example.com/a//b", "100% sure",
    ],
)  # fmt: skip
def test_what_leads_to_a_listed_host_or_nowhere_passes(text):
    """A listed host in its plain form, and prose that only has colons and slashes in it."""
    assert allows(text)


@pytest.mark.parametrize(
    "text",
    [
        "evil.test/x", "evil.test:8080/x", "evil.test:8080", "www.evil.test", "see www.evil.test.", "(WWW.evil.test/x)", "10.0.0.1/x", "localhost/x",
        "169.254.169.254/latest/meta-data", "localhost:8080", "[::1]/x", "[::1]:80", "user:pw@evil.test/x", "evil%2Etest/x", "evil%252Etest/x",
        "evil\u3002test/x", "ev\til.test/x", " evil.test/x\n", "evil.test?x=1", "пример.test/x", "evil.test./x", "example.com.evil.test/x",
        "example.com@evil.test/x", "evil.zip/x", "\u200bevil.test/x", "example.com:99999/x", "evil.test//example.com", "xn--e1afmkfd.test/x",
    ],
)  # fmt: skip
def test_a_host_is_judged_without_its_scheme(text):
    """Many a tool puts the scheme in front itself, so a text that is nothing but a host and a path leads there."""
    for name in ("q", "url"):
        assert not GUARD.validate_tool("fetch", {name: text}).allowed
    assert "\n" not in GUARD.validate_tool("fetch", {"q": text}).reason


@pytest.mark.parametrize(
    "text",
    [
        "example.com/x", "API.example.com:8443/x?y=1", "www.example.com", "10.0.0.7/x", "and/or", "node.js", "report.pdf/x", "10.0.0.0/8", "main.py:42",
        "docs/guide.md", "text/html", "std.io", "12.05.2024/13.05.2024", "v1.2/next", "24/7", "e.g./i.e.", "C:\\a.b\\c", "index.ts:10:5", "3.5/5",
        "application/vnd.api+json", "archive.tar.gz/x", "ana@example.com", "repo.git/hooks", "CORP.local\\ana", "1.2.3", "", "evil.test and more/less",
    ],
)  # fmt: skip
def test_names_of_files_and_words_with_a_slash_are_no_hosts(text):
    """What ends as files do, networks, dates, versions and prose lead nowhere."""
    assert GUARD.validate_tool("fetch", {"q": text}).allowed


STRICT = {"type": "object", "properties": {"host": {"type": "string"}, "targets": {"type": "array"}}}
DECLARED = ToolGuard(domains=["example.com", "10.0.0.7"], schemas={"fetch": STRICT})


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        ({"host": "example.com"}, True), ({"host": "example.com:443"}, True), ({"host": "evil.test"}, False), ({"host": "intranet"}, False),
        ({"host": "2130706433"}, False), ({"host": "/evil.test"}, False), ({"host": "evil.test\\@example.com"}, False), ({"host": ""}, True),
        ({"targets": [{"callbackURL": "https://example.com/x"}]}, True), ({"targets": [{"callbackURL": "evil.test"}]}, False),
        ({"base_url": "/users/5"}, True), ({"base_url": "users/5"}, False), ({"urls": ["./x", "evil.test/x y"]}, False),
        ({"endpoint": "foo:bar"}, False), ({"website": "example.com/a?b#c"}, True), ({"curl": "node.js"}, True), ({"note": "evil.test"}, True),
    ],
)  # fmt: skip
def test_what_a_schema_calls_a_host_is_one(arguments, allowed):
    """Under such a name of a tool with a schema stands a URL, a host or, for a URL, a path, and nothing else."""
    assert DECLARED.validate_tool("fetch", arguments).allowed is allowed


def test_a_host_alone_is_judged_where_its_name_says_so():
    """Without a schema the name is enough for what looks like a host."""
    for text, allowed in {
        "evil.test": False,
        "example.com": True,
        "127.1": False,
        "0x7f000001": False,
        "evil.test\\x": False,
        "evil.test/x y": False,
        "evil.test?q=a b": False,
        "-a.evil.test/x": False,
        "0177.0.0.1/x": False,
        "0x7f.0.0.1\\x": False,
        "example.com/x y": True,
        "node.js": True,
    }.items():
        assert allows(text) is allowed, text


def test_schemes_are_listed_too():
    """Another scheme is allowed by name; without domains no address is looked at."""
    assert allows("http://example.com", ToolGuard(domains=["example.com"], schemes=["http"]))
    assert allows("ssh://anywhere", ToolGuard())
    with pytest.raises(TypeError, match="schemes must be several names"):
        ToolGuard(domains=["example.com"], schemes="https")


PIECES = (
    ["https", "http", "HTTPS", ":", "//", "/", "\\", "@", "example.com", "evil.test", ".", "10.0.0.7", "127.1", "0x7f000001", "[::1]"]
    + [":443", "?", "#", "%2f", "%40", "%", "\t", "\n", " ", "\x00", "a", "é", "\u3002", ";", "u=", "[", "]", "example.com:443", "-", "_"]
    + ["https://", "\\\\", "%5c", "%2e", "\xa0", "\u200b", "\uff0f", "\uff20", "\u2028", "ß", "xn--", "|", "^", "`", "{", "'", '"', "<", "&", "=", "*", "~", "中", "\x7f", "\r", "%00", "0", "::"]
)  # fmt: skip
HEADS = ["", "https://", "https://example.com", "https://10.0.0.7", "https:", "HTTPS://EXAMPLE.COM."]


def listed(host):
    host = host.rstrip(".").lower()
    # A blank or a semicolon is in no name: prose behind a URL, and nothing is fetched from there.
    return not re.fullmatch(r"[\w.:-]+", host) or host == "10.0.0.7" or f".{host}".endswith(".example.com")


def parsers():
    """Return what reads a host out of a URL, by name; it raises where there is none."""
    found = {
        "httpx": lambda url: httpx.URL(url).host,
        # No blank begins a host: `// [1]` is a comment.
        "urlsplit": lambda url: "" if urlsplit(url).netloc[:1].isspace() else urlsplit(url).hostname or "",
        # To urllib3 any word is a host; without a scheme nothing is fetched from it.
        "urllib3": lambda url: ((parsed := urllib3.util.parse_url(url)).scheme and parsed.host) or "",
    }
    if yarl is not None:
        found["yarl"] = lambda url: yarl.URL(url).host or ""
    return found


@settings(settings.get_profile("guards"))
@given(st.sampled_from(HEADS), st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_what_is_allowed_leads_to_a_listed_host_for_every_parser(head, tail):
    """Whatever the pieces of a URL, the parsers of libraries that fetch agree with us on where it goes."""
    url = head + tail
    if not allows(url):
        return
    for name, host_of in parsers().items():
        with contextlib.suppress(ValueError, httpx.InvalidURL, urllib3.exceptions.LocationParseError):
            host = host_of(url.strip())
            if host:
                event(f"{name} finds a host")
            assert listed(host), name


@settings(settings.get_profile("guards"))
@given(
    st.sampled_from(["", "example.com", "10.0.0.7", "www."]), st.lists(st.sampled_from(PIECES), max_size=9).map("".join)
)
def test_what_is_allowed_as_a_host_leads_there_for_every_parser(head, tail):
    """The same for what a schema calls a host, once a tool has put the scheme in front."""
    text = head + tail
    if not DECLARED.validate_tool("fetch", {"host": text}).allowed or not text.strip():
        return
    url = text.strip() if text.strip().lower().startswith("https:") else f"https://{text.strip()}"
    for name, host_of in parsers().items():
        with contextlib.suppress(ValueError, httpx.InvalidURL, urllib3.exceptions.LocationParseError):
            host = host_of(url)
            event(f"{name} finds a host")
            assert host, name
            assert listed(host), name


NODE = """
const urls = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(urls.map(url => { try { return new URL(url).hostname } catch { return "" } })));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="no node, whose URL is the one of browsers")
def test_what_is_allowed_leads_to_a_listed_host_for_a_browser():
    """WHATWG's own reading of as many random URLs, which no library of Python has."""
    draw = random.Random(20)
    count = 20 * settings.get_profile("guards").max_examples
    urls = (draw.choice(HEADS) + "".join(draw.choices(PIECES, k=draw.randint(1, 9))) for _ in range(count))
    allowed = [url for url in urls if allows(url)]
    node = subprocess.run(["node", "-e", NODE], input=json.dumps(allowed), capture_output=True, text=True, check=True)
    hosts = json.loads(node.stdout)
    assert sum(map(bool, hosts)) > count // 1000
    assert [url for url, host in zip(allowed, hosts, strict=True) if not listed(host)] == []
