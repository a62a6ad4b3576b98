"""Nothing lies over anything: measured on the boxes of the finished artists, as the renderer sets them."""

from itertools import product

import numpy as np
import pytest
from matplotlib.patches import PathPatch, Polygon
from matplotlib.text import Text

from mkb21sem.estimate.fit import fit
from mkb21sem.report.drawing.annotation import LABELS
from mkb21sem.report.drawing.canvas import drawn_shapes, named
from mkb21sem.report.drawing.diagram import diagram, diagrams
from mkb21sem.report.drawing.overlaps import overlaps
from mkb21sem.specify.model import Model, shipped
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.synthetic_waves import synthetic_waves
from tests.report.random_models import random_model, sample

LANGS = ("en", "nl")
EVERY = list(product(sorted(shipped()), (False, True), LABELS, LANGS))


def turns():
    """Each model with and without items; kinds of labels and languages take turns, so that each kind comes up."""
    pairs = list(product(sorted(shipped()), (False, True)))
    return [(*pair, LABELS[(3 * k + k // 2) % len(LABELS)], LANGS[(k + k // 2) % 2]) for k, pair in enumerate(pairs)]


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


@pytest.fixture(scope="module")
def fitted(wave):
    return {name: fit(Model.read(name), wave) for name in shipped()}


def called(wave, model, lang):
    return {name: wave.codebook.label(name, lang) for name in (*model.latents, *model.observed)}


def drawn(found, wave, indicators, labels, lang):
    names = called(wave, found.model, lang)
    return diagram(found, indicators=indicators, labels=labels, lang=lang, names=names, synthetic=True)


def test_every_kind_of_label_and_both_languages_have_a_turn():
    assert {turn[2] for turn in turns()} == set(LABELS)
    assert {(turn[1], turn[3]) for turn in turns()} == set(product((False, True), LANGS))


@pytest.mark.parametrize(("name", "indicators", "labels", "lang"), turns())
def test_nothing_is_in_the_way_in_the_shipped_models(name, indicators, labels, lang, fitted, wave):
    assert overlaps(drawn(fitted[name], wave, indicators, labels, lang)) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "indicators", "labels", "lang"), [each for each in EVERY if each not in turns()])
def test_nor_with_any_other_labels(name, indicators, labels, lang, fitted, wave):
    assert overlaps(drawn(fitted[name], wave, indicators, labels, lang)) == []


@pytest.mark.parametrize("seed", range(50))
def test_nothing_is_in_the_way_in_random_models(seed):
    model, labels = random_model(seed), LABELS[seed % len(LABELS)]
    figure = diagram(fit(model, sample(model, seed)), labels=labels, indicators=seed % 5 == 0)
    assert overlaps(figure) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(50, 150))
def test_nor_in_more_of_them(seed):
    model = random_model(seed)
    found = fit(model, sample(model, seed))
    for indicators, labels in product((False, True), LABELS):
        assert overlaps(diagram(found, labels=labels, indicators=indicators)) == []


@pytest.mark.parametrize(
    ("model", "indicators", "labels", "lang"),
    [("mkb21_text", False, "std+interval", "nl"), ("mkb21_measurement", True, "std+stars", "en")],
)
def test_groups_side_by_side_keep_clear_too(model, indicators, labels, lang, wave):
    chosen = Model.read(model)
    answers = wave.frame(chosen.observed)
    answers["half"] = np.where(np.arange(len(answers)) % 2, "odd", "even")
    found = fit(chosen, answers, group="half")
    options = {"indicators": indicators, "labels": labels, "lang": lang, "names": called(wave, chosen, lang)}
    assert overlaps(diagrams(found, synthetic=True, **options)) == []


def test_three_waves_in_a_row_keep_clear_too():
    waves = synthetic_waves()
    model = Model.read("mkb21")
    figure = diagrams(fit(model, waves.frame(model.observed), "MLR", group="wave"), labels="std+interval", columns=3)
    assert overlaps(figure) == []


@pytest.fixture(scope="module")
def found(fitted):
    return fitted["mkb21"]


def line(figure, tail, head):
    return dict(named(figure.axes[0], PathPatch))[f"line:{tail}:{head}:path"]


def test_overlaps_sees_a_label_on_a_node_and_on_another_label(found):
    figure = diagram(found)
    shapes = drawn_shapes(figure.axes[0])
    artists = dict(named(figure.axes[0], Text))
    label, other = artists["label:CUL:MOT:path"], artists["label:MOT:ERV:path"]
    label.set_position((shapes["node:INTENS"].x, shapes["node:INTENS"].y))
    assert "label:CUL:MOT:path lies over node:INTENS" in overlaps(figure)
    label.set_position(other.get_position())
    assert any("label:CUL:MOT:path" in fault and "label:MOT:ERV:path" in fault for fault in overlaps(figure))


def test_overlaps_sees_labels_on_heads_cut_text_swollen_names_and_lines_through_nodes(found):
    figure = diagram(found)
    axes, artists = figure.axes[0], dict(named(figure.axes[0], Text))
    tip = dict(named(axes, Polygon))["head:MOT:ERV:path"].get_xy().mean(0)
    artists["label:CUL:MOT:path"].set_position(tip)
    artists["label:MOT:ERV:path"].set_position((axes.get_xlim()[1], 100))
    artists["name:REP:0"].set_fontsize(30)
    shapes = drawn_shapes(axes)
    line(figure, "OMG", "MOT").get_path().vertices[:] = np.linspace(
        shapes["node:OMG"].centre, shapes["node:REP"].centre, 4
    )
    faults = "\n".join(overlaps(figure))
    assert "label:CUL:MOT:path lies over head:MOT:ERV:path" in faults
    assert "label:MOT:ERV:path is cut at the border" in faults
    assert "name:REP:0 leaves its node" in faults
    assert "line:OMG:MOT:path runs through node:REP" in faults
