"""What each table of the dossier means, in one sentence made from its numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from mkb21sem.report.dossier.forms import Rivalry
from mkb21sem.report.dossier.inquiry import Inquiry
from mkb21sem.survey.printed import figures
from mkb21sem.validate.findings import Finding, findings, method_findings, reliability_findings, validity_findings
from mkb21sem.validate.parallel import FAIR
from mkb21sem.validate.validity import CONDITIONAL, LOADING

Said = Iterator[Finding]
FREE = 0.05
WORTH = 0.01
"""A rise of alpha by dropping an item that is worth telling."""


def meaning(table: str, one: Inquiry) -> tuple[Finding, ...]:
    """What a table says of one set of respondents; the words are ``found.mean_…``."""
    make = MEANINGS.get(table)
    return tuple(make(one)) if make else ()


def _extreme(table: pd.DataFrame, size: pd.Series[float]) -> dict[str, Any]:
    """The row where the size is largest."""
    return {str(name): value for name, value in table.iloc[int(np.nanargmax(size))].items()}


def _items(one: Inquiry) -> Said:
    table = one.screening.items
    bad = table[table["flags"].str.contains("reversed|weak|constant")]
    if bad.empty:
        yield Finding("mean_items_none", {"k": len(table)})
    said = findings(one.screening)
    yield from (each for each in said if each.key.startswith(("item_", "scale_")))


def _tests(one: Inquiry) -> Said:
    said = [each for each in findings(one.screening) if each.key.startswith(("missing_", "shape_"))]
    yield from said or [Finding("mean_tests_none")]


def _respondents(one: Inquiry) -> Said:
    table = one.screening.respondents
    number = table["flags"].map(lambda flags: len(str(flags).split()))
    values = {"m": int((number > 0).sum()), "k": int((number > 1).sum()), "n": len(table)}
    yield Finding("mean_respondents", values)
    said = findings(one.screening) if one.named else ()
    yield from (each for each in said if each.key.startswith("respondent_careless") and len(each.signs) > 1)


def _adequacy(one: Inquiry) -> Said:
    if one.adequacy.empty:
        return
    low = _extreme(one.adequacy, -one.adequacy["kmo"].astype(float))
    key = "mean_adequacy" if low["kmo"] >= 0.5 else "mean_adequacy_low"
    yield Finding(key, {"construct": low["construct"], "r": low["kmo"], "kmo_word": low["word"]})


def _retention(one: Inquiry) -> Said:
    for (name, kind), found in one.retention.items():
        counts = {
            "m": int(found.suggested["parallel"]),
            "k": int(found.suggested["map"]),
            "kaiser": int(found.suggested["kaiser"]),
        }
        if name and kind == "pearson":
            yield Finding("mean_retention_forms", {"construct": name, "forms": len(one.structure.forms[name])} | counts)
        elif not name:
            yield Finding("mean_retention_all", {"n": found.n} | counts)


def _explored_fit(one: Inquiry) -> Said:
    for (name, kind), found in one.retention.items():
        table = found.table.set_index("m")["rmsea"]
        forms = len(one.structure.forms.get(name, {}))
        if kind == "pearson" and forms in table.index and not math.isnan(table[forms]):
            yield Finding(
                "mean_explored_fit", {"construct": name, "forms": forms, "rmsea": table[forms], "rmsea_one": table[1]}
            )


def _rivals(one: Inquiry) -> Said:
    for name, found in one.rivalries.items():
        yield answer(name, found, len(one.structure.forms.get(name, {})))


def answer(construct: str, found: Rivalry, forms: int) -> Finding:
    """Which of the rivals the answers speak for."""
    best, one = found.row(found.best), found.row("one")
    if not best:
        return Finding("rivals_none", {"construct": construct})
    values: dict[str, object] = {"construct": construct, "forms": forms, "bic": best["bic"], "rmsea": best["rmsea"]}
    values |= {"cfi": best["cfi"], "bic_one": one.get("bic", math.nan), "cfi_one": one.get("cfi", math.nan)}
    second = found.row("second")
    values |= {
        "chisq": second.get("d_chisq", math.nan),
        "df": second.get("d_df", math.nan),
        "p": second.get("d_p", math.nan),
    }
    return Finding(f"rivals_{found.best}" if construct else f"rivals_all_{found.best}", values)


def _congruence(one: Inquiry) -> Said:
    for own in one.parallels:
        low, high = own.congruence["congruence"].min(), own.congruence["congruence"].max()
        follows = low >= FAIR and (math.isnan(own.difference.pvalue) or own.difference.pvalue >= FREE)
        values = {"construct": own.one, "other": own.other, "low": low, "high": high}
        values |= {"chisq": own.difference.chisq, "df": own.difference.df, "p": own.difference.pvalue}
        yield Finding("mean_parallel" if follows else "mean_parallel_not", values)


def _fit(one: Inquiry) -> Said:
    for row in one.fit.to_dict("records"):
        good = row["cfi"] >= 0.95 and row["rmsea"] <= 0.06 and row["srmr"] <= 0.08
        values = {name: row[name] for name in ("estimator", "cfi", "rmsea", "srmr")}
        yield Finding("mean_fit" if good else "mean_fit_not", values)


def _loadings(one: Inquiry) -> Said:
    if "std_MLR" not in one.loadings:
        return
    std = one.loadings.set_index("item")["std_MLR"].astype(float).abs()
    items = std[std.index.isin(one.structure.items)]
    values = {"item": items.idxmin(), "low": items.min(), "other_item": items.idxmax(), "high": items.max()}
    values |= {"m": int((items < LOADING).sum()), "k": len(items), "few": int((items < CONDITIONAL).sum())}
    yield Finding("mean_loadings", values)
    if one.validity is not None:
        told = validity_findings(one.validity)
        yield from (each for each in told if each.key in ("hardly_loads", "loads_elsewhere"))


def _misfit(one: Inquiry) -> Said:
    gaps = one.misfit[one.misfit["kind"] == "residual"]
    if gaps.empty:
        yield Finding("mean_misfit_none")
    else:
        worst = gaps.iloc[0]
        yield Finding("mean_misfit", {"item": worst["lhs"], "other_item": worst["rhs"], "r": worst["value"]})


def _reliability(one: Inquiry) -> Said:
    table = one.reliability
    if table.empty:
        return
    low, high = _extreme(table, -table["alpha"]), _extreme(table, table["alpha"])
    values = {
        "construct": low["construct"],
        "alpha_low": low["alpha"],
        "other": high["construct"],
        "alpha_high": high["alpha"],
    }
    yield Finding("mean_reliability", values)
    yield from reliability_findings(table.fillna({"note": ""}))
    yield from published(one)


def published(one: Inquiry) -> Said:
    """The published alphas beside the wave's own intervals."""
    table = one.reliability.set_index("construct")
    printed = {each.kind: each for each in figures() if each.kind in ("alpha", "scale_mean")}
    alpha, mean = printed["alpha"], printed["scale_mean"]
    construct = alpha.items[0].rstrip("0123456789")
    if construct not in table.index or set(str(table.loc[construct, "items"]).split()) != set(alpha.items):
        return
    own, value = table.loc[construct], float(alpha.printed.replace(",", "."))
    scale = one.wave.frame(alpha.items).mean(axis=1).mean()
    values = {"construct": construct, "alpha": own["alpha"], "alpha_low": own["low"], "alpha_high": own["high"]}
    values |= {"published": value, "k": len(alpha.items), "mean": float(scale)}
    values |= {"published_mean": float(mean.printed.replace(",", "."))}
    yield Finding("published_inside" if own["low"] <= value <= own["high"] else "published_outside", values)


