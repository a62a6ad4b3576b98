"""What the twin gives away about respondents of the wave: copies, near copies, rare combinations, guessed answers.

Every figure stands beside what chance gives: the same figure of decoys, which have the wave's distributions question by
question and no relation between questions, and so can hold no respondent. None of this is a proof of anonymity: no
differential privacy is claimed (Dwork & Roth 2014 say what that would be).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from mkb21sem.linalg import Array
from mkb21sem.survey.wave import Wave

DECOYS = 20
KEYS = ("REG01", "SEC01", "OMV01", "MKT01", "MKT02")
"""What an outsider may know of a firm."""


@dataclass(frozen=True, slots=True, eq=False)
class Risk:
    """What was found.

    Attributes
    ----------
    copies, copies_decoys
        Rows of the twin that equal a respondent in every answer; the most that any decoy has.
    nearest
        who median p05 of the distance to the nearest respondent (share of answers that differ): of the twin's rows, of
        decoys' rows, and of respondents among themselves.
    closer
        Share of the twin's rows that are nearer to some respondent than 95% of respondents are to any other.
    ratio
        Median over the twin's rows of the distance to the nearest respondent over that to the second nearest; near 1
        where no respondent stands out.
    ratio_respondents
        The same among respondents.
    rare
        Of pairs, triples … of what an outsider may know: size, rare (combinations that few respondents have), kept
        (of these, in the twin), by_chance (mean over decoys).
    guessed
        What an outsider who knows the keys guesses of other answers: item, twin, wave, chance. Each is the mean chance
        of the right answer (CAP): guessing from the twin's rows with the same keys, from the wave's, and from the
        distribution of all answers.
    keys
        What an outsider is taken to know.
    unmatched
        Share of respondents whose keys no row of the twin has.
    certain, certain_right
        Share of respondents for whom the twin's rows with their keys agree on an answer, mean over questions; and
        how often that is right (TCAP).
    """

    copies: int
    copies_decoys: int
    nearest: pd.DataFrame
    closer: float
    ratio: float
    ratio_respondents: float
    rare: pd.DataFrame
    guessed: pd.DataFrame
    keys: tuple[str, ...]
    unmatched: float
    certain: float
    certain_right: float


def risk(wave: Wave, twin: Wave, threshold: int, seed: int = 1) -> Risk:
    """Attack the twin.

    Parameters
    ----------
    wave, twin
        The real answers and the synthetic ones.
    threshold
        A combination that fewer respondents have is rare.
    seed
        Of the decoys.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 2]))
    names = list(wave.answers)
    real, made = wave.answers[names].to_numpy(), twin.answers[names].to_numpy()
    decoys = [rng.permuted(made, axis=0) for _ in range(DECOYS)]
    own, near = _distances(real, real, same=True), _distances(made, real)
    apart = _distances(decoys[0], real)
    limit = float(np.quantile(own[:, 0], 0.05))
    lines = [(who, np.median(d[:, 0]), np.quantile(d[:, 0], 0.05)) for who, d in _named(near, apart, own)]
    keys = tuple(name for name in KEYS if name in names) or tuple(map(str, names[:5]))
    at = [names.index(name) for name in keys]
    guessed, unmatched, certain, right = _guessed(wave, twin, keys)
    return Risk(
        copies=_copies(made, real),
        copies_decoys=max(_copies(decoy, real) for decoy in decoys),
        nearest=pd.DataFrame(lines, columns=["who", "median", "p05"]),
        closer=float((near[:, 0] < limit).mean()),
        ratio=_ratio(near),
        ratio_respondents=_ratio(own),
        rare=_rare(real[:, at], made[:, at], [decoy[:, at] for decoy in decoys], max(threshold, 2)),
        guessed=guessed,
        keys=keys,
        unmatched=unmatched,
        certain=certain,
        certain_right=right,
    )


def _named(near: Array, apart: Array, own: Array) -> tuple[tuple[str, Array], ...]:
    return (("twin", near), ("decoys", apart), ("respondents", own))


def _copies(made: Array, real: Array) -> int:
    there = {row.tobytes() for row in np.ascontiguousarray(real)}
    return sum(row.tobytes() in there for row in np.ascontiguousarray(made))


