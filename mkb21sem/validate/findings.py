"""What the tables of this step found, said in sentences."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping

import pandas as pd

from mkb21sem.validate.method import COLLINEAR, HALF, MethodBias
from mkb21sem.validate.reliability import ACCEPTABLE, REDUNDANT
from mkb21sem.validate.screening import Screening
from mkb21sem.validate.validity import CONDITIONAL, CROSS, Validity

CALLED_RANDOM = 0.05
MANY = 10


def findings(found: Screening) -> tuple[str, ...]:
    """Everything that was flagged, one sentence each; items first, then missing answers, shape and respondents."""
    return (*_items(found), *_missing(found), *_shape(found), *_respondents(found))


def _items(found: Screening) -> list[str]:
    said = []
    for row in found.items.to_dict("records"):
        name, scale, flags = row["item"], row["scale"], str(row["flags"]).split()
        rest = f"item-rest correlation {row['item_rest']:.2f}"
        if "constant" in flags:
            said.append(f"{name} has the same answer from everybody and can't be used.")
        if "empty" in flags:
            said.append(f"{name}: nobody answered {str(row['empty']).replace(' ', ', ')}.")
        if "reversed" in flags:
            said.append(
                f"{name} points against the other items of {scale} ({rest}): probably worded the other way round and "
                "not recoded."
            )
        if "weak" in flags:
            said.append(f"{name} hardly belongs to the other items of {scale} ({rest}).")
        if "skewed" in flags or "peaked" in flags:
            said.append(f"{name} is far from normal (skewness {row['skewness']:.2f}, kurtosis {row['kurtosis']:.2f}).")
    for row in found.scales.to_dict("records"):
        for end in str(row["flags"]).split():
            said.append(f"{scale_end(row['scale'], end)} ({row[end]:.0%} of the respondents).")
    return said


def scale_end(scale: object, end: str) -> str:
    """Sentence without its end for a floor or a ceiling."""
    return f"{scale} has a {end}: many gave the {'lowest' if end == 'floor' else 'highest'} answer to every item"


def _missing(found: Screening) -> list[str]:
    test, holed = found.mcar, int(found.patterns.query("k > 0")["n"].sum())
    if not holed:
        return []
    if not test.df:
        return [f"{holed} respondents left questions open; Little's test can't be had: {test.note}."]
    figures = f"Little's test: chi-square({test.df}) = {test.chisq:.2f}, p = {test.pvalue:.3f}"
    if test.pvalue < CALLED_RANDOM:
        return [f"{holed} respondents left questions open, and not completely at random ({figures})."]
    return [f"{holed} respondents left questions open; nothing speaks against chance ({figures})."]


def _shape(found: Screening) -> list[str]:
    shape = found.mardia
    if shape is None:
        return [f"Mardia's tests can't be had: {found.mardia_note}"]
    if min(shape.skewness_pvalue, shape.kurtosis_pvalue) >= CALLED_RANDOM:
        return []
    return [
        f"The answers aren't multivariate normal (Mardia: skewness p = {shape.skewness_pvalue:.3f}, kurtosis "
        f"z = {shape.kurtosis_z:.2f}): use robust standard errors and tests."
    ]


def _respondents(found: Screening) -> list[str]:
    flagged = found.respondents[found.respondents["flags"] != ""]
    number = flagged["flags"].map(lambda flags: len(str(flags).split()))
    several = flagged.loc[number.sort_values(ascending=False, kind="stable").index]
    said = [_one(label, row) for label, row in zip(several.index, several.to_dict("records"), strict=True)]
    more = [f"{len(said) - MANY} more respondents show one of these signs."] if len(said) > MANY else []
    return said[:MANY] + more


def _one(label: object, row: Mapping[Hashable, object]) -> str:
    words = {
        "longstring": f"{row['longstring']} of {row['answered']} answers in one unbroken run",
        "straight": f"one and the same answer within each of {row['scales']} scales",
        "irv": f"variability of answers {float(str(row['irv'])):.2f}",
        "distance": f"far from all others (D² = {float(str(row['distance'])):.1f})",
        "duplicate": "the same answers as another respondent",
    }
    signs = [words[flag] for flag in str(row["flags"]).split()]
    return f"Respondent {label} may have answered carelessly: {'; '.join(signs)}."


def reliability_findings(table: pd.DataFrame) -> tuple[str, ...]:
    """Of a table by `reliability`: constructs outside the usual limits, and what a note says."""
    said = []
    for row in table.to_dict("records"):
        who = f"{row['construct']}{' in ' + str(row['group']) if row['group'] else ''}"
        span = f"alpha {row['alpha']:.3f}, interval {row['low']:.3f} to {row['high']:.3f}"
        if row["alpha"] < ACCEPTABLE:
            said.append(f"{who} is less reliable than {ACCEPTABLE:.2f} ({span}).")
        elif row["low"] < ACCEPTABLE:
            said.append(f"{who} is reliable enough, but its interval reaches below {ACCEPTABLE:.2f} ({span}).")
        if row["alpha"] > REDUNDANT:
            said.append(f"{who} has items that repeat each other ({span}).")
        if row["note"]:
            said.append(f"{who}: {row['note']}.")
    return tuple(said)


def validity_findings(found: Validity) -> tuple[str, ...]:
    """Pairs of constructs that are hard to tell apart, and constructs with more error than construct."""
    said = []
    for row in found.constructs.to_dict("records"):
        if not math.isnan(row["ave"]) and row["ave"] < 0.5:
            said.append(f"{row['construct']}: its items hold more error than construct (AVE {row['ave']:.2f}).")
        if row["fornell_larcker"] is False:
            said.append(f"{row['construct']} shares more with {row['with_other']} than with its own items.")
    said += _cross_loadings(found.loadings)
    for row in found.correlations.to_dict("records"):
        if row["problem"] not in ("", "none"):
            said.append(
                f"{row['construct']} and {row['other']} are hard to tell apart: r = {row['est']:.2f}, interval "
                f"{row['low']:.2f} to {row['high']:.2f}, a {row['problem']} problem."
            )
    if found.htmt is not None:
        for row in found.htmt.table.to_dict("records"):
            if not row["below_90"]:
                bound = row["htmt_high"] if math.isfinite(row["htmt_high"]) else row["htmt"]
                said.append(f"{row['construct']} and {row['other']}: HTMT reaches {bound:.2f}, above .90.")
    return tuple(said)


def _cross_loadings(loadings: pd.DataFrame) -> list[str]:
    """Items that load less than .40 on their construct, or hardly more on it than on another."""
    said = []
    for (item, group), rows in loadings.assign(size=loadings["structure"].abs()).groupby(["item", "group"], sort=False):
        own, other = rows[rows["own"]], rows[~rows["own"]]
        who = f"{item}{' in ' + str(group) if group else ''}"
        best = own["size"].max()
        if best < CONDITIONAL:
            said.append(f"{who} hardly loads on {own['construct'].iloc[0]} ({best:.2f}).")
        elif len(other) and other["size"].max() > best - CROSS:
            rival = other["construct"].iloc[int(other["size"].to_numpy().argmax())]
            said.append(f"{who} loads on {rival} about as much as on {own['construct'].iloc[0]}.")
    return said


def method_findings(found: MethodBias) -> tuple[str, ...]:
    """What speaks for a common method, and how far it moves the paths."""
    said = []
    if found.harman.share >= HALF:
        said.append(f"One factor takes {found.harman.share:.0%} of the variance of all items (Harman).")
    for row in found.collinearity[found.collinearity["above"]].to_dict("records"):
        said.append(f"{row['construct']} follows from the other constructs (VIF {row['vif']:.1f}, above {COLLINEAR}).")
    factor = found.factor
    if factor.found is None:
        return (*said, f"The model with a method factor can't be fitted: {factor.note}")
    if factor.pvalue < CALLED_RANDOM:
        said.append(
            f"A common method factor is found: {factor.share:.0%} of the items' variance, chi-square({factor.df}) = "
            f"{factor.chisq:.2f}, p = {factor.pvalue:.3f}."
        )
        moved = factor.paths.loc[factor.paths["moved"].abs().sort_values(ascending=False).index[:3]]
        for row in moved.to_dict("records"):
            said.append(
                f"With it {row['lhs']} {row['op']} {row['rhs']} moves from {row['std']:.2f} to {row['std_with']:.2f}."
            )
    return tuple(said)
