"""Why a fit has no numbers: not identified, hardly determined by the sample, or without a minimum."""

from __future__ import annotations

import numpy as np

from mkb21sem.errors import FitError
from mkb21sem.estimate.implied import centred, moment_derivative
from mkb21sem.estimate.inference import Inference
from mkb21sem.estimate.scoring import Minimum
from mkb21sem.estimate.solve import beginning
from mkb21sem.estimate.vcov import undetermined
from mkb21sem.linalg import vech

RUNAWAY = 20.0
"""How far a parameter may be from its start, in standard errors of a sample of one, to be called at hand."""


def lacks_rank(at: Inference) -> bool:
    """Whether Δ lacks rank at the estimates: rounding in the observed information of incomplete rows can hide it."""
    root = np.sqrt(np.diagonal(centred(at.layout, at.model)[1], axis1=-2, axis2=-1))
    unit = np.concatenate([root, vech(root[..., :, None] * root[..., None, :])], axis=-1)
    Delta = (moment_derivative(at.layout, at.model) / unit[..., None]).reshape(-1, at.layout.k)
    return undetermined(Delta.T @ Delta) is not None


def undetermined_by(at: Inference) -> str:
    """Raise if the model is not identified anywhere near; else say that this sample doesn't identify it."""
    rng, first = np.random.default_rng(1), beginning(at.layout, at.sample)
    # At the solution a construct may have vanished or an item's error may be nil; elsewhere that is no matter.
    elsewhere = [x * (1 + 0.05 * rng.standard_normal(len(x))) for x in (at.theta, first)]
    elsewhere.append(elsewhere[1] + 0.05 * rng.standard_normal(len(first)))
    here, *there = (undetermined(at.loss.derivatives(x[None])[1][0]) for x in (at.theta, *elsewhere))
    direction = here if here is not None else np.zeros(len(first))
    names = [name for name, size in zip(at.layout.names, direction, strict=True) if size > 0.1]
    listed = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    if all(flat is not None for flat in there):
        raise FitError(
            f"the model is not identified: {listed} can change together without changing what the model implies. "
            "Fix one of them, set a marker (1*item), or add indicators."
        )
    return f"the sample hardly determines {listed or 'the parameters'}: standard errors are not given."


def not_converged(found: Minimum, at: Inference) -> str:
    """Why no minimum was found, naming what runs away, and what may help."""
    first = beginning(at.layout, at.sample)
    size = np.sqrt(np.maximum(np.diagonal(at.loss.derivatives(first[None])[1][0]), 0))
    moved = np.nan_to_num(np.abs(at.theta - first) * size, nan=np.inf, posinf=np.inf)
    # In units of a standard error at n = 1, which no sensible estimate is many of away from its start.
    names = [at.layout.names[j] for j in np.argsort(-moved) if moved[j] > RUNAWAY][:4]
    if names:
        return (
            f"no minimum after {found.iterations[0]} steps: {', '.join(names)} {'run' if len(names) > 1 else 'runs'} "
            "away. Often the marker of a construct (its first item) hardly measures it, or a construct has too few "
            "good items: take another marker or std_lv=True, drop items that measure nothing, simplify the model."
        )
    return (
        f"no minimum after {found.iterations[0]} steps. Often a construct with weak or contradictory items, a model "
        "far from the data, or too small a sample. Look at the correlations, simplify the model, or give START values."
    )
