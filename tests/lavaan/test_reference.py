"""The committed references are whole, carry their versions and hold the published fits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.lavaan import reference
from tests.lavaan.reference import Case

ALWAYS = ("estimates", "fit", "options", "implied", "sample", "r2")
PUBLISHED = {
    "chisq": (85.306, 3),
    "df": (24, 0),
    "cfi": (0.931, 3),
    "rmsea": (0.092, 3),
    "srmr": (0.065, 3),
    "logl": (-3737.745, 3),
    "aic": (7517.490, 3),
}
CASES = reference.cases()
FITTED = [one for one in CASES if one.outputs != ("none",)]


def refused(case: Case, stage: str) -> bool:
    """Whether notes.csv says that lavaan stopped at this stage of the case, or has nothing to say there."""
    notes = reference.notes()
    return bool(((notes["id"] == case.id) & (notes["stage"] == stage) & (notes["kind"] != "warning")).any())


def test_case_ids_are_unique() -> None:
    assert len({one.id for one in CASES}) == len(CASES)


@pytest.mark.parametrize("case", FITTED, ids=lambda case: case.id)
def test_case_has_its_files(case: Case) -> None:
    for name in ALWAYS:
        line = reference.version(reference.HERE / case.id / f"{name}.csv")
        assert line.startswith("# R ")
        assert ", lavaan " in line
    for name in case.outputs:
        file = reference.HERE / case.id / f"{name}.csv"
        assert file.is_file() or refused(case, name), f"{file} is missing and notes.csv does not say why"


@pytest.mark.parametrize("case", [one for one in CASES if one not in FITTED], ids=lambda case: case.id)
def test_case_lavaan_refuses_is_noted(case: Case) -> None:
    assert refused(case, "fit")
    assert not (reference.HERE / case.id).exists()


@pytest.mark.parametrize("case", FITTED, ids=lambda case: case.id)
def test_estimates_are_at_the_optimum(case: Case) -> None:
    assert reference.load(case.id).fit["gradient_max"] < 1e-13


@pytest.mark.parametrize("case", [one for one in FITTED if "vcov" in one.outputs], ids=lambda case: case.id)
def test_standard_errors_and_vcov_agree(case: Case) -> None:
    found = reference.load(case.id)
    vcov = found.matrix("vcov")
    errors = found.estimates.set_index("free")["se"]
    assert list(vcov.index) == found.parameters
    np.testing.assert_allclose(np.sqrt(np.diag(vcov)), errors.loc[range(1, len(vcov) + 1)], rtol=1e-7)


@pytest.mark.parametrize("case", FITTED, ids=lambda case: case.id)
def test_data_are_those_of_the_case(case: Case) -> None:
    frame = reference.data(case)
    found = reference.load(case.id)
    assert found.fit["norig"] == len(frame)
    assert set(found.options["observed"].split()) <= set(frame.columns)


@pytest.mark.parametrize(("measure", "published"), PUBLISHED.items())
def test_holzinger_swineford_is_the_published_fit(measure: str, published: tuple[float, int]) -> None:
    value, places = published
    assert round(reference.load("hs_ml").fit[measure], places) == value


def test_political_democracy_is_the_published_fit() -> None:
    fit = reference.load("pd_ml").fit
    assert (round(fit["chisq"], 3), fit["df"]) == (38.125, 35)


def test_committed_tables_are_those_of_the_packages() -> None:
    from semopy.examples import holzinger39, political_democracy

    for name, shipped in (("hs_ml", holzinger39.get_data()), ("pd_ml", political_democracy.get_data())):
        pd.testing.assert_frame_equal(
            reference.data(name), shipped.reset_index(drop=True), check_dtype=False, check_exact=True
        )


def test_committed_wave_is_the_current_one() -> None:
    from tests.lavaan.export import wave

    pd.testing.assert_frame_equal(reference.data("mkb21_ml"), wave(), check_dtype=False)


def test_missing_reference_names_the_remedy() -> None:
    with pytest.raises(FileNotFoundError, match="make reference"):
        reference.load("hs_ml").frame("no_such_table")
    assert not (reference.HERE / "hs_ml" / "no_such_table.csv").exists()


def discrepancy(found: reference.Reference, group: int) -> float:
    """Half the normal discrepancy of one group, from the sample and implied tables."""
    S, Sigma = (found.moment(name, "cov", group) for name in ("sample", "implied"))
    Sigma = Sigma.loc[S.index, S.index]
    ratio = np.linalg.solve(Sigma, S)
    half = 0.5 * (np.trace(ratio) - np.linalg.slogdet(ratio)[1] - len(S))
    if (found.frame("implied")["moment"] == "mean").any():
        gap = found.moment("sample", "mean", group) - found.moment("implied", "mean", group)[S.index]
        half += 0.5 * gap @ np.linalg.solve(Sigma, gap)
    return float(half)


@pytest.mark.parametrize(
    "case",
    [one for one in FITTED if one.estimator in {"ML", "MLM", "MLMV", "MLR"} and one.missing == "listwise"],
    ids=lambda case: case.id,
)
def test_discrepancy_follows_from_the_moments(case: Case) -> None:
    found = reference.load(case.id)
    sizes = found.fit.filter(regex=r"^weight_group\d+$").to_numpy()
    parts = [discrepancy(found, group) for group in range(1, len(sizes) + 1)]
    np.testing.assert_allclose(sizes @ parts / sizes.sum(), found.fit["fmin"], rtol=1e-10, atol=1e-14)
