"""The manuscript: printed from an analysis, every number found again, every sentence chosen by the results."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from copy import deepcopy
from shutil import copytree

import numpy as np
import pandas as pd
import pypdfium2
import pytest

from mkb21sem import Wave, synthetic_wave
from mkb21sem.survey.mark import COLUMN, MARK
from paper import __main__ as command
from paper.build import HERE, build, lay_out, marked, printed, study, write
from paper.leaves import interval, leaf, leaves, rows, shown_again

FOUND = ("scores", "reliability", "fit", "certificate", "hypotheses", "counts", "power", "r2", "effects", "zeros")
FOUND += ("discriminant", "method", "moments", "second", "rivals", "equivalent", "local", "robustness", "beside")
FOUND += ("groups", "parameters")
CONVENTIONS = {".95", ".06", ".08", ".80", ".10", ".01"}
"""What is typed: conventional criteria, the power aimed at, the limits of residuals and of changes in CFI."""


def texts(pdf: bytes) -> list[str]:
    """Every page as one line of text."""
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in pypdfium2.PdfDocument(pdf)]


def whole(pdf: bytes) -> str:
    """The manuscript as one line, hyphenated words joined."""
    return re.sub(r"[\u00ad\u2010\ufffe]\s?", "", " ".join(texts(pdf)))


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Manuscript, numbers and pictures of the reference wave, ready for typst."""
    folder = tmp_path_factory.mktemp("paper")
    lay_out(study(synthetic_wave()), folder)
    return folder


