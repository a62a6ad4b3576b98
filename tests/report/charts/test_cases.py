"""Charts of what seldom happens: nothing to draw, hidden parts, too many cells, long names, several groups."""

from __future__ import annotations

import math
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle
from PIL import Image

from mkb21sem.infer.robustness.robustness import Robustness
from mkb21sem.infer.robustness.specifications import CHOICES
from mkb21sem.report import numbers
from mkb21sem.report.charts import curve, gaps, heat, leftover, likert, monitor, monitor_outside, monitor_stack, style
from mkb21sem.report.charts.reliabilities import reliabilities
from mkb21sem.report.charts.scree import scree
from mkb21sem.report.drawing.typeset import measure
from mkb21sem.report.words import Words
from mkb21sem.survey.codebook import Codebook
from mkb21sem.validate.retain import Retention

EN, NL = Words("en"), Words("nl")


def axes_of():
    """Empty axes, a unit high and wide."""
    with style.styled():
        return style.paper().subplots()


def texts(axes):
    """What is written inside the axes."""
    return [each.get_text() for each in axes.texts]


def choices_of(verdicts):
    """Two specifications with the verdicts of two hypotheses under each."""
    listed = pd.DataFrame(
        [
            {
                "id": id,
                "spec": spec,
                "std": x,
                "std_low": x - 0.1,
                "std_high": x + 0.1,
                "verdict": verdict,
                "reason": "",
            }
            for (id, spec), (x, verdict) in verdicts.items()
        ]
    )
    runs = listed.groupby("id", sort=False)["std"].agg(["count", "min", "max"]).reset_index()
    survival = runs.rename(columns={"min": "std_low", "max": "std_high"}).assign(
        verdict="supported", runs=runs["count"], same=runs["count"], survives=True
    )
    specs = pd.DataFrame({"spec": ["S1", "S2"], **{name: options[0] for name, options in CHOICES.items()}})
    return Robustness("S1", specs, listed, survival, pd.DataFrame())


@pytest.mark.parametrize(("words", "said"), [(EN, "not testable"), (NL, "niet toetsbaar")])
def test_a_hypothesis_that_is_nowhere_testable_has_an_empty_panel_that_says_so(words, said):
    none = (math.nan, "not testable")
    found = choices_of(
        {("H1", "S1"): (0.3, "supported"), ("H1", "S2"): (0.2, "supported"), ("H2", "S1"): none, ("H2", "S2"): none}
    )
    first, second = curve.curve(found, words).figure.findobj(
        lambda artist: getattr(artist, "name", "") == "rectilinear"
    )[:2]
    assert (first.get_title("left"), second.get_title("left")) == ("H1  2/2", "H2  0/0")
    assert texts(second) == [said]
    assert texts(first) == []
    assert len(first.collections) == 1
    assert not second.collections


@pytest.mark.parametrize(("width", "written"), [(8.0, [numbers.CONFIDENTIAL]), (7.75, [])])
def test_a_gap_names_itself_where_that_fits(width, written):
    axes = axes_of()
    gaps.draw_gap(axes, 0, 10.0, width, 0.7, 8.0)
    assert texts(axes) == written
    assert [(bar.get_x(), bar.get_width()) for bar in axes.patches] == [(10.0, width)]


def test_ratios_above_the_limit_are_framed():
    names = ["A", "B", "C"]
    values = pd.DataFrame([[1, 0.2, 0.9], [0.2, 1, 0.85], [0.9, 0.85, 1]], names, names)
    drawn = heat.square("htmt", {"": values}, EN, "HTMT", "", 0.9).figure.axes[0]
    frames = [patch for patch in drawn.patches if isinstance(patch, Rectangle)]
    assert [(frame.get_x() + 0.46, frame.get_y() + 0.46) for frame in frames] == [(0.0, 1.0)]


@pytest.mark.parametrize(("k", "written"), [(40, 1), (41, 0)])
def test_many_residuals_have_shades_and_no_numbers(k, written):
    names = [f"V{i:02d}" for i in range(k)]
    pairs = pd.DataFrame(
        [(a, b, 0.3 if (a, b) == ("V01", "V00") else 0.01) for i, a in enumerate(names) for b in names[:i]],
        columns=["lhs", "rhs", "residual"],
    )
    chart = leftover.leftover(pairs, names, EN)
    assert texts(chart.figure.axes[0]) == [".30"] * written
    assert "V01" in chart.alt


def test_answers_of_groups_stand_beside_each_other_each_with_its_size():
    def answers(n):
        return pd.DataFrame({"item": "X", "code": [1, 2], "n": n, "share": np.array(n) / sum(n)})

    chart = likert.likert(
        "answers", {"2012": answers([10, 30]), "2014": answers([25, 25])}, {"X": "x"}, ["no", "yes"], EN, "t"
    )
    assert [axes.get_title("left") for axes in chart.figure.axes[:2]] == ["2012 (N = 40)", "2014 (N = 50)"]
    assert [bar.get_width() for bar in chart.figure.axes[1].patches] == [0.5, 0.5]
    assert "N =" not in chart.figure.get_supxlabel()


