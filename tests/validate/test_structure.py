"""What a wave's items are meant to measure, and whether parallel items follow each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mkb21sem.errors import OptionError
from mkb21sem.estimate.fit import fit
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.factors import factors
from mkb21sem.validate.parallel import congruence, matched, parallel
from mkb21sem.validate.structure import structure

WAVE = synthetic_wave()


def test_the_waves_constructs_are_the_models_with_their_forms() -> None:
    found = structure(WAVE)
    assert list(found.constructs) == ["CUL", "OMG", "MOT", "ERV", "REP"]
    assert list(found.forms) == ["MOT", "ERV"]
    assert found.forms["MOT"]["MOT_PR"] == ("MOT01", "MOT02", "MOT03")
    assert found.parallel == (("MOT", "ERV"),)
    assert len(found.items) == 41


def test_the_measurement_model_has_forms_below_their_construct_and_parallel_residuals() -> None:
    model = structure(WAVE).model()
    assert model.indicators["ERV"] == ("ERV_PR", "ERV_VERKOOP", "ERV_WEBCARE", "ERV_CRISIS")
    pairs = {(a.lhs, a.rhs) for a in model.arrows if a.op == "~~"}
    assert {("MOT01", "ERV01"), ("MOT12", "ERV12"), ("MOT_PR", "ERV_PR")} <= pairs
    assert fit(model, WAVE).test.df == 745


def test_batteries_of_another_questionnaire_are_its_constructs(tmp_path) -> None:
    book = tmp_path / "book.csv"
    lines = ["construct,item,label_nl,label_en,codes_nl,codes_en,measure,asked"]
    codes = "1=nee | 2=neutraal | 3=ja,1=no | 2=neutral | 3=yes"
    lines += [f"T,TRU0{i},Vraag {i},Question {i},{codes},ordinal,all" for i in range(1, 4)]
    book.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = pd.DataFrame(np.random.default_rng(1).integers(1, 4, (30, 3)), columns=["TRU01", "TRU02", "TRU03"])
    found = structure(Wave.of(rows, book))
    assert found.constructs == {"TRU": ("TRU01", "TRU02", "TRU03")}
    assert found.forms == {}


def test_a_wave_without_scales_says_so() -> None:
    with pytest.raises(OptionError, match="no battery of three or more"):
        structure(Wave.of(WAVE.answers[["REG01", "SEC01"]]))


def test_congruence_is_tuckers() -> None:
    one = np.array([[0.8, 0.1], [0.6, 0.0], [0.0, 0.7]])
    assert congruence(one, one).diagonal() == pytest.approx([1, 1])
    assert congruence(one, -2 * one)[0, 0] == pytest.approx(-1)
    expected = (0.8 * 0.1) / np.sqrt((0.64 + 0.36) * (0.01 + 0.49))
    assert congruence(one, one)[0, 1] == pytest.approx(expected)


def test_factors_in_another_order_are_matched() -> None:
    found = factors(WAVE, structure(WAVE).constructs["MOT"], 4)
    turned = factors(WAVE, structure(WAVE).constructs["MOT"][::-1], 4)
    pairs = matched(found, turned)
    assert sorted(pairs["other"]) == ["F1", "F2", "F3", "F4"]
    own = matched(found, found)
    assert own["factor"].tolist() == own["other"].tolist()
    np.testing.assert_allclose(own["congruence"], 1)


def test_equal_loadings_are_one_constraint_a_parallel_pair() -> None:
    of = structure(WAVE)
    found = tuple(factors(WAVE, of.constructs[name], 4) for name in ("MOT", "ERV"))
    pair = parallel(WAVE, of, ("MOT", "ERV"), (found[0], found[1]))
    assert pair.equal.test.df - pair.free.test.df == 8
    assert pair.equal.test.chisq >= pair.free.test.chisq
    assert (pair.congruence["congruence"] > 0.85).all()
    table = pair.equal.table().set_index(["lhs", "rhs"])["est"]
    assert table["MOT_PR", "MOT02"] == pytest.approx(table["ERV_PR", "ERV02"])
