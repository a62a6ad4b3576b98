"""Scoring: the inverse of a Hessian that does not determine every direction."""

from __future__ import annotations

import numpy as np

from mkb21sem.estimate.scoring import _inverse


def test_a_direction_that_nothing_determines_is_left_out():
    H = np.array([[[0.0, 1e200], [1e200, 4.0]], [[np.nan, 1.0], [1.0, 4.0]], [[1e-290, 1e20], [1e20, 4.0]]])
    made = _inverse(H)
    assert np.isfinite(made).all()
    np.testing.assert_allclose(made[:2], [[[0, 0], [0, 1 / 4]]] * 2)


def test_a_hessian_that_is_definite_has_its_inverse_beside_one_that_is_not():
    good = np.array([[4.0, 1.0], [1.0, 9.0]])
    made = _inverse(np.array([good, np.zeros((2, 2))]))
    np.testing.assert_allclose(made[0], np.linalg.inv(good), rtol=1e-12)
    np.testing.assert_array_equal(made[1], np.zeros((2, 2)))
