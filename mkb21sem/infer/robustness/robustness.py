"""Every hypothesis under every defensible way to analyse the same answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd

from mkb21sem.checkpoint import Checkpoint
from mkb21sem.errors import Mkb21Error, OptionError
from mkb21sem.estimate.choice import choose
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.infer.judging.verdicts import Verdict, verdicts
from mkb21sem.infer.robustness.specifications import Specification, plan
from mkb21sem.parallel import Progress, replicate
from mkb21sem.specify.hypothesis import Hypothesis
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.method import method_model
from mkb21sem.validate.screening import screen

WEIGHT = "weight of the respondent"
NUMBERS = ("est", "se", "std", "std_se", "std_low", "std_high", "p_adjusted", "p_equivalence_adjusted")


@dataclass(frozen=True, slots=True, eq=False)
class Robustness:
    """Verdicts under many specifications.

    Attributes
    ----------
    base
        Name of the specification whose verdicts are checked: S1.
    specifications
        spec and an option of each of `CHOICES`, then n converged improper reason: what was run. ``improper`` names
        negative variances; ``reason`` says why there are no estimates, where there are none.
    verdicts
        id path spec est se std std_se std_low std_high p_adjusted p_equivalence_adjusted verdict reason.
    survival
        id path verdict (of the base) runs same share survives others std_low std_median std_high (of the estimates over
        all runs) turned: in how many runs the estimate has the other sign than in the base. ``survives`` is True if
        every run gives the same verdict.
    unavailable
        choice option reason: what could not be run.
    """

    base: str
    specifications: pd.DataFrame
    verdicts: pd.DataFrame
    survival: pd.DataFrame
    unavailable: pd.DataFrame


def robustness(
    model: Model,
    wave: Wave,
    hypotheses: Sequence[Hypothesis],
    *,
    items: Model | None = None,
    weights: str | pd.Series[float] | None = None,
    estimator: str = "auto",
    crossed: bool = True,
    workers: int = 1,
    backend: str = "loky",
    progress: Callable[[Progress], None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Robustness:
    """Judge every hypothesis under every specification that the wave allows.

    Parameters
    ----------
    model, wave, hypotheses
        What is analysed.
    items
        The same model on single items; its constructs have the same names.
    weights
        A column of the wave, or weights by respondent; None if there are none.
    estimator
        Of the base specification; ``auto`` for what the answers ask for.
    crossed
        Every combination of ML, MLR, WLSMV; listwise or every answer; parcels or single items; without or with a
        method factor; all or unflagged respondents; unweighted or weighted. False: each option by itself.
    workers, backend, progress, checkpoint
        As for `parallel.replicate`; the numbers do not depend on them.

    Raises
    ------
    OptionError
        An unknown estimator, or weights that are not one a respondent.
    WaveError
        The wave lacks a variable of the model.
    KeyboardInterrupt
        The user stopped it: half a table would not say what survives.

    Notes
    -----
    A specification that fails or doesn't converge keeps its row with the reason and counts in no share. Runs are not
    independent of each other, so the share is a description and no test (Simonsohn, Simmons & Nelson 2020).
    """
    weight = _weights(wave, weights)
    flags = screen(wave).respondents["flags"]
    careless = tuple(flags.index[flags != ""])
    planned = plan(model, wave, items, weight is not None, len(careless), crossed, estimator)
    job = _Job(model, items, wave, tuple(hypotheses), weight, careless)
    work = planned.specifications
    done = replicate(job, work, workers=workers, backend=backend, progress=progress, checkpoint=checkpoint)
    if done.stopped:
        raise KeyboardInterrupt
    names = [f"S{i}" for i in range(1, len(planned.specifications) + 1)]
    specs = pd.DataFrame(
        [
            {"spec": name, **asdict(spec), **run.facts}
            for name, spec, run in zip(names, planned.specifications, done.found, strict=True)
        ]
    )
    judged = pd.DataFrame(
        [_line(name, verdict) for name, run in zip(names, done.found, strict=True) for verdict in run.judged]
    )
    return Robustness(names[0], specs, judged, _survival(judged, names[0]), planned.unavailable)


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """What came out of one specification."""

    facts: dict[str, object]
    judged: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """Run one specification."""

    model: Model
    items: Model | None
    wave: Wave
    hypotheses: tuple[Hypothesis, ...]
    weight: pd.Series[float] | None
    careless: tuple[int, ...]

    def __call__(self, spec: Specification) -> _Run:
        try:
            found = self._fitted(spec)
        except Mkb21Error as error:
            none = tuple(Verdict(claim, reason=str(error)) for claim in self.hypotheses)
            return _Run({"n": 0, "converged": False, "improper": "", "reason": str(error)}, none)
        facts = {
            "n": found.moments.total,
            "converged": found.converged,
            "improper": _improper(found) if found.converged else "",
            "reason": found.cause,
        }
        return _Run(facts, verdicts(found, self.hypotheses))

    def _fitted(self, spec: Specification) -> Fit:
        model = self.items if spec.items == "single items" and self.items is not None else self.model
        if spec.method == "with":
            model = method_model(model, "METHOD")
        wave = self.wave
        if spec.respondents == "unflagged":
            wave = replace(wave, answers=wave.answers.drop(index=list(self.careless)))
        missing = "listwise" if spec.missing == "listwise" else "auto"
        options = choose(model, wave, spec.estimator, missing).options
        frame = wave.frame(model.observed)
        if spec.weights == "weighted" and self.weight is not None:
            frame[WEIGHT] = self.weight.reindex(frame.index)
            options["weights"] = WEIGHT
        return fit(model, frame, **options)


def _weights(wave: Wave, weights: str | pd.Series[float] | None) -> pd.Series[float] | None:
    """One weight a respondent."""
    if isinstance(weights, str):
        return wave.frame([weights])[weights]
    if weights is not None and not set(wave.answers.index) <= set(weights.index):
        raise OptionError("weights must be one a respondent, indexed as the wave's answers.")
    return weights


def _improper(found: Fit) -> str:
    table = found.table()
    own = table[(table["op"] == "~~") & (table["lhs"] == table["rhs"]) & (table["est"] < 0)]
    return ", ".join(own["lhs"])


def _line(name: str, verdict: Verdict) -> dict[str, object]:
    numbers = {key: getattr(verdict, key) for key in NUMBERS}
    claim = verdict.hypothesis
    return {
        "id": claim.id,
        "path": claim.path,
        "spec": name,
        **numbers,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
    }


def _survival(judged: pd.DataFrame, base: str) -> pd.DataFrame:
    """Over the runs that could test it: how often each hypothesis gets the base's verdict."""
    rows = []
    for id, own in judged.groupby("id", sort=False):
        first = own[own["spec"] == base].iloc[0]
        run = own[own["verdict"] != "not testable"]
        std, same = run["std"], int((run["verdict"] == first["verdict"]).sum())
        others = run.loc[run["verdict"] != first["verdict"], "verdict"].value_counts()
        spread = (std.min(), std.median(), std.max()) if len(run) else (math.nan,) * 3
        rows.append(
            {
                "id": id,
                "path": first["path"],
                "verdict": first["verdict"],
                "runs": len(run),
                "same": same,
                "share": same / len(run) if len(run) else math.nan,
                "survives": bool(len(run)) and same == len(run),
                "others": ", ".join(f"{name} ({count})" for name, count in others.items()),
                **dict(zip(("std_low", "std_median", "std_high"), spread, strict=True)),
                "turned": int((np.sign(std) == -np.sign(first["std"])).sum()),
            }
        )
    return pd.DataFrame(rows)
