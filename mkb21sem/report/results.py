"""The numbers of an analysis as one strict JSON document, unrounded, for programs to read."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mkb21sem.estimate.fit import Fit
from mkb21sem.estimate.secondopinion import TOLERANCE, SecondOpinion
from mkb21sem.infer.effects.effects import r_squared
from mkb21sem.infer.globalfit.indices import indices
from mkb21sem.infer.judging.verdicts import Verdict, verdict_table
from mkb21sem.report.registered import record
from mkb21sem.report.study import Study

PROGRAM = "mkb21sem"
SCHEMA = 1
LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "semopy",
    "factor_analyzer",
    "statsmodels",
    "networkx",
    "matplotlib",
)


def software() -> dict[str, str]:
    """Programs behind the numbers and their versions, this one first."""
    found = {PROGRAM: _version(PROGRAM), "Python": platform.python_version()}
    return found | {name: _version(name) for name in LIBRARIES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed as a package"


def results(
    found: Fit,
    judged: Sequence[Verdict],
    opinion: SecondOpinion,
    source: Mapping[str, object],
    method: Mapping[str, object],
) -> dict[str, Any]:
    """Everything a program may want to know of an analysis.

    Parameters
    ----------
    found, judged, opinion
        The fit, its verdicts (none for a model without hypotheses), and semopy's view of it.
    source
        file, sha256, n and synthetic of the answers.
    method
        How it was estimated, beyond the estimator: treatment of missing answers and the like.
    """
    sample = found.moments
    content: dict[str, Any] = {
        "made_by": PROGRAM,
        "schema": SCHEMA,
        "software": software(),
        "data": {
            **source,
            "n_used": sample.total,
            "groups": dict(zip(sample.groups, sample.n, strict=True)) if len(sample.groups) > 1 else {},
            "left_out": dict(sample.left_out),
        },
        "model": {
            "name": found.model.name,
            "title": found.model.title,
            "source": found.model.source,
            "spec": str(found.model),
            "estimator": found.estimator.name,
            **method,
            "converged": found.converged,
            "cause": found.cause,
            "iterations": found.iterations,
        },
        "fit": indices(found).to_dict(),
        "estimates": _estimates(found).to_dict("records"),
        "r_squared": r_squared(found).to_dict("records") if found.converged else [],
        "hypotheses": verdict_table(judged).to_dict("records") if judged else [],
        "second_opinion": _opinion(opinion),
    }
    return dict(plain(content))


def of_study(of: Study, source: Mapping[str, object], run: Mapping[str, object]) -> dict[str, Any]:
    """The results of a study: with why the estimator was chosen, what the other one gives, and what makes it again.

    Parameters
    ----------
    of
        The analysis.
    source
        file, sha256, n and synthetic of the answers.
    run
        From `mkb21sem.report.provenance.run`.
    """
    choice, other = of.choice, of.beside
    why = ("items", "fewest", "categories", "skewest", "skewness", "incomplete")
    method = {
        "missing": choice.missing,
        "ordered": choice.options.get("ordered", ()),
        "reason": {"rule": choice.reason, **{name: getattr(choice, name) for name in why}},
    }
    content = results(of.found, of.judged, of.opinion, source, method)
    beside = {
        "estimator": other.estimator,
        "missing": other.missing,
        "ordered": choice.beside.get("ordered", ()) if other.estimator else (),
        "reason": other.reason,
        "fit": indices(other.found).to_dict() if other.found else {},
        "estimates": other.found.table().to_dict("records") if other.found else [],
        "hypotheses": verdict_table(other.judged).to_dict("records") if other.judged else [],
        "changed": [one.hypothesis.id for one, _ in other.changed(of.judged)],
    }
    plan = record(of.plan, of.deviations, of.promises)
    return dict(plain(content | {"beside": beside, "plan": plan, "run": run}))


def _estimates(found: Fit) -> pd.DataFrame:
    """The table of estimates; where the minimiser ended without converging is no estimate."""
    table = found.table()
    return table if found.converged else table.assign(est=math.nan, std=math.nan)


def _opinion(of: SecondOpinion) -> dict[str, Any]:
    return {
        "program": "semopy",
        "version": of.version,
        "agrees": of.agrees,
        "largest_difference": of.largest,
        "tolerance": TOLERANCE,
        "chisq": of.chisq,
        "chisq_semopy": of.chisq_semopy,
        "reason": of.reason,
        "estimates": of.estimates.to_dict("records"),
    }


def plain(value: Any) -> Any:
    """The value in JSON's own types: NaN and infinity become null, numpy's numbers Python's."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return str(value)


def write(content: Mapping[str, Any], path: Path) -> None:
    """Write as strict JSON in UTF-8."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
