"""What nobody predicted is never called supported, and says how to register what one expects."""

from __future__ import annotations

import tomllib
from functools import cache

import pytest
from matplotlib.text import Text

from mkb21sem.estimate.fit import fit
from mkb21sem.infer.judging.verdicts import verdicts
from mkb21sem.report import judged
from mkb21sem.report.charts.forest import forest
from mkb21sem.report.provenance import hypothesis_file
from mkb21sem.report.words import Words
from mkb21sem.specify.hypothesis import Hypothesis, for_model
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import synthetic_wave

MODEL = "CUL =~ CUL01 + CUL02 + CUL03 + CUL04\nREP =~ REP01 + REP02 + REP03\nREP ~ CUL + OMV01\nINTENS ~ CUL"


@cache
def explored():
    model = Model.parse(MODEL)
    return verdicts(fit(model, synthetic_wave()), for_model(model))


def test_arrows_without_a_hypothesis_are_significant_and_not_supported():
    given = [verdict.verdict for verdict in explored()]
    assert "significant" in given
    assert "supported" not in given


@pytest.mark.parametrize(
    ("lang", "word", "begins"),
    [("en", "significant, not predicted", "Of 3 arrows, none"), ("nl", "significant, niet voorspeld", "Van 3 pijlen")],
)
def test_every_page_says_so(lang, word, begins):
    words = Words(lang)
    printed = judged.verdicts(explored(), words)
    assert word in {row[-1].text for row in printed.cells(words)}
    assert words.plain(judged.counted(explored()), total=3).startswith(begins)
    first = next(judged.reasons(explored(), words, "small")).text
    assert "H1" in first
    assert "--hypotheses" in first
    assert "mkb21sem plan freeze" in first
    assert word in {text.get_text() for text in forest(explored(), words).figure.findobj(Text)}


def test_predictions_are_counted_as_before():
    model = Model.read("mkb21")
    claims = Hypothesis.read("mkb21", model)
    found = verdicts(fit(model, synthetic_wave()), claims)
    assert judged.counted(found) == "summary.verdicts"
    assert not any("exploratory" in str(line.text) for line in judged.reasons(found, Words("en"), "mkb21"))


def test_a_record_of_exploratory_tests_is_read_again(tmp_path):
    claims = for_model(Model.parse(MODEL))
    (tmp_path / "again.toml").write_text(hypothesis_file(claims), encoding="utf-8")
    assert Hypothesis.read(tmp_path / "again.toml") == claims
    kept = tomllib.loads((tmp_path / "again.toml").read_text(encoding="utf-8"))["hypothesis"]
    assert {each["family"] for each in kept} == {"exploratory"}
