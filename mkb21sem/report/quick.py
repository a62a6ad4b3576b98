"""Any model on any table: estimates and fit without a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from mkb21sem.errors import WaveError
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.estimate.secondopinion import second_opinion
from mkb21sem.infer.effects.effects import r_squared
from mkb21sem.infer.globalfit.indices import indices
from mkb21sem.report import outputs, provenance, results
from mkb21sem.report.registered import Registered
from mkb21sem.report.table import write
from mkb21sem.specify.model import Model
from mkb21sem.survey.codebook import Codebook
from mkb21sem.survey.derived import derivations
from mkb21sem.survey.readers import Table


@dataclass(frozen=True, slots=True, eq=False)
class Quick:
    """A table, the fit of a model to it, and the options of `fit` that were given."""

    table: Table
    found: Fit
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def indices(self) -> pd.Series[float]:
        """Fit indices under lavaan's names."""
        return indices(self.found)


def quick(model: Model, table: Table, estimator: str = "ML", **options: Any) -> Quick:
    """Fit a model to a table that was read from a file.

    Parameters
    ----------
    options
        Those of `mkb21sem.estimate.fit.fit`.

    Raises
    ------
    WaveError, FitError, OptionError
        As `mkb21sem.estimate.fit.fit`; rows are numbered as in the file.
    """
    frame = table.frame.set_axis(pd.Index(table.rows), axis=0)
    try:
        found = fit(model, frame, estimator, **options)
    except WaveError as error:
        raise WaveError(f"{table.file}: {error}{_hint(model, frame)}") from error
    return Quick(table, found, options)


def _hint(model: Model, frame: pd.DataFrame) -> str:
    """Where a variable is lacking that follows from answers: which command makes it."""
    made = [name for name in model.observed if name not in frame and name in derivations(Codebook.read())]
    if not made:
        return ""
    return (
        f"\n{', '.join(made)} follow(s) from the answers of an MKB21 wave. For such a wave use "
        "`mkb21sem reproduce --model … --data …`, which makes them."
    )


def save(of: Quick, out: str | Path, asked: Mapping[str, Any] | None = None, held: Registered | None = None) -> None:
    """Write results.json, estimates.csv, fit.csv and r_squared.csv into a folder, whole or not at all.

    Parameters
    ----------
    asked
        Command and options, as `mkb21sem.report.provenance.run` takes them; None when called from Python.
    held
        The frozen plan beside what was done, if there is one.

    Raises
    ------
    OptionError
        The folder can't be written, or holds files of someone else.
    """
    about = {"file": Path(of.table.file).name, "sha256": of.table.sha256, "n": len(of.table.frame), "synthetic": False}
    with outputs.whole(Path(out)) as folder:
        frames = {
            "estimates": of.found.table(),
            "fit": of.indices.rename_axis("index").reset_index(name="value"),
            "r_squared": r_squared(of.found),
        }
        for name, frame in frames.items():
            write(frame, folder / f"{name}.csv", spreadsheet=False)
        method = {"missing": "listwise", **of.options}
        content = results.results(of.found, (), second_opinion(of.found), about, method)
        run = provenance.run(asked or provenance.unknown("estimate"), of.found.model)
        plan = {} if held is None else {"plan": held.record()}
        results.write(content | plan | {"run": run}, folder / outputs.RESULTS)
