"""The dossier of few respondents, of one construct, and of odd answers: what can't be had is said, and nothing else."""

from __future__ import annotations

import os
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mkb21sem.report.dossier import inquiry, page, pictures
from mkb21sem.report.dossier.forms import rivalries, rivalry
from mkb21sem.report.dossier.inquiry import Depth, Inquiry, inquire
from mkb21sem.report.dossier.meanings import MEANINGS, meaning
from mkb21sem.report.dossier.sections import limits, sections
from mkb21sem.report.dossier.sentences import called, plain
from mkb21sem.report.dossier.tables import every, further
from mkb21sem.report.words import Words
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.alpha import alpha_if_dropped
from mkb21sem.validate.reliability import reliability
from mkb21sem.validate.screening import screen

QUICK = Depth(draws=0, random=20, polychoric=False, thorough=False)
WAVE = synthetic_wave()


def some(n: int, *letters: str) -> Wave:
    """The first users' answers to a few batteries."""
    names = [name for name in WAVE.answers if str(name).startswith((*letters, "GEB"))]
    return Wave.of(WAVE.answers.loc[WAVE.users, names].iloc[:n], name="few")


@pytest.fixture(scope="module")
def few() -> Inquiry:
    """Three respondents: fewer than any table of correlations needs."""
    return inquire(some(3, "MOT", "CUL"), depth=QUICK)


@pytest.fixture(scope="module")
def single() -> Inquiry:
    """Forty respondents and one construct."""
    return inquire(some(40, "CUL"), depth=QUICK)


@pytest.fixture(scope="module")
def pair() -> Inquiry:
    """All users, motives with their forms beside culture."""
    return inquire(some(WAVE.n, "MOT", "CUL"), depth=QUICK)


def words(lang: str = "en") -> Words:
    return Words(lang, called(WAVE.codebook))


def test_three_respondents_give_a_page_of_what_can_be_had(few) -> None:
    tables = every((few,), words())
    made = sections((few,), tables, {}, words())
    assert {"d_items"} <= set(tables) <= {"d_items", "d_tests", "d_rivals", "d_respondents"}
    assert len(made) < 4
    told = " ".join(str(sentence) for section in made for block in section.blocks for sentence in block.sentences)
    assert not re.search(r"\bnan\b|\{\w+\}|None", told)
    assert list(pictures.pictures((few,), words())) == ["d_items"]
    assert "cross_loadings" not in further((few,))


@pytest.mark.parametrize(("lang", "said"), [("en", "few firms: CFA, MLR"), ("nl", "few firms: CFA, MLR")])
def test_what_can_not_be_had_is_listed_with_its_cause(few, lang, said) -> None:
    asked = dict(few.absent)
    assert set(asked) == {"CUL", "MOT", "parallel analysis", "factors", "CFA, MLR"}
    assert all("3 usable rows" in cause for cause in asked.values())
    told = [str(each.striptags()) for each in limits((replace(few, group="few firms"),), words(lang))]
    assert any(said in each and "3 usable rows for 18 variables" in each for each in told)
    alone = [str(each.striptags()) for each in limits((few,), words(lang))]
    assert not any("few firms" in each for each in alone)


def test_nothing_is_said_of_what_could_not_be_computed(few) -> None:
    lacking = set(MEANINGS) - {
        "d_misfit",
        "d_items",
        "d_tests",
        "d_respondents",
        "d_rivals",
        "d_retention",
        "d_congruence",
    }
    assert {"d_reliability", "d_dropped", "d_fornell", "d_latent", "d_ratios", "d_inflation", "d_moved"} <= lacking
    assert {name: meaning(name, few) for name in lacking} == dict.fromkeys(lacking, ())


def test_one_construct_is_not_compared_with_others(single) -> None:
    assert single.rivalries == {}
    assert single.validity is None
    assert {"validity", "method factor"} <= {what for what, _ in single.absent}
    tables = every((single,), words())
    assert "d_loadings" in tables
    assert not {"d_fornell", "d_latent", "d_ratios", "d_moved", "d_rivals"} & set(tables)
    assert [each.key for each in meaning("d_loadings", single)] == ["mean_loadings"]
    assert "d_loadings" not in pictures.pictures((single,), words(), ["d_loadings"])


def test_a_model_without_a_minimum_is_absent_and_says_why(monkeypatch) -> None:
    wave = some(40, "CUL")

    def stuck(*given, **how):
        return replace(fitted(*given, **how), converged=False, cause="no minimum after 9 steps")

    fitted = inquiry.fit
    monkeypatch.setattr(inquiry, "fit", stuck)
    found = inquire(wave, depth=QUICK)
    assert found.fits == {}
    assert ("CFA, MLR", "no minimum after 9 steps") in found.absent
    assert found.misfit.empty
    assert len(found.reliability) == 1


