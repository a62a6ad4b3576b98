import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.image import imread
from matplotlib.patches import Ellipse, PathPatch, Polygon, Rectangle
from matplotlib.text import Text

from mkb21sem.errors import Mkb21Error, OptionError
from mkb21sem.estimate.fit import fit
from mkb21sem.infer.effects.effects import r_squared
from mkb21sem.report.drawing.canvas import drawn_shapes, named
from mkb21sem.report.drawing.diagram import diagram, diagrams, node_positions, save
from mkb21sem.report.drawing.overlaps import overlaps
from mkb21sem.report.drawing.picture import picture
from mkb21sem.report.numbers import bounded
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import synthetic_wave

NAMES = {
    "CUL": "Culture",
    "OMG": "Environment",
    "OMV01": "Firm size",
    "MKT02": "Sells to consumers",
    "MOT": "Motives for use",
    "INTENS": "Frequency of use",
    "ERV": "Experience with use",
    "REP": "Perceived effect on corporate reputation",
    "TOE_M": "Expected future use",
}
LOOPS = {
    "mutual": "a ~ x1 + b\nb ~ x2 + a\nc ~ a + b",
    "ring": "a ~ x + d\nb ~ a\nc ~ b\nd ~ c\ny ~ c + d",
    "knot": "a ~ x + b + e\nb ~ a\nc ~ b\nd ~ c\ne ~ d\nb ~~ d\ny ~ e",
}


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


@pytest.fixture(scope="module")
def found(wave):
    return fit(Model.read("mkb21"), wave)


@pytest.fixture(scope="module")
def drawn(found):
    return diagram(found)


@pytest.fixture(scope="module")
def drawn_again(found):
    return diagram(found)


def texts(figure, kind):
    return {name: artist.get_text() for name, artist in named(figure.axes[0], Text) if name.startswith(kind)}


def line(figure, tail, head, kind="path"):
    return dict(named(figure.axes[0], PathPatch))[f"line:{tail}:{head}:{kind}"]


@pytest.mark.parametrize("name", sorted(LOOPS))
def test_models_with_loops_are_drawn(name):
    assert overlaps(diagram(Model.parse(LOOPS[name]))) == []


@pytest.mark.parametrize("theme", ["screen", "slides"])
def test_themes_only_change_size_and_colour(theme, found, drawn):
    other = diagram(found, theme=theme)
    assert overlaps(other) == []
    assert node_positions(other) == node_positions(drawn)
    assert other.get_size_inches()[0] > drawn.get_size_inches()[0]


def test_the_default_diagram_fills_a_page_and_reads_at_that_size(drawn):
    assert drawn.get_size_inches()[0] * 2.54 == pytest.approx(17.0, abs=0.05)
    sizes = {artist.get_fontsize() for name, artist in named(drawn.axes[0], Text) if name.startswith(("label", "name"))}
    assert min(sizes) >= 7.5


def test_firm_left_outcomes_right_and_layers_aligned(drawn):
    places = node_positions(drawn)
    x = {name: at[0] for name, at in places.items()}
    assert x["OMV01"] == x["MKT02"] == x["CUL"] == x["OMG"] == 0
    assert x["MOT"] < x["INTENS"] < x["ERV"] < x["REP"] == x["TOE_M"]


def test_constructs_are_ellipses_and_observed_variables_boxes(drawn, found):
    for kind, names in ((Ellipse, found.model.latents), (Rectangle, ("OMV01", "MKT02", "INTENS", "TOE_M"))):
        present = {n.removeprefix("node:") for n, _ in named(drawn.axes[0], kind) if n.startswith("node:")}
        assert present == set(names)


def test_every_arrow_carries_its_standardised_coefficient_and_evidence(drawn, found):
    table = found.table()
    letter = {"stated": "s", "implied": "i", "reconstruction": "r"}
    labels, tags = texts(drawn, "label:"), texts(drawn, "tag:")
    for arrow in (a for a in found.model.arrows if a.op == "~"):
        row = table[(table["lhs"] == arrow.lhs) & (table["op"] == "~") & (table["rhs"] == arrow.rhs)].iloc[0]
        text = labels[f"label:{arrow.rhs}:{arrow.lhs}:path"]
        assert text == bounded(row["std"])
        assert tags[f"tag:{arrow.rhs}:{arrow.lhs}:path"] == letter[arrow.evidence]


def test_r2_stands_in_each_endogenous_node_and_nowhere_else(drawn, found):
    r2 = r_squared(found).set_index("variable")["r2"]
    written = {n.split(":")[1]: t for n, t in texts(drawn, "name:").items() if t.startswith("R²")}
    assert written == {name: f"R² = {bounded(r2[name])}" for name in found.model.endogenous}


