"""Twins of waves that lack much, and places where no twin may be written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mkb21sem.errors import OptionError
from mkb21sem.report.twin import files, page, tables
from mkb21sem.report.twin.disclosure import Disclosure, disclose
from mkb21sem.report.words import Words
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import draw_answers
from mkb21sem.survey.wave import Wave

LANGUAGES = ("en", "nl")


@pytest.fixture(scope="module")
def bare() -> Disclosure:
    """Of a wave without the model's questions, with too few non-users to model; no answer is changed."""
    answers = draw_answers(31, 120)
    asked = [name for name in answers if str(name).startswith(("GEB", "MOT01", "MOT02", "NIE01"))]
    answers = answers[["respondent", "OMV01", *asked]]
    return disclose(Wave.of(answers, name="bare"), "twin", Model.read("mkb21"), threshold=0, seed=3)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_model_that_the_wave_lacks_is_named_with_its_cause(bare: Disclosure, lang: str) -> None:
    assert bare.estimator == ""
    assert "no" in bare.cause
    told = [str(each.striptags()) for each in page.useful(bare, Words(lang))]
    assert bare.cause.split("`")[0][:30] in told[-1].replace("’", "'")
    made = tables.every(bare, Words(lang))
    assert "twin_paths" not in made
    measures = set(made["twin_utility"].frame["measure"])
    assert measures == {"margins_mean", "margins_most", "pairs_mean", "pairs_most", "pmse_ratio", "pmse_z"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_who_belongs_to_no_route_is_counted_and_small_numbers_are_owned_up_to(bare: Disclosure, lang: str) -> None:
    words = Words(lang, bare.wave.codebook.label)
    left = int((~bare.wave.users).sum())
    assert bare.source.left_out == left > 0
    told = [str(each) for each in page.how(bare, words)]
    assert str(words("twin.made.not_small")) in told
    assert str(words("twin.made.left_out", n=str(left))) in told
    changed = replace(bare, source=replace(bare.source, threshold=10, left_out=0))
    told = [str(each) for each in page.how(changed, words)]
    assert str(words("twin.made.not_small")) not in told
    assert len(told) == len(list(page.how(bare, words))) - 1


def test_what_was_not_tried_is_not_judged(bare: Disclosure) -> None:
    words = Words("en", bare.wave.codebook.label)
    unknown = replace(bare, propensity=None, risk=replace(bare.risk, guessed=bare.risk.guessed.iloc[:0]))
    assert len(list(page.useful(unknown, words))) == len(list(page.useful(bare, words))) - 1
    assert len(list(page.risky(unknown, words))) == len(list(page.risky(bare, words))) - 2
    assert not {"pmse_ratio", "pmse_z"} & set(tables.utility(unknown, words).frame["measure"])


def test_a_note_of_someone_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "twin.json").write_text("{}", encoding="utf-8")
    with pytest.raises(OptionError, match=r"its note would replace twin\.json\. Name another file, or move that one\."):
        files.writable(tmp_path / "twin.csv", None)


def test_a_file_that_can_not_be_read_is_no_twin(tmp_path: Path) -> None:
    (tmp_path / "twin.csv").write_bytes(b"")
    with pytest.raises(OptionError, match="there is a file of that name which is no twin"):
        files.writable(tmp_path / "twin.csv", None)


def test_seeds_that_nobody_knows_differ() -> None:
    seeds = {files.fresh_seed() for _ in range(20)}
    assert len(seeds) == 20
    assert all(0 <= seed < 2**31 for seed in seeds)
