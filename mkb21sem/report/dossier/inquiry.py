"""Everything that is asked of the measurement of one set of respondents."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pandas as pd

from mkb21sem.errors import Mkb21Error, OptionError
from mkb21sem.estimate.fit import Fit, fit
from mkb21sem.report.dossier import confirm
from mkb21sem.report.dossier.forms import Follows, Rivalry, follows, rivalries
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave
from mkb21sem.validate.alpha import alpha_if_dropped
from mkb21sem.validate.correlations import batteries
from mkb21sem.validate.factors import bartlett, factors, kmo
from mkb21sem.validate.htmt import Ratios, ratios
from mkb21sem.validate.method import MethodBias, marker_adjusted, method_bias, scores
from mkb21sem.validate.reliability import reliability
from mkb21sem.validate.retain import Retention, retain
from mkb21sem.validate.screening import Screening, screen
from mkb21sem.validate.solution import Factors
from mkb21sem.validate.structure import THEORY, Structure, structure
from mkb21sem.validate.validity import Validity, latent_correlations, validity

Progress = Callable[[str], object]
Found = TypeVar("Found")
FITTED = 6
"""Largest number of factors of a construct's items whose fit is shown."""
SHUFFLED = 60
"""Random tables of the parallel analysis on polychoric correlations, which are slow to make."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How much is done.

    Attributes
    ----------
    draws
        Bootstrap samples of HTMT.
    random
        Random tables of parallel analysis.
    polychoric
        Whether exploratory questions are asked of polychoric correlations too.
    thorough
        Whether models are estimated for ordinal items too (WLSMV), and bifactor models.
    seed
        Of all of these.
    """

    draws: int = 1000
    random: int = 1000
    polychoric: bool = True
    thorough: bool = True
    seed: int = 2012


@dataclass(frozen=True, slots=True, eq=False)
class Inquiry:
    """What was found of one set of respondents; None and empty frames where something can't be had.

    Attributes
    ----------
    group
        Which respondents; empty for all.
    wave, structure
        The answers, and what they are meant to measure.
    screening
        See `mkb21sem.validate.screening.screen`.
    adequacy
        scale k n kmo word chisq df p.
    retention
        Scale and kind of correlation → number of factors.
    explored
        Scale → exploratory factors.
    fits
        MLR and WLSMV → the measurement model's fit.
    loadings, fit, misfit
        See `confirm`.
    rivalries
        Rival measurement models of every construct with forms, and of all constructs.
    parallels
        Constructs with parallel items side by side.
    reliability, dropped
        See `mkb21sem.validate.reliability.reliability` and `alpha_if_dropped`.
    validity, forms, latent_ratios
        Validity by the measurement model; correlations of each construct's forms; HTMT of the items' polychoric
        correlations.
    method, marker
        Method bias of the structural model, or of the measurement model where that is not of this wave; correlations
        of scores less the smallest of them.
    absent
        What could not be had, and why.
    named
        Whether tables and sentences may be about single respondents; the dossier is then not for sharing.
    """

    group: str
    wave: Wave
    structure: Structure
    screening: Screening
    adequacy: pd.DataFrame
    retention: Mapping[tuple[str, str], Retention]
    explored: Mapping[str, Factors]
    fits: Mapping[str, Fit]
    loadings: pd.DataFrame
    fit: pd.DataFrame
    misfit: pd.DataFrame
    rivalries: Mapping[str, Rivalry]
    parallels: tuple[Follows, ...]
    reliability: pd.DataFrame
    dropped: pd.DataFrame
    validity: Validity | None
    forms: pd.DataFrame
    latent_ratios: Ratios | None
    method: MethodBias | None
    method_structural: bool
    marker: pd.DataFrame
    depth: Depth
    absent: tuple[tuple[str, str], ...]
    named: bool = False


@dataclass(slots=True)
class _Attempts:
    """Keeps what could not be had, with the reason."""

    absent: list[tuple[str, str]] = field(default_factory=list)

    def at(self, what: str, make: Callable[[], Found]) -> Found | None:
        try:
            return make()
        except Mkb21Error as error:
            self.absent.append((what, str(error)))
            return None


