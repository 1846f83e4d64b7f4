"""Check the built site for what a keyboard, a screen reader and a folder without a network need.

    python tools/check_site.py .site

Each page has a title and a language, landmarks and a link that skips to the text, one heading of the first level and
none that skips a level, names for pictures, fields and buttons, no id twice, and no link or file that is not there.
"""

from __future__ import annotations

import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LANDMARKS = ("header", "nav", "main")


class Page(HTMLParser):
    """What is on one page."""

    def __init__(self, path: Path) -> None:
        """Read the page at `path`."""
        super().__init__()
        self.path = path
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.sources: list[str] = []
        self.headings: list[int] = []
        self.labelled: set[str] = set()
        self.fields: list[tuple[str, str | None]] = []
        self.skips: list[str] = []
        self.problems: list[str] = []
        self.language = ""
        self._unnamed: list[list[str | bool]] = []
        self._in_label = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the page is judged by."""
        has = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        self.language = has.get("lang", "") if tag == "html" else self.language
        if "id" in has:
            self.ids[has["id"]] += 1
        if tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            self.headings.append(int(tag[1]))
        if tag == "a" and "href" in has:
            self.links.append(has["href"])
            if "md-skip" in has.get("class", ""):
                self.skips.append(has["href"])
        if tag in {"img", "script", "iframe", "source"} and "src" in has:
            self.sources.append(has["src"])
        if tag == "link" and has.get("rel", "") in {"stylesheet", "icon"}:
            self.sources.append(has["href"])
        if tag == "img":
            self._picture(has)
        if tag == "svg" and "role" in has and not (has.get("aria-label") or has.get("aria-labelledby")):
            self.problems.append("a drawing with a role and without a name")
        if tag == "label" and "for" in has:
            self.labelled.add(has["for"])
        named = bool(has.get("aria-label", "").strip() or has.get("title", "").strip())
        if tag in {"input", "select", "textarea"} and has.get("type") != "hidden" and not (named or self._in_label):
            self.fields.append((tag, has.get("id")))
        if tag in {"a", "button"}:
            self._unnamed.append([tag, named or (tag == "a" and "href" not in has)])
        self._in_label = self._in_label or tag == "label"

    def _picture(self, has: dict[str, str]) -> None:
        if not has.get("alt", "").strip():
            self.problems.append(f"a picture without a text: {has.get('src', '')}")
        self.handle_data(has.get("alt", ""))  # which is the name of a link around it

    def handle_data(self, data: str) -> None:
        """Take text inside of a link or a button for its name."""
        if data.strip():
            for each in self._unnamed:
                each[1] = True

    def handle_endtag(self, tag: str) -> None:
        """Judge a link or a button by what stood in it."""
        self._in_label = self._in_label and tag != "label"
        if self._unnamed and self._unnamed[-1][0] == tag and not self._unnamed.pop()[1]:
            self.problems.append(f"a {tag} without a name")

    def check(self, pages: dict[Path, Page], files: set[Path]) -> list[str]:
        """Return what is wrong, in words."""
        wrong = [*self.problems]
        wrong += [f"no {name}" for name in (*LANDMARKS, "title") if not self.tags[name]]
        wrong += [] if self.language else ["no language"]
        wrong += [] if self.headings.count(1) == 1 else [f"{self.headings.count(1)} headings of the first level"]
        wrong += [
            f"a heading of level {inner} below one of {outer}"
            for outer, inner in zip(self.headings, self.headings[1:], strict=False)
            if inner > outer + 1
        ]
        wrong += [f"the id {name} stands {count} times" for name, count in self.ids.items() if count > 1]
        wrong += [f"a field ({tag}) without a label" for tag, name in self.fields if name not in self.labelled]
        wrong += [] if self.skips else ["no link to skip to the text"]
        wrong += [f"from elsewhere: {each}" for each in self.sources if urlsplit(each).netloc]
        links = (*self.links, *self.sources)
        wrong += [f"leads nowhere: {each}" for each in links if not self._leads(each, pages, files)]
        return wrong

    def _leads(self, link: str, pages: dict[Path, Page], files: set[Path]) -> bool:
        target = urlsplit(link)
        if target.scheme or target.netloc:
            return True
        there = (self.path.parent / unquote(target.path)).resolve() if target.path else self.path
        found = pages.get(there)
        if found is None or not target.fragment:
            return there in files  # a folder is a list of files without a server, and what is outside stays behind
        return unquote(target.fragment) in found.ids


def main(folder: Path) -> int:
    """Print what is wrong with the site in `folder`; return 1 where something is."""
    root = folder.resolve()
    files = {path for path in root.rglob("*") if path.is_file()}
    pages = {path: Page(path) for path in sorted(files) if path.suffix == ".html" and path.name != "404.html"}
    wrong = [f"{path.relative_to(root)}: {each}" for path, page in pages.items() for each in page.check(pages, files)]
    wrong = wrong if pages else [f"{folder}: there is no page"]
    print("\n".join(wrong) or f"{len(pages)} pages, and nothing is wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
