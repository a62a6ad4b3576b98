"""A fitted model as Mplus input. Names are cut to Mplus's eight letters; the text says which is which."""

from __future__ import annotations

from mkb21sem.estimate.fit import Fit
from mkb21sem.report.handover.sample import missing_option
from mkb21sem.report.handover.terms import Cell, Statement, Term, one_line, statement

LONGEST_NAME = 8
LONGEST_LINE = 90


def short_names(names: list[str]) -> dict[str, str]:
    """A name of at most eight letters for each, all different without regard to case."""
    short: dict[str, str] = {}
    for name in names:
        cut = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)[:LONGEST_NAME]
        number = 1
        while cut.lower() in {other.lower() for other in short.values()}:
            number += 1
            cut = cut[: LONGEST_NAME - len(str(number))] + str(number)
        short[name] = cut
    return short


def mplus_input(found: Fit, *, title: str, made: str, notice: str) -> str:
    """The .inp file; it reads respondents.dat: rows without header, -9999 for a missing answer."""
    where, sample = found.layout, found.moments
    stated, short = statement(found), short_names([*where.observed, *where.latent])
    names = [short[name] for name in sample.names]
    several = len(where.groups) > 1
    extra = [*(["grp"] if several else []), *(["wgt"] if sample.weights else [])]
    lines = [
        f"TITLE: {title[:LONGEST_LINE]}",
        *(f"! {line}" for line in f"{made}\n{notice}".splitlines() if line),
        *(f"! {cut} is {name}" for name, cut in short.items() if cut != name),
        "DATA: FILE = respondents.dat;",
        "VARIABLE:",
        *_wrapped("  NAMES =", [*names, *extra]),
        *_wrapped("  USEVARIABLES =", names),
        "  MISSING = ALL (-9999);",
    ]
    if sample.ordinal:
        lines += _wrapped("  CATEGORICAL =", [short[name] for name in sample.threshold_counts])
    if several:
        lines.append(f"  GROUPING = grp ({' '.join(f'{g + 1} = g{g + 1}' for g in range(len(where.groups)))});")
        lines += [f"! g{g + 1} is {one_line(name)}" for g, name in enumerate(where.groups)]
    if sample.weights:
        lines.append("  WEIGHT = wgt;")
    lines += ["ANALYSIS:", f"  ESTIMATOR = {found.estimator.name};"]
    if sample.ordinal:
        lines.append(f"  PARAMETERIZATION = {where.parameterization.upper()};")
    elif not where.meanstructure:
        lines.append("  MODEL = NOMEANSTRUCTURE;")
    if missing_option(found) == "listwise":
        lines[lines.index("DATA: FILE = respondents.dat;")] = "DATA: FILE = respondents.dat; LISTWISE = ON;"
    for g in range(len(where.groups)):
        # With several groups the first MODEL is for all; each group then states all of its own.
        if several and g == 0:
            lines += ["MODEL:", *_model(stated, short, 0)]
        lines += [f"MODEL g{g + 1}:" if several else "MODEL:", *_model(stated, short, g)]
    lines += _constraints(stated)
    lines += ["OUTPUT: STDYX SAMPSTAT;", ""]
    return "\n".join(lines)


def _wrapped(begin: str, names: list[str]) -> list[str]:
    lines, current = [], begin
    for name in names:
        if len(current) + len(name) + 2 > LONGEST_LINE:
            lines.append(current)
            current = "   "
        current += f" {name}"
    return [*lines, current + ";"]


def _model(stated: Statement, short: dict[str, str], g: int) -> list[str]:
    return [f"  {_line(term, short)}{_ending(term.cells[g])};" for term in stated.terms]


def _line(term: Term, short: dict[str, str]) -> str:
    lhs, rhs = short[term.lhs], short.get(term.rhs, term.rhs)
    match term.op:
        case "=~":
            return f"{lhs} BY {rhs}"
        case "~":
            return f"{lhs} ON {rhs}"
        case "~1":
            return f"[{lhs}]"
        case "|":
            return f"[{lhs}${term.rhs.lstrip('t')}]"
        case "~*~":
            return f"{{{lhs}}}"
    return lhs if term.lhs == term.rhs else f"{lhs} WITH {rhs}"


def _ending(cell: Cell) -> str:
    if cell.fixed is not None:
        return f"@{cell.fixed:.10g}"
    return f"* ({cell.label})" if cell.label else "*"


def _constraints(stated: Statement) -> list[str]:
    lines = []
    for one in stated.combinations:
        parts = [f"{factor:.10g}*{label}" for factor, label in one.parts]
        parts += [f"{one.constant:.10g}"] if one.constant else []
        lines.append(f"  {one.label} = {' + '.join(parts)};")
    for label, low, high in stated.bounds:
        lines += [f"  {label} > {low:.10g};"] if low > float("-inf") else []
        lines += [f"  {label} < {high:.10g};"] if high < float("inf") else []
    return ["MODEL CONSTRAINT:", *lines] if lines else []
