"""Samples and options that can't be fitted: a message that names the place and the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import FitError, Mkb21Error, OptionError, SpecError, WaveError, fit
from tests.estimate.setups import ITEMS, ITEMS_ONLY, SETUPS, answers, model_of, plain, refit

TRIED = ("ML", "MLR", "MLM", "GLS", "ULS", "WLS", "fiml", "fiml MLR", "WLSMV", "WLSMV pairwise", "ULSMV", "WLS ordinal")


# ---------------------------------------------------------------------------------------------------- hostile samples


def changed(**columns: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(**columns)


def with_value(value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """The fourth answer on x2 is `value`."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        column = table["x2"].astype(object)
        column.iloc[3] = value
        return table.assign(x2=column)

    return change


SAMPLES = {
    "constant": (changed(x2=3.0), WaveError, r"^constant: x2\. Everyone gave the same answer; leave it out\.$"),
    "nearly constant": (changed(x2=lambda t: 1e9 + 1e-5 * t["x1"]), WaveError, r"^constant: x2"),
    "copied": (changed(x2=lambda t: t["x1"]), WaveError, r"^collinear: x1, x2 determine each other exactly"),
    "reversed": (changed(x2=lambda t: 1 - 2 * t["x1"]), WaveError, r"^collinear: x1, x2 determine each other exactly"),
    "a sum": (changed(x2=lambda t: t["x1"] + t["y1"]), WaveError, r"^collinear: x1, x2, y1 determine each other"),
    "no row": (lambda t: t.head(0), FitError, r"^no row has an answer on every variable of the model"),
    "one row": (lambda t: t.head(1), FitError, r"^1 usable rows for \d variables: .* needs more rows than variables"),
    "as many rows as variables": (lambda t: t.head(6), FitError, r"^6 usable rows for \d variables"),
    "an item nobody answered": (
        changed(x2=np.nan),
        Mkb21Error,
        r"^no answer at all: x2|^no row has an answer on every",
    ),
    "no answer at all": (lambda t: t * np.nan, FitError, r"^no row has an answer"),
    "infinite": (with_value(np.inf), WaveError, r"^column `x2`, row 3: .*inf.* is not a finite number \(1 such value"),
    "infinite among numbers": (
        changed(x2=lambda t: t["x2"].where(np.arange(len(t)) != 3, np.inf)),
        WaveError,
        r"^column `x2`, row 3: .*inf.* is not a finite number \(1 such value",
    ),
    "minus infinite": (with_value(-np.inf), WaveError, r"^column `x2`, row 3: .*-inf.* is not a finite number"),
    "text": (with_value("veel"), WaveError, r"^column `x2`, row 3: 'veel' is not a finite number .* missing code\.$"),
    "an empty text": (with_value(""), WaveError, r"^column `x2`, row 3: '' is not a finite number"),
    "a list": (with_value([1, 2]), WaveError, r"^column `x2`, row 3: \[1, 2\] is not a finite number"),
    "no such item": (lambda t: t.drop(columns="x2"), WaveError, r"^the model asks for `x2`; .* Closest: (y2|x\d)"),
    "an item twice": (
        lambda t: pd.concat([t, t[["x2"]]], axis=1),
        WaveError,
        r"^the table has more than one column `x2`",
    ),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", TRIED)
@pytest.mark.parametrize("case", SAMPLES)
def test_a_sample_that_cannot_be_fitted(case: str, name: str) -> None:
    change, kind, message = SAMPLES[case]
    sample = change(SETUPS[name].sample[[*ITEMS, "z"]].copy())
    with pytest.raises(kind) as caught:
        refit(name, sample, spec=ITEMS_ONLY)
    assert isinstance(caught.value, Mkb21Error)
    assert re.search(message, str(caught.value)), str(caught.value)


@pytest.mark.parametrize("name", TRIED)
def test_numbers_in_any_dress(name: str) -> None:
    """Whole numbers, text that is a number, None and pandas' own missing value mean what they say."""
    plainly = refit(name, spec=ITEMS_ONLY)
    sample = SETUPS[name].sample[[*ITEMS]]
    dressed = sample.astype(str).replace("nan", None) if SETUPS[name].ordinal else sample.astype("Float64")
    other = refit(name, dressed.set_axis(["same"] * len(sample)), spec=ITEMS_ONLY)
    assert_allclose(other.theta, plainly.theta, rtol=1e-12)


@pytest.mark.parametrize("name", ["WLSMV", "ULSMV", "WLS ordinal"])
def test_a_continuous_item_called_ordinal(name: str) -> None:
    sample = answers().assign(x2=plain()["x2"])
    with pytest.raises(FitError, match=r"^`x2` is ordered and has 240 different values, at most 30 were expected"):
        refit(name, sample)


def test_full_weight_matrix_in_a_small_sample() -> None:
    with pytest.raises(FitError, match=r"^WLS weighs 21 statistics by their covariances and needs more rows than that"):
        refit("WLS", plain().head(20), spec=ITEMS_ONLY)


GROUPS = {
    "too few in one": (
        lambda t: t.assign(school=["c"] * 3 + list(t["school"][3:])),
        r"^3 usable rows in group c for 6 ",
    ),
    "constant in one": (
        lambda t: t.assign(x2=t["x2"].where(t["school"] == "north", 2.0)),
        r"^constant in group south: x2\. Everyone gave the same answer",
    ),
    "copied in one": (
        lambda t: t.assign(x2=t["x2"].where(t["school"] == "north", t["x1"])),
        r"^collinear in group south: x1, x2 determine",
    ),
    "no such column": (lambda t: t.drop(columns="school").assign(scholl=1), r"no column `school`\. Closest: scholl"),
    "nobody in a group": (lambda t: t.assign(school=np.nan), r"^no row has"),
}


@pytest.mark.parametrize("name", ["ML", "fiml", "WLSMV"])
@pytest.mark.parametrize("case", GROUPS)
def test_groups_that_cannot_be_fitted(case: str, name: str) -> None:
    change, message = GROUPS[case]
    with pytest.raises((WaveError, FitError), match=message):
        refit(name, change(SETUPS[name].sample), spec=ITEMS_ONLY, group="school")


def test_ordinal_items_without_a_common_answer() -> None:
    sample = answers()
    apart = sample.assign(x1=sample["x1"] + 4 * (sample["school"] == "south"))
    with pytest.raises(WaveError, match=r"^`x1`: the groups have fewer than two answers in common"):
        refit("WLSMV", apart, group="school")


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (0.0, r"^weights `w`, row 3: a weight must be a positive number"),
        (-1.0, r"^weights `w`, row 3: a weight must be a positive number"),
        (np.nan, r"^weights `w`, row 3: a weight must be a positive number"),
        (np.inf, r"^column `w`, row 3: .*inf.* is not a finite number"),
        ("a", r"^column `w`, row 3: 'a' is not a finite number"),
    ],
)
def test_weights_that_are_none(weight: object, message: str) -> None:
    column = pd.Series(1.0, index=plain().index, dtype=object)
    column.iloc[3] = weight
    with pytest.raises(WaveError, match=message):
        fit(model_of("ML"), plain().assign(w=column), weights="w")


