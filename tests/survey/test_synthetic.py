"""The synthetic waves against every figure that the sources print, counted here by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mkb21sem.errors import OptionError
from mkb21sem.survey.batteries import FORMS
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.margins import apportioned, margins, nobody_without
from mkb21sem.survey.population import implied, population, structure
from mkb21sem.survey.synthetic import (
    MODEL_VARIABLES,
    REFERENCE_SEED,
    draw_answers,
    draw_continuous,
    synthetic_wave,
)

SEEDS = (REFERENCE_SEED, *range(24))
NOT_ASKED, NO_ANSWER = -7, -9
FIRM = ["REG01", "SEC01", "OMV01", "MKT01", "MKT02"]
USERS_ONLY = ("MAA", "WIJ", "MOT", "ERV", "REP")


def battery(answers: pd.DataFrame, *constructs: str) -> pd.DataFrame:
    return answers[[column for column in answers if str(column)[:3] in constructs]]


def percent(part: int, base: int) -> int:
    return int(np.floor(100 * part / base + 0.5))


@pytest.fixture(scope="module", params=SEEDS)
def answers(request: pytest.FixtureRequest) -> pd.DataFrame:
    return draw_answers(request.param)


@pytest.fixture
def users(answers: pd.DataFrame) -> pd.DataFrame:
    return answers[(battery(answers, "GEB") >= 2).any(axis=1)]


@pytest.fixture
def nonusers(answers: pd.DataFrame) -> pd.DataFrame:
    return answers[(battery(answers, "GEB") == 1).all(axis=1)]


@pytest.fixture
def firms(answers: pd.DataFrame) -> pd.DataFrame:
    return answers[(answers[FIRM] != NO_ANSWER).all(axis=1)]


# --- who answered -------------------------------------------------------------------------------------------


def test_respondents_users_and_nonusers(answers, users, nonusers, firms):
    assert (len(answers), len(users), len(nonusers), len(firms)) == (314, 256, 58, 312)
    assert percent(len(users), len(answers)) == 82
    assert answers["respondent"].is_unique


def test_columns_are_the_codebook(answers):
    items = Codebook.read().items
    assert list(answers) == ["respondent", *(item.id for item in items)]
    assert len(items) == 89


def test_answers_are_codes_of_the_codebook(answers):
    for item in Codebook.read().items:
        allowed = set(item.codes) | {NOT_ASKED, NO_ANSWER}
        assert set(answers[item.id]) <= allowed, item.id


# --- firms (base 312) ---------------------------------------------------------------------------------------


def test_two_nonusers_say_nothing_on_their_firm(answers, users):
    block = answers[FIRM].join(battery(answers, "CUL", "OMG"))
    silent = (block == NO_ANSWER).any(axis=1)
    assert silent.sum() == 2
    assert (block[silent] == NO_ANSWER).all(axis=None)
    assert not silent[users.index].any()
    assert (answers.drop(columns=block.columns) != NO_ANSWER).all(axis=None)


def test_region(firms):
    east = firms["REG01"].isin([4, 5])
    assert 192 <= east.sum() <= 194
    assert 192 <= (east | (firms["REG01"] == 6)).sum() <= 194, "with Flevoland counted as east"


def test_sector(firms):
    sector = firms["SEC01"].value_counts()
    assert 124 <= sector[10] <= 126
    assert 61 <= sector[11] <= 63
    assert 33 <= sector[2] <= 35


def test_size(firms):
    size = firms["OMV01"].value_counts()
    assert 130 <= size[1] <= 132
    assert 96 <= size[2] <= 98


def test_market(firms):
    business, consumer = firms["MKT01"] == 1, firms["MKT02"] == 1
    assert 245 <= business.sum() <= 248
    assert 189 <= consumer.sum() <= 191
    assert (business | consumer).all()
    assert (business & consumer).sum() >= 122


def test_director_is_responsible(answers):
    assert 241 <= (answers["ORG01"] == 1).sum() <= 243


def test_director_manages_social_media_most_often(answers, users):
    ticked = (battery(answers, "SMB") == 1).sum()
    assert ticked.idxmax() == "SMB01"
    assert (battery(users, "SMB") == 1).any(axis=1).all()
    assert not (users["SMB05"] == 1).any()


# --- use and future use (base 314) --------------------------------------------------------------------------


def test_main_media_weekly_by_slightly_more_than_half(answers):
    for medium in ("GEB01", "GEB02", "GEB03"):
        assert 0.50 < (answers[medium] >= 3).mean() < 0.54


def test_hyves(answers):
    active = (answers["GEB04"] >= 2).sum()
    assert 2 <= active <= 4
    assert percent(active, 314) == 1


@pytest.mark.parametrize(
    ("item", "low", "high"),
    [("TOE02", 200, 202), ("TOE03", 197, 199), ("TOE01", 190, 193), ("TOE05", 159, 161)],
)
def test_future_use(answers, item, low, high):
    assert low <= (answers[item] >= 4).sum() <= high


def test_reasons_of_nonusers(nonusers):
    knowledge, time = (nonusers["NIE01"] == 1).sum(), (nonusers["NIE02"] == 1).sum()
    assert 30 <= knowledge <= 32
    assert knowledge > len(nonusers) / 2
    assert percent(knowledge, 314) == 10
    assert time == 26
    assert (battery(nonusers, "NIE") == 1).any(axis=1).all()


# --- users (base 256) ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "mean", "low", "high"),
    [
        ("MAA01", 2.28, 583, 584),
        ("MAA02", 2.13, 544, 546),
        ("MAA03", 2.07, 529, 531),
        ("MAA04", 2.07, 529, 531),
        ("MAA05", 1.89, 483, 485),
        ("WIJ01", 4.12, 1054, 1055),
        ("WIJ02", 3.61, 923, 925),
        ("WIJ03", 3.49, 893, 894),
    ],
)
def test_printed_means(users, item, mean, low, high):
    assert low <= users[item].sum() <= high
    assert round(users[item].mean(), 2) == mean


def test_measures_are_mostly_not_taken(users):
    measures = battery(users, "MAA")
    without, planned = (measures <= 2).mean(), (measures >= 4).mean()
    assert without.between(0.61, 0.73).all()
    assert [percent(share, 1) for share in (without.min(), without.max())] == [61, 73]
    assert planned.between(0.10, 0.20).all()


def test_interaction_to_a_lesser_degree(users):
    assert (users[["WIJ04", "WIJ05", "WIJ06"]].mean() < users["WIJ03"].mean()).all()


def test_top_three_motives_in_order(users):
    means = battery(users, "MOT").mean().sort_values(ascending=False)
    assert list(means.index[:3]) == ["MOT01", "MOT02", "MOT04"]
    assert means.iloc[:4].is_unique


def test_experience_below_motive_for_every_goal(users):
    gap = battery(users, "MOT").mean().to_numpy() - battery(users, "ERV").mean().to_numpy()
    assert gap.shape == (12,)
    assert (gap > 0).all()


def test_reputation(users):
    items = battery(users, "REP")
    alpha = 5 / 4 * (1 - items.var().sum() / items.sum(axis=1).var())
    assert items.shape == (256, 5)
    assert alpha == pytest.approx(0.944, abs=0.0005)
    assert round(items.to_numpy().mean(), 2) == 3.64


# --- routing ------------------------------------------------------------------------------------------------


def test_routing(users, nonusers):
    assert (battery(users, "NIE") == NOT_ASKED).all(axis=None)
    assert (battery(nonusers, *USERS_ONLY) == NOT_ASKED).all(axis=None)
    assert (battery(users, *USERS_ONLY) >= 1).all(axis=None)
    asked_all = ["respondent", "ORG01", *battery(users, "SMB", "GEB", "TOE")]
    assert (pd.concat([users, nonusers])[asked_all] >= 0).all(axis=None)
    assert (users[FIRM].join(battery(users, "CUL", "OMG")) >= 0).all(axis=None)


# --- the wave as an object ----------------------------------------------------------------------------------


def test_embedded_wave_is_the_reference_draw():
    embedded = synthetic_wave().answers.reset_index()
    drawn = draw_answers(REFERENCE_SEED)
    assert list(embedded["respondent"]) == list(drawn["respondent"])
    for item in Codebook.read().items:
        assert list(embedded[item.id]) == list(drawn[item.id]), item.id


@pytest.mark.parametrize("seed", [None, 1])
def test_wave_says_that_it_is_synthetic(seed):
    wave = synthetic_wave(seed)
    assert wave.synthetic is True
    assert "synthetic" in wave.name


def test_seeds_differ_and_repeat():
    assert draw_answers(1).equals(draw_answers(1))
    assert not draw_answers(1).equals(draw_answers(2))
    assert draw_continuous(1).equals(draw_continuous(1))


def test_other_sizes_keep_shares():
    ten = draw_answers(5, n=3140)
    active = (battery(ten, "GEB") >= 2).any(axis=1)
    assert active.sum() == 2560
    assert (ten["OMV01"] == NO_ANSWER).sum() == 20
    assert (ten["TOE02"] >= 4).sum() == 2010
    assert (battery(draw_answers(5, n=60), "GEB") >= 2).any(axis=1).sum() == 49


def test_too_few_respondents():
    with pytest.raises(OptionError, match="at least 60 respondents"):
        draw_answers(1, n=59)


# --- population ---------------------------------------------------------------------------------------------


def test_population_is_standardised_and_positive_definite():
    Sigma = implied()
    np.testing.assert_allclose(np.diag(Sigma), 1.0, atol=1e-12)
    assert np.linalg.eigvalsh(Sigma).min() > 0
    assert set(MODEL_VARIABLES) <= set(Sigma.index)
    assert len(MODEL_VARIABLES) == 25


def test_population_explains_what_the_paths_imply():
    of = structure()
    explained = {name: 1 - of.S[i, i] for i, name in enumerate(of.names)}
    expected = {"MOT": 0.296, "INTENS": 0.320, "ERV": 0.438, "REP": 0.354, "TOE_M": 0.238}
    for name, share in expected.items():
        assert explained[name] == pytest.approx(share, abs=0.00051), name
    Sigma = implied()
    assert Sigma.loc["MOT", "ERV"] == pytest.approx(0.61, abs=0.005)
    assert Sigma.loc["INTENS", "REP"] == pytest.approx(0.42, abs=0.005)
    assert Sigma.loc["ERV", "REP"] == pytest.approx(0.58, abs=0.005)


def test_reputation_loadings_give_the_published_alpha():
    values = population()
    loading = values.loc[(values["lhs"] == "REP") & (values["op"] == "=~"), "value"].to_numpy()
    r = loading[0] ** 2
    assert len(set(loading)) == 1
    assert 5 * r / (1 + 4 * r) == pytest.approx(0.944, abs=0.0005)


def test_continuous_draws_have_the_implied_covariances():
    drawn = draw_continuous(7, n=200_000)
    assert list(drawn) == list(MODEL_VARIABLES)
    Sigma = implied().loc[list(drawn), list(drawn)].to_numpy()
    np.testing.assert_allclose(np.cov(drawn.to_numpy(), rowvar=False), Sigma, atol=0.015)
    np.testing.assert_allclose(drawn.mean(), 0.0, atol=0.015)


def test_parallel_parcels_share_residuals():
    values = population()
    of = structure()
    pairs = values[values["lhs"].str.startswith("MOT_") & (values["op"] == "~~")]
    assert len(pairs) == 4
    for pair in pairs.itertuples():
        i, j = of.names.index(pair.lhs), of.names.index(pair.rhs)
        assert of.S[i, j] / np.sqrt(of.S[i, i] * of.S[j, j]) == pytest.approx(pair.value)


# --- margins ------------------------------------------------------------------------------------------------


def test_margins_add_up_to_their_group():
    size = {"users": {256}, "nonusers": {56, 58}, "firms": {312}, "consumer firms": {190}, "all": {314}}
    for (item, group), margin in margins().items():
        assert sum(margin.counts) in size[group], (item, group)
        assert len(margin.codes) == len(margin.counts)


@pytest.mark.parametrize(
    ("counts", "n", "expected"),
    [((1, 1, 1), 4, (2, 1, 1)), ((3, 1), 8, (6, 2)), ((5, 3, 2), 7, (4, 2, 1)), ((0, 4), 3, (0, 3))],
)
def test_apportioned(counts, n, expected):
    assert tuple(apportioned(counts, n)) == expected


def test_coded_by_rank():
    margin = margins()["MOT01", "users"]
    score = np.random.default_rng(3).standard_normal(256)
    codes = margin.coded(score)
    assert tuple(np.bincount(codes, minlength=6)[1:]) == margin.counts
    assert (np.diff(codes[np.argsort(score)]) >= 0).all()


def test_nobody_without():
    codes = np.array([[0, 0], [1, 1], [0, 1], [0, 0]])
    scores = np.array([[0.0, 0.0], [0.3, 0.9], [0.1, 0.5], [0.2, -1.0]])
    filled = nobody_without(np.vstack([codes, [1, 1]]), np.vstack([scores, [0.8, 0.7]]), nothing=0)
    assert filled.any(axis=1).all()
    assert list(filled.sum(axis=0)) == [2, 3]


def test_forms_are_those_of_the_codebook():
    for form, goals in FORMS.items():
        for construct in ("MOT", "ERV"):
            of_form = [item.id for item in Codebook.read().battery(construct) if item.form.upper() == form]
            assert of_form == [f"{construct}{goal:02d}" for goal in goals]
