"""Later waves that never were, with everything about them known: what drifted, which items changed, what was renamed.

No later wave of the monitor is known. These serve to try the comparison of waves, and to check it: what changes from
2012 on stands in `synthetic_waves.csv`, and every value in it is invented. A wave is drawn from the same population as
the synthetic wave of 2012, its answers cut at fixed points (those that give 2012's published figures on average), so
that a construct that drifts takes its items with it. Hyves ends and Instagram comes, as platforms do.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from mkb21sem.survey.batteries import FORMS, driven, reflective, ways
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.derived import NOT_ASKED
from mkb21sem.survey.margins import Codes, margins, nobody_without
from mkb21sem.survey.population import structure
from mkb21sem.survey.synthetic import RESPONDENTS, draw_answers, synthetic_wave
from mkb21sem.survey.wave import Wave
from mkb21sem.survey.waves import Waves

Array = NDArray[np.float64]

YEARS = (2012, 2014, 2016)
REFERENCE_SEED = 2016
"""Seed of the later waves that the program ships: the last one's year."""
REPUTATION_RESIDUAL = 0.78
"""Factor on the reputation items' residuals by which alpha, as answered on five points, is .944 on average."""
CONSTRUCTS = ("CUL", "OMG", "MOT", "ERV", "REP")
_MEASURES = {"CUL": 0.25, "INTENS": 0.30, "OMV01": 0.15}
_WAYS = {"MOT": 0.35, "INTENS": 0.35}


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the truth: a kind of change, of what, from which wave on or in which, by how much or to what."""

    kind: str
    name: str
    wave: int
    value: str


@cache
def changes() -> tuple[Change, ...]:
    """Everything that changes after 2012."""
    with files("mkb21sem.survey").joinpath("synthetic_waves.csv").open(encoding="utf-8") as text:
        return tuple(Change(row["kind"], row["name"], int(row["wave"]), row["value"]) for row in csv.DictReader(text))


def planted() -> frozenset[tuple[str, int]]:
    """The items whose measurement changes, and the year in which it does."""
    return frozenset((each.name, each.wave) for each in changes() if each.kind in ("intercept", "loading"))


def true_means(drift: bool = True) -> pd.DataFrame:
    """Latent means of the constructs by year, in SDs of 2012 from 2012's mean: (constructs, years)."""
    means = {year: _reach(year, drift) for year in YEARS}
    return pd.DataFrame({year: [reach[name] for name in CONSTRUCTS] for year, reach in means.items()}, list(CONSTRUCTS))


def _reach(year: int, drift: bool) -> Mapping[str, float]:
    """What the changed intercepts of the constructs do to the mean of every variable."""
    of = structure()
    given = {c.name: float(c.value) for c in changes() if c.kind == "drift" and c.wave == year and drift}
    shift = of.total @ np.array([given.get(name, 0.0) for name in of.names])
    return dict(zip(of.names, shift.tolist(), strict=True))


def synthetic_waves(
    seed: int | None = None, n: int = RESPONDENTS, *, drift: bool = True, noninvariance: bool = True
) -> Waves:
    """Three synthetic waves, of 2012, 2014 and 2016.

    Parameters
    ----------
    seed
        None gives the embedded wave of 2012, which has every published figure, and two later ones from a fixed seed. A
        number draws all three from the population.
    n
        Respondents of each drawn wave.
    drift, noninvariance
        Whether constructs drift, and whether items change; without both the waves differ by chance alone.

    Raises
    ------
    OptionError
        n is below 60, too few to keep every share.
    """
    streams = np.random.SeedSequence(REFERENCE_SEED if seed is None else seed).spawn(len(YEARS))
    drawn = [
        draw_wave(year, stream, n, drift=drift, noninvariance=noninvariance)
        for year, stream in zip(YEARS, streams, strict=True)
    ]
    if seed is None:
        drawn[0] = replace(synthetic_wave(), name=drawn[0].name)
    names = {year: wave.name for year, wave in zip(YEARS, drawn, strict=True)}
    lines = [(names[c.wave], c.name, c.value) for c in changes() if c.kind == "renamed"]
    return Waves.of(drawn, pd.DataFrame(lines, columns=["wave", "item", "here"]))


