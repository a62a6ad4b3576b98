"""The model as a graph, what it refuses, and where it is read from."""

from __future__ import annotations

from pathlib import Path

import pytest

from mkb21sem.errors import SpecError
from mkb21sem.specify.model import Model, locate, models_folder, shipped

CHAIN = """
# title: A chain
f =~ x1 + x2 + x3
g =~ y1 + y2 + y3
g ~ b*f + z
w ~ g
x1 ~~ y1
y3 ~ 1
"""


def test_the_parts_of_a_model() -> None:
    model = Model.parse(CHAIN, name="chain")
    assert model.latents == ("f", "g")
    assert model.observed == ("x1", "x2", "x3", "y1", "y2", "y3", "w", "z")
    assert model.indicators == {"f": ("x1", "x2", "x3"), "g": ("y1", "y2", "y3")}
    assert model.endogenous == ("g", "w")
    assert model.exogenous == ("z",)
    assert model.ordered == ()
    assert model.meanstructure
    assert (model.name, model.title) == ("chain", "A chain")


def test_names_and_titles_are_no_part_of_what_a_model_claims() -> None:
    assert Model.parse(CHAIN, name="one") == Model.parse(CHAIN.replace("A chain", "Another"), name="two")
    assert Model.parse("y ~ x") != Model.parse("y ~ 1*x")
    assert Model.parse("y ~ x") != Model.parse("y ~ x # stated")


@pytest.mark.parametrize(
    ("spec", "exogenous"),
    [
        ("y ~ x + z", ("x", "z")),
        ("y ~ x\nz ~ y", ("x",)),
        # spoken of elsewhere: a variable like the others
        ("y ~ x + z\nx ~~ z", ()),
        ("y ~ x + z\nx ~~ x", ("z",)),
        ("y ~ x + z\nx ~ 1", ("z",)),
        ("f =~ x + x2 + x3\ny ~ x + z", ("z",)),
        ("f =~ x1 + x2 + x3\ny ~ f", ()),
        ("y ~ 1", ()),
    ],
)
def test_exogenous_variables(spec: str, exogenous: tuple[str, ...]) -> None:
    assert Model.parse(spec).exogenous == exogenous


def test_ordinal_items_named_by_the_spec() -> None:
    model = Model.parse("f =~ x1 + x2 + x3\nDEFINE(ordinal) x1\nDEFINE(ordinal) x3 x2")
    assert model.ordered == ("x1", "x3", "x2")


def test_the_graph_is_the_drawing() -> None:
    graph = Model.parse(CHAIN + "g ~~ 0.5*w # A9 implied").graph
    assert graph.nodes["f"]["kind"] == "latent"
    assert graph.nodes["z"]["kind"] == "observed"
    assert "1" not in graph
    edges = {(tail, head): edge for tail, head, edge in graph.edges(data=True)}
    assert set(edges) == {
        ("f", "x1"), ("f", "x2"), ("f", "x3"), ("g", "y1"), ("g", "y2"), ("g", "y3"),
        ("f", "g"), ("z", "g"), ("g", "w"), ("x1", "y1"),
    }  # fmt: skip
    assert edges["f", "g"]["label"] == "b"
    assert edges["f", "g"]["heads"] == 1
    assert edges["x1", "y1"]["heads"] == 2
    covariance = next(e for *_, e in graph.edges(data=True) if e["evidence"])
    assert (covariance["value"], covariance["heads"], covariance["evidence"]) == (0.5, 2, "implied")
    assert graph.number_of_edges() == 11


def test_the_structure_is_its_regressions() -> None:
    structure = Model.parse(CHAIN).structure
    assert set(structure.edges) == {("f", "g"), ("z", "g"), ("g", "w")}
    assert structure.edges["z", "g"]["arrow"].lhs == "g"


def test_a_model_cannot_be_changed() -> None:
    model = Model.parse("y ~ x")
    with pytest.raises(AttributeError):
        model.arrows = ()  # type: ignore[misc]


