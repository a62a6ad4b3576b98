"""Everything that one program needs, in a folder that appears whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mkb21sem.errors import FitError, OptionError, one_of
from mkb21sem.estimate.fit import Fit
from mkb21sem.report import provenance
from mkb21sem.report.handover.lavaan import lavaan_script
from mkb21sem.report.handover.mplus import mplus_input
from mkb21sem.report.handover.programs import amos_program, jasp_syntax, semopy_script, smartpls_drawing
from mkb21sem.report.handover.sample import (
    rows_frame,
    write_estimates,
    write_moments,
    write_rows,
    write_statistics,
)
from mkb21sem.report.handover.terms import one_line
from mkb21sem.report.outputs import RESULTS, whole
from mkb21sem.report.registered import Registered
from mkb21sem.report.results import PROGRAM, software

PROGRAMS = ("lavaan", "mplus", "semopy", "jasp", "amos", "smartpls", "pack")
SAMPLES = ("rows", "moments")
MISSING = -9999
KEEP = "Treat it as the data file itself. To share a model, take --to pack: moments, and no respondent's row."
MOMENTS_SUFFICE = ("ML", "GLS", "ULS")


def export(
    found: Fit,
    to: str,
    out: Path,
    *,
    data: str = "rows",
    synthetic: bool = False,
    asked: Mapping[str, Any] | None = None,
    held: Registered | None = None,
) -> None:
    """Write a fit for another program.

    Parameters
    ----------
    found
        A converged fit.
    to
        lavaan (R script), mplus (.inp), semopy (Python), jasp (syntax), amos (engine program), smartpls (what to draw),
        or pack: moments, thresholds and their asymptotic covariance, without a respondent's row.
    out
        The folder.
    data
        ``rows``: the respondents' answers to the model's items; ``moments``: means and covariances only, for lavaan
        where the estimator needs no more (ML, GLS, ULS).
    synthetic
        Said in the files.
    asked
        Command and options, as `mkb21sem.report.provenance.run` takes them; None when called from Python.
    held
        The frozen plan beside what was done, if there is one.

    Raises
    ------
    OptionError
        An unknown program, or something that it can't take; the message says what can.
    FitError
        The fit did not converge.
    """
    one_of("to", to, PROGRAMS)
    one_of("data", data, SAMPLES)
    if not found.converged:
        raise FitError(f"a fit without a minimum has nothing to hand over: {found.cause}")
    if data == "moments":
        _moments_suffice(found, to)
    notice = _notice(data if to != "pack" else "moments", synthetic)
    title, made = one_line(found.model.title or found.model.name), f"Made by {PROGRAM} {software()[PROGRAM]}"
    with whole(out) as folder:
        texts = {"title": title, "made": made, "notice": notice}
        match to:
            case "lavaan":
                comments = {**texts, "notice": "\n".join(f"# {line}" for line in notice.splitlines())}
                script = lavaan_script(found, program=PROGRAM, rows=data == "rows", **comments)
                (folder / "model.R").write_text(script, encoding="utf-8")
            case "mplus":
                (folder / "model.inp").write_text(mplus_input(found, **texts), encoding="utf-8")
                _write_bare(found, folder)
            case "semopy":
                (folder / "model.py").write_text(semopy_script(found, **texts), encoding="utf-8")
            case "jasp":
                (folder / "model.txt").write_text(jasp_syntax(found), encoding="utf-8")
            case "amos":
                (folder / "model.vb").write_text(amos_program(found, **texts), encoding="utf-8")
            case "smartpls":
                (folder / "drawing.txt").write_text(smartpls_drawing(found, **texts), encoding="utf-8")
        if to == "pack":
            write_statistics(found, folder)
        elif data == "moments":
            write_moments(found, folder)
        elif to != "mplus":
            write_rows(found, folder)
        write_estimates(found, folder)
        _write_readme(found, folder, to, texts)
        content = {
            "made_by": PROGRAM,
            "software": software(),
            "export": to,
            "model": {"name": found.model.name, "spec": str(found.model)},
            **({} if held is None else {"plan": held.record()}),
            "run": provenance.run(asked or provenance.unknown("export"), found.model),
        }
        (folder / RESULTS).write_text(json.dumps(content), encoding="utf-8")


def _moments_suffice(found: Fit, to: str) -> None:
    if to != "lavaan":
        raise OptionError(f"--data moments goes with --to lavaan or --to pack; got {to}.")
    if found.estimator.name not in MOMENTS_SUFFICE or found.moments.patterns:
        raise OptionError(
            f"{found.estimator.name}{' with missing answers' if found.moments.patterns else ''} needs the rows; "
            f"moments suffice for complete rows by {', '.join(MOMENTS_SUFFICE)}. Use --data rows."
        )


def _notice(data: str, synthetic: bool) -> str:
    lines = ["Synthetic data: nothing about real firms follows from these numbers."] if synthetic else []
    if data == "rows" and not synthetic:
        lines += ["NOT FOR SHARING: this folder holds the answers of single respondents, a row each.", KEEP]
    return "\n".join(lines) or "This folder holds no respondent's answers, only moments."


def _write_bare(found: Fit, folder: Path) -> None:
    """respondents.dat for Mplus: numbers without header, groups numbered."""
    rows = rows_frame(found)
    if "group" in rows:
        rows["group"] = [found.moments.groups.index(name) + 1 for name in rows["group"]]
    rows.fillna(MISSING).to_csv(folder / "respondents.dat", sep=" ", header=False, index=False, float_format="%.10g")


def _write_readme(found: Fit, folder: Path, to: str, texts: dict[str, str]) -> None:
    files = sorted(path.name for path in folder.iterdir())
    lines = [
        texts["title"],
        f"{texts['made']}, for {to}.",
        texts["notice"],
        "",
        str(found),
        "",
        f"Files: {', '.join(files)}.",
        "estimates.csv holds our own estimates and standard errors, to compare with.",
    ]
    (folder / "README.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
