"""A reader with a linear program can't place a hidden small count, whatever the tables print."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from mkb21sem.describe.monitor import monitor
from mkb21sem.describe.suppression import (
    Statement,
    hidden,
    is_small,
    one_way,
    threshold_of,
    two_way,
)
from mkb21sem.errors import OptionError
from mkb21sem.report.privacy.monitor import NUMBERS, hidden_lines
from mkb21sem.survey.synthetic import draw_answers
from mkb21sem.survey.wave import Wave

THRESHOLD = 10


def attacked(equations, values, target, size):
    """Least and most that a reader of the equations can make of a target; written apart from the program's own."""
    ends = []
    for sign in (1, -1):
        found = linprog(sign * np.asarray(target, float), A_eq=equations, b_eq=values, bounds=[(0, None)] * size)
        assert found.status in (0, 3), found.message
        ends.append(np.inf if found.status == 3 else abs(found.fun))
    return ends[0], ends[1]


counts = st.lists(st.integers(0, 80), min_size=2, max_size=8)


@given(counts)
@settings(max_examples=60, deadline=None)
def test_a_list_with_its_total_gives_no_small_count_away(answers):
    lost = one_way(answers, THRESHOLD)
    small = [is_small(count, THRESHOLD) for count in answers]
    assert not any(s and not gone for s, gone in zip(small, lost, strict=True))
    assert not any(gone and count == 0 for gone, count in zip(lost, answers, strict=True))
    if not any(small) or lost.sum() == sum(count > 0 for count in answers):
        return
    equations = np.vstack([np.eye(len(answers))[~lost], np.ones(len(answers))])
    for at in np.flatnonzero(small):
        low, high = attacked(equations, equations @ np.array(answers), np.eye(len(answers))[at], len(answers))
        assert high - low >= THRESHOLD - 1e-6


@given(st.integers(2, 4), st.integers(2, 4), st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None)
def test_a_table_with_its_margins_gives_no_small_count_away(rows, columns, random):
    table = np.array([[float(random.randint(0, 60)) for _ in range(columns)] for _ in range(rows)])
    lost = two_way(table, THRESHOLD)
    if lost.sum() == (table > 0).sum():
        return
    margins = [(np.arange(rows)[:, None] == k) * np.ones((1, columns)) for k in range(rows)]
    margins += [(np.arange(columns)[None, :] == k) * np.ones((rows, 1)) for k in range(columns)]
    size = table.size
    equations = np.vstack([np.eye(size)[~lost.ravel()], *(each.reshape(1, -1) for each in margins)])
    for at in np.flatnonzero([is_small(count, THRESHOLD) for count in table.ravel()]):
        low, high = attacked(equations, equations @ table.ravel(), np.eye(size)[at], size)
        assert high - low >= THRESHOLD - 1e-6


def test_one_hidden_cell_alone_would_be_no_secret():
    assert one_way([3, 40, 50, 200], THRESHOLD).tolist() == [True, True, False, False]
    assert two_way(np.array([[3.0, 40], [50, 60]]), THRESHOLD).all()
    assert not one_way([10, 40, 0], THRESHOLD).any()


def test_sums_and_means_count_as_statements():
    """Levels 1-5 with "4 or 5" and the mean in print: hiding one level and the smallest other isn't enough."""
    x = np.array([3, 30, 60, 50, 40])
    unit = np.eye(5)
    lines = [Statement(tuple(unit[k]), float(x[k]), k, is_small(x[k], THRESHOLD)) for k in range(5)]
    total, top = Statement((1.0,) * 5, float(x.sum())), Statement((0, 0, 0, 1, 1), 90.0, 5)
    mean = Statement((1, 2, 3, 4, 5), float(x @ np.arange(1, 6)))
    alone = hidden([*lines, total], THRESHOLD)
    together = hidden([*lines, total, top, mean], THRESHOLD)
    assert alone == {0, 1}
    assert len(together - {5}) >= 3
    shown = [each for each in [*lines, total, top, mean] if each.row not in together]
    low, high = attacked(np.array([each.of for each in shown]), [each.value for each in shown], unit[0], 5)
    assert high - low >= THRESHOLD - 1e-6