def test_arrows_are_dashed_without_significance_wider_with_size_and_open_if_negative(drawn, found):
    table = found.table()
    paths = table[table["op"] == "~"]
    heads = dict(named(drawn.axes[0], Polygon))
    widths = []
    for row in paths.itertuples():
        patch = line(drawn, row.rhs, row.lhs)
        assert (patch.get_linestyle() == "solid") == (row.p < 0.05)
        filled = heads[f"head:{row.rhs}:{row.lhs}:path"].get_facecolor()[:3]
        assert (filled == (1, 1, 1)) == (row.est < 0)
        widths.append((abs(row.std), patch.get_linewidth()))
    widths.sort()
    assert np.all(np.diff([w for _, w in widths]) > 0)


def test_print_is_greyscale(found, tmp_path):
    diagram(found, tmp_path / "d.png", synthetic=True)
    pixels = imread(tmp_path / "d.png")[..., :3]
    assert np.ptp(pixels, axis=-1).max() == 0


def test_arrow_heads_touch_the_border_of_their_node(drawn):
    shapes = drawn_shapes(drawn.axes[0])
    for name, head in named(drawn.axes[0], Polygon):
        if name.startswith("head:") and name.endswith(":path"):
            tip = head.get_xy()[0]
            assert abs(shapes[f"node:{name.split(':')[2]}"].level(tip)) < 1e-3


def test_covariances_are_arcs_with_two_heads_and_may_be_left_out(found, drawn):
    heads = [name for name, _ in named(drawn.axes[0], Polygon) if name.startswith("head:CUL:OMG:covariance")]
    assert len(heads) == 2
    control = line(drawn, "CUL", "OMG", "covariance").get_path().vertices
    chord = control[-1] - control[0]
    assert abs(chord[0] * (control[1] - control[0])[1] - chord[1] * (control[1] - control[0])[0]) > 5 * np.hypot(*chord)
    without = diagram(found, covariances=False)
    assert not [name for name, _ in named(without.axes[0], PathPatch) if name.endswith(":covariance")]


def test_the_note_says_who_how_and_how_well(drawn):
    note = " ".join(texts(drawn, "note:").values())
    for piece in ("N = 256", "ML", "χ²(254) = 287.10, p = .075", "CFI", "RMSEA", "SRMR", "standardised estimates"):
        assert piece in note


def test_a_robust_estimator_reports_its_own_test(wave):
    note = " ".join(texts(diagram(fit(Model.read("mkb21_stated"), wave, estimator="MLR")), "note:").values())
    assert "MLR" in note
    assert "scaled χ²(79)" in note
    assert "robust CFI" in note


@pytest.mark.parametrize(
    ("arguments", "stamp"),
    [
        ({"synthetic": True}, "SYNTHETIC DATA"),
        ({"note": "A synthetic wave"}, "SYNTHETIC DATA"),
        ({"synthetic": True, "lang": "nl"}, "SYNTHETISCHE DATA"),
        ({"note": "First wave"}, None),
    ],
)
def test_synthetic_data_are_stamped(found, arguments, stamp):
    figure = diagram(found, **arguments)
    assert list(texts(figure, "stamp:").values()) == ([stamp] if stamp else [])
    if "note" in arguments:
        assert f"{arguments['note']}." in " ".join(texts(figure, "note:").values())


def test_dutch_has_decimal_commas_and_its_own_letters(found):
    figure = diagram(found, lang="nl", title="Model")
    labels = texts(figure, "label:").values()
    assert all("." not in label for label in labels)
    assert "g" in texts(figure, "tag:").values()
    assert overlaps(figure) == []


def test_stars_and_intervals_follow_the_estimates(found):
    row = found.table().query("lhs == 'ERV' and op == '~' and rhs == 'MOT'").iloc[0]
    stars = texts(diagram(found, labels="std+stars"), "label:")["label:MOT:ERV:path"]
    assert stars.count("*") == sum(row["p"] < limit for limit in (0.05, 0.01, 0.001))
    interval = texts(diagram(found, labels="est+interval"), "label:")["label:MOT:ERV:path"]
    assert interval.endswith(f"[{row['low']:.2f}, {row['high']:.2f}]".replace("-", "−"))


def test_a_model_without_fit_shows_the_names_of_its_arrows():
    figure = diagram(Model.read("mkb21"))
    assert texts(figure, "label:")["label:CUL:MOT:path"].startswith("A3")
    assert "not fitted" in " ".join(texts(figure, "note:").values())
    assert overlaps(figure) == []


