"""What the manuscript says of the answers: who was asked, what is missing, what each question was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.sample import correlations
from mkb21sem.report.words import Words
from mkb21sem.survey.derived import derivations
from mkb21sem.survey.synthetic import synthetic_wave
from mkb21sem.survey.wave import Wave
from paper.leaves import LANG, interval, leaf, rows

FIRM = "OMV01"
"""The question whose block describes the firm."""


def wave(of: Analysis) -> dict[str, Any]:
    """Name, origin and size of the wave."""
    found, source = of.found, of.wave
    users = source.users
    return {
        "name": source.name,
        "file": "" if source.synthetic else (source.source or "").rpartition("/")[2],
        "sha": source.sha256[:12],
        "synthetic": source.synthetic,
        "built_in": source.synthetic and source.sha256 == synthetic_wave().sha256,
        "n": leaf(source.n, "count"),
        "users": leaf(int(users.sum()), "count"),
        "user_share": leaf(float(users.mean()), "percent"),
        "used": leaf(found.moments.total, "count"),
        "left_out": [{"reason": reason, "n": leaf(n, "count")} for reason, n in found.moments.left_out],
    }


def firms(source: Wave) -> list[dict[str, Any]]:
    """Categories of every question on the firm, for all respondents and for users; empty without such a block."""
    codebook = source.codebook
    if FIRM not in codebook:
        return []
    block = [item for item in codebook.items if item.construct == codebook[FIRM].construct]
    block = [item for item in block if item.id in source.answers]
    return [{"label": item.label(LANG), "rows": _categories(source, item.id)} for item in block]


def _categories(source: Wave, item: str) -> list[list[Any]]:
    question, answers = source.codebook[item], source.answers[item]
    yes_or_no = question.measure == "binary"
    codes = [1] if yes_or_no else [code for code in question.codes if (answers == code).any()]
    made = []
    for code in codes:
        line: list[Any] = ["Yes" if yes_or_no else question.code_label(code, LANG)]
        for among in (answers, answers[source.users]):
            valid = among[among >= 0]
            hits = int((valid == code).sum())
            line += [leaf(hits, "count"), leaf(hits / len(valid) if len(valid) else None, "percent")]
        made.append(line)
    return made


def missing(of: Analysis) -> dict[str, Any]:
    """What is missing among the model's questions, of the respondents who were put them, and what screening flagged."""
    asked = of.wave.answers.loc[of.wave.users, _questions(of)]
    lost = asked.lt(0) & asked.ne(-7)
    each = lost.mean().sort_values(ascending=False, kind="stable")
    worst = str(each.index[0])
    found: dict[str, Any] = {
        "any": bool(lost.to_numpy().any()),
        "questions": leaf(asked.shape[1], "count"),
        "share": leaf(float(lost.to_numpy().mean()), "percent1"),
        "respondents": leaf(int(lost.any(axis=1).sum()), "count"),
        "respondent_share": leaf(float(lost.any(axis=1).mean()), "percent1"),
        "patterns": leaf(len(lost.drop_duplicates()), "count"),
        "worst": worst,
        "worst_share": leaf(float(each.iloc[0]), "percent1"),
    }
    if of.inquiry is not None:
        screening = of.inquiry.screening
        mcar, mardia = screening.mcar, screening.mardia
        found["mcar"] = {
            "chisq": leaf(mcar.chisq, "number2"),
            "df": leaf(mcar.df, "count"),
            "p": leaf(mcar.pvalue, "equals_p"),
        }
        found["mcar"]["there"] = mcar.df > 0
        found["flagged"] = leaf(int((screening.respondents["flags"] != "").sum()), "count")
        if mardia is not None:
            found["mardia"] = {
                "kurtosis": leaf(mardia.kurtosis_z, "number2"),
                "kurtosis_p": leaf(mardia.kurtosis_pvalue, "equals_p"),
                "skewness_p": leaf(mardia.skewness_pvalue, "equals_p"),
            }
    return found


def _questions(of: Analysis) -> list[str]:
    """Questions behind the model's observed variables."""
    made = derivations(of.wave.codebook)
    names = [item for name in of.model.observed for item in (made[name].items if name in made else (name,))]
    return [name for name in dict.fromkeys(names) if name in of.wave.answers]


def items(of: Analysis, words: Words) -> list[list[Any]]:
    """Every question behind the model: number, wording, tag, respondents, moments, and the share of every answer."""
    made = []
    valid = of.wave.answers.loc[of.wave.users]
    for name in _questions(of):
        question, answers = of.wave.codebook[name], valid[name][valid[name] >= 0].astype(float)
        shares: list[Any] = [leaf(float((answers == code).mean()), "percent") for code in question.codes[:5]]
        shares += [""] * (5 - len(shares))
        moments = [leaf(answers.mean(), "number2"), leaf(answers.std(), "number2"), leaf(answers.skew(), "number2")]
        moments += [leaf(answers.kurt(), "number2")]
        tag = {"S": "S", "S*": "S*", "R": "R"}.get(question.status, "")
        made.append([name, question.label(LANG), tag, leaf(len(answers), "count"), *moments, *shares])
    return made


