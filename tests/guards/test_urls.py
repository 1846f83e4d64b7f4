"""Where the URLs in a tool's arguments lead."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from beluga.guards import ToolGuard

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
        "%" + "25" * 20 + "2f",
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


def test_schemes_are_listed_too():
    """Another scheme is allowed by name; without domains no address is looked at."""
    assert allows("http://example.com", ToolGuard(domains=["example.com"], schemes=["http"]))
    assert allows("ssh://anywhere", ToolGuard())
    with pytest.raises(TypeError, match="schemes must be several names"):
        ToolGuard(domains=["example.com"], schemes="https")


PIECES = st.sampled_from(
    ["https", "http", "HTTPS", ":", "//", "/", "\\", "@", "example.com", "evil.test", ".", "10.0.0.7", "127.1", "0x7f000001", "[::1]"]
    + [":443", "?", "#", "%2f", "%40", "%", "\t", "\n", " ", "\x00", "a", "é", "\u3002", ";", "u=", "[", "]", "example.com:443", "-", "_"]
)  # fmt: skip


@settings(max_examples=500)
@given(
    st.lists(PIECES, max_size=9)
    .map("".join)
    .flatmap(lambda tail: st.sampled_from([f"https://{tail}", f"https://example.com{tail}", tail]))
)
def test_what_is_allowed_leads_to_a_listed_host_for_every_parser(url):
    """Whatever the pieces of a URL, the parsers of a fetching library agree with us on where it goes."""
    if not allows(url):
        return
    hosts = set()
    for parse in (lambda u: httpx.URL(u).host, lambda u: urlsplit(u).hostname or ""):
        try:
            hosts.add(parse(url.strip()))
        except (ValueError, httpx.InvalidURL):
            continue
    if any(hosts):
        event("leads somewhere")
    for host in {host.rstrip(".") for host in hosts}:
        resolves = re.fullmatch(r"[\w.:-]+", host)  # a blank or a semicolon is in no name: prose behind a URL
        assert not resolves or host == "10.0.0.7" or f".{host}".endswith(".example.com")
