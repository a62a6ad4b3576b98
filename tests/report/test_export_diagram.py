import re

import pytest

from mkb21sem.estimate.fit import fit
from mkb21sem.report.drawing.dot import to_dot
from mkb21sem.report.drawing.picture import picture
from mkb21sem.report.drawing.tikz import to_tikz
from mkb21sem.specify.model import Model, shipped
from mkb21sem.survey.synthetic import synthetic_wave


@pytest.fixture(scope="module")
def wave():
    return synthetic_wave()


@pytest.mark.parametrize("indicators", [False, True])
@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_node_and_arrow_is_in_both(name, indicators, wave):
    found = fit(Model.read(name), wave)
    drawn = picture(found, indicators=indicators)
    tikz, dot = to_tikz(found, indicators=indicators), to_dot(found, indicators=indicators)
    assert len(re.findall(r"^  \\draw\[", tikz, re.M)) == len(drawn.edges) == dot.count(" -> ")
    assert len(re.findall(r"\\node\[sem (?:construct|observed|part|item),", tikz)) == len(drawn.nodes)
    assert len(re.findall(r"pos=", dot)) == len(drawn.nodes)
    assert tikz.count("{") == tikz.count("}")
    assert dot.count("[") == dot.count("]")


def test_tikz_escapes_what_latex_reads_as_commands(wave):
    found = fit(Model.read("mkb21_stated"), wave)
    tikz = to_tikz(found, names={"MOT": "Motives & 100%"}, labels="est+interval")
    assert r"\& 100\%" in tikz
    assert "−" not in tikz
    assert r"\\[" not in tikz
    assert "TOE_M" not in to_tikz(Model.read("mkb21"))


def test_every_style_that_tikz_uses_is_defined(wave):
    tikz = to_tikz(fit(Model.read("mkb21"), wave), indicators=True)
    head, _, body = tikz.partition("]\n")
    used = {style.strip() for options in re.findall(r"^  \\(?:draw|node)\[([^\]]*)\]", body, re.M)
            for style in options.split(",") if style.strip().startswith("sem ")}  # fmt: skip
    assert used <= set(re.findall(r"(sem [a-z ]+)/\.style", head))
    assert {"sem path", "sem path negative", "sem loading", "sem covariance", "sem unsure"} <= used


def test_dot_tells_evidence_significance_and_sign(wave):
    found = fit(Model.read("mkb21"), wave)
    table = found.table().query("op == '~'")
    dot = to_dot(found)
    for row in table.itertuples():
        line = next(text for text in dot.splitlines() if text.startswith(f'  "{row.rhs}" -> "{row.lhs}"'))
        assert ("style=dashed" in line) == (row.p >= 0.05)
        assert ("arrowhead=empty" in line) == (row.est < 0)
        assert re.search(r"\([sir]\)", line)


def test_dot_quotes_names():
    dot = to_dot(Model.parse("y ~ x"), names={"y": 'The "why"\nof it'})
    assert r'label="The \"why\"\nof it"' in dot
