"""The main results of all shipped models on all shipped answers, each number with a name.

    python -m tests.drift.results    writes results.csv (`make drift`)

Do that when a change of the program is meant to change a number; say which in CHANGELOG.md under "changed numbers".
"""

from __future__ import annotations

import csv
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from mkb21sem.describe.adoption import adoption
from mkb21sem.describe.monitor import monitor
from mkb21sem.errors import FitError
from mkb21sem.estimate.choice import choose
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.estimate.secondopinion import second_opinion
from mkb21sem.infer.effects.effects import effects, r_squared
from mkb21sem.infer.globalfit.indices import indices
from mkb21sem.infer.judging.verdicts import verdict_table, verdicts
from mkb21sem.specify.hypothesis import Hypothesis, for_model
from mkb21sem.specify.model import Model, shipped
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.synthetic_waves import synthetic_waves
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.factors import factors
from mkb21sem.validate.reliability import reliability

STORED = Path(__file__).with_name("results.csv")
LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels", "factor_analyzer", "scikit-learn", "semopy", "networkx")
WAYS = {
    "ML": {"estimator": "ML"},
    "MLR": {"estimator": "MLR"},
    "FIML": {"estimator": "MLR", "missing": "fiml"},
    "WLSMV": {"estimator": "WLSMV"},
}
EMBEDDED, LATER = "2012", ("mkb21", "mkb21_measurement")
"""The wave that every model is fitted to, and the models that the later one is fitted to as well."""
LOST = 29
"""Every so manieth answer is taken out for FIML, in the order of the file."""
Number = tuple[str, str, str, str, str, float | str]
KEYS = ("data", "model", "estimator", "quantity", "name")


def every() -> Iterator[Number]:
    """Data, model, estimator, quantity, name, value."""
    for data, wave in waves().items():
        for name in shipped(".sem"):
            model = Model.read(name)
            for way in WAYS if data == EMBEDDED or name in LATER else ():
                yield from of_fit(data, name, way, model, wave)
    yield from around()


def waves() -> dict[str, Wave]:
    """The embedded wave of 2012, and the last of the later synthetic ones."""
    return {EMBEDDED: synthetic_wave(), "2016": synthetic_waves().waves[-1]}


def of_fit(data: str, name: str, way: str, model: Model, wave: Wave) -> Iterator[Number]:
    """Every number of one fit; that it is refused is a result too."""
    options = dict(WAYS[way])
    frame = wave.frame(model.observed)
    if way == "FIML":
        holes = (np.arange(frame.size) % LOST == 0).reshape(frame.shape)
        frame = frame.mask(holes)
    if way == "WLSMV":
        options = choose(model, wave, "WLSMV").options
    place = (data, name, way)
    try:
        found = fit(model, wave if way == "WLSMV" else frame, **options)
    except FitError as error:
        yield *place, "refused", "", str(error).split(";")[0].split(":")[0]
        return
    yield from estimates(place, found)
    yield from summaries(place, found, name)
    if data == EMBEDDED and way in ("MLR", "WLSMV"):
        yield from following(place, found)


def estimates(place: tuple[str, str, str], found: Fit) -> Iterator[Number]:
    """Estimates, standard errors and standardised estimates, thresholds among them."""
    for row in found.table().to_dict("records"):
        at = f"{row['lhs']} {row['op']} {row['rhs']}".strip()
        for quantity in ("est", "se"):
            yield *place, quantity, at, float(row[quantity])


def summaries(place: tuple[str, str, str], found: Fit, name: str) -> Iterator[Number]:
    """Fit, variance explained, verdicts."""
    for index, value in indices(found).to_dict().items():
        if isinstance(value, (int, float)):
            yield *place, "fit", str(index), float(value)
    for row in r_squared(found).to_dict("records"):
        yield *place, "r_squared", str(row["variable"]), float(row["r2"])
    claims = Hypothesis.read("mkb21", found.model) if name == "mkb21" else for_model(found.model)
    if claims:
        for row in verdict_table(verdicts(found, claims)).to_dict("records"):
            yield *place, "verdict", str(row["id"]), str(row["verdict"])
            yield *place, "p_adjusted", str(row["id"]), float(row["p_adjusted"])


def following(place: tuple[str, str, str], found: Fit) -> Iterator[Number]:
    """What follows from estimates: the standardised solution, effects along the arrows, reliabilities."""
    for row in found.table().to_dict("records"):
        yield *place, "std", f"{row['lhs']} {row['op']} {row['rhs']}".strip(), float(row["std"])
    for row in effects(found).to_dict("records") if any(a.op == "~" for a in found.model.arrows) else ():
        at = " ".join(str(row[key]) for key in row if isinstance(row[key], str))
        yield *place, "effect", at, float(row["est"])
        yield *place, "effect_se", at, float(row["se"])
    for row in reliability(found).to_dict("records"):
        for quantity in ("alpha", "omega", "ave"):
            yield *place, quantity, str(row["construct"]), float(row[quantity])


def around() -> Iterator[Number]:
    """What other libraries compute for us: regressions, factors, the second opinion; and the monitor."""
    wave = synthetic_wave()
    for response in ("USER", "BREEDTE"):
        for row in adoption(wave, response, draws=2).coefficients.to_dict("records"):
            yield "2012", "adoption", response, "est", str(row["term"]), float(row["est"])
            yield "2012", "adoption", response, "se", str(row["term"]), float(row["se"])
    items = [f"MOT{k:02d}" for k in range(1, 13)]
    pattern = factors(wave, items, 4).pattern
    for item in pattern.index:
        for factor, value in pattern.loc[item].items():
            yield "2012", "factors", "minres", "pattern", f"{item} {factor}", float(value)
    opinion = second_opinion(fit(Model.read("mkb21_measurement"), wave, "ML"))
    yield "2012", "mkb21_measurement", "semopy", "chisq", "", float(opinion.chisq_semopy)
    frame = monitor(wave)
    for row in frame[frame["no"] > 0].to_dict("records"):
        yield "2012", "monitor", "", str(row["kind"]), f"{row['no']}{row['part']} {row['item']}", float(row["value"])


def written(value: float | str) -> str:
    """A number in full, NaN as nan."""
    return value if isinstance(value, str) else repr(float(value))


def versions() -> str:
    """What the numbers were made with."""
    named = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return f"# Python {platform.python_version()}, {named}"


def table() -> pd.DataFrame:
    """All results; every name stands once."""
    frame = pd.DataFrame(every(), columns=[*KEYS, "value"])
    twice = frame[frame.duplicated(list(KEYS), keep=False)]
    if len(twice):
        raise ValueError(f"the same name twice:\n{twice.head()}")
    return frame.assign(value=frame["value"].map(written))


def stored() -> pd.DataFrame:
    """What was stored, as text."""
    return pd.read_csv(STORED, comment="#", dtype=str, keep_default_na=False)


def main() -> None:
    """Write what is computed now."""
    frame = table()
    with STORED.open("w", encoding="utf-8", newline="") as file:
        file.write(versions() + "\n")
        frame.to_csv(file, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    print(f"{len(frame):,} results written to {STORED.name}")


if __name__ == "__main__":
    sys.exit(main())
