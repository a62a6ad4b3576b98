"""A wave of nobody with the answers' distributions and relations of a real one, to share in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mkb21sem.describe.suppression import THRESHOLD
from mkb21sem.errors import OptionError, WaveError
from mkb21sem.infer.twins.copula import Copula, copula, draw
from mkb21sem.infer.twins.gaps import Gaps, draw_gaps, gaps
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.derived import ACTIVE, DONT_KNOW, NO_ANSWER, NOT_ASKED
from mkb21sem.survey.wave import Wave

FEWEST = 30
"""Respondents that a group needs: with fewer its relations can't be estimated."""
MARKETS = ("MKT01", "MKT02")


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """One route through the questionnaire.

    Attributes
    ----------
    name
        "users", "nonusers" or "all".
    n
        Respondents of the wave who took it.
    copula, gaps
        Their answers, and which are missing.
    dont_know
        Share of −8 among the missing answers.
    """

    name: str
    n: int
    copula: Copula
    gaps: Gaps
    dont_know: float


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Everything that is taken from the wave.

    Attributes
    ----------
    groups
        Routes through the questionnaire.
    left_out
        Respondents who belong to none: use unknown, or a group of fewer than `FEWEST`.
    threshold
        Answers that fewer gave were changed.
    """

    groups: tuple[Group, ...]
    left_out: int
    threshold: int

    @property
    def noised(self) -> dict[str, int]:
        """Questions of which a share was changed, and of how many answers."""
        found: dict[str, int] = {}
        for group in self.groups:
            for name, count in group.copula.noised.items():
                found[name] = found.get(name, 0) + count
        return found


def model(wave: Wave, threshold: int = THRESHOLD, seed: int = 1) -> Model:
    """Estimate what a twin is drawn from.

    Parameters
    ----------
    wave
        The answers of real respondents.
    threshold
        An answer that fewer gave is not carried over as it is; 0 carries over everything.
    seed
        Of the numbers put in the place of small counts.

    Raises
    ------
    OptionError
        The threshold is negative, or 1.
    WaveError
        No group has respondents enough.
    """
    if threshold < 0 or threshold == 1:
        raise OptionError(f"threshold must be 0 or at least 2; got {threshold}.")
    rng = np.random.default_rng(np.random.SeedSequence([seed, 0]))
    groups, used = [], 0
    for name, members in routes(wave).items():
        if len(members) >= FEWEST:
            groups.append(_group(name, wave.answers.loc[members], wave.codebook, threshold, rng))
            used += len(members)
    if not groups:
        raise WaveError(
            f"{wave.name}: a twin needs at least {FEWEST} respondents on one route through the questionnaire; "
            f"there are {wave.n} in all. Share tables instead."
        )
    return Model(tuple(groups), wave.n - used, threshold)


def routes(wave: Wave) -> dict[str, pd.Index]:
    """Respondents by route: users, non-users; or all, where no question is for one of them only."""
    asked = {item.asked for item in wave.codebook.items if item.id in wave.answers}
    if asked <= {"all"}:
        return {"all": wave.answers.index}
    use = wave.derived()["USER"]
    return {"users": use.index[use == 1], "nonusers": use.index[use == 0]}


def _group(name: str, answers: pd.DataFrame, codebook: Codebook, threshold: int, rng: np.random.Generator) -> Group:
    asked = answers.loc[:, (answers != NOT_ASKED).any()]
    valid = asked.where(asked >= 0).astype(float)
    valid = valid.loc[:, valid.notna().any()]
    nominal = frozenset(str(id) for id in valid if codebook[str(id)].measure == "nominal")
    missing = valid.isna().to_numpy()
    blocks: dict[str, list[int]] = {}
    for at, id in enumerate(map(str, valid)):
        blocks.setdefault(codebook[id].construct, []).append(at)
    lost = int(missing.sum())
    unknown = int((asked[valid.columns] == DONT_KNOW).to_numpy().sum())
    return Group(
        name,
        len(answers),
        copula(valid, nominal, threshold, rng),
        gaps(missing, blocks, threshold, rng),
        unknown / lost if lost else 0.0,
    )


def synthesize(of: Model, codebook: Codebook, questions: tuple[str, ...], n: int, seed: int = 1) -> pd.DataFrame:
    """Draw a twin.

    Parameters
    ----------
    of
        What it is drawn from.
    codebook
        Of the wave; the twin obeys its routing.
    questions
        The wave's questions in its order.
    n
        Respondents of the twin.
    seed
        The same seed gives the same twin.

    Returns
    -------
    DataFrame
        respondent (1 to n) and the questions: codes, −7 where not asked, −8 and −9 where missing.

    Raises
    ------
    OptionError
        n is too small for every route to have someone.
    """
    if n < FEWEST:
        raise OptionError(f"--n must be at least {FEWEST} respondents; got {n}.")
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1]))
    total = sum(group.n for group in of.groups)
    ends = np.round(np.cumsum([group.n for group in of.groups]) / total * n).astype(int)
    parts = []
    for group, size in zip(of.groups, np.diff(ends, prepend=0), strict=True):
        if size:
            parts.append(_drawn(group, int(size), codebook, questions, rng))
    answers = pd.concat(parts, ignore_index=True).iloc[rng.permutation(n)].reset_index(drop=True)
    answers.insert(0, "respondent", np.arange(1, n + 1))
    return answers


def _drawn(
    group: Group, n: int, codebook: Codebook, questions: tuple[str, ...], rng: np.random.Generator
) -> pd.DataFrame:
    drawn = draw(group.copula, n, rng)
    _obey(drawn, group.name, codebook, rng)
    holes = draw_gaps(group.gaps, n, drawn.shape[1], rng)
    codes = np.where(rng.random(holes.shape) < group.dont_know, DONT_KNOW, NO_ANSWER)
    answered = pd.DataFrame(np.where(holes, codes, drawn.to_numpy()), columns=drawn.columns)
    blank = {id: NOT_ASKED if _skipped(group.name, codebook[id].asked) else NO_ANSWER for id in questions}
    return pd.DataFrame({id: answered.get(id, pd.Series(blank[id], range(n))) for id in questions}).astype(int)


def _skipped(route: str, asked: str) -> bool:
    return asked != "all" and asked != route


def _obey(drawn: pd.DataFrame, route: str, codebook: Codebook, rng: np.random.Generator) -> None:
    """Swap answers between respondents until the routing holds: users use something, firms serve some market.

    Swaps leave every share as it is.
    """
    media = [item.id for item in codebook.battery("GEB") if item.id in drawn]
    if route == "users" and media:
        _swap(drawn, media, ACTIVE, rng)
    markets = [id for id in MARKETS if id in drawn]
    if len(markets) == len(MARKETS):
        _swap(drawn, markets, 1, rng)


def _swap(drawn: pd.DataFrame, names: list[str], least: int, rng: np.random.Generator) -> None:
    """Give every row at least one answer of `least` or more, by exchanging with rows that have several."""
    y = drawn[names].to_numpy(copy=True)
    for row in np.flatnonzero((y < least).all(axis=1)):
        high = y >= least
        givers = np.flatnonzero(high.sum(axis=1) > 1)
        if not len(givers):
            break
        giver = int(rng.choice(givers))
        at = int(rng.choice(np.flatnonzero(high[giver])))
        y[row, at], y[giver, at] = y[giver, at], y[row, at]
    drawn[names] = y


def facts(of: Model) -> Mapping[str, object]:
    """What is said of a twin beside its file."""
    return {
        "threshold": of.threshold,
        "questions_by_group": {group.name: len(group.copula.names) for group in of.groups},
        "left_out": of.left_out,
        "questions_noised": sorted(of.noised),
    }