@pytest.fixture(scope="module")
def numbers(desk):
    return json.loads((desk / "numbers.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pdf(desk):
    return printed(desk)


@pytest.fixture
def changed(desk, numbers, tmp_path):
    """The manuscript's folder with other numbers."""

    def rewritten(change):
        copytree(desk, tmp_path / "desk", dirs_exist_ok=True)
        other = deepcopy(numbers)
        change(other)
        write(other, tmp_path / "desk")
        return tmp_path / "desk"

    return rewritten


def judged(numbers, id, verdict):
    """Give one hypothesis another verdict, and count again."""
    for each in numbers["hypotheses"]:
        if each["id"] == id:
            each["verdict"] = verdict
    given = Counter(each["verdict"] for each in numbers["hypotheses"])
    for name in numbers["counts"]:
        if name != "all":
            numbers["counts"][name] = leaf(given[name], "count")


def real(numbers):
    numbers["wave"] |= {"synthetic": False, "built_in": False, "name": "spring"}
    numbers["own_words"] = False


def lost(numbers):
    numbers |= {"converged": False, "cause": "no minimum after so many steps"}
    for name in FOUND:
        del numbers[name]


def test_every_page_says_synthetic(pdf):
    pages = texts(pdf)
    assert 12 <= len(pages) <= 20
    assert all("Synthetic data." in page for page in pages)
    assert all(len(page) > 300 for page in pages)


def test_it_refuses_to_conclude_on_synthetic_answers_and_concludes_on_real_ones(pdf, changed):
    made, true = whole(pdf), whole(printed(changed(real)))
    assert "No conclusion about firms is drawn here." in made
    assert "Nothing: advice cannot rest on answers that nobody gave." in made
    assert "theory would receive support" in made
    assert "synthetic" not in true.lower()
    assert "theory receives support" in true
    assert "Robustly supported are the paths" in true
    assert "No conclusion" not in true
    assert "To be written by the authors of this wave: design" in true


def test_it_is_the_same_twice(desk, pdf):
    assert printed(desk) == pdf


def test_every_number_is_rounded_by_the_package(numbers):
    found = list(leaves(numbers))
    assert len(found) > 1500
    assert [each for each in found if each["shown"].strip("()") != shown_again(each)] == []


def named(of):
    """A leaf as a key; typst keeps fewer digits than Python."""
    return tuple(f"{each:.12g}" if isinstance(each, float) else each for each in of.values())


def test_every_number_that_was_marked_is_read_back_from_the_pages(desk, pdf, numbers):
    marks = marked(desk, "number")
    known = {named(each) for each in leaves(numbers)}
    assert {named(each) for each in marks} <= known
    text = re.sub(r"\s", "", whole(pdf))
    wanted = Counter(each["shown"].replace(" ", "") for each in marks)
    assert len(marks) > 1200
    assert {shown: n for shown, n in wanted.items() if text.count(shown) < n} == {}


def test_without_the_numbers_no_result_is_left_in_the_text(changed):
    def blanked(numbers):
        for path in places(numbers):
            path["shown"] = "@"
        numbers["published"] = dict.fromkeys(numbers["published"], "@")
        numbers["software"] = dict.fromkeys(numbers["software"], "@")
        numbers["pictures"] = {}
        for each in numbers["checklist"]:
            each["wording"] = "@"

    text = whole(printed(changed(blanked)))
    body = text[: text.index("References Appelbaum")].replace("GPL-3.0", "")
    assert set(re.findall(r"(?<![\w.])[−-]?\d*\.\d+(?![\w.])", body)) <= CONVENTIONS | headings(body)
    counted = {int(each) for each in re.findall(r"(?<![\w.−])\d+(?![\w.])", body)}
    years = {each for each in counted if 1970 < each < 2030}
    levels, sizes_of_firms, fingerprint = {90, 95}, {49, 50, 249}, {256}
    assert {each for each in counted - years if each > 25} <= levels | sizes_of_firms | fingerprint


def places(content):
    """Every leaf itself, for changing it."""
    if isinstance(content, dict):
        if set(content) == {"value", "form", "upper", "shown"}:
            yield content
        else:
            for each in content.values():
                yield from places(each)
    elif isinstance(content, list):
        for each in content:
            yield from places(each)


def headings(body):
    """Numbers of sections, such as 3.4."""
    return {f"{a}.{b}" for a, b in re.findall(r"(?<![\d.])([1-4])\.([1-9])(?= [A-Z])", body)}


def test_the_abstract_has_at_most_two_hundred_words(pdf):
    text = whole(pdf)
    abstract = text[text.index("Abstract.") : text.index("Keywords:")]
    assert 120 <= len(abstract.split()) <= 200


@pytest.mark.parametrize(
    ("id", "verdict", "says", "no_longer"),
    [
        ("H6", "undecided", "would receive support in part: of the 3 links", "support at each of its links"),
        ("H6", "opposite", "would run against expectation", "support at each of its links"),
        ("H6", "practically zero", "1 is shown to be too small to matter", "support at each of its links"),
        ("H5", "undecided", "Whether it does so the answers leave open", "would agree with the text"),
        ("H9", "supported", "Use would go with the perceived effect on reputation", "would be left open"),
        ("H9", "practically zero", "would be negligible", "would be left open"),
        ("H4", "undecided", "would go with motives and not demonstrably with use", "with both motives and use"),
        ("H13", "undecided", "with present use, but not demonstrably with experience", "would expect to use them more"),
        ("H3", "not testable", "Not testable was the path from culture to motives", "with both motives and use"),
    ],
)
def test_sentences_follow_the_verdicts(pdf, changed, id, verdict, says, no_longer):
    assert no_longer in whole(pdf)
    text = whole(printed(changed(lambda numbers: judged(numbers, id, verdict))))
    assert says in text
    assert no_longer not in text


def test_without_convergence_it_says_so_and_prints_no_number_of_the_model(changed):
    folder = changed(lost)
    text = whole(printed(folder))
    assert "The estimation did not converge, and nothing is reported of the model." in text
    assert "no minimum after so many steps" in text
    body = text[: text.index("References Appelbaum")]
    assert not re.search(r"β|CFI =|χ²\(|p = |p < ", body)
    assert len(texts(printed(folder))) < 13


def test_it_scores_itself_by_what_it_holds(desk, changed):
    assert marked(desk, "score") == [38]  # neither a frozen plan nor a drawing of every rival
    assert marked(changed(lambda numbers: numbers.update(reliability=[])), "score") == [37]
    assert marked(changed(lambda numbers: numbers["declared"].update(approach="")), "score") == [37]
    assert marked(changed(real), "score") == [34]


def test_everything_in_the_bibliography_is_cited():
    keys = set(re.findall(r"^@\w+\{(\w+),", (HERE / "references.bib").read_text(encoding="utf-8"), re.MULTILINE))
    sources = " ".join(path.read_text(encoding="utf-8") for path in (HERE / "sections").iterdir())
    assert keys == {key for key in keys if re.search(rf"@{key}\b|<{key}>", sources)}
    assert len(keys) > 35


def test_a_leaf_shows_what_it_holds():
    assert leaf(0.1234)["shown"] == ".12"
    assert leaf(None) == {"value": None, "form": "bounded2", "upper": None, "shown": "–"}
    assert interval(-0.05, 0.5)["shown"] == "[−.05, .50]"
    frame = pd.DataFrame({"a": ["x", None], "b": [1.5, np.nan]})
    assert [
        [cell if isinstance(cell, str) else cell["shown"] for cell in row] for row in rows(frame, "a", ("b", "number2"))
    ] == [
        ["x", "1.50"],
        ["", "–"],
    ]


def test_a_file_that_is_not_there_is_named_without_a_traceback(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["paper", "--data", str(tmp_path / "none.csv")])
    assert command.main() == 2
    assert "none.csv" in capsys.readouterr().err


def frame(seed=None):
    """Answers of a synthetic wave as a table without a word of where they come from."""
    return synthetic_wave(seed).answers.reset_index(drop=True)


@pytest.mark.slow
class TestOtherWaves:
    """Each a whole analysis."""

    def built(self, table, folder, name):
        table.to_csv(folder / f"{name}.csv", index=False)
        path, of = build(Wave.read(folder / f"{name}.csv"), folder / "out")
        return whole(path.read_bytes()), texts(path.read_bytes()), of

    def test_another_synthetic_wave(self, tmp_path):
        _, pages, of = self.built(frame(7).assign(**{COLUMN: MARK}), tmp_path, "seven")
        assert of.wave.synthetic
        assert all("Synthetic data." in page for page in pages)

    def test_a_file_of_answers(self, tmp_path):
        text, _, of = self.built(frame(), tmp_path, "firms")
        assert not of.wave.synthetic
        assert "synthetic" not in text.lower()
        assert "firms.csv" not in text

    def test_missing_answers(self, tmp_path):
        table, rng = frame(), np.random.default_rng(3)
        for name in [name for name in table if name[:3] in ("CUL", "OMG", "MOT", "ERV", "REP")]:
            table.loc[(rng.random(len(table)) < 0.03) & (table[name] >= 0), name] = -9
        text, _, of = self.built(table, tmp_path, "holes")
        assert of.inference.choice.missing == "fiml"
        assert "full-information maximum likelihood" in text
        assert "Little’s test" in text

    def test_answers_that_measure_nothing(self, tmp_path):
        table, rng = frame(), np.random.default_rng(0)
        for name in [name for name in table if name[:3] in ("CUL", "OMG", "MOT", "ERV", "REP")]:
            given = table[name] >= 0
            table.loc[given, name] = rng.integers(1, 6, given.sum())
        text, _, of = self.built(table, tmp_path, "noise")
        assert not of.found.converged
        assert "The estimation did not converge" in text
        assert not re.search(r"CFI =|χ²\(", text)
