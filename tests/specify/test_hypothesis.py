"""Hypothesis files: good ones, and every kind of bad one with its message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mkb21sem.errors import SpecError
from mkb21sem.specify.hypothesis import Hypothesis, for_model
from mkb21sem.specify.model import Model

ONE = '[[hypothesis]]\nid = "H1"\npath = "A -> B"\n'
MODEL = Model.parse("B ~ A\nTRUST ~ B")

GOOD = {
    ONE: [Hypothesis("H1", "A", "B")],
    "\ufeff" + ONE: [Hypothesis("H1", "A", "B")],
    ONE.replace(" -> ", "->"): [Hypothesis("H1", "A", "B")],
    ONE.replace("\n", "\r\n"): [Hypothesis("H1", "A", "B")],
    'title = "Ours"\nmodel = "x"\n' + ONE: [Hypothesis("H1", "A", "B")],
    ONE + 'sign = "-"\nfamily = "secondary"\nevidence = "implied"\narrow = "A3"\nquotation = "é"\ntheory = "t"': [
        Hypothesis("H1", "A", "B", "-", "secondary", "implied", "A3", "é", "t")
    ],
    ONE.replace("A -> B", "A -> B -> TRUST"): [Hypothesis("H1", "A", "TRUST", through=("B",))],
    'sesoi = 0.2\nrationale = "r"\nalpha = 0.01\n' + ONE: [
        Hypothesis("H1", "A", "B", sesoi=0.2, rationale="r", alpha=0.01)
    ],
    "sesoi = 0.2\n" + ONE + "sesoi = 0.05": [Hypothesis("H1", "A", "B", sesoi=0.05)],
    ONE + '[[zero]]\nid = "Z1"\npath = "A -> TRUST"': [Hypothesis("H1", "A", "B")],
    ONE + ONE.replace("H1", "H2").replace("A -> B", "B -> TRUST"): [
        Hypothesis("H1", "A", "B"),
        Hypothesis("H2", "B", "TRUST"),
    ],
}

NOTHING = [r'^ours\.toml holds no hypothesis: write blocks \[\[hypothesis\]\] with id and path = "A -> B"\.$']
BAD = {
    # no hypotheses
    "": NOTHING,
    'title = "Ours"': NOTHING,
    "hypothesis = 3": NOTHING,
    "hypothesis = []": NOTHING,
    "hypothesis = [1, 2]": NOTHING,
    '[hypothesis]\nid = "H1"\npath = "A -> B"': NOTHING,
    # no TOML
    "H1: A -> B": [r"^ours\.toml is not a TOML file in UTF-8: .*line 1"],
    ONE + "sign = +": [r"^ours\.toml is not a TOML file in UTF-8: .*line 4"],
    ONE + 'id = "H2"': [r"^ours\.toml is not a TOML file in UTF-8"],
    "x = " + "[" * 5000: [r"^ours\.toml is not a TOML file in UTF-8"],
    # fields
    ONE + 'sing = "+"': [r"^ours\.toml, hypothesis H1: `sing` is no field of a hypothesis\. Closest: sign\.$"],
    ONE + 'xyz = "+"': [r"^ours\.toml, hypothesis H1: `xyz` is no field of a hypothesis\.$"],
    ONE + 'source = "A"': [r"`source` is no field of a hypothesis"],
    "[[hypothesis]]": [r"hypothesis 1: `id` is missing\.$", r"hypothesis 1: `path` is missing\.$"],
    '[[hypothesis]]\nid = ""\npath = "A -> B"': [r"hypothesis 1: `id` is missing\.$"],
    ONE + '[[hypothesis]]\npath = "A -> B"': [r"hypothesis 2: `id` is missing\.$"],
    '[[hypothesis]]\nid = "H1"': [r"hypothesis H1: `path` is missing\.$"],
    '[[hypothesis]]\nid = 1\npath = "A -> B"': [r"hypothesis 1: `id` must be text\.$"],
    '[[hypothesis]]\nid = ["H1"]\npath = "A -> B"': [r"`id` must be text\.$"],
    "[[hypothesis]]\nid = {a = 1}\npath = 3": [r"`id` must be text\.$", r"`path` must be text\.$"],
    ONE + "sign = 1": [r"hypothesis H1: `sign` must be text\.$"],
    # values
    ONE + 'sign = "positive"': [r"sign must be one of '\+', '-', ''; got 'positive'\.$"],
    ONE + 'sign = "−"': [r"sign must be one of '\+', '-', ''; got '−'\.$"],
    ONE + 'family = "first"': [r"family must be one of 'primary', 'secondary', 'exploratory'; got 'first'\.$"],
    ONE + 'family = "exploratory"\nsign = "+"': [r"^ours\.toml, hypothesis H1: what is exploratory predicts no sign"],
    ONE + 'evidence = "said"': [r"evidence must be one of 'stated', 'implied', 'reconstruction'; got 'said'\.$"],
    ONE + ONE: [r"hypothesis H1: its id stands twice\.$"],
    # paths
    ONE.replace("->", "→"): [r'path must be written "A -> B", or "A -> B -> C" for an indirect one; got \'A → B\'\.$'],
    ONE.replace("->", "~"): [r'path must be written "A -> B"'],
    ONE.replace("B", "B -> C"): [r"hypothesis H1: `C` is not in the model\.$"],
    ONE.replace("B", "-> B"): [r'path must be written "A -> B"'],
    ONE.replace("B", "B -> A"): [r"hypothesis H1: path passes `A` twice; got 'A -> B -> A'\.$"],
    ONE.replace("B", "A"): [r"hypothesis H1: path passes `A` twice"],
    # sizes
    ONE + 'sesoi = "0.1"': [r"hypothesis H1: `sesoi` must be a number between 0 and 1, such as 0\.1\.$"],
    ONE + "sesoi = 0": [r"`sesoi` must be a number between 0 and 1"],
    ONE + "sesoi = -0.1": [r"`sesoi` must be a number between 0 and 1"],
    ONE + "sesoi = nan": [r"`sesoi` must be a number between 0 and 1"],
    ONE + "sesoi = true": [r"`sesoi` must be a number between 0 and 1"],
    ONE + "alpha = 5": [r"hypothesis H1: `alpha` must be a number between 0 and 1, such as 0\.05\.$"],
    ONE + "rationale = 1": [r"hypothesis H1: `rationale` must be text\.$"],
    ONE + 'through = ["B"]': [r"`through` is no field of a hypothesis\.$"],
    # above the first block
    "sesoi = 2\n" + ONE: [r"^ours\.toml: `sesoi` must be a number between 0 and 1"],
    "alfa = 0.05\n" + ONE: [r"^ours\.toml: `alfa` is nothing that the file may hold\. Closest: alpha\.$"],
    "zero = 1\n" + ONE: [r'^ours\.toml: `zero` must be written as blocks \[\[zero\]\] with id and path = "A -> B"\.$'],
    # registered zeros
    ONE + '[[zero]]\nid = "Z1"\npath = "A -> TRUST"\nsign = "+"': [
        r"^ours\.toml, zero Z1: `sign` is no field of a registered zero\.$"
    ],
    ONE + '[[zero]]\nid = "H1"\npath = "A -> TRUST"': [r"zero H1: its id stands twice\.$"],
    ONE + '[[zero]]\nid = "Z1"\npath = "A -> B -> TRUST"': [
        r"zero Z1: a registered zero is one arrow, \"A -> B\"; got 'A -> B -> TRUST'\.$"
    ],
    ONE.replace("A ->", "->"): [r'path must be written "A -> B"'],
    ONE.replace("B", "TRUS"): [r"hypothesis H1: `TRUS` is not in the model\. Closest: TRUST\.$"],
    ONE.replace("A ->", "xyz ->"): [r"hypothesis H1: `xyz` is not in the model\.$"],
    # everything at once
    ONE + 'sign = "up"\nfamily = "third"\n[[hypothesis]]\nid = "H2"\npath = "A"\n[[hypothesis]]\nid = "H2"\n': [
        r"^ours\.toml, hypothesis H1: sign must be",
        r"^ours\.toml, hypothesis H1: family must be",
        r"^ours\.toml, hypothesis H2: path must be",
        r"^ours\.toml, hypothesis H2: `path` is missing",
        r"^ours\.toml, hypothesis H2: its id stands twice",
    ],
}


def written(folder: Path, text: str) -> Path:
    file = folder / "ours.toml"
    file.write_bytes(text.encode())
    return file


@pytest.mark.parametrize(("text", "hypotheses"), GOOD.items(), ids=repr)
def test_good_files(tmp_path: Path, text: str, hypotheses: list[Hypothesis]) -> None:
    assert list(Hypothesis.read(written(tmp_path, text), MODEL)) == hypotheses


@pytest.mark.parametrize(("text", "messages"), BAD.items(), ids=lambda text: str(text)[:70])
def test_bad_files(tmp_path: Path, text: str, messages: list[str]) -> None:
    """One line a problem, all problems of the file at once."""
    with pytest.raises(SpecError) as caught:
        Hypothesis.read(written(tmp_path, text), MODEL)
    lines = str(caught.value).split("\n")
    assert len(lines) == len(messages), lines
    for line, message in zip(lines, messages, strict=True):
        assert re.search(message, line), line


def test_registered_zeros(tmp_path: Path) -> None:
    file = written(tmp_path, "sesoi = 0.2\n" + ONE + '[[zero]]\nid = "Z1"\npath = "A -> TRUST"\ntheory = "t"')
    assert Hypothesis.read_zeros(file, MODEL) == (Hypothesis("Z1", "A", "TRUST", family="zero", theory="t", sesoi=0.2),)
    assert Hypothesis.read_zeros(written(tmp_path, ONE)) == ()


def test_a_path_and_its_arrows() -> None:
    claim = Hypothesis("H1", "A", "D", through=("B", "C"))
    assert claim.path == "A → B → C → D"
    assert claim.steps == (("A", "B"), ("B", "C"), ("C", "D"))
    assert Hypothesis("H1", "A", "B").steps == (("A", "B"),)


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_bytes(ONE.encode() + b'theory = "caf\xe9"')
    with pytest.raises(SpecError, match=r"^ours\.toml is not a TOML file in UTF-8"):
        Hypothesis.read(file)


def test_without_a_model_any_names_will_do(tmp_path: Path) -> None:
    found = Hypothesis.read(written(tmp_path, ONE.replace("B", "nobody knows")))
    assert [h.path for h in found] == ["A → nobody knows"]


@pytest.mark.parametrize("name", ["mkb2", "MKB21", "mkb21_stated"])
def test_a_file_that_is_not_there(name: str) -> None:
    with pytest.raises(SpecError, match=rf"^`{name}` is no file and no shipped name\. Shipped: mkb21\. Closest: mkb21"):
        Hypothesis.read(name)


def test_a_model_without_a_file_gets_one_open_hypothesis_an_arrow() -> None:
    found = for_model(Model.parse("f =~ x1 + x2\nf ~ z # A1 stated\ny ~ 0*f + z\ny ~ 1\nz ~~ w"))
    assert [(h.id, h.path, h.sign, h.evidence, h.arrow) for h in found] == [
        ("H1", "z → f", "", "stated", "A1"),
        ("H2", "z → y", "", "", ""),
        ("H3", "f → y", "", "", ""),
    ]
    assert {h.family for h in found} == {"exploratory"}
    assert for_model(Model.parse("f =~ x1 + x2")) == ()
