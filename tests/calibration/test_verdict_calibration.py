"""Error rates of verdicts: the committed ones stay in their bands, and new samples give the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import betabinom, binom

from benchmarks.verdict_calibration import ALPHA, ARMS, questions, replicate, simulate, summary, truth, zeros
from benchmarks.verdict_page import page, read
from mkb21sem import Hypothesis

FOLDER = Path(__file__).parents[2] / "benchmarks"
ANEW, OTHER_SEED = 200, 50_000


@pytest.fixture(scope="module")
def committed() -> pd.DataFrame:
    return read(FOLDER / "verdict_calibration.csv")


def test_page_says_what_the_rates_are() -> None:
    written = (FOLDER / "verdict_calibration.md").read_text(encoding="utf-8")
    assert written == page(FOLDER / "verdict_calibration.csv")


def test_every_question_has_a_rate(committed: pd.DataFrame) -> None:
    wanted = [(arm.name, question, what) for arm in ARMS for question, what, *_ in questions()]
    assert list(zip(committed["arm"], committed["question"], committed["what"], strict=True)) == wanted
    assert set(committed["replications"]) == {1000}
    none = (committed["arm"] == "normal scores, ML") & (committed["what"] == "robust score")
    assert (committed.loc[~none, "usable"] == 1000).all()
    assert (committed.loc[none, "usable"] == 0).all()
    np.testing.assert_allclose(committed["rate"], committed["hits"] / committed["usable"].replace(0, np.nan), rtol=1e-5)


def test_true_zeros_are_supported_no_more_often_than_alpha(committed: pd.DataFrame) -> None:
    """Of every arrow, and of nine together under Holm and Benjamini–Hochberg: no rate outside its 99% band."""
    judged = committed[committed["inside"].notna()]
    assert len(judged) == 3 * (4 * 9 + 2 + 4 + 2) - 1
    low, high = binom.interval(0.99, judged["usable"], judged["nominal"])
    at_most = judged["question"].str.startswith(("any", "practically zero at"))
    inside = (at_most | (judged["hits"] >= low)) & (judged["hits"] <= high)
    assert inside.all(), judged[~inside].to_string()
    assert (judged["inside"] == "True").all()


def test_what_the_truth_is() -> None:
    claims = {claim.id: claim for claim in Hypothesis.read("mkb21")}
    assert truth(claims["H3"]) == 0.30
    assert truth(claims["H14"]) == pytest.approx(0.30 * 0.45)
    assert len(zeros()) == 9
    assert {zero.family for zero in zeros()} == {"primary"}


def test_a_seed_gives_one_replication() -> None:
    one, other = replicate(3, seed=10), replicate(4, seed=9)
    np.testing.assert_array_equal(one, other)
    assert one.shape == (len(ARMS), 2, len(questions()))
    assert set(np.unique(one[:, 0][np.isfinite(one[:, 0])])) <= {0.0, 1.0}


def test_summary_counts_hits() -> None:
    """Three made-up replications: hit, miss, and one that could not be fitted."""
    shape = (len(ARMS), 2, len(questions()))
    hit, miss, none = (np.full(shape, x) for x in (1.0, 0.0, np.nan))
    rates = summary(np.stack([hit, miss, none]))
    assert rates["replications"].eq(3).all()
    assert rates["usable"].eq(2).all()
    assert rates["rate"].eq(0.5).all()


@pytest.mark.slow
def test_new_waves_recover_the_truth_and_give_the_committed_rates(committed: pd.DataFrame) -> None:
    """200 new samples an arm: true zeros within alpha, true paths found, and the committed rates again.

    The committed rate is itself an estimate, so its band is beta-binomial, and wide enough for all rates at once.
    """
    anew = summary(simulate(ANEW, OTHER_SEED))
    zero = anew[anew["question"].str.startswith(("supported, ", "any"))]
    assert (zero["hits"] <= binom.ppf(1 - 0.001 / len(zero), zero["usable"], ALPHA)).all(), zero.to_string()
    strong = anew[(anew["question"] == "supported") & (anew["truth"] >= 0.295)]
    assert (strong["rate"] > 0.85).all(), strong.to_string()
    both = anew.merge(committed, on=["arm", "question", "what"], suffixes=("", "_committed"))
    both = both[both["usable"] > 0]
    tail = 0.005 / len(both)
    hits, misses = both["hits_committed"] + 0.5, both["usable_committed"] - both["hits_committed"] + 0.5
    below = betabinom.cdf(both["hits"], both["usable"], hits, misses)
    above = betabinom.sf(both["hits"] - 1, both["usable"], hits, misses)
    assert not ((below < tail) | (above < tail)).any(), both[(below < tail) | (above < tail)].to_string()