def _dropped(one: Inquiry) -> Said:
    if one.reliability.empty:
        return
    alpha = one.reliability.set_index("construct")["alpha"]
    table = one.dropped.assign(whole=one.dropped["construct"].map(alpha))
    better = table[table["alpha_dropped"] > table["whole"] + WORTH]
    if better.empty:
        yield Finding("mean_dropped_none")
    for row in better.to_dict("records"):
        values = {
            "item": row["item"],
            "construct": row["construct"],
            "alpha": row["whole"],
            "alpha_high": row["alpha_dropped"],
        }
        yield Finding("mean_dropped", values)


def _fornell(one: Inquiry) -> Said:
    if one.validity is None:
        return
    table = one.validity.constructs
    failing = [each for each in validity_findings(one.validity) if each.key in ("ave_low", "fornell_larcker")]
    if all(table["fornell_larcker"] != False):  # noqa: E712
        yield Finding("mean_fornell", {"k": len(table)})
    yield from failing


def _latent(one: Inquiry) -> Said:
    if one.validity is None or one.validity.correlations.empty:
        return
    pairs = one.validity.correlations
    top = _extreme(pairs, pairs["est"].abs())
    yield Finding(
        "mean_latent",
        {name: top[name] for name in ("construct", "other", "low", "high")} | {"r": top["est"], "p": top["p_one"]},
    )
    yield from (each for each in validity_findings(one.validity) if each.key == "hard_to_tell")
    for name in one.structure.forms:
        own = one.forms[one.forms["construct"].str.startswith(name)]
        if len(own):
            high = _extreme(own, own["high"])
            values = {"construct": name, "low": own["est"].min(), "high": own["est"].max(), "bound": high["high"]}
            yield Finding("mean_forms_apart" if high["high"] < 1 else "mean_forms_same", values)


