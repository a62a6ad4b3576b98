"""The report as a reader finds it: tables by name, headings, text, attributes."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "link", "img", "input", "hr"}


@dataclass
class Page(HTMLParser):
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    captions: dict[str, str] = field(default_factory=dict)
    headings: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""
    unclosed: list[str] = field(default_factory=list)
    _table: str = ""
    _into: list[str] | None = None
    _silent: int = 0

    @classmethod
    def of(cls, html: str) -> Page:
        page = cls()
        super(Page, page).__init__(convert_charrefs=True)
        page.feed(html)
        page.close()
        return page

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        self.tags.append((tag, given))
        if tag not in VOID:
            self.unclosed.append(tag)
        if tag == "figure" and given.get("id", "").startswith("table-"):
            self._table = given["id"].removeprefix("table-")
            self.tables[self._table] = []
        if tag == "tr" and self._table:
            self.tables[self._table].append([])
        if tag in ("td", "th") and self._table:
            self.tables[self._table][-1].append("")
        if tag == "figcaption" and self._table:
            self.captions[self._table] = ""
        if tag == "h2":
            self.headings.append("")
        if tag in ("style", "script"):
            self._silent += 1

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, {name: value or "" for name, value in attributes}))

    def handle_endtag(self, tag):
        while self.unclosed and self.unclosed[-1] != tag:
            raise AssertionError(f"</{tag}> closes {self.unclosed[-1]}")
        self.unclosed.pop()
        if tag == "figure":
            self._table = ""
        if tag in ("style", "script"):
            self._silent -= 1

    def handle_data(self, text):
        if self._silent:
            return
        self.text += text
        if self._table and "figcaption" in self.unclosed:
            self.captions[self._table] += text
        elif self._table and self.unclosed and ({"td", "th"} & set(self.unclosed)):
            self.tables[self._table][-1][-1] += text
        if "h2" in self.unclosed:
            self.headings[-1] += text

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a table under its headings."""
        heads, *rows = self.tables[name]
        return [dict(zip(heads, row, strict=True)) for row in rows]
