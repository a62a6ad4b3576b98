"""Hypothesis files, frozen plans and stored results: wrong on purpose, or mutated at random."""

from __future__ import annotations

import json
import math
import tempfile
import tomllib
from collections.abc import Callable
from contextlib import chdir
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from mkb21sem import Hypothesis, Model
from mkb21sem.specify.model import shipped
from mkb21sem.specify.plan import Plan, Rules, freeze
from tests.hostile.case import EITHER, REFUSED, RIGHT, Case, command, rng_of
from tests.hostile.specs import SMALL, sample
from tests.hostile.tables import spoiled_bytes
from tests.hostile.waves import OPEN, pick

Rng = np.random.Generator


@cache
def model() -> Model:
    return Model.read("mkb21")


@cache
def shipped_claims() -> str:
    return shipped(".toml")["mkb21"].read_text(encoding="utf-8")


ONE = '[[hypothesis]]\nid = "H1"\npath = "OMG -> MOT"\n'
VALUES = (
    *('"x"', "1", "-1", "0", "1.5", "nan", "inf", "-inf", "true", "[]", '["a"]', "{}", "2012-10-01", '""', "1e-400"),
    *('"OMG"', '"OMG - MOT"', '"-> MOT"', '"OMG -> MOT -> OMG"', '"OMG -> OMG"', '"OMG -> XYZ"', '"OMG => MOT"'),
    *("9" * 400, '"\\u0000"', "'<script>'", '"=cmd()"', "1_0", "0x10"),
)
BAD_LINES = (
    *('sign = "positive"', 'sign = "--"', "sign = 1", 'family = "tertiary"', "sesoi = 0", "sesoi = -0.1"),
    *("sesoi = 1.0", "sesoi = nan", 'sesoi = "0.1"', "alpha = 0", "alpha = 1", "alpha = true", "alpha = inf"),
    *('evidence = "certain"', 'sgin = "+"', 'through = ["A"]', "quotation = 3", "source = 'OMG'", 'id = "H1"'),
)
BAD_BLOCKS = (
    *('[[hypothesis]]\nid = "H1"\n', '[[hypothesis]]\npath = "OMG -> MOT"\n', "", "# niets", "[hypothesis]\n"),
    *(ONE + ONE, ONE + '[[zero]]\nid = "H1"\npath = "OMG -> GEB"\n', ONE.replace("MOT", "MOTT"), ONE + "[[zeros]]\n"),
    *(ONE + '[[zero]]\nid = "Z"\npath = "OMG -> MOT -> ERV"\n', ONE.replace("->", "→"), ONE.replace("->", "- >")),
    *(ONE.replace("OMG -> MOT", "OMG -> "), "hypothesis = 3", "hypothesis = [1]", "x" * 1000, "[" * 5000, "a." * 3000),
    "a = " + "[" * 3000 + "]" * 3000,
)


def hypotheses(number: int, seed: int = 2012) -> Case:
    """A .toml file of hypotheses about the default model."""
    rng = rng_of("hypotheses", number, seed)
    draw = rng.random()
    if draw < 0.15:
        words = " ".join(str(pick(rng, OPEN)).split())
        content = f"# {words}\n{shipped_claims()}".encode()
        good = Hypothesis.read("mkb21", model())
        paths = lambda found: "" if [c.path for c in found] == [c.path for c in good] else "other paths"  # noqa: E731
        return Case("hypotheses", number, "a comment", RIGHT, _claims, {"h.toml": content}, paths)
    if draw < 0.5:
        text = str(pick(rng, BAD_BLOCKS)) if rng.random() < 0.4 else ONE + str(pick(rng, BAD_LINES)) + "\n"
        return Case("hypotheses", number, f"wrong: {text[-30:]!r}", REFUSED, _claims, {"h.toml": text.encode()})
    if draw < 0.75:
        key = pick(rng, ("id", "path", "sign", "family", "sesoi", "alpha", "theory", "quotation", "evidence", "x"))
        lines = [line for line in ONE.splitlines() if not line.startswith(f"{key} ")]
        content = "\n".join([*lines, f"{key} = {pick(rng, VALUES)}"]).encode()
    else:
        content = spoiled_bytes(shipped_claims().encode(), rng)
    return Case("hypotheses", number, "mutated", EITHER, _claims, {"h.toml": content}, about_the_model)


def _claims() -> tuple[Hypothesis, ...]:
    return Hypothesis.read("h.toml", model())


def about_the_model(found: tuple[Hypothesis, ...]) -> str:
    names = {*model().latents, *model().observed}
    for claim in found:
        if not set(claim.nodes) <= names or len(set(claim.nodes)) < len(claim.nodes):
            return f"{claim.path} is no path of the model"
        if not (0 < claim.sesoi < 1 and 0 < claim.alpha < 1 and claim.sign in ("", "+", "-")):
            return f"{claim.id}: {claim.sesoi}, {claim.alpha}, {claim.sign!r}"
    ids = [claim.id for claim in found]
    return "" if found and len(set(ids)) == len(ids) else f"ids {ids}"


# ------------------------------------------------------------------------------------------------------------ plans


@cache
def plan_text() -> str:
    own = Model.parse(SMALL[0])
    return freeze(own, (Hypothesis("H1", "f", "g", "+"),), Rules(), "mkb21sem", datetime(2026, 1, 1, tzinfo=UTC)).text()


