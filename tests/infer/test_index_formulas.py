"""The formulas of fit indices on lavaan's own numbers: its χ², degrees of freedom, traces and moments."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mkb21sem.estimate.implied import cell_values, implied, moment_derivative
from mkb21sem.estimate.quadratic import normal_weight
from mkb21sem.infer.globalfit import absolute, incremental, information_criteria, srmr
from mkb21sem.infer.globalfit.rmsea import rmsea, rmsea_interval, rmsea_notclose, rmsea_pvalue
from mkb21sem.infer.globalfit.robust import catml
from mkb21sem.linalg import vech_index
from mkb21sem.specify.layout import layout
from mkb21sem.specify.model import Model
from tests.lavaan.reference import HERE, cases, load

EXACT = {"rtol": 1e-9, "atol": 1e-12}
ROOT = 1.3e-4
"""How far from the root lavaan's search for λ may stop: R's default for uniroot."""
CASES = [one.id for one in cases() if (HERE / one.id / "fit.csv").is_file()]
CONTINUOUS = [name for name in CASES if not load(name).case.ordered]
ORDINAL = [name for name in CASES if load(name).case.ordered and load(name).case.estimator != "MLR"]
LIKELIHOOD = ("ML", "MLM", "MLMV", "MLR")
CATML = [
    f"ord{kind}_{estimator}"
    for kind in ("2", "3", "5", "7", "5skew", "5_missing_pairwise")
    for estimator in ("wlsmv", "wlsm", "ulsmv")
    if f"ord{kind}_{estimator}" in CASES
]


def sizes(reference):
    """Rows of the groups, and what lavaan divides χ² by."""
    n = reference.fit.filter(like="nobs_group").to_numpy()
    likelihood = reference.case.estimator in LIKELIHOOD
    return n, n.sum() - (0 if likelihood else len(n))


def scaled_part(fit, part, of="test"):
    name = next(one.split(":")[1] for one in fit.index if one.startswith("test:") and ":standard:" not in one)
    return fit[f"{of}:{name}:{part}"]


def test_there_are_cases():
    assert len(CASES) >= 180
    assert len(CATML) >= 15


@pytest.mark.parametrize("case_id", CASES)
def test_incremental_indices(case_id):
    fit = load(case_id).fit
    for ending in ("", ".scaled"):
        if f"chisq{ending}" not in fit:
            continue
        numbers = [fit[name + ending] for name in ("chisq", "df", "baseline.chisq", "baseline.df")]
        for name in ("cfi", "tli", "nfi", "rfi", "pnfi", "ifi", "rni"):
            assert_allclose(getattr(incremental, name)(*numbers), fit[name + ending], **EXACT, err_msg=name + ending)
        assert fit[f"nnfi{ending}"] == fit[f"tli{ending}"]


@pytest.mark.parametrize("case_id", CASES)
def test_rmsea_and_its_tests(case_id):
    reference = load(case_id)
    fit, (rows, n) = reference.fit, sizes(reference)
    versions = {"": (fit["chisq"], fit["df"], n)}
    if "chisq.scaled" in fit:
        shifted = "test:scaled.shifted:stat" in fit
        versions[".scaled"] = (
            (fit["chisq.scaled"], fit["df"], n) if shifted else (fit["chisq"], scaled_part(fit, "trace.UGamma"), n)
        )
    if "chisq.scaled" in fit and not reference.case.ordered and reference.case.missing == "listwise":
        versions[".robust"] = (fit["chisq.scaled"], fit["df"], n / fit["chisq.scaling.factor"])
    for ending, (chisq, df, size) in versions.items():
        assert_allclose(rmsea(chisq, df, size, len(rows)), fit[f"rmsea{ending}"], **EXACT)
        low, high = rmsea_interval(chisq, df, size, len(rows))
        for end, ours in (("lower", low), ("upper", high)):
            to_root = size * df / len(rows)
            assert_allclose(ours**2 * to_root, fit[f"rmsea.ci.{end}{ending}"] ** 2 * to_root, atol=ROOT, rtol=1e-9)
        assert_allclose(rmsea_pvalue(chisq, df, size, len(rows)), fit[f"rmsea.pvalue{ending}"], **EXACT)
        assert_allclose(rmsea_notclose(chisq, df, size, len(rows)), fit[f"rmsea.notclose.pvalue{ending}"], **EXACT)


@pytest.mark.parametrize("case_id", CASES)
def test_indices_of_chisq_and_n(case_id):
    reference = load(case_id)
    fit, (_, n) = reference.fit, sizes(reference)
    assert_allclose(absolute.mfi(fit["chisq"], fit["df"], n), fit["mfi"], **EXACT)
    assert_allclose(absolute.critical_n(fit["chisq"], fit["df"], n, 0.05), fit["cn_05"], **EXACT)
    assert_allclose(absolute.critical_n(fit["chisq"], fit["df"], n, 0.01), fit["cn_01"], **EXACT)
    if "ecvi" in fit:
        assert_allclose(absolute.ecvi(fit["chisq"], int(fit["npar"]), n), fit["ecvi"], **EXACT)
    if "logl" in fit:
        k, rows = int(fit["npar"]), fit["ntotal"]
        assert_allclose(information_criteria.aic(fit["logl"], k), fit["aic"], **EXACT)
        assert_allclose(information_criteria.bic(fit["logl"], k, rows), fit["bic"], **EXACT)
        assert_allclose(information_criteria.sabic(fit["logl"], k, rows), fit["bic2"], **EXACT)


@pytest.mark.parametrize(
    "case_id",
    [name for name in CONTINUOUS if "chisq.scaled" in load(name).fit and load(name).case.missing == "listwise"],
)
def test_robust_incremental_indices_of_complete_continuous_items(case_id):
    fit = load(case_id).fit
    numbers = [
        *(fit[name] for name in ("chisq", "df", "baseline.chisq", "baseline.df")),
        *(scaled_part(fit, "trace.UGamma", of) for of in ("test", "baseline")),
    ]
    chisq, df, chisq_baseline, df_baseline, trace, trace_baseline = numbers
    c, cb = trace / df, trace_baseline / df_baseline
    for name in ("cfi", "tli", "rni"):
        ours = getattr(incremental, name)(chisq / c, df, chisq_baseline / cb, df_baseline, c, cb)
        assert_allclose(ours, fit[f"{name}.robust"], **EXACT)


def moments(reference, group, kind="", means=True):
    """Sample and implied covariances, and means or thresholds where there are any."""
    S = reference.moment("sample", f"{kind}cov", group)
    Sigma = reference.moment("implied", f"{kind}cov", group).loc[S.index, S.index]
    there = set(reference.frame("implied")["moment"])
    other = f"{kind}th" if f"{kind}th" in there else "mean"
    if other not in there or not means:
        return S.to_numpy(), Sigma.to_numpy(), None, None
    m = reference.moment("sample", other, group)
    return (
        S.to_numpy(),
        Sigma.to_numpy(),
        m.to_numpy(),
        reference.moment("implied", other, group).loc[m.index].to_numpy(),
    )


def shares(reference):
    """n_g/N, or the groups' shares of the sampling weights."""
    rows, _ = sizes(reference)
    weight = reference.fit.filter(like="weight_group")
    size = weight.to_numpy() if len(weight) else rows
    return size / size.sum()


