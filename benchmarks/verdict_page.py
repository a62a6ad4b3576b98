"""`verdict_calibration.md`, written from `verdict_calibration.csv` alone."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

HEADS = {
    "supported, no sign": "supported, two-sided",
    "supported, sign +": "supported, sign +",
    "opposite, sign +": "opposite, sign +",
    "practically zero": "practically zero",
}


def read(file: Path) -> pd.DataFrame:
    """The rates, without the first line, which says how they were made."""
    return pd.read_csv(file, comment="#", dtype={"inside": str}, keep_default_na=True)


def page(file: Path) -> str:
    """What a right method would do beside what was counted, arm by arm."""
    made = file.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
    rates = read(file)
    judged = rates[rates["inside"].notna()]
    outside = judged[judged["inside"] != "True"]
    lines = [
        "# Calibration of the verdicts",
        "",
        f"Written by `python -m benchmarks.verdict_calibration` ({made}): {rates['replications'].max():,} "
        "replications.",
        "",
        "Samples from the population of the default model (`mkb21sem/survey/population.csv`), in which the nine "
        "arrows that `models/mkb21.toml` registers as zero are zero. They are added to the model and judged as "
        "hypotheses, with a SESOI of .10 and α = .05. *Synthetic waves*: the built-in wave drawn again, 256 users, "
        "five-point items; *normal scores*: before any coarsening, 256 and 1,000 users. Standard errors by the delta "
        "method. Bands hold 99% of the rates of a right method, so about one rate in a hundred leaves its band by "
        "chance; a `!` marks it. "
        f"Of {len(judged)} rates {len(outside)} lie outside.",
        "",
        *_zeros(rates),
        "",
        *_together(rates),
        "",
        *_found(rates),
        "",
    ]
    return "\n".join(lines)


def _zeros(rates: pd.DataFrame) -> list[str]:
    lines = [
        "## True zeros, one at a time, %",
        "",
        "A two-sided test should support 5% of them, one with a registered sign 5% and say *opposite* of 2.5%. How "
        "often TOST calls a zero *practically zero* depends on its standard error: the expected rate is "
        "2Φ(.10/se − 1.645) − 1, or 0, averaged over the samples. With 256 users it is small: *undecided* is the "
        "usual verdict on a true zero; that is what the sample can tell, and why it is not called “no effect”.",
        "",
        f"| arm | zero | {' | '.join(HEADS.values())} | expected |",
        "|---|---|" + "---:|" * (len(HEADS) + 1),
    ]
    own = rates[rates["question"].isin(HEADS)]
    for arm in dict.fromkeys(own["arm"]):
        of_arm = own[own["arm"] == arm]
        for what in dict.fromkeys(of_arm["what"]):
            row = of_arm[of_arm["what"] == what].set_index("question")
            shown = " | ".join(_rate(row.loc[question]) for question in HEADS)
            expected = f"{100 * row.loc['practically zero', 'nominal']:.1f}"
            lines.append(f"| {arm} | {what} | {shown} | {expected} |")
    return lines


def _together(rates: pd.DataFrame) -> list[str]:
    lines = [
        "## Error rates of families and joint tests, %",
        "",
        "Any of nine true zeros supported, under either adjustment; joint tests of all nine (the model without them "
        "is true); and *practically zero* said of an arrow whose true size is exactly the SESOI. Joint tests should "
        "reject in 5%, the others in at most 5%.",
        "",
        "| arm | what | rate | band |",
        "|---|---|---:|---:|",
    ]
    own = rates[rates["question"].str.startswith(("any", "joint", "practically zero at")) & (rates["usable"] > 0)]
    for row in own.to_dict("records"):
        what = f"{row['question']}: {row['what']}"
        least = "≤ " if not row["question"].startswith("joint") else f"{100 * row['low']:.1f}–"
        band = f"{least}{100 * row['high']:.1f}"
        lines.append(f"| {row['arm']} | {what} | {_rate(pd.Series(row))} | {band} |")
    return lines


def _found(rates: pd.DataFrame) -> list[str]:
    lines = [
        "## How often true paths are supported, %",
        "",
        "All registered hypotheses in their families, Holm and Benjamini–Hochberg included.",
        "",
    ]
    own = rates[rates["question"] == "supported"]
    arms = list(dict.fromkeys(own["arm"] + own["arm"].map(_size(rates))))
    lines += [f"| path | truth | {' | '.join(arms)} |", "|---|---:|" + "---:|" * len(arms)]
    for what in dict.fromkeys(own["what"]):
        row = own[own["what"] == what]
        lines.append(f"| {what} | {row['truth'].iloc[0]:.3f} | {' | '.join(f'{100 * x:.1f}' for x in row['rate'])} |")
    return lines


def _size(rates: pd.DataFrame) -> dict[str, str]:
    sizes = {"normal scores, ML": ", 1,000 users"}
    return {arm: sizes.get(arm, ", 256 users") for arm in set(rates["arm"])}


def _rate(row: pd.Series) -> str:
    return f"{100 * row['rate']:.1f}" + (" !" if str(row["inside"]) == "False" else "")
