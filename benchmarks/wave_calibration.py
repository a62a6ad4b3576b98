"""Does the comparison of waves find what was planted, leave alone what was not, and recover the drift?

    python -m benchmarks.wave_calibration [--seeds 200] [--first 3000] [--workers 1] [--n 300]

Draws three waves of n users from the synthetic population (culture, environment and reputation: 13 five-point items),
with and without planted changes, and climbs the continuous and the ordinal ladder. Writes `wave_calibration.csv`, a
line a seed, ladder and arm, and from that file alone `wave_calibration.md`. Seed i is `first + i` in every arm.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd

from benchmarks.wave_page import page
from mkb21sem.errors import Mkb21Error
from mkb21sem.infer.waves.ladder import invariance
from mkb21sem.infer.waves.means import latent_means
from mkb21sem.infer.waves.partial import partial
from mkb21sem.specify.model import Model
from mkb21sem.survey.synthetic_waves import YEARS, draw_users

HERE = Path(__file__).parent
FIRST, SEEDS, USERS = 3000, 200, 300
SPEC = """
CUL =~ CUL01 + CUL02 + CUL03 + CUL04
OMG =~ OMG01 + OMG02 + OMG03 + OMG04
REP =~ REP01 + REP02 + REP03 + REP04 + REP05
"""
CONSTRUCTS = ("CUL", "OMG", "REP")


def waves(seed: int, n: int, planted: bool) -> pd.DataFrame:
    """Three waves in one table; without anything planted neither items nor constructs change."""
    streams = np.random.SeedSequence(seed).spawn(len(YEARS))
    frames = [
        draw_users(year, stream, n, drift=planted, noninvariance=planted).assign(wave=str(year))
        for year, stream in zip(YEARS, streams, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)


def one(seed: int, n: int, ordinal: bool, planted: bool) -> dict[str, object]:
    """A seed on one ladder: p-values of the rungs, what was released, and the latent means."""
    line: dict[str, object] = {"seed": seed, "ladder": "ordinal" if ordinal else "continuous", "planted": planted}
    begun = time.process_time()
    try:
        ladder = invariance(Model.parse(SPEC), waves(seed, n, planted), ordinal=ordinal)
        for step in ladder.steps[1:]:
            line[f"p_{step.name}"] = np.nan if step.against is None else step.against.pvalue
        found = partial(ladder)
        means = latent_means(found)
    except Mkb21Error as error:
        return line | {"error": str(error).splitlines()[0], "seconds": time.process_time() - begun}
    line["released"] = " ".join(f"{item}@{found.plan.waves[g]}" for item, g in sorted(found.plan.released))
    line["complete"] = found.complete
    if means.allowed:
        table = means.table.set_index(["construct", "wave"])
        for name in CONSTRUCTS:
            for year in YEARS[1:]:
                line[f"mean_{name}_{year}"] = table.loc[(name, str(year)), "mean"]
                line[f"se_{name}_{year}"] = table.loc[(name, str(year)), "se"]
    return line | {"error": "", "seconds": time.process_time() - begun}


def main() -> None:
    """Run, and write the table and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--first", type=int, default=FIRST)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--n", type=int, default=USERS)
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args()
    jobs = [
        joblib.delayed(one)(given.first + i, given.n, ordinal, planted)
        for i in range(given.seeds)
        for ordinal in (False, True)
        for planted in (True, False)
    ]
    table = pd.DataFrame(joblib.Parallel(n_jobs=given.workers)(jobs)).assign(n=given.n)
    table.to_csv(given.out / "wave_calibration.csv", index=False, float_format="%.6g")
    (given.out / "wave_calibration.md").write_text(page(given.out / "wave_calibration.csv"), encoding="utf-8")


if __name__ == "__main__":
    main()