def scores(of: Analysis, words: Words) -> dict[str, Any]:
    """Means of the indicators of each construct and the other variables of the structure: moments and correlations."""
    found, model = of.found, of.model
    raw = pd.DataFrame(np.concatenate(found.moments.rows), columns=list(found.moments.names))
    indicators = {item for own in model.indicators.values() for item in own}
    order = [*model.latents, *(name for name in model.observed if name not in indicators)]
    frame = pd.DataFrame(
        {
            name: raw[list(model.indicators[name])].mean(axis=1, skipna=False)
            if name in model.indicators
            else raw[name]
            for name in order
        }
    )
    R = frame.corr()
    alpha = dict(zip(of.study.reliability["construct"], of.study.reliability.get("alpha", []), strict=False))
    lines = []
    for at, name in enumerate(order):
        own = leaf(alpha[name]) if name in alpha else "–"
        own = own | {"shown": f"({own['shown']})", "form": "bounded2"} if isinstance(own, dict) else own
        below: list[Any] = [leaf(R.iloc[at, other]) for other in range(at)]
        blank = [""] * (len(order) - at - 1)
        moments = [leaf(frame[name].mean(), "number2"), leaf(frame[name].std(), "number2")]
        lines.append([f"{at + 1}. {words.short(name)}", *moments, *below, own, *blank])
    pairs = frame.notna().astype(int).T @ frame.notna().astype(int)
    n, most = int(pairs.to_numpy().min()), int(pairs.to_numpy().max())
    return {
        "rows": lines,
        "k": len(order),
        "n": leaf(n, "count"),
        "most": leaf(most, "count"),
        "critical": leaf(_critical(n), "bounded2"),
    }


def _critical(n: int) -> float:
    """Smallest correlation that differs from zero at .05, two-sided."""
    at = t.ppf(0.975, n - 2)
    return float(at / np.sqrt(n - 2 + at**2))


def moments(of: Analysis) -> dict[str, Any]:
    """Correlations, means and standard deviations of all observed variables, from which ML can be done again."""
    table = correlations(of.found, Words(LANG, of.wave.codebook.label))
    names = list(of.found.moments.names)
    lines = []
    for at, row in enumerate(table.frame.to_dict("records")):
        below: list[Any] = [leaf(row[name]) for name in names[:at]]
        lines.append([f"{at + 1} {names[at]}", leaf(row["mean"], "number2"), leaf(row["sd"], "number2"), *below])
    return {"rows": lines, "k": len(names), "n": leaf(of.found.moments.total, "count")}


def reliability(of: Analysis, words: Words) -> list[list[Any]]:
    """Loadings, alpha, omega and variance extracted of every construct as the model measures it."""
    table = of.found.table()
    own = table[table["op"] == "=~"].groupby("lhs")["std"]
    frame = of.study.reliability.assign(
        name=[words.short(name) for name in of.study.reliability["construct"]],
        least=[own.get_group(name).min() for name in of.study.reliability["construct"]],
        most=[own.get_group(name).max() for name in of.study.reliability["construct"]],
    )
    return rows(
        frame,
        "name",
        ("k", "count"),
        ("least", "bounded2"),
        ("most", "bounded2"),
        ("alpha", "bounded2"),
        ("low", "high", "interval bounded2"),
        ("omega", "bounded2"),
        ("omega_low", "omega_high", "interval bounded2"),
        ("ave", "bounded2"),
    )


def discriminant(of: Analysis, words: Words) -> dict[str, Any] | None:
    """HTMT below the diagonal, correlations of constructs above it; None where they can't be had."""
    if of.inquiry is None or of.inquiry.validity is None or of.inquiry.validity.htmt is None:
        return None
    own, measured = of.inquiry.validity, of.inquiry.validity.htmt.table
    ratios = {(a, b): x for a, b, x in measured[["construct", "other", "htmt"]].itertuples(index=False)}
    between = {(a, b): x for a, b, x in own.correlations[["construct", "other", "est"]].itertuples(index=False)}
    names = list(own.constructs["construct"])

    def cell(row: str, column: str) -> Any:
        if row == column:
            return "–"
        source = ratios if names.index(row) > names.index(column) else between
        value = source.get((row, column), source.get((column, row)))
        return leaf(value)

    largest = measured.sort_values("htmt", ascending=False).iloc[0]
    roots = own.constructs
    return {
        "names": [words.short(name) for name in names],
        "rows": [[words.short(row), *(cell(row, column) for column in names)] for row in names],
        "largest": leaf(largest["htmt"]),
        "largest_ci": interval(largest["htmt_low"], largest["htmt_high"]),
        "pair": [words.short(largest["construct"]), words.short(largest["other"])],
        "clear": bool(measured["below_85"].all()),
        "apart": bool(measured["excludes_1"].all()),
        "fornell": bool(roots["fornell_larcker"].all()),
        "draws": leaf(of.inquiry.depth.draws, "count"),
    }


def method(of: Analysis) -> dict[str, Any] | None:
    """One factor for all, collinearity, and how far a method factor moves the paths."""
    bias = None if of.inquiry is None else of.inquiry.method
    if bias is None:
        return None
    found: dict[str, Any] = {
        "harman": leaf(bias.harman.share, "percent"),
        "vif": leaf(bias.collinearity["vif"].max(), "number2"),
        "moved": None,
    }
    paths = bias.factor.paths if bias.factor.found is not None else pd.DataFrame()
    if len(paths):
        found["moved"] = leaf(paths["moved"].abs().max(), "bounded3")
        found["share"] = leaf(bias.factor.share, "percent1")
        found["p"] = leaf(bias.factor.pvalue, "equals_p")
    return found
