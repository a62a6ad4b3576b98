"""Commands with options that are wrong, odd or don't go together."""

from __future__ import annotations

import numpy as np

from tests.hostile.case import REFUSED, RIGHT, Case, command, rng_of
from tests.hostile.claims import ONE, plan_text
from tests.hostile.specs import SMALL, sample
from tests.hostile.tables import rows, text
from tests.hostile.waves import pick

Rng = np.random.Generator

NAMES = (
    *("/proc/uit", "uit\0", "x" * 300, "m.sem", ".", "..", "t.csv/uit", "", "/", "/dev/null", "mijn", "/dev/full/uit"),
    "uit/../..",
)
"""Where an output can't stand; `mijn` is a folder with a file of the user."""
WAVE = {
    "survey": ["golf.csv"],
    "describe": ["golf.csv"],
    "validate": ["golf.csv"],
    "infer": ["golf.csv"],
    "power": ["golf.csv"],
    "export": ["golf.csv"],
    "reproduce": ["--data", "golf.csv"],
    "compare": ["golf.csv", "golf2.csv"],
    "mapping": ["golf.csv"],
}
ESTIMATE = ["estimate", "--model", "m.sem", "--data", "t.csv"]
NO_FILE = ("nee.csv", "", "mijn", "m.sem", "../golf.csv", "golf.xyz", "t.csv", "/dev/null", "http://example.org/x.csv")
NO_CODES = ("x", "1;x", "--", "1e", "²", "nul")
NO_MODEL = ("nee", "t.csv", "mijn", "", "../m.sem", "mkb22", "golf.csv", "\0", "http://example.org/m.sem")

WRONG: dict[str, tuple[tuple[str, ...], ...]] = {
    "reproduce": (
        *(("--estimator", name) for name in ("mlr ", "OLS", "auto,ML")),
        *(("--missing", name) for name in ("drop", "FIML ", "mean")),
        *(("--lang", name) for name in ("", "de", "NL ", "../en")),
        ("--plan", "t.csv"), ("--plan", "m.sem"), ("--plan", "nee.toml"), ("--estimator", "WLSMV", "--missing", "fiml"),
        ("--hypotheses", "m.sem"), ("--hypotheses", "t.csv"), ("--hypotheses", "nee"),
    ),
    "infer": (
        *(("--draws", n) for n in ("-1", "x", "1.5", "1e3", "9" * 30, "nan")),
        *(("--intervals", name, "--draws", "10") for name in ("", "BCA ", "hpd")),
        *(("--workers", n) for n in ("0", "-1", "x", "1000000")),
        *(("--seed", n) for n in ("-1", "x", "1.5")),
        ("--weights", "GEEN"), ("--items", "nee"), ("--scheduler", "nergens"), ("--intervals", "bca"),
    ),
    "power": (
        *(("--n", n) for n in ("", "x", "-5", "0", "1", "1.5", "1e3", "100,x", "nan", ",,", "9" * 30)),
        *(("--draws", n) for n in ("-1", "x", "9" * 30)),
        *(("--missing", n) for n in ("-0.1", "1", "2", "nan", "x", "inf")),
        *(("--population", name) for name in ("nee.csv", "t.csv", "m.sem", "mijn", "")),
        *(("--cutoffs", n) for n in ("-1", "x")),
        *(("--workers", n, "--draws", "2") for n in ("0", "-1")),
        ("--seed", "-1", "--draws", "2"),
    ),
    "describe": (
        ("--trend", "nee.csv"), ("--trend", "t.csv"), ("--weights", "t.csv"), ("--weights", "nee.csv"),
        ("--official", "t.csv"), ("--official", "nee.csv"), ("--trend", "golf.csv", "--trend-codebook", "t.csv"),
        ("--trend-codebook", "golf.csv"), ("--weights", "golf.csv"), ("--official", "golf.csv"),
    ),
    "validate": (
        *(("--draws", n) for n in ("-1", "x")), ("--group", "GEEN"), ("--group", "REG01x"), ("--seed", "-1"),
    ),
    "compare": (
        ("--group", "GEEN"), ("--mapping", "t.csv"), ("--mapping", "nee.csv"), ("--codebook", "t.csv"),
        ("golf.csv",), ("nee.csv",),
    ),
    "export": (
        ("--to", "spss"), ("--to", ""), ("--data", "all"), ("--table",), ("--estimator", "OLS"), ("--ordered", "GEEN"),
        ("--group", "GEEN"), ("--weights", "GEEN"), ("--equal", "all"), ("--parameterization", "x"),
    ),
    "survey": (("--log", "mijn"), ("--log", "/proc/x.csv"), ("--log", "nee/x.csv")),
    "mapping": (("--out", "mijn"), ("--out", "golf.csv"), ("--out", "/proc/x.csv"), ("--mapping", "nee.csv")),
}  # fmt: skip
FITTED = (
    *(("--estimator", name) for name in ("", "OLS", "ml ", "PLS")),
    *(("--missing", name) for name in ("", "drop", "pairwise")),
    *(("--equal", name) for name in ("all", "loadings,x")),
    *(("--group", name) for name in ("geen", "", "x1")),
    *(("--weights", name) for name in ("geen", "x1", "z")),
    *(("--ordered", name) for name in ("geen", "x1", "all", "x1,x1,x99")),
    *(("--missing-codes", codes) for codes in NO_CODES),
    *(("--parameterization", "x"), ("--free", "f=~x9"), ("--no-meanstructure", "--missing", "fiml")),
)


