"""The page can be read by everybody: by a keyboard, aloud, on a telephone, in print."""

from __future__ import annotations

import re
from itertools import pairwise

import lxml.html
import pytest

from mkb21sem.report import pages
from mkb21sem.report.documents import html
from tests.report.documents import sample


@pytest.fixture(scope="module")
def text():
    return html.page(sample.document("nl"), sample.worded("nl"))


@pytest.fixture(scope="module")
def page(text):
    return lxml.html.document_fromstring(text)


def test_the_page_has_a_language_a_title_and_a_way_past_the_contents(page):
    assert page.get("lang") == "nl"
    assert "synthetische data" in page.findtext(".//title")
    skip = page.find(".//a[@class='skip']")
    assert page.xpath(f"//*[@id='{skip.get('href')[1:]}']")
    assert len(page.findall(".//h1")) == 1


def test_every_name_is_there_once_and_every_link_leads_somewhere(page):
    names = [one.get("id") for one in page.iter() if one.get("id")]
    assert len(names) == len(set(names))
    links = [one.get("href") for one in page.iter("a")]
    assert len(links) > 10
    assert {link[1:] for link in links} <= set(names)
    assert {one.get("aria-labelledby") for one in page.iter() if one.get("aria-labelledby")} <= set(names)


def test_headings_go_down_one_level_at_a_time(page):
    levels = [int(one.tag[1]) for one in page.find(".//main").iter("h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 2
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_chapter_with_nothing_in_it_is_left_out(page):
    assert not page.xpath("//*[@id='limits']")


def test_tables_are_named_scoped_and_can_be_scrolled_by_keyboard(page):
    tables = page.findall(".//table")
    assert len(tables) == 19
    for table in tables:
        assert page.xpath(f"//figcaption[@id='{table.get('aria-labelledby')}']")
        assert all(head.get("scope") == "col" for head in table.iterfind("thead/tr/th"))
        assert all(row[0].tag == "th" and row[0].get("scope") == "row" for row in table.iterfind("tbody/tr"))
        box = table.getparent()
        assert (box.get("class"), box.get("role"), box.get("tabindex")) == ("scroll", "region", "0")


def test_tables_have_no_style_of_their_own(page, text):
    assert text.count("<style>") == 1
    for table in page.findall(".//table"):
        for one in table.iter():
            assert set(one.attrib) <= {"scope", "class", "aria-labelledby"}
            assert not str(one.get("class")).startswith("gt_")


def test_the_page_needs_nothing_from_elsewhere(page, text):
    assert not page.findall(".//script")
    assert not page.findall(".//link")
    assert all(one.get("src").startswith("data:image/svg+xml;base64,") for one in page.iter("img"))
    assert not re.search(r"url\(|@import|https?://(?!www\.w3)", text)


def test_pictures_are_described(page):
    words = [one.get("alt") for one in page.iter("img")]
    assert len(words) == 2
    assert all(len(said) > 20 for said in words)


def test_synthetic_is_said_on_top_at_every_caption_below_and_on_every_printed_page(page, text):
    banner = "Synthetische data: hieruit volgt niets over echte bedrijven."
    assert banner in page.find(".//div[@class='banner']").text_content()
    assert all("synthetische data" in one.text_content() for one in page.iter("figcaption"))
    assert banner in page.find(".//footer").text_content()
    margin = re.search(r'@top-center \{ content: "([^"]*)"', text).group(1)
    assert re.sub(r"\\([0-9a-f]+) ", lambda found: chr(int(found.group(1), 16)), margin) == banner


def test_captions_are_numbered_in_order(page):
    numbers = [one.findtext("b") for one in page.iter("figcaption")]
    assert [n for n in numbers if n.startswith("Tabel")] == [f"Tabel {n}" for n in range(1, 20)]
    assert [n for n in numbers if n.startswith("Figuur")] == ["Figuur 1", "Figuur 2"]


# --- contrast ---


def luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def colours():
    """Selector → its letters' colour and all grounds that it may stand on, from the style sheet."""
    sheet = re.sub(r"@media[^{]*\{|/\*.*?\*/", "", pages.text("style.css"), flags=re.DOTALL)
    named = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})", sheet))

    def known(value):
        found = re.search(r"var\(--([\w-]+)\)|#[0-9a-f]{6}|#[0-9a-f]{3}\b|inherit", value)
        if found is None or found.group() == "inherit":
            return None
        colour = named[found.group(1)] if found.group(1) else found.group()
        return colour if len(colour) == 7 else "#" + "".join(2 * c for c in colour[1:])

    grounds = [known("var(--paper)"), known("var(--tint)")]
    made = []
    for selector, rules in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        given = dict(re.findall(r"(?<![\w-])([\w-]+):\s*([^;]+)", rules))
        ink = known(given.get("color", ""))
        ground = known(given.get("background", ""))
        if ink:
            made += [(selector.strip(), ink, ground or each) for each in grounds]
        elif ground:
            made.append((selector.strip(), known("var(--ink)"), ground))
    return made


@pytest.mark.parametrize(("selector", "ink", "ground"), sorted(set(colours())))
def test_letters_stand_out_from_their_ground(selector, ink, ground):
    """WCAG 2.2 AA: 4.5 to 1 for text of ordinary size."""
    assert contrast(ink, ground) >= 4.5, selector


def test_the_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert len(colours()) > 20


def test_the_page_keeps_its_colours_on_a_dark_screen():
    """Ink and paper are both set, and the page says that it is made for light: pictures have a white ground."""
    assert "color-scheme: light" in pages.text("style.css")
    assert re.search(r"body \{[^}]*background: var\(--paper\); color: var\(--ink\)", pages.text("style.css"))