def test_a_fit_without_convergence_shows_no_numbers(found):
    failed = replace(found, converged=False, cause="No minimum.", vcov=np.full_like(found.vcov, np.nan))
    figure = diagram(failed)
    assert not re.search(r"\d", "".join(texts(figure, "label:").values()))
    assert not [t for t in texts(figure, "name:").values() if t.startswith("R²")]
    assert "NOT CONVERGED" in " ".join(texts(figure, "note:").values())


def test_names_are_written_and_wrapped(found):
    lines = [t for n, t in texts(diagram(found, names=NAMES), "name:").items() if n.startswith("name:REP:")]
    assert " ".join(lines[:-1]) == NAMES["REP"]
    assert len(lines) > 2


def test_positions_can_be_taken_changed_saved_and_given_back(found, drawn):
    places = node_positions(drawn)
    again = json.loads(json.dumps(places))
    same = diagram(found, positions=again)
    assert node_positions(same) == {name: pytest.approx(at, abs=0.002) for name, at in places.items()}
    again["TOE_M"][1] += 1.5
    moved = node_positions(diagram(found, positions=again))
    assert moved["TOE_M"][1] - moved["ERV"][1] == pytest.approx(places["TOE_M"][1] - places["ERV"][1] + 1.5, abs=0.01)


def test_a_highlighted_path_stands_out(found):
    figure = diagram(found, highlight="CUL → MOT -> ERV")
    lit = [line(figure, t, h).get_edgecolor() for t, h in (("CUL", "MOT"), ("MOT", "ERV"))]
    other = line(figure, "INTENS", "ERV").get_edgecolor()
    assert all(sum(colour[:3]) < sum(other[:3]) for colour in lit)
    assert overlaps(figure) == []


def test_groups_are_drawn_side_by_side_over_one_layout(wave):
    model = Model.read("mkb21_text")
    answers = wave.frame(model.observed)
    answers["half"] = np.where(np.arange(len(answers)) % 2, "odd", "even")
    figure = diagrams(fit(model, answers, group="half"))
    assert overlaps(figure) == []
    shapes = drawn_shapes(figure.axes[0])
    shift = {
        tuple(np.round(shapes[f"node:{n} (2)"].centre - shapes[f"node:{n}"].centre, 6)) for n in ("CUL", "MOT", "REP")
    }
    assert len(shift) == 1
    assert sorted(texts(figure, "panel:").values()) == ["even (n = 128)", "odd (n = 128)"]
    with pytest.raises(OptionError, match="groups"):
        diagram(fit(model, answers, group="half"))


def test_a_long_heading_is_broken_to_the_width_of_its_panel():
    model = Model.parse("y ~ x\nz ~ y")
    titles = ["Firms that were founded in the year of the first wave or in one of the three years before it", "Others"]
    figure = diagrams([model, model], titles)
    assert overlaps(figure) == []
    lines = [text for name, text in texts(figure, "panel:0").items()]
    assert len(lines) > 1
    assert " ".join(lines) == titles[0]


def test_a_note_breaks_no_number_from_its_sign(drawn):
    for line in texts(drawn, "note:").values():
        assert not re.search(r"(^[=<>≥]|[=<>≥]$)", line)


def test_the_figure_says_in_words_what_it_shows(drawn, found):
    row = found.table().query("lhs == 'ERV' and op == '~' and rhs == 'MOT'").iloc[0]
    assert drawn.get_label().startswith("Path diagram: MKB21 Social Media Usage Model, default.")
    assert f"MOT → ERV {bounded(row['std'])}" in drawn.get_label()


def test_the_effect_along_a_highlighted_path_is_the_product_of_its_arrows(found):
    std = found.table().set_index(["lhs", "op", "rhs"])["std"]
    product = std["MOT", "~", "CUL"] * std["INTENS", "~", "MOT"] * std["ERV", "~", "INTENS"]
    note = " ".join(texts(diagram(found, highlight="CUL → MOT → INTENS → ERV"), "note:").values())
    assert f"Effect along CUL → MOT → INTENS → ERV, standardised: {bounded(product)} [" in note
    assert "Effect along" not in " ".join(texts(diagram(found, highlight="CUL → MOT"), "note:").values())


def test_several_models_share_the_places_of_what_they_have_in_common(found, wave):
    figure = diagrams([found, fit(Model.read("mkb21_text"), wave)], ["All", "Text"], columns=1)
    assert overlaps(figure) == []
    lines = dict(named(figure.axes[0], PathPatch))
    assert "line:ERV:REP:path (2)" not in lines
    assert "line:MOT:ERV:path (2)" in lines


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".png"])
def test_files_are_the_same_bytes_each_time(drawn, drawn_again, tmp_path, suffix):
    one, other = tmp_path / f"one{suffix}", tmp_path / f"other{suffix}"
    save(drawn, one)
    save(drawn_again, other)
    assert one.read_bytes() == other.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([one.name, other.name])