def draw_wave(year: int, seed: np.random.SeedSequence, n: int, *, drift: bool, noninvariance: bool) -> Wave:
    """One wave of n respondents, as the codebook of its year, one of `YEARS`, asks it."""
    rng = np.random.default_rng(seed)
    answers = draw_answers(int(rng.integers(2**31)), n).set_index("respondent")
    users = (answers[[c for c in answers if str(c).startswith("MOT")]] != NOT_ASKED).all(axis=1).to_numpy()
    own = {c.name: c for c in changes() if c.wave == year and c.kind in ("intercept", "loading") and noninvariance}
    fresh = _users(rng, answers[users], _reach(year, drift), own)
    answers.loc[users, list(fresh)] = fresh.to_numpy()
    for construct in ("CUL", "OMG"):
        _nonusers(rng, answers, ~users, construct, _reach(year, drift)[construct], own)
    asked, book = _questionnaire(year, answers)
    return Wave.of(asked, book, f"MKB21 {year}, synthetic", synthetic=True, source=f"drawn from the population, {year}")


def draw_users(
    year: int, seed: np.random.SeedSequence, n: int, *, drift: bool = True, noninvariance: bool = True
) -> pd.DataFrame:
    """Answers of n users of a year to the batteries alone, under 2012's ids: what `draw_wave` has of its users.

    Parameters
    ----------
    year
        One of `YEARS`.
    seed
        Of the draw.
    n
        Users.
    drift, noninvariance
        As for `synthetic_waves`.
    """
    rng = np.random.default_rng(seed)
    firms = {}
    for item in ("OMV01", "MKT02"):
        margin = margins()[item, "users"]
        firms[item] = rng.choice(margin.codes, n, p=np.array(margin.counts) / sum(margin.counts))
    own = {c.name: c for c in changes() if c.wave == year and c.kind in ("intercept", "loading") and noninvariance}
    return _users(rng, pd.DataFrame(firms), _reach(year, drift), own)


def _users(
    rng: np.random.Generator, firms: pd.DataFrame, reach: Mapping[str, float], own: Mapping[str, Change]
) -> pd.DataFrame:
    """Users' answers to the batteries, given their firms' size and market."""
    of, n = structure(), len(firms)
    shocks = of.innovations(rng, n)
    for item in ("OMV01", "MKT02"):
        codes = firms[item].to_numpy(dtype=float)
        margin = margins()[item, "users"]
        share = np.array(margin.counts) / sum(margin.counts)
        mean = float(share @ margin.codes)
        shocks[item] = (codes - mean) / np.sqrt(share @ (np.array(margin.codes) - mean) ** 2)
    scores = of.scores(shocks) + np.array([reach[name] for name in of.names])
    for item, change in own.items():
        scores[item] += float(change.value) * (scores[item[:3]] if change.kind == "loading" else 1.0)
    answers: dict[str, Codes] = {}
    for construct in ("CUL", "OMG"):
        more = reflective(rng, scores[construct].to_numpy(), (0.70, 0.72))
        for i in range(1, 7):
            item = f"{construct}{i:02d}"
            answers[item] = cut(item, "users", scores[item].to_numpy() if i <= 4 else more[:, i - 5])
    answers |= _goals(rng, scores) | _reputation(scores, own) | _media(rng, scores)
    measures = reflective(rng, driven(rng, scores, _MEASURES), (0.80,) * 5)
    used = ways(rng, driven(rng, scores, _WAYS)) / np.sqrt([1.25] * 6)
    answers |= {f"MAA{i + 1:02d}": cut(f"MAA{i + 1:02d}", "users", column) for i, column in enumerate(measures.T)}
    answers |= {f"WIJ{i + 1:02d}": cut(f"WIJ{i + 1:02d}", "users", column) for i, column in enumerate(used.T)}
    return pd.DataFrame(answers, index=firms.index)


def _goals(rng: np.random.Generator, scores: pd.DataFrame) -> dict[str, Codes]:
    """Motives and experiences: three items around each parcel, sharing part of what is their own."""
    answers: dict[str, Codes] = {}
    for form, goals in FORMS.items():
        wanted, other = rng.standard_normal((2, len(scores), len(goals)))
        for construct, shock in (("MOT", wanted), ("ERV", 0.3 * wanted + np.sqrt(1 - 0.3**2) * other)):
            items = _spread(scores[f"{construct}_{form}"].to_numpy(), shock, own=0.6)
            answers |= {
                f"{construct}{g:02d}": cut(f"{construct}{g:02d}", "users", x)
                for g, x in zip(goals, items.T, strict=True)
            }
    return answers


def _reputation(scores: pd.DataFrame, own: Mapping[str, Change]) -> dict[str, Codes]:
    of = structure()
    answers = {}
    for i in range(1, 6):
        item = f"REP{i:02d}"
        loading = float(of.A[of.names.index(item), of.names.index("REP")])
        level = float(own[item].value) if item in own and own[item].kind == "intercept" else 0.0
        common = loading * scores["REP"].to_numpy()
        residual = scores[item].to_numpy() - common - level
        total = np.sqrt(loading**2 + REPUTATION_RESIDUAL**2 * (1 - loading**2))
        answers[item] = cut(item, "users", (common + level + REPUTATION_RESIDUAL * residual) / total)
    return answers


