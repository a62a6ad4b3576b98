import csv
import re
from importlib.resources import files

import pytest

from mkb21sem.errors import OptionError
from mkb21sem.report.words import Words, texts
from mkb21sem.survey.codebook import Codebook


@pytest.mark.parametrize("key", texts())
def test_every_text_is_there_in_both_languages_with_the_same_places_to_fill(key):
    places = {lang: sorted(re.findall(r"\{(\w*)\}", text)) for lang, text in texts()[key].items()}
    assert set(places) == {"en", "nl"}
    assert all(text.strip() == text and text for text in texts()[key].values())
    assert places["en"] == places["nl"]
    assert all(text.count("*") % 2 == 0 for text in texts()[key].values())


def test_no_key_stands_twice():
    folder = files("mkb21sem.report").joinpath("texts")
    keys = [row["key"] for file in folder.iterdir() for row in csv.DictReader(file.open(encoding="utf-8"))]
    assert len(keys) == len(set(keys))


def test_every_key_in_the_templates_exists():
    pages = [file for file in files("mkb21sem.report").joinpath("pages").iterdir() if file.name.endswith(".html")]
    assert len(pages) > 7
    template = "".join(file.read_text(encoding="utf-8") for file in pages)
    literal = set(re.findall(r'words(?:\.plain)?\(["\']([\w. ]+)["\'](?! ~)', template))
    assert len(literal) > 20
    assert literal <= set(texts())


def test_what_is_filled_in_is_escaped_and_our_own_italics_are_kept():
    words = Words("en")
    shown = words("survey.people", n="<b>1</b>", users="*2*", nonusers="{3}")
    assert shown.startswith("The wave has <i>N</i> = &lt;b&gt;1&lt;/b&gt; respondents: *2* users")
    assert "{3}" in shown
    assert words.plain("survey.people", n=1, users=2, nonusers=3).startswith("The wave has N = 1 respondents")


def test_labels_and_paths():
    words = Words("nl", Codebook.read().label)
    assert words.path("OMV01", "MOT") == "Bedrijfsomvang → Motivatie"
    assert words.label("unknown") == "unknown"
    assert words.listed(["A", "B", "C"]) == "A, B en C"
    assert words.listed(["A"]) == "A"


def test_unknown_language():
    with pytest.raises(OptionError, match="lang must be en, nl; got 'de'"):
        Words("de")
