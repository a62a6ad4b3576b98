import re

import numpy as np
import pytest

from mkb21sem.estimate.fit import fit
from mkb21sem.report.drawing.dot import dot, to_dot
from mkb21sem.report.drawing.geometry import curve
from mkb21sem.report.drawing.options import POINTS_PER_CM, Options
from mkb21sem.report.drawing.panels import beside, single
from mkb21sem.report.drawing.sizes import key
from mkb21sem.report.drawing.tikz import tikz, to_tikz
from mkb21sem.specify.model import Model, shipped
from mkb21sem.survey.synthetic import synthetic_wave

PAIR = r"\((-?[\d.]+), (-?[\d.]+)\)"


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


@pytest.fixture(scope="module")
def sheet(wave):
    """Everything that a drawing can have: items, intervals, a stamp, a highlighted path."""
    options = Options(indicators=True, labels="std+interval", highlight="CUL → MOT → ERV", synthetic=True)
    return single(fit(Model.read("mkb21"), wave), None, options)


@pytest.fixture(scope="module")
def halves(wave):
    """Two groups side by side, in Dutch and in colour."""
    model = Model.read("mkb21_stated")
    answers = wave.frame(model.observed)
    answers["half"] = np.where(np.arange(len(answers)) % 2, "odd", "even")
    return beside(
        fit(model, answers, group="half"), None, Options(theme="screen", lang="nl", synthetic=True), "R&D_100%"
    )


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_node_and_arrow_is_in_both(name, wave):
    drawn = single(fit(Model.read(name), wave), None, Options(indicators=True, labels="none", covariances=False))
    text, graph, picture = tikz(drawn), dot(drawn), drawn.pictures[0]
    assert len(re.findall(r"^  \\draw\[.*controls", text, re.M)) == len(picture.edges) == graph.count(" -> ")
    assert len(re.findall(r"\\path\[sem (?:construct|observed|part|item)\b", text)) == len(picture.nodes)
    assert len(re.findall(r"shape=\"", graph)) == len(picture.nodes)
    assert balanced(text)
    assert graph.count("[") == graph.count("]")


def balanced(text):
    """Whether braces close in order, and every environment that begins also ends."""
    depth = 0
    for sign in re.sub(r"\\[{}]", "", text):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            return False
    begun, ended = (re.findall(rf"\\{word}\{{(\w+)\}}", text) for word in ("begin", "end"))
    return depth == 0 and sorted(begun) == sorted(ended)


def test_tikz_has_the_places_and_curves_of_the_drawing(sheet):
    ways = re.findall(rf"{PAIR} \.\. controls {PAIR} and {PAIR} \.\. {PAIR};", tikz(sheet))
    expected = [sheet.scene.ways[key(edge)] / POINTS_PER_CM for edge in sheet.pictures[0].edges]
    np.testing.assert_allclose(np.array(ways, dtype=float).reshape(-1, 4, 2), expected, atol=6e-4)
    ellipses = re.findall(rf"{PAIR} ellipse \[x radius=([\d.]+)cm, y radius=([\d.]+)cm\]", tikz(sheet))
    shapes = [sheet.scene.shapes[name] for name, node in sheet.pictures[0].nodes.items() if node.latent]
    expected = [np.array([s.x, s.y, s.a, s.b]) / POINTS_PER_CM for s in shapes]
    np.testing.assert_allclose(np.array(ellipses, dtype=float), expected, atol=6e-4)


def test_every_style_colour_and_library_that_tikz_uses_is_defined(sheet, halves):
    text = tikz(sheet) + tikz(halves)
    options = re.findall(r"\\(?:draw|node|path)\[([^\]]*)\]", text)
    used = {style.strip() for one in options for style in one.split(",") if style.strip().startswith("sem ")}
    assert used <= set(re.findall(r"(sem [a-z ]+)/\.style", text))
    assert {"sem path", "sem loading", "sem covariance", "sem unsure", "sem back", "sem panel", "sem stamp"} <= used
    colours = set(re.findall(r"=(sem[a-z]+)\b", text))
    assert colours <= set(re.findall(r"definecolor\{(sem[a-z]+)\}", text))
    assert "arrows.meta" in text


def test_tikz_escapes_what_latex_reads_as_commands(sheet, halves, wave):
    names = {"MOT": "Motives\n& 100% <of> |it|"}
    text = to_tikz(fit(Model.read("mkb21_stated"), wave), names=names, labels="est+interval")
    assert r"\& 100\% \textless{}of\textgreater{} \textbar{}it\textbar{}" in text
    assert r"\\[" not in text
    assert "TOE_M" not in to_tikz(Model.read("mkb21"))
    assert r"R\&D\_100\%" in tikz(halves)
    for one in (text, tikz(sheet), tikz(halves)):
        assert re.sub(r"[A-Za-zÀ-ÿ0-9]", "", one).isascii()


def test_both_carry_stamp_key_notes_and_panels(halves):
    for text in (tikz(halves), dot(halves)):
        assert "SYNTHETISCHE DATA" in text
        assert "even (n = 128)" in text
        assert "odd (n = 128)" in text
        assert "negatief" in text
        assert "geobserveerde" in text or "volgt niets uit over echte" in re.sub(r"\};\n.*?\{|\\n", " ", text)
    assert dot(halves).count("subgraph cluster_") == 2
    assert {name[:2] for name in re.findall(r'^  "([^"]*)" \[', dot(halves), re.M)} == {"1:", "2:"}


def test_what_stands_back_is_grey_in_both(sheet):
    text, graph = tikz(sheet), dot(sheet)
    ways = [line for line in text.splitlines() if "controls" in line]
    assert sum("sem back arrow" not in line for line in ways) == 2
    bright = [line for line in graph.splitlines() if " -> " in line and f'color="{sheet.theme.muted}"' not in line]
    assert [line.split(" [")[0].strip() for line in bright] == ['"CUL" -> "MOT"', '"MOT" -> "ERV"']


def test_dot_tells_evidence_significance_and_sign(wave):
    found = fit(Model.read("mkb21"), wave)
    table = found.table().query("op == '~'")
    graph = to_dot(found)
    for row in table.itertuples():
        line = next(text for text in graph.splitlines() if text.startswith(f'  "{row.rhs}" -> "{row.lhs}"'))
        assert ('style="dashed"' in line) == (row.p >= 0.05)
        assert ('arrowhead="empty"' in line) == (row.est < 0)
        assert re.search(r"\([sir]\)", line)


def test_dot_has_the_curves_of_the_drawing(halves):
    """A spline ends where the head begins; the head's tip is written before it."""
    corner, picture = halves.corner(1), halves.pictures[1]
    lines = [line for line in dot(halves).splitlines() if line.startswith('  "2:') and " -> " in line]
    for edge, line in zip(picture.edges, lines, strict=True):
        way = halves.scene.ways[key(edge)] + corner
        points = [
            tuple(map(float, at.split(",")))
            for at in re.findall(r"-?[\d.]+,-?[\d.]+", line.split('pos="')[1].split('"')[0])
        ]
        assert len(points) == 5 + edge.two_headed
        np.testing.assert_allclose(points[-5 if not edge.two_headed else 1], way[3], atol=0.06)
        path = curve(way, np.linspace(0, 1, 400))
        assert np.hypot(*(path - points[-1]).T).min() < 0.6


def test_dot_quotes_names():
    graph = to_dot(Model.parse("y ~ x"), names={"y": 'The "why"\nof it'})
    assert r'label="The \"why\"\nof it"' in graph
