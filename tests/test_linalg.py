"""Matrix pieces: roots of many matrices of which some have none."""

from __future__ import annotations

import numpy as np
import pytest

from mkb21sem.linalg import cholesky, inverse, is_positive_definite


def near_singular(seed: int) -> np.ndarray:
    """A matrix whose smallest eigenvalue is of the size of rounding."""
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    M = Q @ np.diag([*rng.uniform(0.5, 2, 5), 10.0 ** rng.uniform(-18, -15)]) @ Q.T
    return (M + M.T) / 2


def rooted(M: np.ndarray) -> bool:
    try:
        np.linalg.cholesky(M)
    except np.linalg.LinAlgError:
        return False
    return True


def test_eigenvalues_above_zero_promise_no_root():
    """The samples below hold matrices that eigenvalues call definite and that have no root to working precision."""
    M = np.array([near_singular(seed) for seed in range(400)])
    has = np.array([rooted(each) for each in M])
    assert (~has & (np.linalg.eigvalsh(M)[:, 0] > 0)).any()
    root, good = cholesky(M)
    np.testing.assert_array_equal(good, has)
    np.testing.assert_array_equal(is_positive_definite(M), has)
    np.testing.assert_array_equal(root[~has], np.broadcast_to(np.eye(6), (np.sum(~has), 6, 6)))
    np.testing.assert_array_equal(root[has], [np.linalg.cholesky(each) for each in M[has]])


@pytest.mark.parametrize("axes", [(), (1,), (2, 3)])
@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_a_matrix_that_is_none_spoils_no_other(axes, bad):
    M = np.broadcast_to(np.eye(2) * 4.0, (*axes, 2, 2)).copy()
    first = (0,) * len(axes)
    M[first][0, 0] = bad
    root, good = cholesky(M)
    expected = np.ones(axes, dtype=bool)
    expected[first] = False
    np.testing.assert_array_equal(good, expected)
    np.testing.assert_array_equal(root[good], np.broadcast_to(np.eye(2) * 2.0, root[good].shape))
    np.testing.assert_array_equal(root[~good], np.broadcast_to(np.eye(2), root[~good].shape))


def test_a_matrix_without_an_inverse_spoils_no_other():
    M = np.array([np.eye(3) * 2, np.ones((3, 3)), np.diag([1.0, 4.0, 8.0])])
    made = inverse(M)
    assert np.isnan(made[1]).all()
    np.testing.assert_array_equal(made[[0, 2]], [np.eye(3) / 2, np.diag([1, 1 / 4, 1 / 8])])