def _media(rng: np.random.Generator, scores: pd.DataFrame) -> dict[str, Codes]:
    """Use of ten media, at least one of them by every user, and expected use."""
    use, later = scores["INTENS"].to_numpy(), scores["TOE_M"].to_numpy()
    main, rest = (
        _spread(use, rng.standard_normal((len(use), 3)), 0.6),
        _spread(use, rng.standard_normal((len(use), 6)), 1.2),
    )
    hyves = (use + rng.standard_normal(len(use))) / np.sqrt(2)
    media = np.column_stack([main, hyves, rest])
    names = [f"GEB{i:02d}" for i in range(1, 11)]
    codes = np.column_stack([cut(name, "users", x) for name, x in zip(names, media.T, strict=True)])
    codes = nobody_without(codes, media, nothing=1)
    expected = _spread(later, rng.standard_normal((len(later), 10)), 0.7)
    answers = dict(zip(names, codes.T, strict=True))
    return answers | {f"TOE{i + 1:02d}": cut(f"TOE{i + 1:02d}", "users", x) for i, x in enumerate(expected.T)}


def _nonusers(
    rng: np.random.Generator,
    answers: pd.DataFrame,
    nonusers: NDArray[np.bool_],
    construct: str,
    drift: float,
    own: Mapping[str, Change],
) -> None:
    """Culture and environment of firms that use no social media drift as the users' do; who was silent stays so."""
    of, n = structure(), int(nonusers.sum())
    eta = rng.standard_normal(n) + drift
    for i in range(1, 7):
        item = f"{construct}{i:02d}"
        known = item in of.names
        loading = float(of.A[of.names.index(item), of.names.index(construct)]) if known else (0.70, 0.72)[i - 5]
        change = own.get(item)
        extra = 0.0 if change is None else float(change.value)
        level, slope = (extra, loading) if change and change.kind == "intercept" else (0.0, loading + extra)
        score = level + slope * eta + np.sqrt(1 - loading**2) * rng.standard_normal(n)
        codes = cut(item, "nonusers", score)
        before = answers.loc[nonusers, item].to_numpy()
        answers.loc[nonusers, item] = np.where(before >= 0, codes, before)


def _spread(total: Array, shock: Array, own: float) -> Array:
    """Items around a total as in `batteries.around`, with variance 1 in 2012."""
    k = shock.shape[1]
    items = total[:, None] + np.sqrt(own) * (shock - shock.mean(axis=1, keepdims=True))
    return np.asarray(items / np.sqrt(1 + own * (k - 1) / k))


def cut(item: str, group: str, score: Array) -> Codes:
    """Answers (n,) to scores with variance 1 in 2012, cut where 2012's shares put the points."""
    margin = margins()[item, group]
    share = np.cumsum(margin.counts) / np.sum(margin.counts)
    return np.asarray(margin.codes, dtype=np.int64)[np.searchsorted(norm.ppf(share[:-1]), score, side="right")]


def _questionnaire(year: int, answers: pd.DataFrame) -> tuple[pd.DataFrame, Codebook]:
    """The questions of a year, with media that ended or came and ids that changed."""
    book, out = Codebook.read(), answers.copy()
    items = {item.id: item for item in book.items}
    since = [c for c in changes() if c.wave <= year and c.kind in ("ended", "came")]
    here = {c.name: c.value for c in changes() if c.wave == year and c.kind == "renamed"}
    for change in since:
        if change.kind == "came":
            model = items["GEB08" if change.name.startswith("GEB") else "TOE08"]
            label_nl, label_en = (text.rpartition(": ")[0] + ": Instagram" for text in (model.label_nl, model.label_en))
            items[change.name] = replace(
                model, id=change.name, label_nl=label_nl, label_en=label_en, platform_class=change.value, status=""
            )
            out[change.name] = _arrived(out, model.id)
    ended = [c.name for c in since if c.kind == "ended"]
    kept = [replace(item, id=here.get(id, id)) for id, item in items.items() if id not in ended]
    return out.drop(columns=ended).rename(columns=here), Codebook(tuple(kept), f"MKB21 {year}, synthetic")


def _arrived(answers: pd.DataFrame, like: str) -> pd.Series[int]:
    """Answers to a new medium: those to a like one, each moved to the next respondent.

    Firms that use no medium at all use this one neither.
    """
    codes = answers[like]
    users = (answers[[c for c in answers if str(c).startswith("MOT")]] != NOT_ASKED).all(axis=1)
    moved = codes.copy()
    moved[users] = np.roll(codes[users].to_numpy(), 1)
    return moved