def spread(of: tuple[str, ...], rng: Rng) -> str:
    return str(pick(rng, of))


def options(number: int, seed: int = 2012) -> Case:
    """One command with one wrong option, or a few right ones."""
    rng = rng_of("options", number, seed)
    table, wave = sample().to_csv(index=False).encode(), text(rows())
    files = {"m.sem": SMALL[0].encode(), "t.csv": table, "golf.csv": wave, "golf2.csv": wave}
    files |= {"h.toml": ONE.encode(), "p.toml": plan_text().encode(), "mijn/notitie.txt": b"van mij"}
    says = (
        "--",
        "`",
        "ordered",
        "example.org",
        "nee",
        "t.csv",
        "m.sem",
        "golf",
        "must be",
        "one of",
        "model",
        "mijn",
        "missing",
        "/dev",
        "folder",
    )
    what, arguments, expects = _chosen(rng)
    made = ("uit",) if expects == RIGHT else ()
    return Case("options", number, what, expects, command(*arguments), files, says=says, makes=made)


def _chosen(rng: Rng) -> tuple[str, list[str], str]:
    draw = rng.random()
    name = pick(rng, tuple(WAVE))
    if draw < 0.35:
        bad = list(pick(rng, WRONG[name]))
        return f"{name} {' '.join(bad)[:60]}", [name, *WAVE[name], *bad], REFUSED
    if draw < 0.45:
        place = pick(rng, NAMES)
        if name in ("survey", "mapping"):
            return f"estimate --out {place[:20]!r}", [*ESTIMATE, "--out", place], REFUSED
        return f"{name} --out {place[:20]!r}", [name, *WAVE[name], "--out", place], REFUSED
    if draw < 0.55:
        given = [each if each != "golf.csv" else spread(NO_FILE, rng) for each in WAVE[name]]
        return f"{name} of no wave", [name, *given], REFUSED
    if draw < 0.62:
        return f"{name} with no codes", [name, *WAVE[name], "--missing-codes", spread(NO_CODES, rng)], REFUSED
    if draw < 0.7:
        name = pick(rng, ("reproduce", "infer", "power", "export", "compare"))
        return f"{name} of no model", [name, *WAVE[name], "--model", spread(NO_MODEL, rng)], REFUSED
    if draw < 0.9:
        bad = list(pick(rng, FITTED))
        return f"estimate {' '.join(bad)}", [*ESTIMATE, *bad], REFUSED
    good = [
        *([["--estimator", "MLR"], ["--estimator", "GLS"], ["--std-lv"], ["--missing", "fiml"], ["--meanstructure"]]),
        *([["--missing-codes", "-99"], ["--no-fixed-x"], []]),
    ]
    return "estimate", [*ESTIMATE, *pick(rng, good), "--out", "uit"], RIGHT
