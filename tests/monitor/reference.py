"""Reads what generate.R wrote."""

from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent


def load(name: str) -> pd.DataFrame:
    """A table of reference numbers; a missing file fails."""
    return pd.read_csv(HERE / f"{name}.csv", comment="#", dtype={"goal": str})
