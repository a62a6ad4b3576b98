"""Waves that lack something: a result or a message that says what to do."""

import numpy as np
import pandas as pd
import pytest

from mkb21sem.errors import FitError, OptionError, WaveError
from mkb21sem.infer.waves.ladder import invariance
from mkb21sem.infer.waves.means import latent_means
from mkb21sem.infer.waves.partial import partial
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic_waves import synthetic_waves
from mkb21sem.survey.wave import Wave
from mkb21sem.survey.waves import Waves
from tests.waves.test_ladder import HERE, SIMULATED


@pytest.fixture
def table():
    """Two simulated waves of five-point answers."""
    return pd.read_csv(HERE / "data" / "five2.csv")


@pytest.mark.parametrize("code", [1, 3, 5])
def test_a_wave_that_lacks_a_category(table, code):
    table.loc[(table["wave"] == "w2") & (table["x3"] == code), "x3"] = {1: 2, 3: 4, 5: 4}[code]
    ladder = invariance(Model.parse(SIMULATED), table, ordinal=True)
    assert ladder.table()["chisq"].notna().all()
    to = {1: 2, 3: 2, 5: 4}[code]
    assert any(f"x3: answer {code} has no respondents in group w2; joined with {to}" in r for r in ladder.remarks())
    assert ladder.plan.thresholds["x3"] == 3
    assert latent_means(partial(ladder)).table["variance"].notna().all()


def test_a_wave_that_lacks_an_item():
    waves = synthetic_waves(3, 150)
    last = waves.waves[2]
    shorter = Wave.of(last.answers.drop(columns="CUL02"), last.codebook, last.name, synthetic=True)
    ladder = invariance(Model.read("mkb21_measurement"), Waves.of([*waves.waves[:2], shorter]))
    assert "CUL02" not in ladder.plan.model.observed
    assert any(remark.startswith("CUL02: not comparable in MKB21 2016") for remark in ladder.remarks())
    shortest = Wave.of(last.answers.drop(columns=["CUL02", "CUL03"]), last.codebook, last.name, synthetic=True)
    ladder = invariance(Model.read("mkb21_measurement"), Waves.of([*waves.waves[:2], shortest]))
    assert "CUL" not in ladder.plan.model.latents
    assert any("CUL: 2 comparable item(s) left" in remark for remark in ladder.remarks())


def test_waves_that_share_no_construct():
    waves = synthetic_waves(3, 80)
    last = waves.waves[2]
    gone = [item for item in last.answers if str(item).startswith("REP")]
    bare = Wave.of(last.answers.drop(columns=gone), last.codebook, last.name, synthetic=True)
    with pytest.raises(WaveError, match="share too few of the model's items"):
        invariance(Model.parse("REP =~ REP01 + REP02 + REP03 + REP04 + REP05"), Waves.of([waves.waves[0], bare]))


def test_a_wave_of_sixty_respondents(table):
    small = pd.concat([table[table["wave"] == "w1"], table[table["wave"] == "w2"].head(60)])
    for ordinal in (True, False):
        shown = invariance(Model.parse(SIMULATED), small, ordinal=ordinal).table()
        assert (shown["chisq"].notna() | (shown["reason"] != "")).all()
        assert shown["chisq"].notna().any()


def test_a_wave_of_one_respondent(table):
    lonely = pd.concat([table[table["wave"] == "w1"], table[table["wave"] == "w2"].head(1)])
    for ordinal in (True, False):
        with pytest.raises(FitError, match=r"too few respondents to compare 8 items: w2 \(1\)"):
            invariance(Model.parse(SIMULATED), lonely, ordinal=ordinal)


def test_missing_answers_are_used(table):
    rng = np.random.default_rng(1)
    items = [f"x{i}" for i in range(1, 9)]
    table[items] = table[items].mask(rng.random((len(table), 8)) < 0.08)
    for ordinal, way in ((True, "pairwise"), (False, "fiml")):
        ladder = invariance(Model.parse(SIMULATED), table, ordinal=ordinal)
        assert ladder.groups.missing == way
        assert ladder.table()["chisq"].notna().all()


def test_the_ladder_follows_the_items_if_nobody_says(table):
    assert not invariance(Model.parse(SIMULATED), table).ordinal
    three = pd.read_csv(HERE / "data" / "three2.csv")
    assert invariance(Model.parse(SIMULATED), three).ordinal


def test_what_can_not_be_compared_is_said(table):
    model = Model.parse(SIMULATED)
    with pytest.raises(OptionError, match="1 group"):
        invariance(model, table[table["wave"] == "w1"])
    with pytest.raises(WaveError, match="no column `year`"):
        invariance(model, table, group="year")
    with pytest.raises(OptionError, match="is no item of the model"):
        invariance(model, table, ordinal=["x1", "x9"])
    with pytest.raises(OptionError, match="measured by constructs"):
        invariance(Model.parse(f"{SIMULATED}\nall =~ one + two"), table)
    with pytest.raises(OptionError, match="frees, fixes and equates loadings"):
        invariance(Model.parse("f =~ x1 + a*x2 + a*x3"), table)
    with pytest.raises(OptionError, match="must be Waves, a Wave or a pandas DataFrame"):
        invariance(model, "waves.csv")
    with pytest.raises(OptionError, match="one wave has no waves to compare"):
        invariance(Model.read("mkb21_measurement"), synthetic_waves(1, 80).waves[0])


def test_a_construct_keeps_two_common_items():
    """Three items of which two differ: the second release would leave one item, and is refused."""
    rng = np.random.default_rng(8)
    frames = []
    for wave in range(2):
        eta = rng.standard_normal(2000)
        y = eta[:, None] * 0.8 + 0.6 * rng.standard_normal((2000, 3))
        y[:, 1] += 0.5 * wave
        y[:, 2] -= 0.7 * wave
        frames.append(pd.DataFrame(y, columns=["a", "b", "c"]).assign(wave=f"w{wave}"))
    found = partial(invariance(Model.parse("f =~ a + b + c"), pd.concat(frames), ordinal=False))
    assert "refused" in set(found.log()["action"])
    assert not found.complete
    assert len(found.plan.released) == 1
