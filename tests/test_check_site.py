"""The check of the built site tells what is wrong with a page, and is silent on one with which nothing is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
check_site = pytest.importorskip("check_site")
sys.path.pop(0)

PAGE = """<html lang="en"><head><title>One</title><script src="a.js"></script></head><body><header>
<a class="md-skip" href="#text">Skip</a><nav><a href="#text">One</a><a href="two.html#second">Two</a></nav></header>
<main><h1 id="text">One</h1><h2>Part</h2><img src="a.svg" alt="An A"><button title="Copy"></button>
<label>Say <select></select></label><label for="why">Why</label><input id="why"></main></body></html>"""


@pytest.fixture
def site(tmp_path):
    """A folder in which nothing is wrong, and a file beside it that does not go with it."""
    site = tmp_path / "site"
    site.mkdir()
    (tmp_path / "outside.html").touch()
    (site / "index.html").write_text(PAGE)
    (site / "two.html").write_text(PAGE.replace("<h2>Part", '<h2 id="second">Part').replace("two.html", ""))
    for name in ("a.js", "a.svg"):
        (site / name).touch()
    return site


def test_a_site_with_which_nothing_is_wrong_passes(site, capsys):
    """And it is said how many pages were read."""
    assert check_site.main(site) == 0
    assert capsys.readouterr().out == "2 pages, and nothing is wrong\n"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (' lang="en"', "", "no language"),
        ("<title>One</title>", "", "no title"),
        ("main>", "div>", "no main"),
        ("<h2>", "<h3>", "a heading of level 3 below one of 1"),
        ("<h2>Part</h2>", "<h1>Part</h1>", "2 headings of the first level"),
        (' alt="An A"', "", "a picture without a text: a.svg"),
        (' title="Copy"', "", "a button without a name"),
        (' title="Copy"', ' aria-label=""', "a button without a name"),
        ("Say <select>", "</label><select>", "a field (select) without a label"),
        (' for="why"', "", "a field (input) without a label"),
        ("md-skip", "other", "no link to skip to the text"),
        ("<h2>", '<h2 id="text">', "the id text stands 2 times"),
        ("two.html#second", "two.html#third", "leads nowhere: two.html#third"),
        ("two.html#second", "./", "leads nowhere: ./"),
        ("two.html#second", "../outside.html", "leads nowhere: ../outside.html"),
        ("a.js", "b.js", "leads nowhere: b.js"),
        ("a.js", "https://example.com/a.js", "from elsewhere: https://example.com/a.js"),
    ],
)
def test_what_is_wrong_is_told_with_its_page(site, capsys, before, after, told):
    """One thing is wrong, and one line says so."""
    assert before in PAGE
    (site / "index.html").write_text(PAGE.replace(before, after))
    assert check_site.main(site) == 1
    assert capsys.readouterr().out == f"index.html: {told}\n"


def test_a_picture_names_the_link_around_it(site, capsys):
    """Its text is what a screen reader says of the link."""
    (site / "index.html").write_text(PAGE.replace(">Two</a>", '><img src="a.svg" alt="Two"></a>'))
    assert check_site.main(site) == 0, capsys.readouterr().out


def test_an_empty_folder_does_not_pass(tmp_path, capsys):
    """A check of nothing says nothing of the site, and does not say that nothing is wrong."""
    assert check_site.main(tmp_path) == 1
    assert capsys.readouterr().out == f"{tmp_path}: there is no page\n"