def inquire(wave: Wave, group: str = "", depth: Depth | None = None, progress: Progress = lambda step: None) -> Inquiry:
    """Ask everything of one set of respondents.

    Parameters
    ----------
    wave
        The answers; of a group, those of its respondents.
    group
        Name of the group.
    depth
        How much is done.
    progress
        Called with the name of each step as it begins.

    Raises
    ------
    OptionError
        The wave has no battery of three or more ordinal questions.
    WaveError
        An item can't be read as a number.
    """
    depth = depth or Depth()
    of, tries = structure(wave), _Attempts()
    progress("screen")
    screening = screen(wave)
    scales = batteries(wave)
    progress("explore")
    adequacy = pd.DataFrame(
        [row for name in scales if (row := tries.at(name, lambda: _adequacy(wave, name, scales[name])))]  # noqa: B023
    )
    retention, explored = _explored(wave, of, depth, tries)
    progress("confirm")
    fits = _fits(wave, of, depth, tries)
    progress("compare")
    parallels = tuple(
        one
        for pair in of.parallel
        if pair[0] in explored and pair[1] in explored
        if (one := tries.at("parallel", lambda: follows(wave, of, pair, (explored[pair[0]], explored[pair[1]]))))  # noqa: B023
    )
    progress("validate")
    main = fits.get("MLR")
    method, structural = _method(wave, main, tries)
    return Inquiry(
        group,
        wave,
        of,
        screening,
        adequacy,
        retention,
        explored,
        fits,
        confirm.loadings(fits),
        confirm.fit_rows(fits),
        confirm.misfit(main) if main is not None else confirm.no_misfit(),
        rivalries(wave, of, tries.at, depth.thorough),
        parallels,
        _reliability(wave, scales, fits, depth, tries),
        _dropped(wave, scales, tries),
        None if main is None else tries.at("validity", lambda: _validity(main, of, depth)),
        _between_forms(main, of),
        tries.at("HTMT", lambda: ratios(wave, of.constructs, "polychoric", draws=0)) if depth.polychoric else None,
        method,
        structural,
        _marker(wave, of, tries),
        depth,
        tuple(dict.fromkeys(tries.absent)),
    )


def subsets(wave: Wave, column: str, label: Callable[[float], str]) -> dict[str, Wave]:
    """The wave's respondents by the values of a column, in their order; who has none is in no group.

    Raises
    ------
    WaveError
        No such column.
    OptionError
        Fewer than two groups, or more than four.
    """
    values = wave.frame([column])[column].dropna()
    found = sorted(values.unique())
    if not 2 <= len(found) <= 4:
        raise OptionError(
            f"--group {column}: {len(found)} different values; the groups that can stand side by side are two to four."
        )
    return {label(value): part_of(wave, values.index[values == value]) for value in found}


def part_of(wave: Wave, respondents: pd.Index) -> Wave:
    """The wave of some of its respondents."""
    return Wave(
        wave.answers.loc[respondents], wave.codebook, wave.name, wave.synthetic, wave.source, wave.sha256, wave.noted
    )


def _adequacy(wave: Wave, scale: str, items: tuple[str, ...]) -> dict[str, object]:
    overall, sphericity = kmo(wave, items).iloc[0], bartlett(wave, items)
    test = {"chisq": sphericity.chisq, "df": sphericity.df, "p": sphericity.pvalue}
    return {
        "construct": scale,
        "k": len(items),
        "n": sphericity.n,
        "kmo": overall["kmo"],
        "word": overall["word"],
    } | test


def _explored(
    wave: Wave, of: Structure, depth: Depth, tries: _Attempts
) -> tuple[dict[tuple[str, str], Retention], dict[str, Factors]]:
    """Number of factors of every construct with forms and of all items; factors of each construct with forms."""
    retention, explored = {}, {}
    asked = {**{name: of.constructs[name] for name in of.forms}, "": of.items}
    for name, items in asked.items():
        kinds = ("pearson", "polychoric") if depth.polychoric and name else ("pearson",)
        for kind in kinds:
            draws = depth.random if kind == "pearson" else SHUFFLED
            found = tries.at(
                "parallel analysis",
                lambda: retain(wave, items, kind, draws=draws, seed=depth.seed, fitted=FITTED if name else 0),  # noqa: B023
            )
            if found is not None:
                retention[name, kind] = found
        suggested = retention[name, "pearson"].suggested["parallel"] if (name, "pearson") in retention else 0
        m = len(of.forms[name]) if name else suggested
        if (name or not of.forms) and m:
            kind = kinds[-1]
            solution = tries.at("factors", lambda: factors(wave, items, m, correlation=kind))  # noqa: B023
            if solution is not None:
                explored[name] = solution
    return retention, explored


def _fits(wave: Wave, of: Structure, depth: Depth, tries: _Attempts) -> dict[str, Fit]:
    """The measurement model by robust maximum likelihood, and of ordinal items."""
    model = of.model()
    ways: dict[str, dict[str, Any]] = {"MLR": {"estimator": "MLR"}}
    if depth.thorough:
        ways["WLSMV"] = {"estimator": "WLSMV", "ordered": True}
    found = {}
    for name, how in ways.items():
        fitted = tries.at(f"CFA, {name}", lambda: fit(model, wave, **how))  # noqa: B023
        if fitted is not None and not fitted.converged:
            tries.absent.append((f"CFA, {name}", fitted.cause))
        elif fitted is not None:
            found[name] = fitted
    return found


