"""A twin has the wave's distributions and relations, obeys its routing, says what it is, and holds no respondent."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mkb21sem import cli
from mkb21sem.errors import OptionError, WaveError
from mkb21sem.infer.twins.copula import apportioned
from mkb21sem.infer.twins.gaps import draw_gaps, gaps
from mkb21sem.infer.twins.risk import risk
from mkb21sem.infer.twins.twin import model, synthesize
from mkb21sem.infer.twins.utility import compared_questions, interval_overlap, propensity
from mkb21sem.report.twin import files
from mkb21sem.survey.check import check
from mkb21sem.survey.mark import COLUMN, MARK
from mkb21sem.survey.synthetic import draw_answers
from mkb21sem.survey.wave import Wave

SEED = 4


@cache
def real() -> Wave:
    """A wave that counts as real, with missing answers here and there."""
    answers = draw_answers(31, 300)
    rng = np.random.default_rng(1)
    for item in ("CUL02", "REP03", "TOE04"):
        blank = rng.random(len(answers)) < 0.06
        answers.loc[blank & (answers[item] >= 0), item] = -9
    answers.loc[answers.index[:25], "OMG01"] = -8
    return Wave.of(answers, name="real")


@cache
def twin() -> Wave:
    wave = real()
    drawn = synthesize(model(wave, 10, SEED), wave.codebook, tuple(wave.answers), wave.n, SEED)
    return Wave.of(drawn, wave.codebook, name="twin", synthetic=True)


def test_frequent_answers_are_as_frequent_and_rare_ones_are_not_told():
    """Without missing answers every frequent answer comes back to the respondent, and small counts are made up."""
    wave = Wave.of(draw_answers(31, 300), name="complete")
    source = model(wave, 10, SEED)
    drawn = synthesize(source, wave.codebook, tuple(wave.answers), wave.n, SEED)
    exact = 0
    for item in wave.answers:
        if item in source.noised or item in ("REG01", "SEC01", "OMV01", "MKT01", "MKT02"):
            continue
        ours, theirs = wave.answers[item].value_counts(), drawn[item].value_counts()
        exact += 1
        pd.testing.assert_series_equal(ours.sort_index(), theirs.sort_index(), check_names=False)
    assert exact > 20
    rare = [n for group in source.groups for own in group.copula.shares for n in own * group.n]
    assert min(rare) > 0
    other = model(wave, 10, SEED + 1)
    assert any(
        not np.allclose(a, b)
        for a, b in zip(source.groups[0].copula.shares, other.groups[0].copula.shares, strict=True)
    )


def test_a_count_below_the_threshold_leaves_no_trace_in_the_shares():
    """Two waves that differ in a small count alone give the same shares of that question."""
    made = []
    for n in (2, 9):
        answers = draw_answers(31, 300)
        codes = np.full(300, 3)
        codes[:n], codes[150:] = 5, 2
        answers["CUL01"] = codes
        source = model(Wave.of(answers, name="real"), 10, SEED)
        users = source.groups[0].copula
        made.append(users.shares[users.names.index("CUL01")] * source.groups[0].n)
    assert abs(made[0][2] - made[1][2]) < 1


def test_relations_are_kept():
    names = ["CUL_M", "OMG_M", "MOT_M", "ERV_M", "REP_M", "INTENS", "TOE_M"]
    ours, theirs = real().frame(names).corr(), twin().frame(names).corr()
    assert np.abs(ours - theirs).max(axis=None) < 0.12
    assert propensity(real(), twin(), compared_questions(real())).ratio < 3


def test_routing_and_what_follows_from_answers_hold():
    assert check_problems(twin()) == 0
    assert abs(twin().users.mean() - real().users.mean()) < 0.01
    derived = twin().derived()
    expected = twin().answers[[f"REP0{k}" for k in range(1, 6)]].where(lambda x: x >= 0).mean(axis=1, skipna=False)
    pd.testing.assert_series_equal(derived["REP_M"], expected, check_names=False)


def check_problems(wave: Wave) -> int:
    """Wave.of refuses what contradicts the routing."""
    return 0 if Wave.of(wave.answers, wave.codebook).n == wave.n else 1


def test_missing_answers_are_missing_as_often():
    ours, theirs = real().missing(), twin().missing()
    for item in ("OMG01", "CUL02", "REP03"):
        lost = [float((table.loc[item, ["dont_know", "no_answer"]]).sum()) for table in (ours, theirs)]
        assert abs(lost[0] - lost[1]) < 20
    assert theirs.loc["OMG01", "dont_know"] > 0


def test_rare_patterns_of_missing_answers_do_not_come_back():
    rng = np.random.default_rng(3)
    missing = np.zeros((100, 6), dtype=bool)
    missing[0, [0, 2, 5]] = True
    missing[1:30, 1] = True
    found = gaps(missing, {"a": [0, 1, 2], "b": [3, 4, 5]}, 10, rng)
    assert not any((pattern == missing[0]).all() for pattern in found.patterns)
    drawn = draw_gaps(found, 1000, 6, rng)
    assert 0.2 < drawn[:, 1].mean() < 0.4


def test_the_same_seed_gives_the_same_twin_and_another_another():
    wave = real()
    source = model(wave, 10, SEED)
    questions = tuple(map(str, wave.answers))
    first, again, other = (synthesize(source, wave.codebook, questions, 120, seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)
    assert len(first) == 120


def test_attacks_find_a_twin_that_is_a_copy():
    """The report would say so: a wave passed off as its own twin."""
    wave = real()
    honest, copied = risk(wave, twin(), 10), risk(wave, replace(wave, synthetic=True), 10)
    assert honest.copies == 0
    assert copied.copies == wave.n
    assert copied.closer == 1.0
    assert honest.closer < 0.15
    assert copied.guessed["twin"].mean() > honest.guessed["twin"].mean() + 0.1
    assert copied.certain_right > honest.certain_right


def test_pmse_of_two_halves_of_a_sample_is_that_of_one_population():
    """A second sample has 1/(1 − c) = 2 times what a twin of the right model has; turned answers are far off."""
    rng = np.random.default_rng(8)
    wave, names = real(), compared_questions(real())[:12]
    ratios = []
    for _ in range(20):
        at = rng.permutation(wave.n)
        one, other = (replace(wave, answers=wave.answers.iloc[own]) for own in (at[:150], at[150:]))
        ratios.append(propensity(one, other, names).ratio)
    assert 1.5 < np.mean(ratios) < 2.5
    turned = wave.answers.assign(CUL01=wave.answers["CUL01"].replace({1: 4, 2: 4, 3: 5}))
    assert propensity(wave, replace(wave, answers=turned), names).ratio > 3


def test_overlap_of_intervals_by_hand():
    assert interval_overlap((0, 2), (1, 3)) == 0.5
    assert interval_overlap((0, 1), (0, 1)) == 1
    assert interval_overlap((0, 1), (2, 3)) == -1
    assert apportioned(np.array([0.5, 0.3, 0.2]), 7).tolist() == [4, 2, 1]


def test_a_file_of_a_twin_is_known_as_one(tmp_path):
    path = tmp_path / "anything.csv"
    files.write(twin().answers.reset_index(), path, {"n": 300})
    read = Wave.read(path)
    assert read.synthetic
    assert "synthetic, no real firms" in str(read)
    assert check(path).wave.synthetic
    assert not [r for r in read.noted if r.column == COLUMN]
    mixed = pd.read_csv(path)
    mixed.loc[0, COLUMN] = ""
    mixed.to_csv(path, index=False)
    assert not Wave.read(path).synthetic


def test_nobody_is_overwritten(tmp_path):
    wave = tmp_path / "wave.csv"
    wave.write_text("respondent,REG01\n1,1\n", encoding="utf-8")
    with pytest.raises(OptionError, match="the wave itself"):
        files.writable(wave, wave)
    with pytest.raises(OptionError, match="no twin"):
        files.writable(wave, None)
    with pytest.raises(OptionError, match=r"written as \.csv"):
        files.writable(tmp_path / "twin.xlsx", None)


def test_too_few_respondents_are_refused():
    with pytest.raises(WaveError, match="at least 30"):
        model(Wave.of(real().answers.iloc[:20], name="few"))
    with pytest.raises(OptionError, match="--n must be at least"):
        synthesize(model(real(), 10, 1), real().codebook, ("REG01",), 5)


def test_the_command_writes_twin_note_and_report(tmp_path):
    wave, out = tmp_path / "wave2014.csv", tmp_path / "twin.csv"
    real().answers.reset_index().assign(remark="Jansen Rietdekkers").to_csv(wave, index=False)
    done = CliRunner().invoke(cli.app, ["synthesize", str(wave), "--out", str(out), "--seed", "3", "--lang", "nl"])
    assert done.exit_code == 0, done.output
    table, note = pd.read_csv(out), json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert (table[COLUMN] == MARK).all()
    assert note["kind"] == MARK
    assert "seed" not in note
    everything = "".join(
        path.read_text(encoding="utf-8-sig")
        for path in tmp_path.rglob("*")
        if path.suffix in (".csv", ".json", ".html") and path != wave
    )
    assert "Jansen" not in everything
    page = (tmp_path / "twin_disclosure" / "disclosure.html").read_text(encoding="utf-8")
    assert "differentieel privé" in page
    assert "nan" not in page.split("</style>")[1].lower().split()


def test_a_name_too_long_to_write_aside_is_a_message(tmp_path):
    with pytest.raises(OptionError, match=r"it can't be written \(File name too long\)\. Name another place\.$"):
        files.write(twin().answers.reset_index(), tmp_path / f"{'x' * 249}.csv", {})
    assert list(tmp_path.iterdir()) == []