@pytest.mark.parametrize("case_id", CONTINUOUS)
def test_size_of_the_residuals(case_id):
    reference, groups = load(case_id), range(1, len(sizes(load(case_id))[0]) + 1)
    names = ("rmr", "srmr", "srmr_bentler", "crmr", "srmr_mplus")
    ours = {name: [] for name in (*names, *(f"{name}_nomean" for name in names if name != "srmr"))}
    for group in groups:
        S, Sigma, m, mu = moments(reference, group)
        sd, own = np.sqrt(np.diag(S)), np.sqrt(np.diag(Sigma))
        others = {}
        if m is not None:
            bentler = (m - mu) / sd
            others = {"rmr": m - mu, "srmr": bentler, "crmr": bentler, "srmr_mplus": m / sd - mu / own}
        for name in names:
            of = "srmr" if name == "srmr_bentler" else name
            ours[name].append(getattr(srmr, of)(S, Sigma, others.get(of, srmr.NONE)))
            if name != "srmr":
                ours[f"{name}_nomean"].append(getattr(srmr, of)(S, Sigma))
    for name, values in ours.items():
        assert_allclose(shares(reference) @ values, reference.fit[name], **EXACT, err_msg=name)


@pytest.mark.parametrize("case_id", ORDINAL)
def test_size_of_the_residuals_of_ordinal_items(case_id):
    reference = load(case_id)
    kind = "res." if "res.cov" in set(reference.frame("sample")["moment"]) else ""
    causes = reference.moment("sample", "res.slopes").shape[1] if kind else 0
    ours = {name: [] for name in ("rmr", "rmr_nomean", "srmr", "srmr_bentler", "crmr", "crmr_nomean")}
    for group in range(1, len(sizes(reference)[0]) + 1):
        S, Sigma, tau, fitted_tau = moments(reference, group, kind)
        exact = Sigma.copy()
        np.fill_diagonal(exact, np.diag(S))
        gap = tau - fitted_tau
        ours["rmr"].append(srmr.rmr(S, exact, gap, causes))
        ours["rmr_nomean"].append(srmr.rmr(S, exact, extra=causes))
        ours["srmr"].append(srmr.srmr(S, exact, extra=causes))
        ours["srmr_bentler"].append(srmr.srmr(S, exact, gap, causes))
        ours["crmr"].append(srmr.crmr(S, Sigma, gap))
        ours["crmr_nomean"].append(srmr.crmr(S, Sigma))
    for name, values in ours.items():
        assert_allclose(shares(reference) @ values, reference.fit[name], rtol=1e-8, atol=1e-12, err_msg=name)
    assert reference.fit["srmr"] == reference.fit["srmr_bentler_nomean"]
    assert math.isnan(reference.fit["srmr_mplus"])


