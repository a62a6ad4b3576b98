"""Waves too small for parts of a report: the part is left out with its reason, and the rest stands."""

from __future__ import annotations

import numpy as np

from mkb21sem.estimate.vcov import expected, undetermined
from mkb21sem.report.dossier.forms import best, rivalry
from tests.hostile.specs import sample


def test_rivals_of_which_none_can_be_fitted_have_no_best_and_no_fit():
    """As in a wave of forty respondents: every column is there, and empty."""
    groups = {"a": ["x1", "x2", "x3"], "b": ["x4", "x5", "x6"], "c": ["x7", "x8", "x9"]}
    made = rivalry(sample().head(3), "", groups, thorough=False)
    assert len(made.table) > 1
    assert not made.table["admissible"].any()
    assert (made.table["note"].str.contains("usable rows")).all()
    assert made.table[["n", "chisq", "bic", "rmsea_lower", "d_chisq"]].isna().all(axis=None)
    assert best(made.table) == ""


def test_an_information_without_a_parameter_is_undetermined_and_no_overflow():
    information = np.array([[1.0, 1e10], [1e10, 0.0]])
    assert undetermined(information) is not None
    assert np.isnan(expected(information, 100)).all()
