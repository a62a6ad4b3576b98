"""The shipped models and hypotheses: they fit the synthetic wave, and they agree with each other."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from mkb21sem import Hypothesis, Model, fit, synthetic_wave
from mkb21sem.specify.model import models_folder, shipped
from mkb21sem.survey.population import coefficients
from mkb21sem.survey.wave import Wave

IDS = [f"A{i}" for i in (*range(1, 10), 11, 12, 13)]
RANGES = {"mkb21": IDS, "mkb21_items": IDS, "mkb21_text": IDS[:9], "mkb21_stated": IDS[:5], "mkb21_measurement": []}


@pytest.fixture(scope="module")
def wave() -> Wave:
    return synthetic_wave()


def regressions(name: str) -> list:
    return [arrow for arrow in Model.read(name).arrows if arrow.op == "~"]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_shipped_model_fits_the_synthetic_wave(name: str, wave: Wave) -> None:
    model = Model.read(name)
    found = fit(model, wave)
    assert found.converged, found.cause
    assert found.cause == ""
    assert found.moments.total == 256
    assert found.layout.df > 0
    table = found.table()
    free = [row.free for row in found.layout.rows]
    assert np.isfinite(table.loc[free, ["est", "se", "std"]].to_numpy()).all()
    variances = table[(table["lhs"] == table["rhs"]) & (table["op"] == "~~")]
    assert (variances["est"] > 0).all()
    assert (table["std"].abs() <= 1 + 1e-9).all()


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_regression_says_what_it_rests_on(name: str) -> None:
    """An id and one of the three tags; ids that the file promises, and no other."""
    arrows = regressions(name)
    for arrow in arrows:
        assert arrow.evidence in ("stated", "implied", "reconstruction"), str(arrow)
        assert re.fullmatch(r"A\d+", arrow.key), str(arrow)
    assert sorted({arrow.key for arrow in arrows}, key=lambda key: int(key[1:])) == RANGES[name]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_loading_says_what_it_rests_on(name: str) -> None:
    for arrow in Model.read(name).arrows:
        if arrow.op == "=~":
            assert arrow.evidence, str(arrow)


def test_an_arrow_rests_on_the_same_evidence_in_every_model() -> None:
    tags: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for name in shipped():
        for arrow in regressions(name):
            tags.setdefault((arrow.tail, arrow.head), set()).add((arrow.key, arrow.evidence))
    assert all(len(found) == 1 for found in tags.values()), tags


def test_only_what_the_text_says_is_called_stated() -> None:
    """A1 to A5 are stated, A6 to A9 implied, the later ones our reconstruction."""
    expected = {f"A{i}": "stated" if i <= 5 else "implied" if i <= 9 else "reconstruction" for i in range(1, 14)}
    for arrow in regressions("mkb21"):
        assert arrow.evidence == expected[arrow.key]


def test_the_smaller_models_are_parts_of_the_default_one() -> None:
    whole = {(a.lhs, a.op, a.rhs) for a in Model.read("mkb21").arrows}
    for name in ("mkb21_text", "mkb21_stated", "mkb21_measurement"):
        assert {(a.lhs, a.op, a.rhs) for a in Model.read(name).arrows} < whole


def test_one_hypothesis_an_arrow() -> None:
    """Path, evidence and id agree with the drawing, in both directions."""
    model = Model.read("mkb21")
    hypotheses = Hypothesis.read("mkb21", model)
    drawn = {(a.tail, a.head): (a.key, a.evidence) for a in model.arrows if a.op == "~"}
    single = [h for h in hypotheses if not h.through]
    claimed = {(h.source, h.outcome): (h.arrow, h.evidence) for h in single}
    assert claimed == drawn
    assert len(claimed) == len(single)
    for path in (h for h in hypotheses if h.through):
        assert path.arrow.split() == [drawn[step][0] for step in path.steps]


def test_registered_zeros_are_not_drawn() -> None:
    """The arrows that the text does not name: environment to use; firm, culture, environment to what comes of use."""
    model = Model.read("mkb21")
    zeros = Hypothesis.read_zeros("mkb21", model)
    late = {(source, outcome) for source in ("OMV01", "MKT02", "CUL", "OMG") for outcome in ("ERV", "REP")}
    assert {(z.source, z.outcome) for z in zeros} == late | {("OMG", "INTENS")}
    assert len(zeros) == 9
    assert not {(z.source, z.outcome) for z in zeros} & set(model.structure.edges)
    assert all(z.theory.endswith(".") and z.rationale for z in zeros)


def test_what_a_hypothesis_must_carry() -> None:
    for claim in Hypothesis.read("mkb21"):
        assert claim.through or claim.id.rstrip("ab") == "H" + claim.arrow[1:]
        assert claim.family == ("secondary" if claim.evidence == "reconstruction" or claim.through else "primary")
        assert claim.rationale.endswith(".")
        assert claim.theory.endswith(".")
        # The text gives no sign, so a sign is ours and theory says why.
        assert claim.sign in ("+", "-", "")
        if claim.evidence in ("stated", "implied"):
            assert claim.quotation.endswith(".")
            assert len(claim.quotation.split()) > 8


def test_each_population_path_is_an_arrow_and_the_other_way_round() -> None:
    model, values = Model.read("mkb21"), coefficients()
    drawn = {(a.lhs, a.op, a.rhs): a.key for a in model.arrows if a.op != "~~"}
    assert {(c.lhs, c.op, c.rhs): c.arrow for c in values if c.op != "~~"} == drawn
    assert all(0 < abs(c.value) < 1 for c in values)
    assert {c.evidence for c in values} <= {"implied", "reconstruction"}
    # Covariances that the population leaves out are zero; it has none that the model lacks.
    covariances = {frozenset((c.lhs, c.rhs)) for c in values if c.op == "~~"}
    assert covariances < {frozenset((a.lhs, a.rhs)) for a in model.arrows if a.op == "~~"}


def test_the_list_of_models_names_every_file() -> None:
    readme = (models_folder() / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+\.\w+)` \|", readme, re.MULTILINE)
    files = [path.name for path in models_folder().iterdir() if path.suffix in (".sem", ".toml")]
    assert sorted(listed) == sorted(files)


def test_no_line_is_too_long_to_be_read_aloud() -> None:
    for path in shipped().values():
        assert max(map(len, Path(path).read_text(encoding="utf-8").splitlines())) <= 120
