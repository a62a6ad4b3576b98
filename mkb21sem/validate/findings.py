"""What the tables of this step found: a key and its figures; the words to it stand in the report's texts."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from mkb21sem.validate.method import COLLINEAR, HALF, MethodBias
from mkb21sem.validate.reliability import ACCEPTABLE, REDUNDANT
from mkb21sem.validate.screening import Screening
from mkb21sem.validate.validity import CONDITIONAL, CROSS, Validity

CALLED_RANDOM = 0.05
MANY = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes
    ----------
    key
        What: the text ``found.<key>`` says it.
    values
        What is filled in: names of items and constructs, and figures, unrounded.
    signs
        Findings inside this one, such as the signs of a careless respondent.
    """

    key: str
    values: Mapping[str, object] = field(default_factory=dict)
    signs: tuple[Finding, ...] = ()


def findings(found: Screening) -> tuple[Finding, ...]:
    """Everything that was flagged; items first, then missing answers, shape and respondents."""
    return (*_items(found), *_missing(found), *_shape(found), *_respondents(found))


def _items(found: Screening) -> list[Finding]:
    said = []
    for row in found.items.to_dict("records"):
        flags = str(row["flags"]).split()
        values = {
            "item": row["item"],
            "construct": row["scale"],
            "r": row["item_rest"],
            "codes": str(row["empty"]).split(),
            "skewness": row["skewness"],
            "kurtosis": row["kurtosis"],
        }
        signs = dict.fromkeys("shape" if flag in ("skewed", "peaked") else flag for flag in flags)
        order = ("constant", "empty", "reversed", "weak", "shape")
        said += [Finding(f"item_{sign}", values) for sign in order if sign in signs]
    for row in found.scales.to_dict("records"):
        for end in str(row["flags"]).split():
            said.append(Finding(f"scale_{end}", {"construct": row["scale"], "share": row[end]}))
    return said


def _missing(found: Screening) -> list[Finding]:
    test, holed = found.mcar, int(found.patterns.query("k > 0")["n"].sum())
    if not holed:
        return []
    if not test.df:
        return [Finding("missing_untested", {"n": holed, "cause": test.note})]
    values = {"n": holed, "chisq": test.chisq, "df": test.df, "p": test.pvalue}
    return [Finding("missing_not_random" if test.pvalue < CALLED_RANDOM else "missing_by_chance", values)]


def _shape(found: Screening) -> list[Finding]:
    shape = found.mardia
    if shape is None:
        return [Finding("shape_untested", {"cause": found.mardia_note})]
    if min(shape.skewness_pvalue, shape.kurtosis_pvalue) >= CALLED_RANDOM:
        return []
    return [Finding("shape_not_normal", {"p": shape.skewness_pvalue, "z": shape.kurtosis_z})]


def _respondents(found: Screening) -> list[Finding]:
    flagged = found.respondents[found.respondents["flags"] != ""]
    number = flagged["flags"].map(lambda flags: len(str(flags).split()))
    several = flagged.loc[number.sort_values(ascending=False, kind="stable").index]
    said = [_one(label, row) for label, row in zip(several.index, several.to_dict("records"), strict=True)]
    more = [Finding("respondents_more", {"n": len(said) - MANY})] if len(said) > MANY else []
    return said[:MANY] + more


def _one(label: object, row: Mapping[Hashable, object]) -> Finding:
    values = {name: row[name] for name in ("longstring", "answered", "scales", "irv", "distance")}
    signs = tuple(Finding(f"sign_{flag}", values) for flag in str(row["flags"]).split())
    return Finding("respondent_careless", {"respondent": label}, signs)


def reliability_findings(table: pd.DataFrame) -> tuple[Finding, ...]:
    """Of a table by `reliability`: constructs outside the usual limits, and what a note says."""
    said = []
    for row in table.to_dict("records"):
        values = {name: row[name] for name in ("construct", "group", "alpha")}
        values |= {"alpha_low": row["low"], "alpha_high": row["high"]}
        if row["alpha"] < ACCEPTABLE:
            said.append(Finding("reliability_low", values))
        elif row["low"] < ACCEPTABLE:
            said.append(Finding("reliability_unsure", values))
        if row["alpha"] > REDUNDANT:
            said.append(Finding("reliability_redundant", values))
        if row["note"]:
            said.append(Finding("reliability_note", values | {"cause": row["note"]}))
    return tuple(said)


def validity_findings(found: Validity) -> tuple[Finding, ...]:
    """Pairs of constructs that are hard to tell apart, and constructs with more error than construct."""
    said = []
    for row in found.constructs.to_dict("records"):
        values = {"construct": row["construct"], "group": row["group"], "ave": row["ave"], "other": row["with_other"]}
        if not math.isnan(row["ave"]) and row["ave"] < 0.5:
            said.append(Finding("ave_low", values))
        if row["fornell_larcker"] is False:
            said.append(Finding("fornell_larcker", values))
    said += _cross_loadings(found.loadings)
    for row in found.correlations.to_dict("records"):
        if row["problem"] not in ("", "none"):
            pair = {name: row[name] for name in ("construct", "other", "group", "low", "high", "problem")}
            said.append(Finding("hard_to_tell", pair | {"r": row["est"]}))
    if found.htmt is not None:
        for row in found.htmt.table.to_dict("records"):
            if not row["below_90"]:
                bound = row["htmt_high"] if math.isfinite(row["htmt_high"]) else row["htmt"]
                pair = {"construct": row["construct"], "other": row["other"], "bound": bound}
                said.append(Finding("htmt_high", pair))
    return tuple(said)


def _cross_loadings(loadings: pd.DataFrame) -> list[Finding]:
    """Items that load less than .40 on their construct, or hardly more on it than on another."""
    said = []
    for (item, group), rows in loadings.assign(size=loadings["structure"].abs()).groupby(["item", "group"], sort=False):
        own, other = rows[rows["own"]], rows[~rows["own"]]
        best = own["size"].max()
        values = {"item": item, "group": group, "construct": own["construct"].iloc[0], "loading": best}
        if best < CONDITIONAL:
            said.append(Finding("hardly_loads", values))
        elif len(other) and other["size"].max() > best - CROSS:
            rival = other["construct"].iloc[int(other["size"].to_numpy().argmax())]
            said.append(Finding("loads_elsewhere", values | {"other": rival}))
    return said


def method_findings(found: MethodBias) -> tuple[Finding, ...]:
    """What speaks for a common method, and how far it moves the paths."""
    said = []
    if found.harman.share >= HALF:
        said.append(Finding("harman", {"share": found.harman.share}))
    for row in found.collinearity[found.collinearity["above"]].to_dict("records"):
        said.append(Finding("collinear", {"construct": row["construct"], "vif": row["vif"], "limit": COLLINEAR}))
    factor = found.factor
    if factor.found is None:
        return (*said, Finding("method_unfitted", {"cause": factor.note}))
    if factor.pvalue < CALLED_RANDOM:
        values = {"share": factor.share, "df": factor.df, "chisq": factor.chisq, "p": factor.pvalue}
        said.append(Finding("method_factor", values))
        moved = factor.paths.loc[factor.paths["moved"].abs().sort_values(ascending=False).index[:3]]
        for row in moved.to_dict("records"):
            pair = {"construct": row["lhs"], "other": row["rhs"], "op": row["op"]}
            said.append(Finding("path_moved", pair | {"std": row["std"], "std_with": row["std_with"]}))
    return tuple(said)