def test_rivals_that_are_the_same_model_have_no_difference() -> None:
    rng = np.random.default_rng(20120314)
    latent = rng.standard_normal((400, 3)) @ np.linalg.cholesky(0.5 * np.eye(3) + 0.5).T
    rows = pd.DataFrame(np.repeat(latent, 3, axis=1) + 0.7 * rng.standard_normal((400, 9)))
    rows.columns = [f"y{i}" for i in range(9)]
    forms = {name: [f"y{i}" for i in own] for name, own in (("a", (0, 1, 2)), ("b", (3, 4, 5)), ("c", (6, 7, 8)))}
    table = rivalry(rows, "x", forms, thorough=False).table.set_index("rival")
    assert table.loc["one", "d_df"] == 3
    assert table.loc["second", "d_df"] == 0
    assert table.loc["second", ["d_chisq", "d_p"]].isna().all()
    assert table.loc["second", "chisq"] == pytest.approx(table.loc["correlated", "chisq"], abs=1e-5)


def test_rivals_that_fail_are_left_out(few) -> None:
    asked: list[str] = []
    assert rivalries(few.wave, few.structure, lambda what, make: asked.append(what), thorough=False) == {}
    assert asked == ["rivals", "rivals"]


def test_forms_without_correlations_are_not_told_apart(pair) -> None:
    with_forms = [each.key for each in meaning("d_latent", pair)]
    without = [each.key for each in meaning("d_latent", replace(pair, forms=pair.forms.iloc[:0]))]
    assert set(with_forms) - set(without) <= {"mean_forms_apart", "mean_forms_same"}
    assert len(without) < len(with_forms)


def test_polychoric_correlations_are_not_told_a_second_time(pair) -> None:
    own = pair.retention["MOT", "pearson"]
    twice = replace(pair, retention={("MOT", "pearson"): own, ("MOT", "polychoric"): own})
    once = replace(pair, retention={("MOT", "pearson"): own})
    assert meaning("d_retention", twice) == meaning("d_retention", once)
    assert len(meaning("d_retention", once)) == 1


def test_constructs_that_fail_fornell_and_larcker_are_named(pair) -> None:
    constructs = pair.validity.constructs
    failing = replace(pair, validity=replace(pair.validity, constructs=constructs.assign(fornell_larcker=False)))
    keys = [each.key for each in meaning("d_fornell", failing)]
    assert "mean_fornell" not in keys
    assert keys.count("fornell_larcker") == len(constructs)


def test_an_item_that_lowers_alpha_is_named_in_both_languages(single) -> None:
    answers = single.wave.answers.copy()
    answers["CUL06"] = 6 - answers["CUL06"]
    wave = Wave.of(answers, name="reversed")
    items = {"CUL": tuple(item.id for item in wave.codebook.battery("CUL"))}
    told = replace(
        single,
        screening=screen(wave),
        reliability=reliability(wave, items),
        dropped=alpha_if_dropped(wave, items["CUL"]).assign(construct="CUL"),
    )
    [dropped] = [each for each in meaning("d_dropped", told) if each.values["item"] == "CUL06"]
    assert dropped.values["alpha_high"] > dropped.values["alpha"] + 0.01
    for lang in ("en", "nl"):
        assert "CUL06" in plain(dropped, words(lang))
    keys = [each.key for each in meaning("d_items", told)]
    assert "mean_items_none" not in keys
    assert "item_reversed" in keys


def test_a_battery_of_unlike_answers_has_no_chart(single) -> None:
    items = tuple(
        replace(item, codes=(*item.codes, 6), code_labels_nl=(*item.code_labels_nl, "x"))
        if item.id == "CUL02"
        else item
        for item in single.wave.codebook.items
    )
    odd = replace(single, wave=replace(single.wave, codebook=Codebook(items)))
    assert len(pictures.answers((single,), words())) == 1
    assert pictures.answers((odd,), words()) == []


@pytest.mark.parametrize("processors", [1, 2])
def test_pictures_are_whole_in_one_process_and_where_the_second_fails(tmp_path, monkeypatch, processors) -> None:
    parent = os.getpid()

    def killed_in_a_child(names, folder) -> None:
        if os.getpid() != parent:
            os._exit(9)
        for name in names:
            (folder / name).touch(exist_ok=False)

    monkeypatch.setattr(page, "_draw_some", killed_in_a_child)
    monkeypatch.setattr(page.os, "cpu_count", lambda: processors)
    page.draw_all(["a.svg", "b.svg", "c.svg", "d.svg"], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "b.svg", "c.svg", "d.svg"]
