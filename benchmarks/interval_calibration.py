"""How often intervals hold the truth: direct and indirect effects, every kind of interval, over waves with known paths.

    python -m benchmarks.interval_calibration [--waves 1000] [--draws 500] [--workers 1] [--page]

Waves are drawn from a population whose paths are known, among them one of zero; each is fitted by ML, and each kind of
interval is asked whether it holds the population's effect. Writes `interval_calibration.csv` and `.md`. The waves and
draws hang on the seed, not on the workers.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

import mkb21sem
from mkb21sem import Model, bootstrap, effects, fit, intervals, monte_carlo
from mkb21sem.estimate.implied import cell_values, implied
from mkb21sem.infer.effects.quantities import quantities
from mkb21sem.parallel import Chunk, Progress, chunks, replicate

HERE = Path(__file__).parent
SEED, N, LEVEL, CARLO = 20120501, 256, 0.95, 2000
KINDS = ("delta", "monte carlo", "percentile", "bc", "bca")
LOADINGS = (0.8, 0.75, 0.7, 0.65)
PATHS = {
    ("INTENS", "MOT"): 0.40,
    ("ERV", "MOT"): 0.30,
    ("ERV", "INTENS"): 0.25,
    ("REP", "ERV"): 0.45,
    ("REP", "INTENS"): 0.00,
}
SPEC = """
MOT =~ MOT1 + MOT2 + MOT3 + MOT4
ERV =~ ERV1 + ERV2 + ERV3 + ERV4
REP =~ REP1 + REP2 + REP3 + REP4
INTENS ~ MOT
ERV ~ MOT + INTENS
REP ~ ERV + INTENS
"""


def draw(rng: np.random.Generator, n: int = N) -> pd.DataFrame:
    """A wave of n respondents: normal, every construct with variance 1, four items each."""
    score = {"MOT": rng.standard_normal(n)}
    correlation = pd.DataFrame(1.0, index=["MOT"], columns=["MOT"])
    for outcome in ("INTENS", "ERV", "REP"):
        causes = [(cause, value) for (head, cause), value in PATHS.items() if head == outcome]
        b = np.array([value for _, value in causes])
        names = [cause for cause, _ in causes]
        explained = float(b @ correlation.loc[names, names].to_numpy() @ b)
        score[outcome] = sum(value * score[cause] for cause, value in causes) + np.sqrt(
            1 - explained
        ) * rng.standard_normal(n)
        correlation.loc[outcome] = correlation[names].to_numpy() @ b
        correlation[outcome] = [*correlation.loc[outcome].dropna(), 1.0]
    items = {
        f"{name}{j + 1}": loading * score[name] + np.sqrt(1 - loading**2) * rng.standard_normal(n)
        for name in ("MOT", "ERV", "REP")
        for j, loading in enumerate(LOADINGS)
    }
    return pd.DataFrame({**items, "INTENS": score["INTENS"]})


def truth() -> tuple[pd.DataFrame, np.ndarray]:
    """The effects of the population, raw (first loading 1) and standardised."""
    found = fit(Model.parse(SPEC), draw(np.random.default_rng(1), 1000))
    value = dict.fromkeys(found.layout.names, np.nan)
    scale = {"MOT": LOADINGS[0], "ERV": LOADINGS[0], "REP": LOADINGS[0], "INTENS": 1.0}
    for (head, tail), path in PATHS.items():
        value[f"{head}~{tail}"] = path * scale[head] / scale[tail]
    for name in ("MOT", "ERV", "REP"):
        for j, loading in enumerate(LOADINGS):
            value |= {f"{name}=~{name}{j + 1}": loading / LOADINGS[0], f"{name}{j + 1}~~{name}{j + 1}": 1 - loading**2}
    residual = {"MOT": 1.0, "INTENS": 1 - 0.4**2}
    residual["ERV"] = 1 - (0.3**2 + 0.25**2 + 2 * 0.3 * 0.25 * 0.4)
    residual["REP"] = 1 - 0.45**2
    value |= {f"{name}~~{name}": share * scale[name] ** 2 for name, share in residual.items()}
    theta = np.array([value[name] for name in found.layout.names])
    fixed = found.cells - cell_values(found.layout, found.theta, np.zeros_like(found.cells))
    cells = cell_values(found.layout, theta[None], fixed)
    variance = np.diagonal(implied(found.layout, cells).Sigma[0, 0])
    if not np.allclose(variance, 1):
        raise RuntimeError(f"the population's variances are {variance}, not 1")
    wanted = quantities(found)
    return wanted.labels, wanted.of(cells)[0]


@dataclass(frozen=True)
class Waves:
    """Whether each kind of interval holds each effect in the waves of a chunk: (waves, kinds, effects); NaN: no fit."""

    draws: int

    def __call__(self, chunk: Chunk) -> np.ndarray:
        _, known = truth()
        out = np.full((chunk.size, len(KINDS), 2, len(known)), np.nan)
        model = Model.parse(SPEC)
        for i, rng in enumerate(chunk.rng().spawn(chunk.size)):
            found = fit(model, draw(rng))
            if not found.converged:
                continue
            seed = int(rng.integers(2**31))
            delta = effects(found)
            limits = [delta[["low", "high"]].to_numpy(), delta[["std_low", "std_high"]].to_numpy()]
            tables = {"delta": np.concatenate(limits).T}
            carlo, drawn = intervals(monte_carlo(found, CARLO, seed)), intervals(bootstrap(found, self.draws, seed, 1))
            tables["monte carlo"] = carlo[["percentile_low", "percentile_high"]].to_numpy().T
            for kind in ("percentile", "bc", "bca"):
                tables[kind] = drawn[[f"{kind}_low", f"{kind}_high"]].to_numpy().T
            for k, kind in enumerate(KINDS):
                low, high = tables[kind]
                out[i, k] = np.where(np.isnan(low), np.nan, [known < low, known > high])
        return out


def band(rate: float, waves: int, confidence: float = 0.99) -> tuple[float, float]:
    """Between which shares a true rate would show, by the binomial distribution."""
    tail = (1 - confidence) / 2
    low, high = stats.binom.ppf([tail, 1 - tail], waves, rate) / waves
    return float(low), float(high)


def summary(missed: np.ndarray, labels: pd.DataFrame, known: np.ndarray) -> pd.DataFrame:
    """A row an effect and kind: coverage, misses on either side, and whether coverage lies in its band."""
    rows = []
    for k, kind in enumerate(KINDS):
        there = np.isfinite(missed[:, k, 0])
        waves = there.sum(axis=0)
        below, above = (np.where(there, missed[:, k, side], 0).sum(axis=0) / waves for side in (0, 1))
        frame = labels[["scale", "effect", "path"]].assign(truth=known, kind=kind, waves=waves)
        rows.append(frame.assign(coverage=1 - below - above, truth_below=below, truth_above=above))
    table = pd.concat(rows, ignore_index=True)
    low, high = zip(*(band(LEVEL, int(n)) for n in table["waves"]), strict=True)
    table = table.assign(band_low=low, band_high=high)
    return table.assign(inside=table["coverage"].between(table["band_low"], table["band_high"]))


def reason(row: pd.Series[float]) -> str:
    """Why a coverage outside its band is where it is, as far as is known."""
    product, liberal = row["effect"] != "direct", row["coverage"] < LEVEL
    misses = sorted((row["truth_below"], row["truth_above"]))
    if product and row["kind"] == "delta" and liberal and misses[1] > 3 * misses[0]:
        return "the estimate of a product is skew, the interval symmetric: nearly all misses lie on one side"
    if product and row["kind"] in ("bc", "bca") and liberal and row["truth"] == 0:
        return (
            "bias correction makes the interval of a product too short where one of its arrows is zero and the other "
            "is not (Fritz, Taylor & MacKinnon 2012)"
        )
    if product and not liberal and row["truth"] == 0:
        return "a product of which an arrow is zero: its estimates crowd at zero, the intervals are wide"
    return "none known; chance puts one rate in a hundred outside"


def read(file: Path) -> tuple[pd.DataFrame, str]:
    """The rates of a study, and the sentence on it that stands in its first line."""
    with open(file, encoding="utf-8") as lines:
        about = next(lines).removeprefix("# ").strip()
        return pd.read_csv(lines), about


def page(table: pd.DataFrame, about: str) -> str:
    """The rates as Markdown."""
    shown = table[table["effect"].isin(["direct", "indirect"])]
    low, high = band(LEVEL, int(table["waves"].max()))
    lines = [
        "# Coverage of intervals",
        "",
        "Written by `python -m benchmarks.interval_calibration`.",
        "",
        f"{about} Intervals have level {LEVEL:.0%}; a true rate of that size shows between {low:.1%} and {high:.1%} in "
        "99 of 100 such studies. `raw` has the first loading of each construct at 1, `all` every variance.",
        "",
        "| effect | scale | truth | " + " | ".join(KINDS) + " |",
        "|---|---|---:|" + "---:|" * len(KINDS),
    ]
    for (scale, effect, path), rows in shown.groupby(["scale", "effect", "path"], sort=False):
        cells = [
            f"{row.coverage:.3f}{'' if row.inside else ' *'}"
            for row in rows.set_index("kind").loc[list(KINDS)].itertuples()
        ]
        lines.append(f"| {effect} `{path}` | {scale} | {rows['truth'].iloc[0]:.3f} | " + " | ".join(cells) + " |")
    outside = table[~table["inside"]]
    lines += ["", f"\\* outside its band: {len(outside)} of {len(table)} rates.", ""]
    if len(outside):
        lines += [
            "| effect | scale | interval | coverage | truth below | truth above | reason |",
            "|---|---|---|---:|---:|---:|---|",
        ]
        for _, row in outside.iterrows():
            lines.append(
                f"| {row['effect']} `{row['path']}` | {row['scale']} | {row['kind']} | {row['coverage']:.3f} | "
                f"{row['truth_below']:.3f} | {row['truth_above']:.3f} | {reason(row)} |"
            )
    return "\n".join([*lines, ""])


def tell(progress: Progress) -> None:
    """A line now and then."""
    print(f"{progress.done} of {progress.asked} waves, {progress.left:.0f} s left", flush=True)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--waves", type=int, default=1000)
    ask.add_argument("--draws", type=int, default=500)
    ask.add_argument("--workers", type=int, default=1)
    ask.add_argument("--page", action="store_true", help="only write the page anew, from the rates that are there")
    ask.add_argument("--out", type=Path, default=HERE)
    told = ask.parse_args()
    file = told.out / "interval_calibration.csv"
    if not told.page:
        done = replicate(Waves(told.draws), chunks(told.waves, 20, SEED), workers=told.workers, progress=tell)
        table = summary(np.concatenate(done.found), *truth())
        about = (
            f"{date.today()}, mkb21sem {mkb21sem.__version__}: {done.done:,} synthetic waves of {N} respondents from a "
            f"normal population with known paths, seed {SEED}, fitted by ML; {told.draws} bootstrap draws and "
            f"{CARLO:,} Monte Carlo draws a wave."
        )
        file.write_text(f"# {about}\n" + table.round(6).to_csv(index=False), encoding="utf-8")
    written = page(*read(file))
    (told.out / "interval_calibration.md").write_text(written, encoding="utf-8")
    print(written)


if __name__ == "__main__":
    main()
