"""A fitted model as an R script: the same arrows, options and rows give lavaan's numbers beside ours."""

from __future__ import annotations

from mkb21sem.estimate.fit import Fit
from mkb21sem.report.handover.sample import missing_option
from mkb21sem.report.handover.terms import Combination, Statement, Term, quoted, statement

SCRIPT = """# {title}
# {made}. Needs R with lavaan (written for 0.6); run: Rscript model.R
# Every arrow stands below with what is fixed and what is equal, so that nothing is left to lavaan's defaults.
{notice}
library(lavaan)

model <- '
{model}
'
{read}
fit <- lavaan(
  model,
  {options}
)

summary(fit, fit.measures = TRUE, standardized = TRUE)

# Beside the numbers of {program}
ours <- read.csv("estimates.csv", na.strings = "")
theirs <- parameterEstimates(fit, remove.eq = FALSE, remove.system.eq = FALSE)
if (is.null(theirs$group)) theirs$group <- 1L
key <- function(x) paste(x$lhs, x$op, x$rhs, x$group)
at <- match(key(ours), key(theirs))
cat(sprintf("\\nLargest difference from {program}: estimates %.2e, standard errors %.2e\\n",
  max(abs(ours$est - theirs$est[at]), na.rm = TRUE), max(abs(ours$se - theirs$se[at]), na.rm = TRUE)))
"""


def lavaan_model(stated: Statement) -> str:
    """The model in lavaan's syntax, one arrow a line."""
    lines = [_line(term) for term in stated.terms]
    lines += [_constraint(one) for one in stated.combinations]
    for label, low, high in stated.bounds:
        lines += [f"{label} > {low:.17g}"] if low > float("-inf") else []
        lines += [f"{label} < {high:.17g}"] if high < float("inf") else []
    return "\n".join(lines)


def _line(term: Term) -> str:
    values = ["NA" if cell.fixed is None else f"{cell.fixed:.17g}" for cell in term.cells]
    rhs = "1" if term.op == "~1" else term.rhs
    op = "~" if term.op == "~1" else term.op
    single = len(values) == 1
    begin = values[0] if single else f"c({', '.join(values)})"
    # A value in front fixes, NA frees; a label is a second mention of the same arrow.
    text = f"{term.lhs} {op} {begin}*{rhs}"
    if any(cell.label for cell in term.cells):
        labels = [cell.label for cell in term.cells]
        text += f" + {labels[0]}*{rhs}" if single else f" + c({', '.join(map(quoted, labels))})*{rhs}"
    return text


def _constraint(one: Combination) -> str:
    parts = [f"{factor:.17g}*{label}" for factor, label in one.parts]
    parts += [f"{one.constant:.17g}"] if one.constant else []
    return f"{one.label} == {' + '.join(parts)}"


def lavaan_options(found: Fit, rows: bool) -> list[str]:
    """The arguments of lavaan() behind the model."""
    where, sample = found.layout, found.moments
    options = ["data = rows"] if rows else ["sample.cov = cov", "sample.nobs = n"]
    if not rows and where.meanstructure:
        options.append("sample.mean = mean")
    options.append(f'estimator = "{found.estimator.name}"')
    if rows:
        missing = missing_option(found)
        options.append(f'missing = "{"ml" if missing == "fiml" else missing}"')
    if len(where.groups) > 1 and rows:
        levels = ", ".join(quoted(group) for group in where.groups)
        options += ['group = "group"', f"group.label = c({levels})"]
    if sample.ordinal:
        items = ", ".join(quoted(name) for name in sample.threshold_counts)
        options += [f"ordered = c({items})", f'parameterization = "{where.parameterization}"']
        options.append(f"conditional.x = {'TRUE' if sample.causes else 'FALSE'}")
    if sample.weights:
        options.append('sampling.weights = "weight"')
    options.append(f"meanstructure = {'TRUE' if where.meanstructure else 'FALSE'}")
    options.append(f"fixed.x = {'TRUE' if where.exogenous else 'FALSE'}")
    return options


def lavaan_script(found: Fit, *, title: str, made: str, program: str, rows: bool, notice: str) -> str:
    """The whole script; it reads respondents.csv (or cov.csv, mean.csv) and estimates.csv beside it.

    Parameters
    ----------
    found
        A converged fit.
    title, made, program
        For the first lines and the comparison.
    rows
        Whether the respondents' rows go along, or their moments only.
    notice
        Comment lines on the data, such as that they are synthetic.
    """
    groups = found.layout.groups
    if rows:
        read = 'rows <- read.csv("respondents.csv", na.strings = "", check.names = FALSE)'
    elif len(groups) == 1:
        read = (
            'cov <- as.matrix(read.csv("cov.csv", row.names = 1, check.names = FALSE))\n'
            f"n <- {int(found.moments.n[0])}\n"
            'if (file.exists("mean.csv")) { m <- read.csv("mean.csv"); mean <- setNames(m$mean, m$variable) }'
        )
    else:
        read = "\n".join(
            [
                "cov <- list("
                + ", ".join(
                    f'as.matrix(read.csv("cov_{g + 1}.csv", row.names = 1, check.names = FALSE))'
                    for g in range(len(groups))
                )
                + ")",
                f"n <- list({', '.join(str(int(n)) for n in found.moments.n)})",
                "mean <- list("
                + ", ".join(
                    f'{{m <- read.csv("mean_{g + 1}.csv"); setNames(m$mean, m$variable)}}' for g in range(len(groups))
                )
                + ")",
            ]
        )
    return SCRIPT.format(
        title=title,
        made=made,
        program=program,
        notice=notice,
        model=lavaan_model(statement(found)),
        read=read,
        options=",\n  ".join(lavaan_options(found, rows)),
    )
