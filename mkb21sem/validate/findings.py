"""What a screening found, said in sentences."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from mkb21sem.validate.screening import Screening

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
