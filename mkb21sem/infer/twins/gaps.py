"""Which answers are missing together, without the pattern of any single respondent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mkb21sem.linalg import Array

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """How answers are missing in one group of respondents.

    Attributes
    ----------
    patterns : (k, p)
        Patterns that at least as many respondents have as the threshold.
    shares : (k + 1,)
        Of these patterns, and last of all others together.
    blocks
        Questions that are put together, as places.
    touched : (blocks,)
        Share of the other respondents who left out something in a block.
    within : (blocks,)
        Share of a block's questions that these left out there.
    """

    patterns: Flags
    shares: Array
    blocks: tuple[tuple[int, ...], ...]
    touched: Array
    within: Array


def gaps(missing: Flags, blocks: Mapping[str, Sequence[int]], threshold: int, rng: np.random.Generator) -> Gaps:
    """Frequent patterns as they are; of the rare ones only how often each block is touched, and how much of it.

    Parameters
    ----------
    missing : (n, p)
        Where an answer is missing.
    blocks
        Name of each block of questions, and the places of its questions.
    threshold
        A pattern that fewer have is rare. Fewer rare ones than it get a number drawn from 1 to threshold − 1.
    rng
        Of that draw.
    """
    seen, which, n = np.unique(missing, axis=0, return_inverse=True, return_counts=True)
    which = which.reshape(-1)
    common = n >= max(threshold, 1)
    rest = missing[~common[which]]
    number = float(len(rest))
    if 0 < number < threshold:
        number = float(rng.integers(1, threshold))
    counts = np.append(n[common], number)
    places = tuple(tuple(own) for own in blocks.values())
    touched, within = np.zeros(len(places)), np.zeros(len(places))
    for at, own in enumerate(places):
        part = rest[:, list(own)]
        hit = part.any(axis=1)
        touched[at] = hit.mean() if len(rest) else 0.0
        within[at] = part[hit].mean() if hit.any() else 0.0
    return Gaps(seen[common], counts / counts.sum(), places, touched, within)


def draw_gaps(of: Gaps, n: int, p: int, rng: np.random.Generator) -> Flags:
    """Where answers are missing in a twin of n respondents, (n, p); not related to what they would have answered."""
    kind = rng.choice(len(of.shares), size=n, p=of.shares)
    out = np.zeros((n, p), dtype=bool)
    for row, own in enumerate(kind):
        if own < len(of.patterns):
            out[row] = of.patterns[own]
        elif of.touched.sum() > 0:
            out[row] = _rare(of, p, rng)
    return out


def _rare(of: Gaps, p: int, rng: np.random.Generator) -> Flags:
    """One respondent with a pattern of its own: blocks, then questions in them, at least one."""
    out = np.zeros(p, dtype=bool)
    hit = rng.random(len(of.blocks)) < of.touched
    if not hit.any():
        hit[rng.choice(len(of.blocks), p=of.touched / of.touched.sum())] = True
    for at in np.flatnonzero(hit):
        own = np.array(of.blocks[at])
        left = rng.random(len(own)) < of.within[at]
        left[rng.integers(len(own))] |= not left.any()
        out[own[left]] = True
    return out
