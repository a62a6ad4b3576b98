"""What the manuscript says of the model: fit, verdicts, effects, and what other choices give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.judging.verdicts import VERDICTS, Verdict
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.words import Words
from paper.leaves import interval, leaf, rows

KINDS = ((".robust", "robust"), (".scaled", "scaled"), ("", "standard"))


def fit(of: Analysis) -> dict[str, Any]:
    """The test of fit and the indices, robust where there are such."""
    values = of.study.indices

    def best(name: str) -> float:
        keys = (f"{name}{ending}" for ending, _ in KINDS)
        return float(next((values[key] for key in keys if key in values and values[key] == values[key]), np.nan))

    scaled = values.get("chisq.scaled", np.nan) == values.get("chisq.scaled", np.nan)
    ending = ".scaled" if scaled else ""
    kind = next(word for end, word in KINDS if values.get(f"cfi{end}", np.nan) == values.get(f"cfi{end}", np.nan))
    return {
        "kind": kind,
        "scaled": bool(scaled),
        "chisq": leaf(values[f"chisq{ending}"], "number2"),
        "df": leaf(values[f"df{ending}"], "count"),
        "p": leaf(values[f"pvalue{ending}"], "equals_p"),
        "scaling": leaf(values.get("chisq.scaling.factor"), "number3"),
        "cfi": leaf(best("cfi"), "bounded3"),
        "tli": leaf(best("tli"), "bounded3"),
        "rmsea": leaf(best("rmsea"), "bounded3"),
        "rmsea_ci": interval(best("rmsea.ci.lower"), best("rmsea.ci.upper"), "bounded3"),
        "srmr": leaf(values.get("srmr"), "bounded3"),
        "npar": leaf(values["npar"], "count"),
        "p_observed": leaf(len(of.found.moments.names), "count"),
        "moments": leaf(values["npar"] + values["df"], "count"),
        "ratio": leaf(of.found.moments.total / values["npar"], "number1"),
    }


def model(of: Analysis) -> dict[str, Any]:
    """What the model consists of, and what its arrows rest on."""
    structure = [arrow for arrow in of.model.arrows if arrow.op == "~"]
    tagged = {tag: sum(a.evidence == tag for a in structure) for tag in ("stated", "implied", "reconstruction")}
    return {
        "name": of.model.name,
        "shipped": of.model.name == "mkb21",
        "title": of.model.title,
        "latents": list(of.model.latents),
        "outcomes": list(of.model.endogenous),
        "arrows": leaf(len(structure), "count"),
        "tagged": {tag: leaf(count, "count") for tag, count in tagged.items()},
    }


def certificate(of: Analysis) -> dict[str, Any]:
    """Whether the fit is a minimum, identified and admissible."""
    if of.certificate is None:
        return {"there": False}
    checks = of.certificate.table()
    failed = checks[checks["ok"] == False]  # noqa: E712  None is neither
    return {
        "there": True,
        "ok": of.certificate.ok,
        "failed": [{"name": row["name"], "finding": row["finding"]} for row in failed.to_dict("records")],
        "iterations": leaf(of.found.iterations, "count"),
    }


def second(of: Analysis) -> dict[str, Any]:
    """What semopy makes of the same model."""
    opinion = of.study.opinion
    return {"agrees": opinion.agrees, "version": opinion.version, "reason": opinion.reason}


def hypothesis(of: Verdict, detectable: pd.Series[float] | None, words: Words) -> dict[str, Any]:
    """One hypothesis and its verdict."""
    claim = of.hypothesis
    at = detectable if detectable is not None else pd.Series(dtype=float)
    return {
        "id": claim.id,
        "arrow": claim.arrow,
        "nodes": list(claim.nodes),
        "labels": [words.short(name) for name in claim.nodes],
        "sign": claim.sign,
        "family": claim.family,
        "evidence": claim.evidence,
        "theory": claim.theory,
        "verdict": of.verdict,
        "reason": of.reason,
        "est": leaf(of.est, "number2"),
        "se": leaf(of.se, "number2"),
        "std": leaf(of.std),
        "ci": interval(of.std_low, of.std_high),
        "p": leaf(of.p_adjusted, "p"),
        "is_p": leaf(of.p_adjusted, "equals_p"),
        "f2": leaf(of.f2, "bounded3"),
        "delta_r2": leaf(of.delta_r2, "bounded3"),
        "sesoi": leaf(claim.sesoi),
        "tost": leaf(of.p_equivalence_adjusted, "p"),
        "detectable": leaf(of.detectable),
        "smallest": leaf(None if "smallest" not in at else abs(float(at["smallest"]))),
        "power": leaf(at.get("at_sesoi")),
    }


def hypotheses(of: Analysis, words: Words) -> list[dict[str, Any]]:
    """All hypotheses in the order of their file."""
    table = of.sensitivity
    known = {} if table.empty else {row["id"]: row for _, row in table.iterrows()}
    return [hypothesis(each, known.get(each.hypothesis.id), words) for each in of.inference.judged]


def counts(judged: Sequence[Verdict]) -> dict[str, Any]:
    """How many hypotheses got each verdict."""
    given = [each.verdict for each in judged]
    return {name: leaf(given.count(name), "count") for name in VERDICTS} | {"all": leaf(len(given), "count")}


def power(of: Analysis) -> dict[str, Any] | None:
    """What the single arrows could have shown, from the best to the worst of them."""
    if of.sensitivity.empty:
        return None
    single = [v.hypothesis.id for v in of.inference.judged if len(v.hypothesis.nodes) == 2]
    own = of.sensitivity[of.sensitivity["id"].isin(single)].dropna(subset=["smallest"])
    if own.empty:
        return None
    small = own["smallest"].abs()
    return {
        "from": leaf(small.min()),
        "to": leaf(small.max()),
        "least": leaf(own["at_sesoi"].min()),
        "most": leaf(own["at_sesoi"].max()),
    }


def explained(of: Analysis, words: Words) -> list[dict[str, Any]]:
    """R² of every outcome."""
    own = of.study.r2[of.study.r2["variable"].isin(of.model.endogenous)]
    return [
        {"variable": row["variable"], "label": words.short(row["variable"]), "r2": leaf(row["r2"], "percent")}
        for row in own.to_dict("records")
    ]


def effects(of: Analysis, words: Words) -> list[list[Any]]:
    """Total indirect and total effects of every pair with something between them, standardised."""
    table, pair = of.inference.effects, ["source", "outcome"]
    if table.empty:
        return []
    parts = {
        name: table[table["effect"] == kind].set_index(pair)[["std", "std_low", "std_high"]].add_prefix(f"{name}_")
        for name, kind in (("i", "total indirect"), ("t", "total"))
    }
    frame = parts["i"].join(parts["t"]).reset_index()
    frame["from"] = [words.short(name) for name in frame["source"]]
    frame["to"] = [words.short(name) for name in frame["outcome"]]
    ends = [(f"{x}_std_low", f"{x}_std_high", "interval bounded2") for x in "it"]
    return rows(frame, "from", "to", ("i_std", "bounded2"), ends[0], ("t_std", "bounded2"), ends[1])


def zeros(of: Analysis, words: Words) -> dict[str, Any]:
    """Arrows that were registered as absent."""
    found = of.inference.zeros
    if found is None:
        return {"rows": [], "reason": of.inference.zeros_reason}
    frame = found.table.assign(
        named=[" → ".join(words.short(name) for name in path.split(" → ")) for path in found.table["path"]]
    )
    score = "p_robust" if frame["robust"].notna().any() else "p_score"
    tests = {str(row["test"]): row for row in found.joint.dropna(subset=["chisq"]).to_dict("records")}
    name = next((each for each in ("robust score", "score", "Wald", "difference") if each in tests), "")
    verdicts = list(frame["verdict"])
    return {
        "rows": rows(
            frame,
            "id",
            "named",
            ("std", "bounded2"),
            ("std_low", "std_high", "interval bounded2"),
            (score, "p"),
            ("p_wald", "p"),
            ("p_difference", "p"),
            ("p_adjusted", "p"),
            ("p_equivalence_adjusted", "p"),
            "verdict",
        ),
        "robust": score == "p_robust",
        "all": leaf(len(frame), "count"),
        "contradicted": [
            row["id"] for row in frame.to_dict("records") if row["verdict"] in ("contradicted", "supported", "opposite")
        ],
        "counts": {each: leaf(verdicts.count(each), "count") for each in dict.fromkeys(verdicts)},
        "test-name": name,
        "joint": {
            "chisq": leaf(tests[name]["chisq"], "number2"),
            "df": leaf(tests[name]["df"], "count"),
            "p": leaf(tests[name]["p"], "equals_p"),
        }
        if name
        else None,
        "reason": "",
    }


def rivals(of: Analysis) -> dict[str, Any]:
    """The model beside its rivals."""
    found = of.inference.rivals
    if found is None:
        return {"rows": [], "reason": of.inference.rivals_reason}
    frame = found.table.copy()
    own = frame["model"] == "as drawn"
    bic = frame["bic"].notna().all()
    frame["d_bic"] = frame["bic"] - float(frame.loc[own, "bic"].iloc[0]) if bic else np.nan
    pairs = found.comparison.pairs
    tests = {
        (set(row[["smaller", "larger"]]) - {"as drawn"}).pop(): row
        for _, row in pairs.iterrows()
        if "as drawn" in (row["smaller"], row["larger"])
    }
    lines = rows(
        frame,
        "model",
        "evidence",
        ("chisq", "number2"),
        ("df", "count"),
        ("cfi", "bounded3"),
        ("rmsea", "bounded3"),
        ("srmr", "bounded3"),
        ("d_bic", "number1"),
    )
    for line in lines:
        test = tests.get(line[0])
        if test is None:
            line += [leaf(None, "number2"), leaf(None, "count"), leaf(None, "p")]
            continue
        nested = test["relation"] == "nested"
        line += [
            leaf(test["chisq"] if nested else None, "number2"),
            leaf(test["df"] if nested else None, "count"),
            leaf(test["pvalue"] if nested else test["p_nearer"], "p"),
        ]
    equivalent = of.inference.equivalent
    return {
        "rows": lines,
        "names": list(frame["model"]),
        "says": {row["model"]: row["says"] for row in frame.to_dict("records")},
        "bic": bool(bic),
        "best": str(frame["model"].iloc[int(frame["bic"].to_numpy().argmin())]) if bic else "",
        "vuong": {
            name: leaf(test["p_nearer"], "equals_p")
            for name, test in tests.items()
            if test["relation"] != "nested" and pd.notna(test["p_nearer"])
        },
        "worse": [
            name
            for name, test in tests.items()
            if test["relation"] == "nested" and test["larger"] == "as drawn" and test["pvalue"] < 0.05
        ],
        "better": [
            name
            for name, test in tests.items()
            if test["relation"] == "nested" and test["smaller"] == "as drawn" and test["pvalue"] < 0.05
        ],
        "equivalent": leaf(None if equivalent is None else len(equivalent), "count"),
        "reason": "",
    }


def equivalent(of: Analysis) -> list[list[str]]:
    """Models that no answers can tell from this one, each by the arrow that is turned round."""
    table = of.inference.equivalent
    if table is None:
        return []
    turned = []
    for change in table["change"]:
        new = str(change).rpartition(" becomes ")[2]
        mark = " → " if " → " in new else " ↔ "
        one, other = new.split(mark)
        turned.append([one, mark.strip(), other])
    return turned


def local(of: Analysis, words: Words) -> dict[str, Any]:
    """Largest residual correlations and modification indices."""
    left = of.residuals
    left = left[(left["op"] == "~~") & (left["lhs"] != left["rhs"]) & left["residual"].notna()] if len(left) else left
    found: dict[str, Any] = {"there": len(left) > 0, "largest": [], "modification": []}
    if len(left):
        ordered = left.reindex(left["residual"].abs().sort_values(ascending=False).index)
        found["over"] = leaf(int((left["residual"].abs() > 0.10).sum()), "count")
        found["all"] = leaf(len(left), "count")
        found["largest"] = [
            {"pair": [row["lhs"], row["rhs"]], "residual": leaf(row["residual"]), "z": leaf(row["z"], "number2")}
            for row in ordered.head(3).to_dict("records")
        ]
    if len(of.modification):
        chosen = "robust" if "robust" in of.modification and of.modification["robust"].notna().any() else "mi"
        top = of.modification.sort_values(chosen, ascending=False).head(3)
        found["modification"] = [
            {
                "change": f"{row['lhs']} {row['op']} {row['rhs']}",
                "chisq": leaf(row[chosen], "number2"),
                "epc": leaf(row["epc"], "number2"),
                "sepc": leaf(row["sepc_all"]),
            }
            for row in top.to_dict("records")
        ]
    return found


def robustness(of: Analysis, words: Words) -> dict[str, Any]:
    """How often each verdict comes out under other choices."""
    found = of.inference.robust
    if found is None:
        return {"rows": []}
    paths = {h.id: " → ".join(words.short(name) for name in h.nodes) for h in of.inference.hypotheses}
    frame = found.survival.assign(path=[paths[name] for name in found.survival["id"]])
    frame["again"] = [f"{row['same']} of {row['runs']}" for row in frame.to_dict("records")]
    runs = found.specifications
    kept = frame[frame["survives"]]
    return {
        "rows": rows(
            frame,
            "id",
            "path",
            "verdict",
            ("same", "count"),
            ("runs", "count"),
            "others",
            ("std_low", "bounded2"),
            ("std_median", "bounded2"),
            ("std_high", "bounded2"),
        ),
        "runs": leaf(len(runs), "count"),
        "converged": leaf(int(runs["converged"].sum()), "count"),
        "improper": leaf(int((runs["improper"] != "").sum()), "count"),
        "estimators": sorted(set(runs["estimator"])),
        "missing": sorted(set(runs["missing"])),
        "single_items": "single" in " ".join(runs["items"]),
        "unflagged": "unflagged" in set(runs["respondents"]),
        "method": "with" in set(runs["method"]),
        "survive": leaf(len(kept), "count"),
        "all": leaf(len(frame), "count"),
        "fragile": [row["id"] for row in frame.to_dict("records") if not row["survives"]],
        "turned": [row["id"] for row in frame.to_dict("records") if row["turned"]],
    }


def beside(of: Analysis) -> dict[str, Any]:
    """The other estimator."""
    other = of.study.beside
    return {
        "estimator": other.estimator if other.found is not None else "",
        "reason": other.reason,
        "changed": [one.hypothesis.id for one, _ in other.changed(of.study.judged)],
    }


def groups(of: Analysis, words: Words) -> dict[str, Any]:
    """Invariance over groups or waves, and the hypotheses in each."""
    found = of.comparison
    if found is None:
        return {"there": False, "reason": dict(of.absent).get("comparison", "")}
    ladder = found.ladder.table()
    version = (
        "_robust" if ladder["cfi_robust"].notna().all() else "_scaled" if ladder["cfi_scaled"].notna().all() else ""
    )
    passed = found.ladder.criteria()
    strict = passed[(passed["source"] == "Cheung & Rensvold 2002") & (passed["passes"] == False)]  # noqa: E712
    again = found.replication
    sizes = (
        dict(zip(found.waves, found.ladder.fits[0].moments.n, strict=False)) if hasattr(found.ladder, "fits") else {}
    )
    return {
        "there": True,
        "names": list(found.waves),
        "n": [leaf(sizes.get(name), "count") for name in found.waves],
        "observed": _group_sizes(found.means.observed, found.waves),
        "ladder": rows(
            ladder,
            "rung",
            (f"chisq{'_scaled' if ladder['chisq_scaled'].notna().all() else ''}", "number2"),
            ("df", "count"),
            ("diff", "number2"),
            ("diff_df", "count"),
            ("diff_p", "p"),
            (f"cfi{version}", "bounded3"),
            (f"d_cfi{version}", "bounded3"),
            (f"rmsea{version}", "bounded3"),
            ("srmr", "bounded3"),
        ),
        "held": [
            row["rung"] for row in ladder.to_dict("records") if row["rung"] != "configural" and row["diff_p"] >= 0.05
        ],
        "failed": [row["rung"] for row in ladder.to_dict("records") if row["diff_p"] < 0.05],
        "over_limit": sorted(set(strict["rung"])),
        "released": [f"{row['item']}" for row in found.partial.freed().to_dict("records")],
        "means_rung": found.means.rung,
        "means": _means(found.means.table, words),
        "replicated": again is not None,
        "why_not": found.why_not,
        "effects": [] if again is None else _replicated(again.effects, again.summary, found.waves, words),
        "differ": []
        if again is None
        else [row["hypothesis"] for row in again.summary.to_dict("records") if row["equal_p"] < 0.05],
        "tested": leaf(None if again is None else len(again.summary), "count"),
        "remarks": [] if again is None else list(again.remarks),
    }


def _group_sizes(observed: pd.DataFrame, names: Sequence[str]) -> list[Any]:
    sizes = observed.groupby("wave", sort=False)["n"].max()
    return [leaf(sizes.get(name), "count") for name in names]


def _means(table: pd.DataFrame, words: Words) -> list[dict[str, Any]]:
    """Latent means of the other groups in standard deviations of the first."""
    other = table[table["d_se"].notna()]
    return [
        {
            "label": words.short(row["construct"]),
            "group": row["wave"],
            "d": leaf(row["d"], "number2"),
            "ci": interval(row["d_low"], row["d_high"], "number2"),
            "apart": bool(row["d_low"] > 0 or row["d_high"] < 0),
        }
        for row in other.to_dict("records")
    ]


def _replicated(effects: pd.DataFrame, summary: pd.DataFrame, names: Sequence[str], words: Words) -> list[list[Any]]:
    made = []
    for row in summary.to_dict("records"):
        own = effects[effects["hypothesis"] == row["hypothesis"]].set_index("wave")
        path = " → ".join(words.short(name) for name in str(row["path"]).split(" → "))
        each = [
            cell
            for name in names
            for cell in (
                leaf(own["est"].get(name), "number2"),
                leaf(own["se"].get(name), "number2"),
                leaf(own["std"].get(name)),
            )
        ]
        made.append([row["hypothesis"], path, *each, leaf(row["equal_chisq"], "number2"), leaf(row["equal_p"], "p")])
    return made


def parameters(found: Fit, words: Words) -> dict[str, list[list[Any]]]:
    """Every parameter: estimate, standard error, standardised estimate."""
    table = found.table()
    if not found.converged:
        return {"loadings": [], "covariances": [], "means": []}
    numbers = (("est", "number2"), ("se", "number2"), ("std", "bounded2"))
    table = table.assign(
        arrow=[f"{row['lhs']} → {row['rhs']}" for row in table.to_dict("records")],
        pair=[
            row["lhs"] if row["lhs"] == row["rhs"] else f"{row['lhs']} ↔ {row['rhs']}"
            for row in table.to_dict("records")
        ],
        regression=[f"{row['rhs']} → {row['lhs']}" for row in table.to_dict("records")],
    )
    return {
        "loadings": rows(table[table["op"] == "=~"], "arrow", *numbers),
        "regressions": rows(table[table["op"] == "~"], "regression", *numbers),
        "covariances": rows(table[table["op"] == "~~"], "pair", *numbers),
        "means": rows(table[table["op"].isin(["~1", "|"])], "lhs", *numbers),
    }