def test_svg_needs_no_font_and_pdf_brings_its_own(drawn, tmp_path):
    save(drawn, tmp_path / "d.svg")
    root = ElementTree.parse(tmp_path / "d.svg").getroot()
    assert not root.findall(".//{http://www.w3.org/2000/svg}text")
    save(drawn, tmp_path / "d.pdf")
    assert b"FontFile2" in (tmp_path / "d.pdf").read_bytes()


def test_png_has_ink_but_none_at_the_border(found, tmp_path):
    diagram(found, tmp_path / "d.png", synthetic=True)
    pixels = imread(tmp_path / "d.png")[..., :3]
    assert pixels.min() < 0.2
    for edge in (pixels[:8], pixels[-8:], pixels[:, :8], pixels[:, -8:]):
        assert edge.min() == 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": "stad"}, r"labels must be std.*got 'stad'.*Closest: std"),
        ({"theme": "dark"}, "theme must be print, screen, slides"),
        ({"lang": "de"}, "lang must be en, nl"),
        ({"positions": {"CULT": (1, 2)}}, "no node `CULT`. Closest: CUL"),
        ({"positions": {"CUL": "here"}}, "needs two numbers"),
        ({"highlight": "CUL → REP"}, "no arrow CUL → REP"),
        ({"highlight": "CUL"}, "at least two variables"),
        ({"width": 0}, "width must be"),
        ({"path": "picture.gif"}, "suffix"),
    ],
)
def test_bad_arguments_are_named(found, arguments, message):
    with pytest.raises(OptionError, match=message):
        diagram(found, **arguments)


def test_numbers_of_a_model_that_was_not_fitted_are_refused():
    with pytest.raises(OptionError, match="needs a Fit"):
        diagram(Model.read("mkb21"), labels="std")
    with pytest.raises(OptionError, match="a Fit or a Model; got str"):
        diagram("mkb21")
    with pytest.raises(OptionError, match="at least one"):
        diagrams([])
    with pytest.raises(OptionError, match="1 drawings need 1 titles; got 2"):
        diagrams([Model.read("mkb21")], ["a", "b"])


def test_saving_into_a_folder_that_is_not_there_says_so(drawn, tmp_path):
    with pytest.raises(Mkb21Error, match="can't be written"):
        save(drawn, tmp_path / "nowhere" / "d.svg")


def test_items_that_carry_arrows_of_their_own_are_structural():
    model = Model.parse("f =~ x1 + x2 + x3\nx3 ~ z\ny ~ f")
    drawn = picture(model, indicators=True)
    assert set(drawn.structural) == {"f", "x3", "z", "y"}
    assert drawn.hanging == {"f": ("x1", "x2")}
    assert overlaps(diagram(model, indicators=True)) == []


def test_covariances_that_only_defaults_add_are_left_out_when_they_are_many():
    many = Model.parse(f"y ~ {' + '.join(f'x{i}' for i in range(6))}")
    figure = diagram(many)
    assert picture(many).omitted == 15
    assert "15 covariances among observed variables are in the model but not drawn." in " ".join(
        texts(figure, "note:").values()
    )
    said = Model.parse(f"{many}\nx0 ~~ x1")
    drawn = {frozenset((e.tail, e.head)) for e in picture(said).edges if e.two_headed}
    assert frozenset(("x0", "x1")) in drawn
    few = Model.parse("y ~ x0 + x1 + x2")
    assert (len([e for e in picture(few).edges if e.two_headed]), picture(few).omitted) == (3, 0)


@pytest.mark.parametrize("text", ["Costs ($) and $x$", "a_b^2 {\\alpha}", "50 % & more"])
def test_names_are_written_as_they_are(text):
    figure = diagram(Model.parse("y ~ x"), names={"y": text})
    assert " ".join(t for n, t in texts(figure, "name:").items() if n.startswith("name:y:")) == text
    assert overlaps(figure) == []


def test_residual_covariances_of_items_over_two_constructs_are_drawn_free_of_the_rest():
    model = Model.parse(
        "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem65 =~ y5 + y6 + y7 + y8\n"
        "dem60 ~ ind60\ndem65 ~ ind60 + dem60\ny1 ~~ y5\ny2 ~~ y4 + y6\ny3 ~~ y7\ny4 ~~ y8\ny6 ~~ y8"
    )
    figure = diagram(model, indicators=True)
    assert overlaps(figure) == []
    assert sum(name.endswith(":covariance") for name, _ in named(figure.axes[0], PathPatch)) == 6
