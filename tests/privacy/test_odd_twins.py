"""Waves that leave a twin little to be drawn from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from mkb21sem import Wave
from mkb21sem.errors import OptionError
from mkb21sem.infer.twins.copula import _component, _correlations
from mkb21sem.infer.twins.gaps import Gaps, draw_gaps
from mkb21sem.infer.twins.twin import _obey, _swap, model, routes, synthesize
from mkb21sem.infer.twins.utility import _logistic, estimates, margins
from mkb21sem.survey.codebook import Codebook
from tests.estimate import setups
from tests.privacy.test_twin import SEED, real, twin


@pytest.mark.parametrize("threshold", [-1, 1])
def test_a_threshold_that_protects_nobody_is_refused(threshold: int) -> None:
    with pytest.raises(OptionError, match=rf"^threshold must be 0 or at least 2; got {threshold}\.$"):
        model(real(), threshold)


def test_questions_for_everyone_make_one_route() -> None:
    wave = real()
    everyone = [item.id for item in wave.codebook.items if item.asked == "all" and item.id in wave.answers]
    part = Wave(wave.answers[everyone], wave.codebook, wave.name)
    assert list(routes(part)) == ["all"]
    assert routes(part)["all"].equals(wave.answers.index)


def test_a_route_too_small_for_a_small_twin_is_left_out() -> None:
    source = model(real(), 10, SEED)
    large, small = source.groups[0], replace(source.groups[0], name="nonusers", n=1)
    drawn = synthesize(replace(source, groups=(large, small)), real().codebook, tuple(real().answers), 40, 1)
    assert len(drawn) == 40


def test_answers_that_nobody_varies_have_no_component() -> None:
    assert_allclose(_component(pd.DataFrame({"a": [3.0, 3.0, np.nan], "b": [1.0, 1.0, 1.0]})), np.zeros(3))


def test_pairs_without_a_common_row_are_taken_as_unrelated() -> None:
    rng = np.random.default_rng(1)
    ranks = rng.integers(1, 6, (60, 3)).astype(float)
    ranks[:, 1] = np.clip(ranks[:, 0] + rng.integers(-1, 2, 60), 1, 5)
    whole = _correlations(ranks, pd.DataFrame(ranks, columns=list("abc")))
    assert whole[0, 1] > 0.5
    assert_allclose(np.diagonal(whole), 1.0)
    ranks[:30, 0], ranks[30:, 2] = np.nan, np.nan
    apart = _correlations(ranks, pd.DataFrame(ranks, columns=list("abc")))
    assert apart[0, 2] == pytest.approx(0.0, abs=0.2)
    assert apart[0, 1] > 0.5
    assert np.linalg.eigvalsh(apart)[0] > 0


def test_rare_patterns_that_left_nothing_out_leave_no_gap() -> None:
    of = Gaps(np.zeros((0, 2), dtype=bool), np.array([1.0]), ((0, 1),), np.zeros(1), np.zeros(1))
    assert not draw_gaps(of, 20, 2, np.random.default_rng(1)).any()


def test_answers_are_swapped_while_somebody_can_give_one() -> None:
    drawn = pd.DataFrame({"a": [2.0, 0.0, 0.0], "b": [2.0, 0.0, 0.0]})
    _swap(drawn, ["a", "b"], 1, np.random.default_rng(1))
    assert sorted((drawn > 0).sum(axis=1)) == [0, 1, 1]
    alone = pd.DataFrame({"MKT01": [0.0, 0.0]})
    before = alone.copy()
    _obey(alone, "nonusers", Codebook.read(), np.random.default_rng(1))
    pd.testing.assert_frame_equal(alone, before)


def test_a_question_nobody_answered_has_no_distance() -> None:
    wave, other = real(), twin()
    silent = wave.answers.assign(CUL02=-9)
    table = margins(Wave(silent, wave.codebook, wave.name), other, {})
    assert "CUL02" not in set(table["item"])
    assert len(table) == len(margins(wave, other, {})) - 1


def test_estimates_without_a_minimum_are_not_compared() -> None:
    lost = replace(setups.fitted("ML"), converged=False)
    table = estimates(real(), twin(), lambda wave: lost)
    assert table.empty
    assert list(table)[:3] == ["lhs", "op", "rhs"]


def test_groups_that_are_told_apart_without_error_have_finite_slopes() -> None:
    """Without the ridge the slope would grow at every step."""
    x = np.column_stack([np.ones(20), np.arange(20.0)])
    beta = _logistic(x, (np.arange(20) > 9).astype(float))
    assert np.isfinite(beta).all()
    chance = 1 / (1 + np.exp(-x @ beta))
    assert ((chance > 0.5) == (np.arange(20) > 9)).all()