LABELLED = "f =~ x1 + a*x2 + b*x3\n"
REFUSED = {
    "f =~ x1 + x2*x3\nx2 ~ y": r"trust\.sem: `x2` is a label and a variable; give the label another name\.",
    "f =~ x1\ng =~ f\nf =~ g": r"trust\.sem: constructs measure each other in a loop: [fg] =~ [fg]\.",
    # DEFINE
    "f =~ x1\nDEFINE(latent) f": r"trust\.sem, line 2: DEFINE\(latent\) f: only DEFINE\(ordinal\) is known; .* `=~`\.",
    "f =~ x1 + x2\nDEFINE(ordinal) x1 x22": r"line 2: .*: `x22` is no observed variable of this model\. Closest: x2\.",
    "f =~ x1\nDEFINE(ordinal) f": r"`f` is no observed variable of this model",
    "f =~ x1\nDEFINE(ordinal)": r"behind the brackets at least one observed variable is expected",
    # START and BOUND
    LABELLED + "START(1) c": r"trust\.sem, line 2: START\(1\) c: `c` is no label of this model",
    LABELLED + "START(1) x2": r"`x2` is no label of this model",
    LABELLED + "START(1)": r"behind the brackets at least one label is expected",
    LABELLED + "START(high) a": r"START\(high\) a: numbers are expected between the brackets",
    LABELLED + "START() a": r"numbers are expected between the brackets",
    LABELLED + "START(1, 2) a": r"START takes one number, BOUND a lower and an upper one",
    LABELLED + "START(inf) a": r"a starting value must be a finite number",
    LABELLED + "START(nan) a": r"a starting value must be a finite number",
    LABELLED + "\n\nBOUND(0) a": r"trust\.sem, line 4: BOUND\(0\) a: START takes one number, BOUND a lower",
    LABELLED + "BOUND(1, 0) a": r"the lower bound must be smaller than the upper one",
    LABELLED + "BOUND(1, 1) a": r"the lower bound must be smaller than the upper one",
    LABELLED + "BOUND(0, nan) a": r"the lower bound must be smaller than the upper one",
    LABELLED + "BOUND(0, much) a": r"numbers are expected between the brackets",
    # CONSTRAINT
    LABELLED + "CONSTRAINT(a = c)": r"trust\.sem, line 2: CONSTRAINT\(a = c\): `c` is no label of this model",
    LABELLED + "CONSTRAINT(a = x1)": r"`x1` is no label of this model",
    LABELLED + "CONSTRAINT(a = b) a": r"nothing is expected behind the brackets",
    LABELLED + "CONSTRAINT(a*b = 1)": r"only sums of labels times numbers are supported, .*\(a product of two labels\)",
    LABELLED + "CONSTRAINT(a = b**2)": r"only sums of labels times numbers .*\(`b \*\* 2`\)",
    LABELLED + "CONSTRAINT(a = 1/b)": r"only sums of labels times numbers .*\(a label below a fraction bar\)",
    LABELLED + "CONSTRAINT(a = b/0)": r"only sums of labels times numbers",
    LABELLED + "CONSTRAINT(a = exp(b))": r"only sums of labels times numbers .*\(`exp\(b\)`\)",
    LABELLED + "CONSTRAINT(a = 2b)": r"only sums of labels times numbers",
    LABELLED + "CONSTRAINT(a = (b)": r"only sums of labels times numbers",
    LABELLED + "CONSTRAINT(a = 'b')": r"only sums of labels times numbers",
    LABELLED + "CONSTRAINT(a = True)": r"only sums of labels times numbers",
    LABELLED + "CONSTRAINT(a = 1e999)": r"only sums of labels times numbers",
    LABELLED + "CONSTRAINT(a = " + "(" * 500 + "b" + ")" * 500 + ")": r"only sums of labels times numbers",
    LABELLED + "CONSTRAINT(a > b)": r"one equation such as `a = 2\*b` is expected; inequalities are not supported",
    LABELLED + "CONSTRAINT(a >= 0)": r"inequalities are not supported",
    LABELLED + "CONSTRAINT(a = b = 1)": r"one equation such as",
    LABELLED + "CONSTRAINT(a, b)": r"one equation such as",
    LABELLED + "CONSTRAINT()": r"one equation such as",
}


@pytest.mark.parametrize(("spec", "message"), REFUSED.items(), ids=lambda text: text[:60])
def test_what_no_line_alone_shows(spec: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Model.parse(spec, where="trust.sem")


# ----------------------------------------------------------------------------------------------------- reading


def test_the_shipped_models() -> None:
    assert set(shipped()) == {"mkb21", "mkb21_text", "mkb21_stated", "mkb21_measurement", "mkb21_items"}
    assert set(shipped(".toml")) == {"mkb21"}
    for name, path in shipped().items():
        assert path.parent == models_folder()
        assert Model.read(name) == Model.read(path) == Model.read(str(path))
        assert Model.read(name).name == name
        assert Model.read(name).title
        assert Model.read(name).source


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mkb22", r"^`mkb22` is no file and no shipped name\. Shipped: mkb21, mkb21_items, .*\. Closest: mkb21, "),
        ("MKB21", r"^`MKB21` is no file and no shipped name\..* Closest: mkb21, "),
        ("mkb21.sem", r"Closest: mkb21, "),
        ("mkb21_stat", r"Closest: mkb21_stated"),
        ("trust", r"^`trust` is no file and no shipped name\. Shipped: [^.]*\.$"),
        ("no/such/file.sem", r"is no file and no shipped name"),
    ],
)
def test_a_model_that_is_not_there(name: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Model.read(name)


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="is a folder, not a file"):
        Model.read(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"f =~ caf\xe9", r"^trust\.sem can't be read as UTF-8 text .* Save it as UTF-8\.$"),
        ("f =~ x1".encode("utf-16"), r"^trust\.sem can't be read as UTF-8 text"),
        (b"", r"^trust\.sem holds no arrow"),
        (b"PK\x03\x04\x00\x00", r"^trust\.sem, line 1: "),
        (b"f =~ x1\n\nf = x2", r"^trust\.sem, line 3: operator `=`"),
    ],
)
def test_a_file_that_is_no_model(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "trust.sem"
    file.write_bytes(content)
    with pytest.raises(SpecError, match=message):
        Model.read(file)


def test_a_file_as_an_editor_on_windows_leaves_it(tmp_path: Path) -> None:
    file = tmp_path / "trust.sem"
    file.write_bytes("\ufeff# title: Café\r\nf =~ x1 + café\r\n".encode())
    model = Model.read(file)
    assert (model.name, model.title, model.observed) == ("trust", "Café", ("x1", "café"))


def test_a_file_of_the_same_name_does_not_hide_a_shipped_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mkb21").write_text("y ~ x")
    assert locate("mkb21", ".sem") == shipped()["mkb21"]
    assert Model.read("./mkb21").observed == ("y", "x")
