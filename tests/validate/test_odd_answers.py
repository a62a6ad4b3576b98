"""Answers of which reliability, validity or a method factor can't be told, and what is said instead."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem.errors import FitError, OptionError
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.specify.model import Model
from mkb21sem.validate import factors as extraction
from mkb21sem.validate import method, retain
from mkb21sem.validate.correlations import answers, correlation_of, correlations
from mkb21sem.validate.factors import factors
from mkb21sem.validate.findings import method_findings, reliability_findings, validity_findings
from mkb21sem.validate.hierarchy import general_factor
from mkb21sem.validate.htmt import htmt
from mkb21sem.validate.method import method_bias, method_factor
from mkb21sem.validate.minres import polished
from mkb21sem.validate.missing import mcar
from mkb21sem.validate.reliability import reliability
from mkb21sem.validate.respondents import _outside, distances
from mkb21sem.validate.validity import validity
from tests.psych.reference import answers as stored

MODEL = Model.parse("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9")


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return stored("hs")


@pytest.fixture(scope="module")
def found(rows: pd.DataFrame) -> Fit:
    return fit(MODEL, rows)


@pytest.fixture(scope="module")
def printed(found: Fit) -> Fit:
    """The same fit, of which only the moments are known."""
    return replace(found, moments=replace(found.moments, rows=()))


# -------------------------------------------------------------------------------------------------------- correlations


def test_no_items_are_no_answers(rows: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match=r"^items must name at least one column; got none\.$"):
        answers(rows, [])


def test_a_square_table_of_words_is_no_correlation_matrix() -> None:
    words = pd.DataFrame([["a", "b"], ["b", "a"]], index=["x", "y"], columns=["x", "y"])
    with pytest.raises(Exception, match=r"column `x`, row x: 'a' is not a finite number"):
        correlations(words)


# ------------------------------------------------------------------------------------------------------------- factors


def test_an_extraction_that_fails_says_what_to_try(monkeypatch, rows: pd.DataFrame) -> None:
    def fails(*_: object) -> None:
        raise np.linalg.LinAlgError("SVD did not converge")

    monkeypatch.setattr(extraction, "_extract", fails)
    with pytest.raises(
        FitError, match=r"^no solution with 2 factor\(s\) by minres, oblimin \(SVD did not converge\)\. Try"
    ):
        factors(rows, n_factors=2)


def test_numbers_of_factors_without_a_solution_have_no_fit(monkeypatch, rows: pd.DataFrame) -> None:
    def two_at_most(of: object, n_factors: int, **options: object) -> object:
        if n_factors > 2:
            raise FitError("no solution")
        return factors(of, n_factors=n_factors, **options)

    monkeypatch.setattr(retain, "factors", two_at_most)
    table = retain.retain(rows, draws=20).table.set_index("m")
    assert table.loc[[1, 2], "chisq"].notna().all()
    assert table.loc[table.index > 2, "chisq"].isna().all()


def test_two_factors_share_a_general_one_by_the_root_of_their_correlation(rows: pd.DataFrame) -> None:
    six = rows[[f"x{i}" for i in range(1, 7)]]
    phi = factors(six, n_factors=2).phi.to_numpy()[0, 1]
    of = general_factor(six, n_factors=2)
    pattern = factors(six, n_factors=2).pattern.to_numpy()
    assert_allclose(of.loadings["general"], pattern.sum(axis=1) * math.sqrt(phi), atol=1e-8)


def test_a_last_step_that_is_not_possible_leaves_the_loadings(rows: pd.DataFrame, monkeypatch) -> None:
    R = correlation_of(np.cov(rows[[f"x{i}" for i in range(1, 10)]].to_numpy().T))
    loading = factors(rows, [f"x{i}" for i in range(1, 10)], 3, rotation="none").pattern.to_numpy()
    assert not np.array_equal(polished(R, loading, 0.005), loading)
    # One factor lies behind these items, and a second one takes nothing away: R − Ψ has one positive eigenvalue.
    two = np.column_stack([np.full(3, 0.7), np.zeros(3)])
    assert polished(np.full((3, 3), 0.5) + 0.5 * np.eye(3), two, 0.005) is two
    monkeypatch.setattr("mkb21sem.validate.minres.SMALL", 0.0)
    assert polished(R, loading, 0.005) is loading

    def singular(*_: object) -> np.ndarray:
        return np.zeros((9, 9))

    monkeypatch.setattr("mkb21sem.validate.minres.hessian", singular)
    assert polished(R, loading, 0.005) is loading


# --------------------------------------------------------------------------------------------------------- reliability


def test_a_scale_whose_factor_cannot_be_fitted_keeps_its_alpha(monkeypatch, rows: pd.DataFrame) -> None:
    def refuses(*_: object, **options: object) -> Fit:
        raise FitError("no correlation can be computed for `i0` with `i1`.")

    monkeypatch.setattr("mkb21sem.validate.reliability.fit", refuses)
    table = reliability(rows, {"F": ["x1", "x2", "x3"]})
    assert math.isfinite(table["alpha"][0])
    assert table["omega"].isna().all()
    assert table["note"][0] == "no correlation can be computed for `i0` with `i1`."
    (said,) = [f for f in reliability_findings(table) if f.key == "reliability_note"]
    assert said.values["cause"] == table["note"][0]


def test_reliability_of_printed_moments_takes_them_as_they_are(found: Fit, printed: Fit) -> None:
    ours, theirs = reliability(printed), reliability(found)
    assert_allclose(ours["alpha"], theirs["alpha"], rtol=1e-10)
    assert_allclose(ours["omega"], theirs["omega"], rtol=1e-10)


def test_a_construct_of_negative_variance_is_remarked(found: Fit) -> None:
    cells, names = found.cells.copy(), [row.arrow.lhs + row.arrow.op + row.arrow.rhs for row in found.layout.rows]
    cells[0, names.index("visual~~visual")] = -0.1
    note = reliability(replace(found, cells=cells)).set_index("construct").loc["visual", "note"]
    assert "negative variance of the construct: the figures can't be trusted" in note


def test_items_that_repeat_each_other_are_found(rows: pd.DataFrame) -> None:
    copies = pd.DataFrame({f"a{i}": rows["x1"] + 0.1 * rows[f"x{i + 3}"] for i in range(1, 5)})
    table = reliability(copies, {"F": list(copies)})
    assert table["alpha"][0] > 0.95
    assert "reliability_redundant" in [f.key for f in reliability_findings(table)]


# ------------------------------------------------------------------------------------------------------------ validity


def test_validity_of_printed_moments_has_no_htmt(found: Fit, printed: Fit) -> None:
    of, whole = validity(printed, draws=0), validity(found, draws=0)
    assert of.htmt is None
    assert of.htmt_note == "HTMT needs the answers."
    assert_allclose(of.loadings.select_dtypes("number"), whole.loadings.select_dtypes("number"), atol=1e-10)
    kinds = [f.key for f in validity_findings(of)]
    assert kinds == [f.key for f in validity_findings(whole) if f.key != "htmt_high"]


def test_single_items_have_no_htmt(rows: pd.DataFrame) -> None:
    one = fit(Model.parse("visual =~ x1 + x2 + x3\ntextual =~ x4\nspeed =~ x7"), rows)
    assert validity(one, draws=0).htmt_note == "HTMT compares constructs of two or more items."
    R = correlation_of(one.moments.cov[0])
    assert np.isnan(htmt(R, [np.array([0, 1, 2]), np.array([3])])[0, 1])


# -------------------------------------------------------------------------------------------------------------- method


def test_method_bias_is_for_the_answers_of_one_group(rows: pd.DataFrame, printed: Fit) -> None:
    groups = fit(MODEL, rows.assign(half=np.arange(len(rows)) % 2), group="half")
    for odd in (groups, printed):
        with pytest.raises(OptionError, match=r"^method bias is judged for one group at a time, from the answers\.$"):
            method_bias(odd)
    with pytest.raises(OptionError, match=r"^a method factor is fitted to one group at a time\.$"):
        method_factor(groups)
    with pytest.raises(OptionError, match=r"^a method factor needs the answers; give source=\.$"):
        method_factor(printed)


@pytest.mark.parametrize("why", ["refused", "no minimum"])
def test_a_method_factor_that_cannot_be_fitted_is_told(monkeypatch, found: Fit, why: str) -> None:
    def lost(*_: object) -> Fit:
        if why == "refused":
            raise FitError("refused")
        return replace(found, converged=False, cause="no minimum")

    bias = method_bias(found)
    monkeypatch.setattr(method, "fit", lost)
    of = method_factor(found)
    assert of.found is None
    assert of.note == why
    assert math.isnan(of.share)
    (said,) = [f for f in method_findings(replace(bias, factor=of)) if f.key == "method_unfitted"]
    assert said.values["cause"] == why


# ----------------------------------------------------------------------------------------------------- missing answers


NAMES = ["a", "b", "c"]


def holed(y: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(y, columns=NAMES)


def test_what_keeps_littles_test_from_being_made() -> None:
    y = np.random.default_rng(1).standard_normal((40, 3))
    few = y[:3].copy()
    few[0, 0] = np.nan
    assert mcar(holed(few)).note == "3 rows for 3 items"
    apart = y.copy()
    apart[:38, 0], apart[2:, 1] = np.nan, np.nan
    apart[38:, 1] = [0.1, 0.3]
    assert mcar(holed(apart)).note.startswith("the moments can't be found: a pair of items is hardly ever answered")
    copied = y.copy()
    copied[:, 2] = copied[:, 0]
    copied[:5, 1] = np.nan
    told = mcar(holed(copied))
    assert told.note.endswith("or an item is determined by others")
    assert math.isnan(told.pvalue)


# --------------------------------------------------------------------------------------------------------- respondents


def test_distances_where_there_are_no_moments() -> None:
    y = np.random.default_rng(1).standard_normal((40, 3))
    assert np.isnan(distances(y[:3])[0]).all()
    copied = y.copy()
    copied[:, 2] = copied[:, 0]
    assert np.isnan(distances(copied)[0]).all()
    silent = y.copy()
    silent[4] = np.nan
    away, p = distances(silent)
    assert np.isnan(away[4])
    assert np.isnan(p[4])
    rest = np.delete(y, 4, axis=0)
    centred = rest - rest.mean(axis=0)
    by_hand = (centred * np.linalg.solve(np.cov(rest.T), centred.T).T).sum(axis=1)
    assert_allclose(np.delete(away, 4), by_hand, rtol=1e-9)


def test_who_answered_only_what_does_not_vary_is_nowhere() -> None:
    y = np.random.default_rng(1).standard_normal((40, 3))
    y[:, 2] = 5.0
    y[7, :2] = np.nan
    away, p = distances(y)
    assert np.isnan([away[7], p[7]]).all()
    assert np.isfinite(np.delete(away, 7)).all()


def test_a_variability_is_beside_those_who_were_asked_as_much() -> None:
    """Who was asked one question only has no variability, and is never outside."""
    irv = np.array([np.nan, np.nan, 0.0, 1.0, 1.1, 0.9, 1.0, 9.0])
    assert _outside(irv, np.array([1, 1, 5, 5, 5, 5, 5, 5])).tolist() == [False] * 2 + [True] + [False] * 4 + [True]