def _reliability(
    wave: Wave, scales: Mapping[str, tuple[str, ...]], fits: Mapping[str, Fit], depth: Depth, tries: _Attempts
) -> pd.DataFrame:
    """Constructs and forms by the measurement model, other batteries by one factor each; ordinal figures beside."""
    measured = reliability(fits["MLR"]) if "MLR" in fits else pd.DataFrame(columns=["construct"])
    rest = {name: items for name, items in scales.items() if name not in set(measured["construct"])}
    alone = [tries.at(name, lambda: reliability(wave, {name: rest[name]})) for name in rest]  # noqa: B023
    plain = pd.concat([measured, *(table for table in alone if table is not None)], ignore_index=True)
    ordinal = [reliability(fits["WLSMV"])] if "WLSMV" in fits else []
    asked = rest if depth.thorough else {}
    also = [tries.at(name, lambda: reliability(wave, {name: rest[name]}, ordered=True)) for name in asked]  # noqa: B023
    ordinal += [table for table in also if table is not None]
    columns = {"alpha_ordinal": "alpha_ordinal", "omega": "omega_ordinal"}
    if not ordinal:
        return plain.assign(alpha_ordinal=float("nan"), omega_ordinal=float("nan"))
    beside = pd.concat(ordinal, ignore_index=True).reindex(columns=["construct", *columns]).rename(columns=columns)
    return plain.merge(beside, on="construct", how="left")


def _dropped(wave: Wave, scales: Mapping[str, tuple[str, ...]], tries: _Attempts) -> pd.DataFrame:
    parts = [
        table.assign(construct=name)
        for name, items in scales.items()
        if (table := tries.at(name, lambda: alpha_if_dropped(wave, items))) is not None  # noqa: B023
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["construct", "item"])


def _validity(found: Fit, of: Structure, depth: Depth) -> Validity:
    return validity(found, among=tuple(of.constructs), draws=depth.draws, seed=depth.seed)


def _between_forms(found: Fit | None, of: Structure) -> pd.DataFrame:
    """Correlations of the forms of one construct, as `latent_correlations` gives them."""
    if found is None or not of.forms:
        return pd.DataFrame(columns=["construct", "other", "est", "se", "low", "high", "p_one", "problem"])
    pairs = latent_correlations(found)
    parent = {form: construct for construct, own in of.forms.items() for form in own}
    one, other = pairs["construct"].map(parent), pairs["other"].map(parent)
    return pairs[one.notna() & (one == other)].drop(columns="group").reset_index(drop=True)


def _method(wave: Wave, measured: Fit | None, tries: _Attempts) -> tuple[MethodBias | None, bool]:
    """Of the shipped structural model if the wave has its variables, else of the measurement model."""
    model = Model.read(THEORY)
    try:
        model = without_constants(model, wave)
        structural = True
    except Mkb21Error:
        structural = False
    if structural:
        return tries.at("method factor", lambda: method_bias(fit(model, wave, "MLR"))), True
    return (None if measured is None else tries.at("method factor", lambda: method_bias(measured))), False


def without_constants(model: Model, wave: Wave) -> Model:
    """The model without causes that are the same for all respondents, such as size among one-person firms.

    Raises
    ------
    WaveError
        The wave lacks a variable of the model.
    """
    given = wave.frame(model.observed)
    caused = {arrow.lhs for arrow in model.arrows if arrow.op == "~"} | {
        i for own in model.indicators.values() for i in own
    }
    flat = {name for name in given if name not in caused and given[name].min() == given[name].max()}
    lines = [
        line for line in str(model).splitlines() if not flat & set(re.findall(r"[A-Za-z_]\w*", line.partition("#")[0]))
    ]
    return Model.parse("\n".join(lines), name=model.name) if flat else model


def _marker(wave: Wave, of: Structure, tries: _Attempts) -> pd.DataFrame:
    """Correlations of scores, less the smallest size among them as if a marker had it."""

    def adjusted() -> pd.DataFrame:
        given = scores(wave, of.constructs)
        R = given.corr()
        smallest = float(R.abs().where(lambda r: r < 1).min().min())
        return marker_adjusted(R, smallest, len(given)).assign(marker=smallest)

    found = tries.at("marker", adjusted) if len(of.constructs) > 2 else None
    return pd.DataFrame(columns=["construct", "other", "r", "adjusted", "pvalue", "marker"]) if found is None else found
