"""What `fit` was asked for, checked at the door: which options go together, which items are ordinal, which columns."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mkb21sem.errors import OptionError, closest, one_of
from mkb21sem.estimate.estimators import ESTIMATORS, Estimator
from mkb21sem.estimate.rows import MISSING
from mkb21sem.specify.model import Model
from mkb21sem.survey.wave import Wave


def estimator_row(name: str, missing: str, weights: str | None) -> Estimator:
    """The row of the table of estimators, after a look at what goes together.

    Raises
    ------
    OptionError
        An unknown word, or options that exclude each other; the message says what to use instead.
    """
    one_of("estimator", name, ESTIMATORS)
    one_of("missing", missing, MISSING)
    row = ESTIMATORS[name]
    if missing == "fiml" and name not in ("ML", "MLR"):
        raise OptionError(f"missing='fiml' goes with ML or MLR; got {name}. Use listwise, or MLR.")
    if missing == "pairwise" and row.items == "continuous":
        raise OptionError("missing='pairwise' goes with ordinal estimators such as WLSMV; use listwise or fiml.")
    if weights is None:
        return row
    if name not in ("ML", "MLR"):
        raise OptionError(f"weights go with ML or MLR (pseudo-maximum likelihood); got {name}.")
    return ESTIMATORS["MLR"]


def ordinal_items(
    row: Estimator,
    model: Model,
    wave: Wave | pd.DataFrame,
    ordered: Sequence[str] | bool | None,
    missing: str,
    fixed_x: bool = True,
) -> tuple[str, ...]:
    """Which items are ordinal: by the argument, else by the spec, else by the codebook of a wave.

    Raises
    ------
    OptionError
        Nobody says which items are ordinal though the estimator needs to know, or a name is not in the model.
    """
    if row.items == "continuous":
        if ordered:
            raise OptionError(f"{row.name} takes all items as continuous; ordered= goes with WLSMV and its relatives.")
        if model.ordered and ordered is None:
            raise OptionError(
                f"the spec calls {', '.join(model.ordered)} ordinal by DEFINE(ordinal), but {row.name} takes all items "
                "as continuous. Use WLSMV or a relative, or say ordered=False."
            )
        return ()
    names = _named(model, wave, ordered)
    if not names and row.items == "ordinal":
        raise OptionError(
            f"{row.name} needs to know which items are ordinal: give ordered=[…], ordered=True, DEFINE(ordinal) in the "
            "spec, or a wave with a codebook."
        )
    if names and fixed_x and set(names) <= set(model.exogenous):
        raise OptionError(
            f"ordered: {', '.join(names)} only {'explain' if len(names) > 1 else 'explains'} others, and causes are "
            "taken as they are. Name ordinal items that are measured or explained, or use MLR."
        )
    if not names and missing == "pairwise":
        raise OptionError("missing='pairwise' needs ordinal items; use listwise or fiml.")
    return names


def _named(model: Model, wave: Wave | pd.DataFrame, ordered: Sequence[str] | bool | None) -> tuple[str, ...]:
    if ordered is True:
        return tuple(name for name in model.observed if name not in model.exogenous)
    if ordered is False:
        return ()
    if ordered is None:
        return model.ordered or (_by_codebook(model, wave) if isinstance(wave, Wave) else ())
    names = tuple([ordered] if isinstance(ordered, str) else ordered)
    for name in names:
        if name not in model.observed:
            raise OptionError(f"ordered: `{name}` is no variable of the model.{closest(name, model.observed)}")
    return names


def _by_codebook(model: Model, wave: Wave) -> tuple[str, ...]:
    """Ordinal and yes/no questions of the codebook that are measured or explained, not those that only explain."""
    causes = {a.rhs for a in model.arrows if a.op == "~"}
    known = [name for name in model.observed if name in wave.codebook and name not in causes]
    return tuple(name for name in known if wave.codebook[name].measure in ("ordinal", "binary"))


def table(
    wave: Wave | pd.DataFrame, model: Model, group: str | None = None, weights: str | None = None
) -> pd.DataFrame:
    """The columns that the model needs, from a wave or a table.

    Raises
    ------
    OptionError
        Neither a wave nor a table.
    """
    if isinstance(wave, Wave):
        return wave.frame([*model.observed, *(name for name in (group, weights) if name)])
    if isinstance(wave, pd.DataFrame):
        return wave
    raise OptionError(f"wave must be a Wave or a pandas DataFrame; got {type(wave).__name__}.")


def check_summary(
    row: Estimator, missing: str, group: str | None, weights: str | None, ordered: Sequence[str] | bool | None
) -> None:
    """Refuse what printed moments can't give: anything that needs the rows.

    Raises
    ------
    OptionError
        Naming the option and what to do.
    """
    if row.name not in ("ML", "GLS", "ULS"):
        raise OptionError(f"{row.name} needs the respondents' rows; printed moments can be fitted by ML, GLS or ULS.")
    for name, value in (("group", group), ("weights", weights), ("ordered", ordered)):
        if value:
            raise OptionError(f"{name}= needs the respondents' rows; several groups are given as lists of cov and n.")
    if missing != "listwise":
        raise OptionError(f"missing='{missing}' needs the respondents' rows.")
