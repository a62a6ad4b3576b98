"""Drawings of what seldom happens: files that can't be written, nodes on each other, searches that are cut short."""

from __future__ import annotations

import errno
import json
from pathlib import Path as FilePath

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text

from mkb21sem.errors import Mkb21Error, OptionError, WaveError
from mkb21sem.estimate.fit import fit
from mkb21sem.report.drawing import routing, scene
from mkb21sem.report.drawing.annotation import numbered
from mkb21sem.report.drawing.canvas import named
from mkb21sem.report.drawing.descent import Descent, Plan
from mkb21sem.report.drawing.diagram import diagram, diagrams
from mkb21sem.report.drawing.export import writable, write
from mkb21sem.report.drawing.fits import fitted
from mkb21sem.report.drawing.geometry import Shape, leaves
from mkb21sem.report.drawing.labelling import Label, _settle, positions
from mkb21sem.report.drawing.options import Options
from mkb21sem.report.drawing.overlaps import overlaps
from mkb21sem.report.drawing.panels import single
from mkb21sem.report.drawing.picture import picture
from mkb21sem.report.drawing.positions import read_positions, save_positions
from mkb21sem.report.numbers import ABSENT
from mkb21sem.report.words import Words
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.synthetic_waves import synthetic_waves

CHAIN = Model.parse("INTENS ~ MKT02\nTOE_M ~ INTENS", name="chain")
TIED = "A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3\nC =~ c1 + c2 + c3\nB ~ A\nC ~ B\n"
LONG = "x" * 249


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


@pytest.fixture(scope="module")
def sheet():
    return single(CHAIN, None, Options())


def texts(figure, kind):
    """What is written, of one kind."""
    return [artist.get_text() for name, artist in named(figure.axes[0], Text) if name.startswith(kind)]


def test_a_folder_is_not_overwritten_by_a_drawing(tmp_path):
    (tmp_path / "d.svg").mkdir()
    message = r"d\.svg can't be written: there is a folder of that name\. Choose another name\.$"
    with pytest.raises(OptionError, match=message):
        writable([tmp_path / "d.svg"])


def test_a_name_too_long_to_write_aside_is_a_message_and_leaves_nothing(sheet, tmp_path):
    for suffix in (".dot", ".tex", ".svg", ".png", ".pdf"):
        with pytest.raises(Mkb21Error, match=r"can't be written: File name too long\.$"):
            write(sheet, [tmp_path / f"{LONG}{suffix}"])
    with pytest.raises(Mkb21Error, match=r"can't be written: File name too long\.$"):
        save_positions({"A": (0.0, 0.0)}, tmp_path / f"{LONG}.json")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_the_system_keeps_is_named_and_stays_as_it_was(sheet, tmp_path, monkeypatch):
    def refused(self, target):
        raise OSError(errno.EBUSY, "Device or resource busy")

    (tmp_path / "d.dot").write_text("earlier", encoding="utf-8")
    monkeypatch.setattr(FilePath, "replace", refused)
    with pytest.raises(Mkb21Error, match=r"d\.dot can't be written: Device or resource busy\.$"):
        write(sheet, [tmp_path / "d.dot"])
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {"d.dot": "earlier"}


def test_positions_need_a_folder_and_a_file(tmp_path):
    nowhere = tmp_path / "nowhere"
    with pytest.raises(OptionError, match=rf"can't be written: there is no folder {nowhere}\. Make it first\.$"):
        save_positions({"A": (0.0, 0.0)}, nowhere / "places.toml")
    (tmp_path / "places.toml").mkdir()
    with pytest.raises(OptionError, match=r"places\.toml can't be read: Is a directory\.$"):
        read_positions(tmp_path / "places.toml")


def test_positions_in_json_are_read_as_they_were_saved(tmp_path):
    places = {"A": (0.0, 1.25), "B": (3.5, 0.0)}
    save_positions(places, tmp_path / "places.json")
    assert json.loads((tmp_path / "places.json").read_text(encoding="utf-8")) == {"A": [0.0, 1.25], "B": [3.5, 0.0]}
    assert read_positions(tmp_path / "places.json") == places


def test_an_estimate_that_is_not_there_is_a_dash():
    row = pd.Series({"est": 0.2, "std": np.nan, "p": 0.01, "std_low": np.nan, "std_high": np.nan})
    assert [numbered(row, labels, "en") for labels in ("std", "std+stars", "std+interval")] == [ABSENT] * 3
    assert numbered(row, "est+stars", "en") == "0.20*"


@pytest.mark.parametrize(
    ("source", "group", "error", "message"),
    [
        ("waves", "ZZP", OptionError, r"^--group ZZP tells groups inside one wave; 3 waves are given\.$"),
        (
            "wave",
            "wave",
            OptionError,
            r"^one wave has no waves to compare: give several files, or a grouping such as ZZP",
        ),
        ("table", "sise", WaveError, r"^the table has no column `sise`\. Closest: size"),
    ],
)
def test_groups_that_are_not_there_are_named(wave, source, group, error, message):
    given = {
        "waves": synthetic_waves,
        "wave": lambda: wave,
        "table": lambda: wave.frame(CHAIN.observed).assign(size=1),
    }[source]()
    with pytest.raises(error, match=message):
        fitted(CHAIN, given, Words(), group=group)