def plan(number: int, seed: int = 2012) -> Case:
    """A frozen plan, changed after it was frozen."""
    rng = rng_of("plan", number, seed)
    text = plan_text()
    draw = rng.random()
    if draw < 0.1:
        content = (pick(rng, ("", "# een opmerking\n", "\n\n")) + text).encode()
        return Case("plan", number, "a comment", RIGHT, _plan, {"p.toml": content}, lambda p: "" if p else "none")
    if draw < 0.5:
        changes = (
            *(('"H1"', '"H2"'), ('sign = "+"', 'sign = "-"'), ("alpha = 0.05", "alpha = 0.10"), ("x1", "x9")),
            *(("auto", "ML"), ("2026-01-01", "2025-01-01"), ("sesoi = 0.1", "sesoi = 0.2"), ("seal = ", "zegel = ")),
            *(("[model]", "[modell]"), ('seal = "', 'seal = "0'), ("[rules]", "[[rules]]"), ("~ f", "~~ f")),
        )
        old, new = pick(rng, [pair for pair in changes if pair[0] in text])
        content = text.replace(old, new, 1).encode()
        return Case("plan", number, f"{old} → {new}", REFUSED, _plan, {"p.toml": content})
    content = spoiled_bytes(text.encode(), rng)
    return Case("plan", number, "bytes", EITHER, _plan, {"p.toml": content}, _same_plan)


def _plan() -> Plan:
    return Plan.read("p.toml")


def _same_plan(found: Plan) -> str:
    good = tomllib.loads(plan_text())
    return "" if found.seal == good["seal"] and str(found.model) == good["model"]["spec"] else "another plan"


# ---------------------------------------------------------------------------------------------------- stored results


@cache
def stored() -> dict[str, bytes]:
    """The files that `estimate` wrote, and those it read."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("m.sem").write_text(SMALL[0])
        sample().to_csv("t.csv", index=False)
        command("estimate", "--model", "m.sem", "--data", "t.csv", "--out", "uit")()
        paths = [path for path in Path().rglob("*") if path.is_file()]
        return {path.as_posix(): path.read_bytes() for path in paths}


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, the inner ones too."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, each in inside for place in _places(each, (*at, key)))]


def _put(document: Any, place: tuple[Any, ...], change: Callable[[Any, Any], None]) -> None:
    *way, last = place
    for key in way:
        document = document[key]
    change(document, last)


JUNK = (
    None,
    True,
    0,
    -1,
    1e308,
    "",
    "x",
    "../../x",
    "..",
    "/etc/passwd",
    "a" * 300,
    "\0",
    [],
    [1],
    {},
    {"a": 1},
    "NaN",
)


def results(number: int, seed: int = 2012) -> Case:
    """A results.json in which something was changed, for `verify`."""
    rng = rng_of("results", number, seed)
    held = dict(stored())
    act = command("verify", "uit", "--data", "t.csv", "--file", "m.sem")
    document = json.loads(held["uit/results.json"])
    draw = rng.random()
    says = ("uit", "differ", "must be", "results.json", "SHA-256", "`", "m.sem", "--")
    if draw < 0.1:
        return Case("results", number, "untouched", RIGHT, act, held)
    if draw < 0.5:
        rows = [("fit", each) for each, value in document["fit"].items() if isinstance(value, float)]
        rows += [("estimates", i, key) for i, row in enumerate(document["estimates"]) for key in ("est", "se")
                 if row[key] is not None]  # fmt: skip
        place = pick(rng, rows)
        factor = float(pick(rng, (1.000001, 1.1, -1.0, 0.0, 1e9)))
        _put(document, place, lambda of, key: of.__setitem__(key, (of[key] or 1.0) * factor + (of[key] == 0)))
        if json.loads(held["uit/results.json"]) == document:
            return Case("results", number, "untouched", RIGHT, act, held)
        what = f"{place[0]} {place[-1]} times {factor:g}"
        expects = REFUSED
    elif draw < 0.6:
        name = pick(rng, [name for name in held if name.endswith(".csv") and name.startswith("uit")])
        lines = held[name].decode().splitlines(keepends=True)
        i = int(rng.integers(1, len(lines)))
        lines[i : i + 1] = pick(rng, ([], [lines[i], lines[i]], [lines[i].replace("1", "2").replace("0", "3")]))
        held[name] = "".join(lines).encode()
        if held == stored():
            return Case("results", number, "untouched", RIGHT, act, held)
        return Case("results", number, f"{name} touched", REFUSED, act, held, says=says)
    elif draw < 0.85:
        place = pick(rng, [place for place in _places(document) if place])
        junk = pick(rng, JUNK)
        remove = rng.random() < 0.3
        _put(document, place, lambda of, key: of.pop(key) if remove else of.__setitem__(key, junk))
        what, expects = f"{'.'.join(map(str, place[:3]))} is {'gone' if remove else repr(junk)[:20]}", EITHER
    else:
        held["uit/results.json"] = spoiled_bytes(held["uit/results.json"], rng)
        return Case("results", number, "bytes", EITHER, act, held, _numbers_untouched(held), says)
    held["uit/results.json"] = json.dumps(document).encode()
    return Case("results", number, what, expects, act, held, _numbers_untouched(held), says)


def _numbers_untouched(held: dict[str, bytes]) -> Callable[[Any], str]:
    """If all numbers were said to be the same, they are, to the 1e-8 that `verify` allows another processor."""

    def check(_: Any) -> str:
        good, now = (json.loads(each["uit/results.json"]) for each in (stored(), held))
        for key in ("fit", "estimates", "r_squared"):
            if not _alike(now.get(key), good[key]):
                return f"{key} was changed and called the same"
        return ""

    return check


def _alike(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same but for the last digits of numbers."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-8)
    return type(one) is type(other) and bool(one == other)
