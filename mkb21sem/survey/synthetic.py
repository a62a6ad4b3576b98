"""A wave that never was: answers drawn from the default model, calibrated to the published figures.

The microdata of the 2012 wave are not public. The synthetic wave has its size, its routing and every figure
that was printed about it (counts and item means exactly, the reputation alpha within .001); all else,
above all every relation between variables, comes from `population.csv` and is invented. It serves to try
the programs; nothing about real firms follows from it.

Users are drawn from the default model. Non-users share its firm characteristics, culture and environment at
a lower level, and have no motive, experience or reputation effect: those questions were not put to them.
"""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mkb21sem.errors import OptionError
from mkb21sem.survey.batteries import (
    FORMS,
    around,
    at_least_one,
    battery,
    climate,
    coded,
    driven,
    media,
    motives_and_experiences,
    reflective,
    reputation,
    ways,
)
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.derived import NO_ANSWER, NOT_ASKED
from mkb21sem.survey.margins import Codes, apportioned
from mkb21sem.survey.population import structure
from mkb21sem.survey.wave import Wave

Array = NDArray[np.float64]

REFERENCE_SEED = 2012
"""Seed of the embedded wave: its year, not chosen for what it draws."""
RESPONDENTS = 314
_USERS, _NONUSERS, _SILENT_ON_FIRM = 256, 58, 2
_FEWEST = 60

MODEL_VARIABLES = (
    *(f"CUL{i:02d}" for i in range(1, 5)),
    *(f"OMG{i:02d}" for i in range(1, 5)),
    *(f"{construct}_{form}" for construct in ("MOT", "ERV") for form in FORMS),
    *(f"REP{i:02d}" for i in range(1, 6)),
    *("OMV01", "MKT02", "INTENS", "TOE_M"),
)
"""The 25 observed variables of the default model."""

_FIRM_BLOCK = ("REG01", "SEC01", "OMV01", "MKT01", "MKT02")

# Batteries outside the model: standardised effects on their common factor, invented like the rest.
_MEASURES = {"CUL": 0.25, "INTENS": 0.30, "OMV01": 0.15}
_WAYS = {"MOT": 0.35, "INTENS": 0.35}
_NONUSERS_FUTURE = {"CUL": 0.15, "OMG": 0.35}


def synthetic_wave(seed: int | None = None) -> Wave:
    """Return the synthetic 2012 wave: 314 respondents, calibrated to every published figure.

    Parameters
    ----------
    seed
        None reads the embedded reference wave; a number draws another wave from the same population.

    Returns
    -------
    Wave
        `synthetic` is True and `name` says so. Nothing about real firms follows from it.
    """
    name = "MKB21 2012, synthetic" if seed is None else f"MKB21 2012, synthetic, seed {seed}"
    source = f"drawn from the default model with seed {REFERENCE_SEED if seed is None else seed}"
    answers = _embedded() if seed is None else draw_answers(seed)
    return Wave.of(answers, name=name, synthetic=True, source=source)


def _embedded() -> pd.DataFrame:
    with files("mkb21sem.survey").joinpath("mkb21_2012_synthetic.csv").open(encoding="utf-8") as text:
        return pd.read_csv(text)


def draw_continuous(seed: int, n: int = _USERS) -> pd.DataFrame:
    """Draw the default model's 25 observed variables for n users, as normal scores before any coarsening.

    Parameters
    ----------
    seed
        Of `numpy.random.default_rng`.
    n
        Number of users.

    Returns
    -------
    DataFrame
        (n, 25), population means 0 and variances 1, population correlations those of `implied()`.
    """
    of = structure()
    return of.scores(of.innovations(np.random.default_rng(seed), n))[list(MODEL_VARIABLES)]