@pytest.mark.parametrize(
    "case_id",
    [name for name in CONTINUOUS if load(name).case.estimator in LIKELIHOOD and load(name).case.missing == "listwise"],
)
def test_goodness_of_fit_of_a_likelihood(case_id):
    reference, each = load(case_id), []
    names = reference.moment("sample", "cov").index
    exogenous = set(reference.estimates.query("exo == 1")["lhs"])
    free = np.array([name not in exogenous for name in names])
    for group in range(1, len(sizes(reference)[0]) + 1):
        S, Sigma, m, mu = moments(reference, group)
        if m is None:
            m = mu = np.zeros(len(S))
        P, counted = np.linalg.inv(Sigma), free[:, None] | free
        each.append(
            absolute.gfi(
                float(absolute.normal_square((m - mu) * free, (S - Sigma) * counted, P)),
                float(absolute.normal_square(m * free, S * counted, P)),
            )
        )
    fit, p, g = reference.fit, len(names), len(each)
    goodness, count = shares(reference) @ each, g * (p * (p + 1) // 2 + p * ("mean" in set(moments_of(reference))))
    assert_allclose(goodness, fit["gfi"], **EXACT)
    assert_allclose(absolute.agfi(goodness, fit["df"], count), fit["agfi"], **EXACT)
    assert_allclose(absolute.pgfi(goodness, fit["df"], count), fit["pgfi"], **EXACT)


def moments_of(reference):
    return reference.frame("implied")["moment"]


@pytest.mark.parametrize("case_id", [name for name in ORDINAL if not load(name).case.group])
def test_wrmr(case_id):
    """χ² over the statistics; GFI and AGFI say how many there are."""
    fit = load(case_id).fit
    count = round((1 - fit["agfi"]) / (1 - fit["gfi"]) * fit["df"])
    assert_allclose(absolute.wrmr(fit["chisq"], count), fit["wrmr"], rtol=1e-9)


def correlations(case_id):
    """Polychoric and implied correlations, their slopes, weights and Γ, as lavaan has them."""
    reference = load(case_id)
    where = layout(Model.parse(reference.case.spec))
    rows = [(row.arrow.lhs, row.arrow.op, row.arrow.rhs) for row in where.rows]
    table = {(r.lhs, r.op, r.rhs): r.est for r in reference.estimates.itertuples()}
    cells = np.array([[table.get(key, table.get(key[::-1], np.nan)) for key in rows]])
    names = list(where.observed)
    R = reference.moment("sample", "cov").loc[names, names].to_numpy()
    Sigma = reference.moment("implied", "cov").loc[names, names].to_numpy()
    model = implied(where, cell_values(where, np.zeros(where.k), cells))
    assert_allclose(model.Sigma[0], Sigma, atol=1e-9)
    row, col = vech_index(len(names))
    own = np.array([name in {f"{item}~~{item}" for item in names} for name in where.names])
    Delta = moment_derivative(where, model)[0][row != col][:, ~own]
    source = load(case_id.rsplit("_", 1)[0] + "_wlsmv")
    gamma = source.matrix("gamma", "gamma")
    pairs = [f"{names[j]}~~{names[i]}" for i, j in zip(row, col, strict=True) if i != j]
    Gamma = gamma.loc[pairs, pairs].to_numpy()
    W = np.ones(len(Gamma)) if "ulsmv" in case_id else 1 / np.diag(Gamma)
    return reference, R, Sigma, Delta, W, Gamma


@pytest.mark.parametrize("case_id", CATML)
def test_robust_indices_of_ordinal_items(case_id):
    reference, R, Sigma, Delta, W, Gamma = correlations(case_id)
    fit, (_, size) = reference.fit, sizes(reference)
    n, share = size + 1, np.ones(1)
    F, k = catml(R[None], Sigma[None], [Delta], [W], [Gamma], share)
    base, k_base = catml(R[None], np.eye(len(R))[None], [Delta[:, :0]], [W], [Gamma], share)
    df, df_base, c, cb = fit["df"], fit["baseline.df"], k / fit["df"], k_base / fit["baseline.df"]
    for name in ("cfi", "tli", "rni"):
        ours = getattr(incremental, name)(n * F / c, df, n * base / cb, df_base, c, cb)
        assert_allclose(ours, fit[f"{name}.robust"], **EXACT)
    numbers = (n * F / c, df, size / c)
    assert_allclose(rmsea(*numbers), fit["rmsea.robust"], **EXACT)
    assert_allclose(rmsea_pvalue(*numbers), fit["rmsea.pvalue.robust"], **EXACT)
    assert_allclose(rmsea_notclose(*numbers), fit["rmsea.notclose.pvalue.robust"], **EXACT)
    for end, ours in zip(("lower", "upper"), rmsea_interval(*numbers), strict=True):
        to_root = size / c * df
        assert_allclose(ours**2 * to_root, fit[f"rmsea.ci.{end}.robust"] ** 2 * to_root, atol=ROOT)


def test_mean_of_the_discrepancy_is_df_where_the_weights_are_right():
    """With Γ = V⁻¹ and W = V, n F is a χ² of normal theory and its mean df."""
    _, R, Sigma, Delta, _, _ = correlations("ord5_wlsmv")
    row, col = vech_index(len(R))
    off = row != col
    V = normal_weight(Sigma, False)[np.ix_(off, off)]
    _, k = catml(R[None], Sigma[None], [Delta], [V], [np.linalg.inv(V)], np.ones(1))
    assert_allclose(k, Delta.shape[0] - Delta.shape[1], rtol=1e-10)
