"""Is there a lower minimum? The same loss, minimised from elsewhere."""

from __future__ import annotations

import numpy as np

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.loss import Loss
from mkb21sem.estimate.scoring import minimise
from mkb21sem.infer.certificates.check import Check
from mkb21sem.linalg import Array

SAME = 1e-6
"""Difference of χ² below which two minima are the same."""

STEPS = 200
"""Steps after which a restart is given up."""


def restarts(found: Fit, loss: Loss, starts: int, seed: int) -> Check:
    """Minimise again from other starting values, and see whether any ends lower.

    Parameters
    ----------
    found
        A converged fit.
    loss
        What it minimised, over one sample.
    starts
        How many.
    seed
        Of the starting values.
    """
    if starts < 1:
        return Check("restarts", None, "none asked for")
    begin = elsewhere(found, starts, seed)
    batch = loss.take(np.zeros(starts, dtype=np.intp))
    again = minimise(batch, begin, max_iterations=STEPS)
    chisq = 2 * found.moments.total * (again.value - found.loss)
    arrived = again.converged
    same = int((arrived & (np.abs(chisq) < SAME)).sum())
    if (arrived & (chisq < -SAME)).any():
        fall = -float(chisq[arrived].min())
        return Check(
            "restarts",
            False,
            f"one of {starts} other starts ends lower: χ² falls by {fall:.3f}",
            "This is not the minimum. Give START values, or check whether the better one is admissible.",
        )
    if not arrived.any():
        return Check("restarts", None, f"none of {starts} other starts finds a minimum")
    elsewhere_too = int((arrived & (chisq > SAME)).sum())
    finding = f"{same} of {starts} other starts end at the same minimum"
    if elsewhere_too:
        finding += f", {elsewhere_too} at a higher one (χ² {float(chisq[arrived].max()):.1f} above)"
    if same + elsewhere_too < starts:
        finding += f", {starts - same - elsewhere_too} nowhere"
    return Check("restarts", True, finding, figures={"same": same, "starts": starts, "higher": elsewhere_too})


def elsewhere(found: Fit, starts: int, seed: int) -> Array:
    """Starting values (starts, k) away from the estimates: variances from ½ to 2 times, the rest by half its size.

    What is near zero moves by some standard errors.
    """
    rng = np.random.default_rng(seed)
    where = found.layout
    variance = (where.matrix == 1) & (where.row == where.col)
    scales = (np.abs(where.K) * variance[None, :, None]).any(axis=(0, 1))
    se = np.sqrt(np.maximum(np.nan_to_num(np.diagonal(found.vcov)), 0))
    spread = np.maximum(0.5 * np.abs(found.theta), np.minimum(3 * se, 1 + np.abs(found.theta)))
    moved = found.theta + spread * rng.uniform(-1, 1, (starts, where.k))
    times = found.theta * 2 ** rng.uniform(-1, 1, (starts, where.k))
    return np.asarray(np.clip(np.where(scales, times, moved), where.lower, where.upper))