def _distances(rows: Array, real: Array, same: bool = False) -> Array:
    """Share of answers that differ from the nearest and the second nearest respondent, (n, 2); not from oneself."""
    out = np.empty((len(rows), 2))
    for at, row in enumerate(rows):
        apart = (real != row).mean(axis=1)
        if same:
            apart[at] = np.inf
        out[at] = np.partition(apart, 1)[:2]
    return out


def _ratio(distances: Array) -> float:
    usable = distances[distances[:, 1] > 0]
    return float(np.median(usable[:, 0] / usable[:, 1])) if len(usable) else math.nan


def _rare(real: Array, made: Array, decoys: list[Array], threshold: int) -> pd.DataFrame:
    """Combinations of the keys that fewer respondents have than the threshold, and how many come back."""
    lines = []
    for size in range(2, min(real.shape[1], 4) + 1):
        rare = kept = 0
        chance = 0.0
        for columns in combinations(range(real.shape[1]), size):
            seen, n = np.unique(real[:, columns], axis=0, return_counts=True)
            few = {row.tobytes() for row in np.ascontiguousarray(seen[n < threshold])}
            rare += len(few)
            kept += len(few & _rows(made[:, columns]))
            chance += float(np.mean([len(few & _rows(decoy[:, columns])) for decoy in decoys]))
        lines.append((size, rare, kept, chance))
    return pd.DataFrame(lines, columns=["size", "rare", "kept", "by_chance"])


def _rows(y: Array) -> set[bytes]:
    return {row.tobytes() for row in np.ascontiguousarray(y)}


def _guessed(wave: Wave, twin: Wave, keys: tuple[str, ...]) -> tuple[pd.DataFrame, float, float, float]:
    """Correct attribution probability (Elliot 2014; Taub, Elliot, Pampaka & Smith 2018): DCAP, and TCAP where sure."""
    same_twin = _same(wave, twin, keys, own=False)
    same_wave = _same(wave, wave, keys, own=True)
    matched = same_twin.any(axis=1)
    lines, sure, right = [], 0, 0
    targets = [str(id) for id in wave.answers if id not in keys and wave.codebook[str(id)].asked == "all"]
    for id in targets:
        truth, given = wave.answers[id].to_numpy(), twin.answers[id].to_numpy()
        hit = (truth[:, None] == given) & same_twin
        n = same_twin.sum(axis=1)
        by_twin = hit.sum(axis=1)[matched] / n[matched]
        beside = (truth[:, None] == truth) & same_wave
        others = same_wave.sum(axis=1)
        by_wave = beside.sum(axis=1)[others > 0] / others[others > 0]
        chance = pd.Series(truth).map(pd.Series(given).value_counts(normalize=True)).fillna(0.0).mean()
        lines.append((id, float(np.mean(by_twin)), float(np.mean(by_wave)), float(chance)))
        agreed = matched & _agree(given, same_twin)
        sure += int(agreed.sum())
        right += int((hit.any(axis=1) & agreed).sum())
    table = pd.DataFrame(lines, columns=["item", "twin", "wave", "chance"])
    asked = len(targets) * wave.n
    return table, float(1 - matched.mean()), sure / asked if asked else 0.0, right / sure if sure else math.nan


def _same(wave: Wave, other: Wave, keys: tuple[str, ...], own: bool) -> Array:
    """Which rows of another wave have a respondent's keys, (n, m); ``own``: but not the respondent itself."""
    ours, theirs = (each.answers[list(keys)].to_numpy() for each in (wave, other))
    same = (ours[:, None, :] == theirs[None, :, :]).all(axis=2)
    if own:
        np.fill_diagonal(same, False)
    return np.asarray(same)


def _agree(given: Array, same: Array) -> Array:
    """For whom all rows with the same keys, at least two, give the same answer."""
    high = np.where(same, given, np.iinfo(np.int64).min).max(axis=1)
    low = np.where(same, given, np.iinfo(np.int64).max).min(axis=1)
    return np.asarray((high == low) & (same.sum(axis=1) > 1))
