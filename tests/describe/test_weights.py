"""Weights to population counts."""

import numpy as np
import pytest

from mkb21sem import Model, fit
from mkb21sem.describe.monitor import monitor
from mkb21sem.describe.population import Target, checked, read_population
from mkb21sem.describe.weights import rake, trim
from mkb21sem.errors import OptionError, WaveError
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.synthetic import synthetic_wave
from tests.monitor.reference import HERE

SIZE = [Target("OMV01", (1,), 77), Target("OMV01", (2,), 18), Target("OMV01", (3, 4), 5)]


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


def test_one_variable_is_post_stratification(wave):
    done = rake(wave, SIZE, None)
    counts = wave.answers["OMV01"].value_counts()
    expected = {1: 0.77 * 312 / counts[1], 2: 0.18 * 312 / counts[2], 3: 0.05 * 312 / (counts[3] + counts[4])}
    for code, weight in expected.items():
        np.testing.assert_allclose(done.values[wave.answers["OMV01"] == code], weight)


def test_kish(wave):
    done = rake(wave, SIZE, None)
    w = done.values.to_numpy()
    assert done.values.mean() == pytest.approx(1)
    assert done.effective_n == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert done.design_effect == pytest.approx(1 + w.var() / w.mean() ** 2)


def test_margins_are_met_before_trimming_and_told_after(wave):
    done = rake(wave, HERE / "population.csv", 2.0)
    np.testing.assert_allclose(done.margins["raked"], done.margins["population"], atol=1e-6)
    assert (done.margins["reached"] - done.margins["population"]).abs().max() > 1
    assert done.trimmed == 34
    assert done.values.max() <= 2.0 + 1e-9


def test_trimming_keeps_the_sum():
    kept, cut = trim(np.array([0.1, 0.2, 0.3, 0.4, 9.0]), 3.0)
    assert kept.sum() == pytest.approx(10.0)
    assert kept.max() == pytest.approx(6.0)
    assert cut == 1


def test_weighted_beside_unweighted(wave):
    frame = monitor(wave, weights=rake(wave, SIZE, None).values).set_index(["figure", "kind", "item", "codes"])
    alone = frame.loc[(3, "level", "OMV01", "1")]
    assert alone["value"] == pytest.approx(41.98717948717949)
    assert alone["weighted"] == pytest.approx(77.0)
    assert alone["effective_n"] < 312


def test_weights_flow_into_a_fit(wave):
    model = Model.read("mkb21_measurement")
    done = rake(wave, SIZE)
    found = fit(model, done.frame(wave, model.observed), "MLR", weights="weight")
    plain = fit(model, wave, "MLR")
    assert found.converged
    assert not np.allclose(found.theta, plain.theta)
    ones = done.frame(wave, model.observed).assign(weight=1.0)
    np.testing.assert_allclose(fit(model, ones, "MLR", weights="weight").theta, plain.theta, atol=1e-6)


@pytest.mark.parametrize("variable", ["USER", "GEB01", "EU_SNET", "ACT_GEB02", "MOT01", "NIE01", "SMB01", "TOE_M"])
def test_usage_is_no_margin(variable):
    with pytest.raises(OptionError, match="would only give that rate back"):
        checked([Target(variable, (1,), 1)], Codebook.read())


BAD = {
    "variable,codes\nOMV01,1\n": "no column count",
    "variable,codes,count\nOMV01,one,5\n": "row 2: codes must be whole numbers",
    "variable,codes,count\nOMV01,1,0\n": "positive count",
    "variable,codes,count\nOMV01,1,many\n": "count a number",
    "variable,codes,count\nOMV01,9,5\n": "9 is not one of its codes 1, 2, 3, 4",
    "variable,codes,count\nOMV01,1 2,5\nOMV01,2,5\n": "code 2 stands in two classes",
    "variable,codes,count\nCUL01,1,5\n": "an opinion",
    "variable,codes,count\nZZP,1,5\n": "OMV01",
    "variable,codes,count\nXYZ,1,5\n": "no question of the codebook",
    "variable,codes,count\nREG01,1,1.234\nREG01,2,5\n": "may be a thousand or a decimal fraction",
}


@pytest.mark.parametrize(("text", "message"), BAD.items())
def test_bad_population_files(tmp_path, text, message):
    file = tmp_path / "population.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(OptionError, match=message):
        read_population(file)


def test_population_files_as_dutch_spreadsheets_write_them(tmp_path):
    file = tmp_path / "population.csv"
    file.write_text(
        "variable;codes;count;source\nOMV01;1;0,77;CBS\nOMV01;2;0,18;CBS\nOMV01;3 4;0,05;CBS\n", "utf-8-sig"
    )
    found = read_population(file)
    assert [target.count for target in found] == [0.77, 0.18, 0.05]
    assert found[2].codes == (3, 4)


def test_classes_must_match(wave):
    with pytest.raises(WaveError, match=r"answers without a population count: 3 \(10–49\), 4 \(50–249\)"):
        rake(wave, SIZE[:2])
    nobody = [Target("SEC01", (code,), 1) for code in range(1, 12)]
    few = type(wave).of(wave.answers[wave.answers["SEC01"] != 7], name="few")
    with pytest.raises(WaveError, match="nobody stands in class 7 of SEC01"):
        rake(few, nobody)
    with pytest.raises(WaveError, match="no column `SEC01`"):
        rake(type(wave).of(wave.answers.drop(columns="SEC01"), name="short"), nobody)
    with pytest.raises(OptionError, match="cap must be above 1"):
        rake(wave, SIZE, 1.0)


def test_margins_that_contradict_each_other_are_told(wave):
    alone = wave.answers["OMV01"] == 1
    answers = wave.answers[wave.answers["MKT02"].ge(0)].copy()
    answers = answers[(answers["OMV01"] == 1) == (answers["REG01"] == 4)]
    assert alone.any()
    targets = [
        *(Target("OMV01", codes, count) for codes, count in (((1,), 80), ((2, 3, 4), 20))),
        *(Target("REG01", codes, count) for codes, count in (((4,), 20), ((1, 2, 3, 5, 6, 7), 80))),
    ]
    with pytest.raises(WaveError, match="raking did not converge"):
        rake(type(wave).of(answers, name="torn"), targets)