def draw_answers(seed: int, n: int = RESPONDENTS) -> pd.DataFrame:
    """Draw a coded wave of n respondents; with n = 314 it has every published figure.

    Parameters
    ----------
    seed
        Of `numpy.random.default_rng`.
    n
        Number of respondents; with another n than 314 all shares stay those of the reference wave.

    Returns
    -------
    DataFrame
        (n, 90) integers: `respondent`, then the codebook's 89 questions. −7 not asked, −9 no answer.

    Raises
    ------
    OptionError
        n is below 60, too few to keep every share.
    """
    if n < _FEWEST:
        raise OptionError(f"n must be at least {_FEWEST} respondents to keep the published shares; got {n}.")
    rng_users, rng_nonusers, rng_all = np.random.default_rng(seed).spawn(3)
    n_users, n_nonusers = apportioned((_USERS, _NONUSERS), n)
    silent = round(n_nonusers * _SILENT_ON_FIRM / _NONUSERS)
    answers = pd.concat([_users(rng_users, n_users), _nonusers(rng_nonusers, n_nonusers, silent)], ignore_index=True)
    answers = answers.assign(**_firm(rng_all, answers, silent), **_responsible(rng_all, answers))
    answers = answers.drop(columns="size").fillna(NOT_ASKED).astype(np.int64)
    hidden = [item for item in answers if item in _FIRM_BLOCK or str(item).startswith(("CUL", "OMG"))]
    answers.loc[answers.index[n - silent :], hidden] = NO_ANSWER
    shuffled = answers.iloc[rng_all.permutation(n)].reset_index(drop=True)
    shuffled.insert(0, "respondent", np.arange(1, n + 1))
    return shuffled[["respondent", *Codebook.read().ids]]


def _users(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Answers of n users, and `size`, the normal score behind the firm's size.

    Size and market are categories by nature. Their codes, standardised, enter the model themselves, so
    that the population paths from them hold for the codes.
    """
    of, group = structure(), "users"
    shocks = of.innovations(rng, n)
    size = shocks["OMV01"].copy()
    firm = {item: coded(item, group, shocks[item]) for item in ("OMV01", "MKT02")}
    for item, codes in firm.items():
        shocks[item] = (codes - codes.mean()) / codes.std()
    scores = of.scores(shocks)
    use = media(rng, scores["INTENS"].to_numpy())
    managers = rng.standard_normal((n, 4)) + size.to_numpy()[:, None] * [-0.4, 0.4, 0.4, 0.1]
    return pd.DataFrame(
        {
            "size": size,
            **firm,
            **climate(rng, scores, group),
            **at_least_one("GEB", group, use, nothing=1),
            **battery("TOE", group, around(rng, scores["TOE_M"].to_numpy(), 10, own=0.7)),
            **battery("MAA", group, reflective(rng, driven(rng, scores, _MEASURES), (0.80,) * 5)),
            **battery("WIJ", group, ways(rng, driven(rng, scores, _WAYS))),
            **motives_and_experiences(rng, scores),
            **reputation(scores),
            **at_least_one("SMB", group, managers, nothing=0),
            "SMB05": 0,
        }
    )


def _nonusers(rng: np.random.Generator, n: int, silent: int) -> pd.DataFrame:
    """Answers of n non-users; the last `silent` of them say nothing about their firm."""
    of, group = structure(), "nonusers"
    shocks = of.innovations(rng, n)
    scores = of.scores(shocks)
    told = slice(None, n - silent)
    firm = {item: coded(item, group, shocks[item][told]) for item in ("OMV01", "MKT02")}
    future = around(rng, driven(rng, scores, _NONUSERS_FUTURE), 10, own=0.7)
    nobody = coded("SMB05", group, rng.standard_normal(n))
    return pd.DataFrame(
        {
            "size": shocks["OMV01"],
            **{f"GEB{i:02d}": np.ones(n) for i in range(1, 11)},
            **battery("TOE", group, future),
            **at_least_one("NIE", group, rng.standard_normal((n, 6)), nothing=0),
            "SMB01": 1 - nobody,
            **{f"SMB{i:02d}": np.zeros(n) for i in (2, 3, 4)},
            "SMB05": nobody,
        }
    ).join(pd.DataFrame(firm | climate(rng, scores[told], group)))


def _firm(rng: np.random.Generator, answers: pd.DataFrame, silent: int) -> dict[str, Array]:
    """Province, sector and business market of the firms, missing for the last `silent` respondents.

    Sectors stand in `synthetic_counts.csv` from business-facing to consumer-facing. A firm that isn't on the
    consumer market is on the business market.
    """
    n = len(answers) - silent
    consumers = answers["MKT02"].to_numpy()[:n] == 1
    facing = rng.standard_normal(n) + 0.7 * consumers
    business = np.ones(n)
    business[consumers] = coded("MKT01", "consumer firms", facing[consumers])
    province = coded("REG01", "firms", rng.standard_normal(n))
    columns = {"REG01": province, "SEC01": coded("SEC01", "firms", facing), "MKT01": business}
    return {item: np.append(codes, np.full(silent, np.nan)) for item, codes in columns.items()}


def _responsible(rng: np.random.Generator, answers: pd.DataFrame) -> dict[str, Codes]:
    """Who answers for communication: in small firms the director."""
    return {"ORG01": coded("ORG01", "all", answers["size"] + rng.standard_normal(len(answers)))}