def test_whole_numbers_help_no_reader_of_a_list_either():
    """All whole counts that fit what is shown: the hidden one takes on at least as many values as the threshold."""
    answers = np.array([4, 8, 25, 60])
    lost = one_way(answers, THRESHOLD)
    rest = int(answers[lost].sum())
    fits = {c[0] for c in itertools.product(range(rest + 1), repeat=int(lost.sum())) if sum(c) == rest}
    assert len(fits) > THRESHOLD


@pytest.mark.parametrize("asked", [-1, 1])
def test_a_threshold_that_hides_nothing_is_refused(asked):
    with pytest.raises(OptionError, match="--suppress"):
        threshold_of(asked, synthetic=False)


def test_real_waves_are_protected_by_default_and_synthetic_ones_are_not():
    assert (threshold_of(None, synthetic=False), threshold_of(None, synthetic=True)) == (10, 0)
    assert (threshold_of(0, synthetic=False), threshold_of(5, synthetic=True)) == (0, 5)


@pytest.mark.parametrize("seed", [3, 11])
def test_no_small_count_of_the_figures_can_be_computed_from_the_others(seed):
    """The attack on what `describe` prints: every line of a question at once, counts from shares and bases."""
    wave = Wave.of(draw_answers(seed, 150), name="real")
    frame = monitor(wave)
    gone = {at for _, at in hidden_lines(frame, wave.codebook, THRESHOLD)}
    assert gone
    percent = frame[(frame["unit"] == "percent") & frame["item"].isin(list(wave.codebook)) & (frame["codes"] != "")]
    for item, lines in percent.groupby("item"):
        codes = wave.codebook[str(item)].codes
        of = {at: np.isin(codes, [int(c) for c in str(line["codes"]).split()]) for at, line in lines.iterrows()}
        value = {at: round(line["value"] * line["base"] / 100) for at, line in lines.iterrows()}
        base = float(lines["base"].iloc[0])
        shown = [at for at in lines.index if at not in gone]
        equations = np.array([of[at] for at in shown] + [np.ones(len(codes))], dtype=float)
        printed = [value[at] for at in shown] + [base]
        for at in lines.index:
            if is_small(value[at], THRESHOLD, base):
                assert at in gone
                if len(shown):
                    low, high = attacked(equations, printed, of[at], len(codes))
                    assert high - low >= THRESHOLD - 1e-6, (item, at)


def test_hidden_numbers_leave_no_trace_in_their_line():
    from mkb21sem.report.privacy.monitor import _figures

    wave = Wave.of(draw_answers(3, 150), name="real")
    frame = monitor(wave)
    shown = _figures(frame, {at for _, at in hidden_lines(frame, wave.codebook, THRESHOLD)})
    lost = shown[shown["hidden"]]
    assert lost[[name for name in NUMBERS if name in lost]].isna().all(axis=None)
    assert set(lost.loc[lost["no"] > 0, "verdict"]) <= {"not computable"}
    pd.testing.assert_series_equal(shown.loc[~shown["hidden"], "value"], frame.loc[~shown["hidden"], "value"])


def test_answers_stay_hidden_from_who_knows_mean_and_standard_deviation():
    """The frequencies of the reports: number, mean and standard deviation of every question are in print elsewhere."""
    from mkb21sem.report.privacy.dossier import hidden_answers

    counts = {"A": [4, 30, 90, 80, 40], "B": [20, 30, 90, 80, 40], "C": [0, 12, 3, 100, 60]}
    lines = [(item, code, n, n / sum(own)) for item, own in counts.items() for code, n in enumerate(own, 1)]
    table = pd.DataFrame(lines, columns=["item", "code", "n", "share"])
    shown = hidden_answers(table, THRESHOLD)
    assert not shown.loc[shown["item"] == "B", "hidden"].any()
    for item, own in counts.items():
        lost = shown.loc[shown["item"] == item, "hidden"].to_numpy()
        x, codes = np.array(own, dtype=float), np.arange(1.0, 6)
        equations = np.vstack([np.eye(5)[~lost], codes**0, codes, codes**2])
        for at in np.flatnonzero((x > 0) & (x < THRESHOLD)):
            assert lost[at]
            low, high = attacked(equations, equations @ x, np.eye(5)[at], 5)
            assert high - low >= THRESHOLD - 1e-6 or (lost == (x > 0)).all()
    assert hidden_answers(table, 0)["n"].tolist() == table["n"].tolist()
