"""A fitted model for programs with little text input of their own: semopy, JASP, AMOS, SmartPLS."""

from __future__ import annotations

from dataclasses import replace

from mkb21sem.errors import OptionError
from mkb21sem.estimate.fit import Fit
from mkb21sem.report.handover.lavaan import lavaan_model
from mkb21sem.report.handover.terms import Statement, statement

SEMOPY = '''"""{title}

{made}
{notice}
Run: python model.py
"""

import pandas as pd
import semopy

SPEC = """
{spec}
"""

rows = pd.read_csv("respondents.csv")
model = semopy.Model(SPEC)
print(model.fit(rows))
print(model.inspect(std_est=True).to_string())
'''


def semopy_script(found: Fit, *, title: str, made: str, notice: str) -> str:
    """A Python script that fits the user's own spec by semopy's ML.

    Raises
    ------
    OptionError
        The fit has several groups, means, or an estimator that semopy lacks.
    """
    if len(found.layout.groups) > 1 or found.moments.ordinal or found.moments.patterns or found.moments.weights:
        raise OptionError(
            "semopy fits one group of complete rows by ML; this fit has several groups, ordinal items, missing answers "
            "or weights. Export it to lavaan or mplus."
        )
    return SEMOPY.format(title=title, made=made, notice=notice, spec=str(replace(found.model, title="", source="")))


def jasp_syntax(found: Fit) -> str:
    """The model for JASP's Structural Equation Modeling, which takes lavaan's syntax."""
    return lavaan_model(statement(found)) + "\n"


AMOS = """' {title}
' {made}
{notice}
' For Amos: Plugins or File, New, New Engine Program; respondents.csv beside this file.
Imports AmosEngineLib
Module Main
  Sub Main()
    Dim Sem As New AmosEngine
    Sem.TextOutput()
    Sem.Standardized()
    Sem.Smc()
{means}{groups}
    Sem.FitModel()
    Sem.Dispose()
  End Sub
End Module
"""


def amos_program(found: Fit, *, title: str, made: str, notice: str) -> str:
    """A program for the Amos engine, a statement an arrow.

    Raises
    ------
    OptionError
        Amos's maximum likelihood knows neither ordinal items by least squares, nor weights, nor linear constraints.
    """
    stated = statement(found)
    if found.moments.ordinal or found.moments.weights or stated.combinations:
        raise OptionError(
            "Amos's engine takes neither polychoric estimators, nor weights, nor linear constraints. Export this fit "
            "to lavaan or mplus."
        )
    several = len(found.layout.groups) > 1
    blocks = []
    for g, group in enumerate(found.layout.groups):
        name = " ".join(group.split()).replace('"', '""')  # as Visual Basic writes a quotation mark in a string
        # Group by text: Amos reads a column of the file and a value in it.
        where = f'Sem.BeginGroupEx(MatrixFormat.CSV, "respondents.csv", "", "group", "{name}")' if several else ""
        lines = [where or 'Sem.BeginGroup("respondents.csv")', *(f'Sem.GroupName("{name}")' for _ in [0] if several)]
        lines += [f'Sem.AStructure("{line}")' for line in _amos_lines(stated, g)]
        blocks.append("\n".join(f"    {line}" for line in lines))
    return AMOS.format(
        title=title,
        made=made,
        notice="\n".join(f"' {line}" for line in notice.splitlines()),
        means="    Sem.ModelMeansAndIntercepts()\n" if found.layout.meanstructure else "",
        groups="\n".join(blocks),
    )


def _amos_lines(stated: Statement, g: int) -> list[str]:
    """Arrows of a group; what an explained variable does not owe to its causes is a variable of its own in Amos."""
    explained = {term.rhs if term.op == "=~" else term.lhs for term in stated.terms if term.op in ("=~", "~")}
    lines = [f"{name} <--- e_{name} (1)" for name in sorted(explained)]
    for term in stated.terms:
        cell = term.cells[g]
        tag = f" ({cell.fixed:.10g})" if cell.fixed is not None else f" ({cell.label})" if cell.label else ""
        if term.op == "=~":
            lines.append(f"{term.rhs} <--- {term.lhs}{tag}")
        elif term.op == "~":
            lines.append(f"{term.lhs} <--- {term.rhs}{tag}")
        elif term.op == "~~":
            one, other = (f"e_{name}" if name in explained else name for name in (term.lhs, term.rhs))
            lines.append(f"{one}{tag}" if one == other else f"{one} <--> {other}{tag}")
    return lines


def smartpls_drawing(found: Fit, *, title: str, made: str, notice: str) -> str:
    """What to draw in SmartPLS, which has no text input: constructs with their items, then paths."""
    model = found.model
    lines = [
        title,
        made,
        notice,
        "",
        "SmartPLS draws by hand. Import respondents.csv, then draw:",
        "",
        "Constructs:",
    ]
    lines += [f"  {name}: {', '.join(items)} (reflective)" for name, items in model.indicators.items()]
    single = [name for name in model.observed if not any(name in items for items in model.indicators.values())]
    lines += [f"  {name}: {name} (single item)" for name in single]
    lines += ["Paths:", *(f"  {a.rhs} -> {a.lhs}" for a in model.arrows if a.op == "~" and a.rhs != "1"), ""]
    left = [f"{a.lhs} with {a.rhs}" for a in model.arrows if a.op == "~~" and a.lhs != a.rhs]
    if left:
        lines += [f"Residual covariances have no place in PLS and are left out: {', '.join(left)}.", ""]
    lines += [
        "PLS estimates composites, not common factors: its numbers are not expected to equal those of this fit.",
        "",
    ]
    return "\n".join(lines)