def test_an_effect_is_told_only_of_the_drawings_that_have_its_path(wave):
    others = ["TOE_M ~ OMV01", "INTENS ~ MKT02\nTOE_M ~ MKT02"]
    fits = [fit(CHAIN, wave), *(fit(Model.parse(text, name="other"), wave) for text in others)]
    figure = diagrams(fits, ["A", "B", "C"], highlight="MKT02 → INTENS → TOE_M", columns=3)
    told = " ".join(texts(figure, "note:"))
    assert told.count("Effect along MKT02 → INTENS → TOE_M, standardised:") == 1
    assert "A: Effect along" in told


def test_models_beside_each_other_are_headed_by_their_names(wave):
    other = Model.parse("TOE_M ~ MKT02", name="other")
    assert texts(diagrams([CHAIN, other]), "panel:") == ["chain", "other"]
    assert texts(diagrams([fit(other, wave), other], labels="key"), "panel:") == ["other", "other"]


def test_nodes_that_the_user_puts_on_each_other_are_reported():
    places = {"MKT02": (0, 0), "INTENS": (0.1, 0), "TOE_M": (0.2, 0)}
    faults = overlaps(diagram(CHAIN, positions=places))
    assert {"node:INTENS lies over node:TOE_M", "node:MKT02 lies over node:INTENS"} <= set(faults) | {
        " lies over ".join(reversed(fault.split(" lies over "))) for fault in faults
    }


def test_only_arrows_run_through_nodes():
    figure = diagram(CHAIN)
    axes = figure.axes[0]
    straight = Path([(0, 0), (100, 60), (200, 60), (600, 60)], [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    axes.add_patch(PathPatch(straight, gid="frame:MKT02"))
    assert overlaps(figure) == []
    axes.add_patch(PathPatch(straight, gid="line:X:Y:path"))
    assert any(fault.startswith("line:X:Y:path runs through node:") for fault in overlaps(figure))


def test_a_curve_that_stays_inside_never_leaves():
    control = np.array([[0, 0], [1, 1], [2, 0], [3, 1]], dtype=float)
    assert leaves(control, Shape(0, 0, 20, 10, True)) == 1.0


@pytest.mark.parametrize(
    ("pairs", "turned"),
    [
        ([("a1", "b1"), ("a2", "b2")], {"B"}),
        ([("a1", "b2"), ("a2", "b1")], set()),
        ([("a1", "b1"), ("a2", "b2"), ("b1", "c1"), ("b2", "c2")], {"B"}),
    ],
    ids=["in the same order", "crossed", "a third construct keeps its order"],
)
def test_items_are_drawn_in_reverse_where_that_nests_their_arcs(pairs, turned):
    model = Model.parse(TIED + "\n".join(f"{one} ~~ {other}" for one, other in pairs))
    assert scene._mirrored(scene.merged([picture(model, indicators=True)])) == turned


def test_a_search_that_goes_on_finds_nothing_dearer(monkeypatch):
    compared = []

    def both(edges, scenery):
        first, last = (routing.routes(edges, scenery, sweeps) for sweeps in (1, 4))
        compared.append((first[1], last[1]))
        return last

    monkeypatch.setattr(scene, "routes", both)
    assert overlaps(diagram(Model.read("mkb21"))) == []
    assert all(last <= first + 1e-9 for first, last in compared)
    assert any(last < first - 1e-9 for first, last in compared)


def plan_of(arrows):
    """Three nodes of the same size in two layers."""
    graph = nx.DiGraph()
    graph.add_nodes_from("abc")
    graph.add_edges_from(arrows)
    return Descent(Plan(graph, dict.fromkeys("abc", (20.0, 10.0))), {"a": 0, "b": 0, "c": 1}, {})


def test_more_descents_never_end_dearer_and_a_long_way_is_cut_short():
    search, start = plan_of([("a", "c"), ("b", "c")]), {"a": 0, "b": 2, "c": 5}
    few, many = (search.run(start, 21, restarts)[0] for restarts in (0, 12))
    prices = [
        search.cost(np.array([[rows[n] for n in "abc"]]), np.zeros((1, 3), dtype=int))[0] for rows, _ in (few, many)
    ]
    assert prices[1] <= prices[0]
    far = np.array([0, 2, 900])
    none = np.zeros(3, dtype=np.intp)
    price, (rows, _) = search._descend(far, none)
    assert price < search.cost(far[None], none[None])[0]
    assert price == search.cost(rows[None], none[None])[0]
    assert abs(rows[2] - rows[:2].mean()) > 600


def test_without_arrows_only_what_lies_on_each_other_costs():
    search, none = plan_of([]), np.zeros((2, 3), dtype=np.intp)
    apart, piled = search.cost(np.array([[0, 4, 0], [0, 0, 0]]), none)
    assert apart < piled


def test_labels_without_anything_around_them_stand_in_the_middle_of_their_arrows():
    control = np.array([[0, 0], [40, 0], [80, 0], [120, 0]], dtype=float)
    spots, squeezed, _ = positions([Label(control, 20, 8)], [control], np.zeros((0, 5)), np.zeros((0, 4)))
    np.testing.assert_allclose(spots, [[60, 0]], atol=0.5)
    assert squeezed == 0


def test_labels_part_in_the_first_round():
    control = np.array([[0, 0], [40, 0], [80, 0], [120, 0]], dtype=float)
    labels = [Label(control, 10, 8)] * 2
    centre = np.array([[[60.0, 0], [30, 0]], [[60, 0], [90, 0]]])
    spots, squeezed, cost = _settle(labels, centre, np.array([[0.0, 1], [0, 2]]), sweeps=1)
    assert squeezed == 0
    assert not np.array_equal(spots[0], spots[1])
    assert cost in (1.0, 2.0)
