"""Moments taken from a publication: what is wrong with them is said, and what is right is fitted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import Fit, Mkb21Error, Model, Moments, OptionError, fit
from tests.estimate.setups import ITEMS, plain

COV = plain()[list(ITEMS)].cov()
MODEL = Model.parse("f =~ x1 + x2 + x3")
MEANS = {"meanstructure": True}


def changed(value: object) -> pd.DataFrame:
    """The covariances with another one of x1 and x2."""
    cov = COV.astype(object)
    cov.loc["x1", "x2"] = cov.loc["x2", "x1"] = value
    return cov


def printed(options: dict[str, object], **moments: object) -> Fit:
    return fit(MODEL, Moments(**{"cov": COV, "n": 240, **moments}), **options)


ONE_NAME = COV.set_axis(["x1", "x1", *ITEMS[1:5]], axis=1).set_axis(["x1", "x1", *ITEMS[1:5]], axis=0)
WRONG = [
    ({"n": 3}, {}, r"^n must be a sample size larger than the 3 variables for each of the 1 matrices; got 3\.$"),
    ({"n": np.nan}, {}, r"^n must be a sample size larger than the 3 variables"),
    ({"n": [240, 240]}, {}, r"for each of the 1 matrices; got \[240, 240\]\.$"),
    ({"n": "many"}, {}, r"^n holds something that is not a number \(.*'many'\)\.$"),
    ({"cov": COV.to_numpy()}, {}, r"^cov must be a square DataFrame with the names of the variables, or an array with"),
    ({"cov": COV.iloc[:4]}, {}, r"^cov has 4 rows and 6 columns; a square matrix is expected\.$"),
    ({"cov": COV.drop(index="x2", columns="x2")}, {}, r"^the model asks for `x2`; cov has no such variable\. Closest:"),
    ({"cov": ONE_NAME}, {}, r"^cov has more than one variable `x1`; keep one\.$"),
    ({"cov": COV.where(np.tri(6) == 1, 0.0)}, {}, r"^cov holds zeros above the diagonal: give the whole symmetric"),
    ({"cov": COV.where(np.tri(6).T == 1, 0.0)}, {}, r"^cov is not symmetric, or holds a missing value\.$"),
    ({"cov": changed(np.nan)}, {}, r"^cov is not symmetric, or holds a missing value\.$"),
    ({"cov": changed("veel")}, {}, r"^cov holds something that is not a number \(.*'veel'\)\.$"),
    ({"cov": changed(50.0)}, {}, r"^cov is not positive definite: a typing error, rounding, or pairwise deletion\."),
    ({"mean": pd.Series({"x1": 1.0, "x2": 2.0})}, MEANS, r"^the model asks for `x3`; mean has no such variable\."),
    ({"mean": [1, 2, 3]}, MEANS, r"^mean must be a Series with the names of the variables, or 6 numbers in the order"),
    ({"mean": 3.0}, MEANS, r"^mean must be a Series with the names of the variables, or 6 numbers"),
    ({"mean": [[1] * 6, [1] * 6]}, MEANS, r"^mean must be given for each of the 1 matrices; got 2\.$"),
    ({"mean": pd.Series("veel", index=ITEMS)}, MEANS, r"^mean holds something that is not a number"),
    ({"mean": pd.Series(np.nan, index=ITEMS)}, MEANS, r"^mean holds a missing value\.$"),
    ({}, MEANS, r"^the model has means; give Moments\(…, mean=…\) as well, or leave the means out\.$"),
    ({}, {"estimator": "MLR"}, r"^MLR needs the respondents' rows; printed moments can be fitted by ML, GLS or ULS\.$"),
    ({}, {"group": "school"}, r"^group= needs the respondents' rows; several groups are given as lists of cov and n"),
    ({}, {"ordered": ["x1"]}, r"^ordered= needs the respondents' rows"),
    ({}, {"missing": "fiml"}, r"^missing='fiml' needs the respondents' rows\.$"),
]


@pytest.mark.parametrize(("moments", "options", "message"), WRONG, ids=[message for *_, message in WRONG])
def test_what_cannot_be_fitted_is_said(moments: dict[str, object], options: dict[str, object], message: str) -> None:
    with pytest.raises(Mkb21Error, match=message) as refused:
        printed({"estimator": "ML", **options}, **moments)
    assert isinstance(refused.value, OptionError) == (not moments)


@pytest.mark.parametrize(
    "moments",
    [
        {"cov": COV.to_numpy(), "names": ITEMS, "mean": pd.Series(1.5, index=ITEMS)},
        {"mean": [1.5] * 6},
        {"mean": [pd.Series(1.5, index=ITEMS[::-1])], "cov": [COV], "n": [240]},
    ],
)
def test_ways_of_giving_the_same_moments(moments: dict[str, object]) -> None:
    found, plain_cov = printed(MEANS, **moments), printed({})
    intercepts = found.table().query("op == '~1' and lhs != 'f'")
    assert_allclose(intercepts["est"], 1.5, atol=1e-9)
    loadings = found.table().query("op == '=~'")["est"]
    assert_allclose(loadings, plain_cov.table().query("op == '=~'")["est"], atol=1e-7)


def test_a_diagonal_matrix_is_not_taken_for_a_triangle() -> None:
    found = fit(
        Model.parse("a ~~ 0*b"),
        Moments(cov=pd.DataFrame(np.diag([2.0, 3.0]), index=["a", "b"], columns=["a", "b"]), n=20),
    )
    assert found.test.chisq == pytest.approx(0.0, abs=1e-12)
    assert_allclose(sorted(found.theta), [2.0 * 19 / 20, 3.0 * 19 / 20])