@pytest.mark.parametrize(
    ("value", "unit", "lang", "text"),
    [(1234, "respondents", "en", "1,234"), (1234, "respondents", "nl", "1.234"), (3.6449, "scale", "nl", "3,64")],
)
def test_counts_and_means_of_the_monitor_in_print(value, unit, lang, text):
    assert monitor.shown(value, unit, Words(lang)) == text


def test_a_hidden_percentage_is_a_sign_and_an_absent_one_a_dash():
    assert monitor._percent({"hidden": True, "value": 40.0}, EN) == numbers.CONFIDENTIAL
    assert monitor._percent({"hidden": False, "value": 40.0}, EN) == "40%"
    assert monitor._percent({}, EN) == numbers.ABSENT


def test_without_alpha_nothing_is_said_of_it():
    line = {"kind": "alpha", "value": 0.944, "low": 0.93, "high": 0.95, "printed": ""}
    assert monitor._alpha(pd.DataFrame([line]).head(0), EN) == ""
    assert monitor._alpha(pd.DataFrame([line]), EN).endswith(".944, 95% [.930, .950].")


def test_a_wave_without_size_classes_has_no_chart_of_them():
    sizes = pd.DataFrame(columns=["variable", "size", "count", "base", "value", "low", "high", "rising"])
    beside = pd.DataFrame(columns=["variable", "official", "unit", "size_codes", "source", "country", "year"])
    assert monitor_outside.official(sizes, beside, Codebook.read(), EN, False) is None


def test_hidden_answers_leave_a_gap_as_wide_as_they_are():
    axes = axes_of()
    looks = [(shade, "") for shade in style.shades(4)]
    monitor_stack._bars(axes, [monitor_stack.Bar("x", (50.0, math.nan, 20.0, math.nan), ())], looks, EN)
    assert texts(axes) == [numbers.CONFIDENTIAL, "50", "20"]
    drawn = sorted((bar.get_x(), bar.get_width()) for bar in axes.patches if bar.get_width())
    assert drawn == [(0.0, 50.0), (50.0, 30.0), (80.0, 20.0)]


def test_a_reliability_without_an_interval_is_a_point_and_a_published_one_of_another_scale_is_left_out():
    table = pd.DataFrame(
        {"construct": ["CUL", "REP"], "alpha": [0.8, 0.7], "low": [0.7, math.nan], "high": [0.9, math.nan]}
    ).assign(omega=0.8, omega_low=math.nan, omega_high=math.nan)
    chart = reliabilities("r", {"": table}, (0.7, 0.95), EN, "t", published={"REP": 0.944, "OTHER": 0.5})
    spans = [line for line in chart.figure.axes[0].lines if line.get_linestyle() == "-" and line.get_marker() == "None"]
    assert [list(line.get_xdata()) for line in spans] == [[0.7, 0.9]]
    crosses = [line for line in chart.figure.axes[0].lines if line.get_marker() == "x"]
    assert [list(line.get_xdata()) for line in crosses] == [[0.944]]


def test_panels_that_nothing_stands_in_are_not_seen():
    m = np.arange(4)
    table = pd.DataFrame({"m": m, "eigenvalue": 3.0 - m, "random_high": 1.2, "random_mean": 1.0})
    found = Retention(table, pd.Series({"parallel": 2}), 100, "pearson", 20, 0.95)
    chart = scree("scree", dict.fromkeys("ABCD", found), EN, "t")
    assert [axes.get_visible() for axes in chart.figure.axes[:6]] == [True] * 4 + [False] * 2
    assert "A: 2; B: 2; C: 2; D: 2" in chart.alt


def test_a_chart_in_a_notebook_is_a_picture_of_its_size():
    axes = axes_of()
    chart = style.Chart("c", axes.figure, "c", "c")
    picture = Image.open(BytesIO(chart._repr_png_()))
    wide, high = axes.figure.get_size_inches()
    assert picture.size == (int(wide * style.NOTEBOOK), int(high * style.NOTEBOOK))


@pytest.mark.parametrize(("text", "width", "made"), [("wave of 2012", 200.0, "wave of 2012"), ("wave", 1.0, "…")])
def test_a_name_is_shortened_only_where_it_is_too_long(text, width, made):
    assert style.shortened(text, 8, width) == made


def test_a_shortened_name_fits_and_ends_in_a_word():
    name = "a wave of enterprises with a long name"
    made = style.shortened(name, 8, 60)
    assert measure(made, 8)[0] <= 60
    assert name.startswith(made.removesuffix("…"))
    assert not made.endswith(" …")