OPTIONS = {
    "estimator": ({"estimator": "WLSM V"}, r"^estimator must be ML, .*; got 'WLSM V'\. Closest: WLSMV"),
    "no estimator": ({"estimator": None}, r"^estimator must be ML, .*; got None"),
    "missing": (
        {"missing": "pairwize"},
        r"^missing must be listwise, fiml, pairwise; got 'pairwize'\. Closest: pairwise",
    ),
    "parameterization": ({"parameterization": "gamma"}, r"^parameterization must be delta, theta; got 'gamma'"),
    "equal": ({"group": "school", "equal": ("loading",)}, r"^equal must be .*; got 'loading'\. Closest: loadings"),
    "fiml with WLSMV": (
        {"estimator": "WLSMV", "missing": "fiml", "ordered": True},
        r"^missing='fiml' goes with ML or MLR",
    ),
    "fiml with GLS": ({"estimator": "GLS", "missing": "fiml"}, r"^missing='fiml' goes with ML or MLR; got GLS"),
    "fiml without means": ({"missing": "fiml", "meanstructure": False}, r"^missing='fiml' needs means"),
    "pairwise with ML": ({"missing": "pairwise"}, r"^missing='pairwise' goes with ordinal estimators"),
    "pairwise with ULS": ({"estimator": "ULS", "missing": "pairwise"}, r"^missing='pairwise' needs ordinal items"),
    "weights with GLS": ({"estimator": "GLS", "weights": "z"}, r"^weights go with ML or MLR"),
    "nothing ordered": ({"estimator": "WLSMV"}, r"^WLSMV needs to know which items are ordinal: give ordered="),
    "no item ordered": ({"estimator": "WLSMV", "ordered": []}, r"^WLSMV needs to know which items are ordinal"),
    "a stranger ordered": ({"estimator": "WLSMV", "ordered": ["x9"]}, r"^ordered: `x9` is no variable .* Closest: x"),
    "a construct ordered": ({"estimator": "WLSMV", "ordered": ["f"]}, r"^ordered: `f` is no variable of the model"),
    "ordered with ML": ({"ordered": True}, r"^ML takes all items as continuous; ordered= goes with WLSMV"),
}


@pytest.mark.parametrize(("options", "message"), OPTIONS.values(), ids=OPTIONS)
def test_options_that_do_not_go_together(options: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        fit(model_of("ML"), plain(), **options)


@pytest.mark.parametrize("wave", [None, 3, [1, 2], np.eye(7), {"x1": [1]}, "wave.csv"], ids=repr)
def test_what_is_no_table(wave: object) -> None:
    with pytest.raises(OptionError, match=r"^wave must be a Wave or a pandas DataFrame; got "):
        fit(model_of("ML"), wave)


def test_what_is_no_model() -> None:
    with pytest.raises(OptionError, match=r"^model must be a Model"):
        fit("f =~ x1 + x2 + x3", plain())


def test_releasing_what_is_not_there() -> None:
    with pytest.raises(SpecError, match=r"^free: the model has no arrow `f=~y1`"):
        fit(model_of("ML"), plain(), group="school", equal=("loadings",), free=("f =~ y1",))
