"""Improper draws by the rules that judge a single fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mkb21sem.estimate.refits.resample import draw_counts, redraw
from mkb21sem.infer.certificates.admissibility import constructs, correlations, residual_matrix, variances
from mkb21sem.infer.draws.improper import improper
from tests.effects.reference import fitted
from tests.estimate import setups


@pytest.mark.parametrize("case", ["pd_ml", "hs_school_chain_ml", "hs_second_path_ml"])
def test_draws_are_judged_as_a_fit_is(case):
    found = fitted(case)
    made = redraw(found, draw_counts(found, np.random.default_rng(1), 48))
    wrong, flags = improper(found.layout, made.cells[made.converged])
    kinds = np.array(["variance of" in why for why in wrong])
    for b in range(0, len(flags), 4):
        one = replace(found, cells=made.cells[made.converged][b])
        assert flags[b, kinds].any() == (variances(one).ok is False)
        assert flags[b, -1] == (residual_matrix(one).ok is False)
        assert flags[b, -2] == (constructs(one).ok is False)
        if flags[b].any():
            assert not all(check(one).ok for check in (variances, constructs, residual_matrix, correlations))


def test_a_negative_variance_is_named():
    found = setups.fitted("ML")
    cells = found.cells.copy()
    place = [row.arrow.lhs + row.arrow.op + row.arrow.rhs for row in found.layout.rows].index("x2~~x2")
    cells[0, place] = -0.1
    wrong, flags = improper(found.layout, np.stack([found.cells, cells]))
    assert not flags[0].any()
    assert [why for why, on in zip(wrong, flags[1], strict=True) if on] == [
        "the residual variance of x2 is negative",
        "the residual covariance matrix of the items is not positive definite",
    ]


def test_a_variance_fixed_at_zero_is_proper():
    found = fitted("hs_second_path_ml")
    assert not improper(found.layout, found.cells[None])[1].any()