def _ratios(one: Inquiry) -> Said:
    if one.validity is None or one.validity.htmt is None:
        return
    found = one.validity.htmt
    table = found.table.assign(worst=found.table["htmt_high"].fillna(found.table["htmt"]))
    top = _extreme(table, table["worst"])
    values = {"construct": top["construct"], "other": top["other"], "r": top["htmt"], "bound": top["worst"]}
    values |= {"draws": found.draws, "failed": found.failed}
    yield Finding("mean_ratios" if top["worst"] < 0.85 else "mean_ratios_high", values)


def _inflation(one: Inquiry) -> Said:
    if one.method is None:
        return
    table = one.method.collinearity
    top = _extreme(table, table["vif"])
    yield Finding(
        "mean_inflation" if not table["above"].any() else "collinear",
        {"construct": top["construct"], "vif": top["vif"], "limit": 3.3},
    )
    yield Finding("mean_harman", {"share": one.method.harman.share, "k": one.method.harman.items})


def _moved(one: Inquiry) -> Said:
    if one.method is None:
        return
    factor = one.method.factor
    if factor.found is not None and factor.pvalue >= FREE:
        worst = factor.paths["moved"].abs().max()
        yield Finding(
            "mean_moved_none",
            {"share": max(factor.share, 0.0), "df": factor.df, "chisq": factor.chisq, "p": factor.pvalue, "r": worst},
        )
    said = method_findings(one.method)
    yield from (each for each in said if each.key in ("method_factor", "path_moved", "method_unfitted"))


def _marker(one: Inquiry) -> Said:
    if one.marker.empty:
        return
    lost = one.marker[(one.marker["pvalue"] >= FREE) & (one.marker["r"].abs() > one.marker["marker"])]
    yield Finding("mean_marker", {"r": one.marker["marker"].iloc[0], "m": len(lost), "k": len(one.marker)})


MEANINGS: dict[str, Callable[[Inquiry], Said]] = {
    "d_items": _items,
    "d_tests": _tests,
    "d_respondents": _respondents,
    "d_adequacy": _adequacy,
    "d_retention": _retention,
    "d_explored_fit": _explored_fit,
    "d_rivals": _rivals,
    "d_congruence": _congruence,
    "d_fit": _fit,
    "d_loadings": _loadings,
    "d_misfit": _misfit,
    "d_reliability": _reliability,
    "d_dropped": _dropped,
    "d_fornell": _fornell,
    "d_latent": _latent,
    "d_ratios": _ratios,
    "d_inflation": _inflation,
    "d_moved": _moved,
    "d_marker": _marker,
}


def reconstructed(one: Inquiry) -> list[tuple[str, list[str]]]:
    """Constructs with items that no source publishes, and these."""
    found = []
    for name, items in one.structure.constructs.items():
        ours = [item for item in items if one.wave.codebook[item].evidence == "reconstruction"]
        if ours:
            found.append((name, ours))
    return found
