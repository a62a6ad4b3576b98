"""Small samples and a small model for every estimator, on which the laws and the hostile cases are tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from mkb21sem import Fit, Model, fit
from mkb21sem.estimate.chisquare import Test
from mkb21sem.estimate.estimators import ESTIMATORS
from mkb21sem.estimate.loss import Loss
from mkb21sem.estimate.solve import loss_of

ITEMS = ("x1", "x2", "x3", "y1", "y2", "y3")
SPEC = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f + z\nx1 ~~ y1"
SHUFFLED = "y1 ~~ x1\ng =~ y1 + y3 + y2\ng ~ z\ng ~ f\nf =~ x1 + x3 + x2"
ITEMS_ONLY = SPEC.replace(" + z", "")
N = 240


@cache
def plain(seed: int = 1) -> pd.DataFrame:
    """Six items of two constructs and a cause, heavier in the tails than the normal; two schools."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal(N)
    f = rng.standard_normal(N)
    g = 0.5 * f + 0.3 * z + 0.8 * rng.standard_normal(N)
    noise = rng.standard_t(6, (N, 6))
    shared = 0.4 * rng.standard_normal(N)
    loading = (0.8, 0.7, 0.9, 0.7, 0.9, 0.8)
    values = {item: k * (f if item[0] == "x" else g) for item, k in zip(ITEMS, loading, strict=True)}
    frame = pd.DataFrame({item: v + 0.6 * noise[:, j] for j, (item, v) in enumerate(values.items())})
    frame["x1"] += shared + 2.0
    frame["y1"] += shared
    return frame.assign(z=z + 1.0, school=np.where(np.arange(N) % 2 == 0, "north", "south"))


@cache
def holes() -> pd.DataFrame:
    """The same with a tenth of the items' answers missing."""
    rng = np.random.default_rng(2)
    frame = plain().copy()
    frame[list(ITEMS)] = frame[list(ITEMS)].mask(rng.random((N, 6)) < 0.1)
    return frame


@cache
def answers(seed: int = 1) -> pd.DataFrame:
    """The same on four-point scales, the last item on two points."""
    frame = plain(seed).copy()
    for item in ITEMS:
        edges = [-np.inf, 0.3, np.inf] if item == "y3" else [-np.inf, -0.9, 0.1, 1.0, np.inf]
        frame[item] = pd.cut(frame[item] - frame[item].mean(), edges, labels=False).astype(float)
    return frame


@cache
def half_answered() -> pd.DataFrame:
    """The four-point scales with a tenth of the answers missing."""
    rng = np.random.default_rng(3)
    frame = answers().copy()
    frame[list(ITEMS)] = frame[list(ITEMS)].mask(rng.random((N, 6)) < 0.1)
    return frame


@cache
def mixed() -> pd.DataFrame:
    """Three items on four points, three continuous ones."""
    return plain().assign(**answers()[["x2", "y2", "y3"]])


FRAMES = {"plain": plain, "holes": holes, "answers": answers, "half answered": half_answered, "mixed": mixed}


@dataclass(frozen=True)
class Setup:
    """An estimator with its options, the sample it is tried on and the model."""

    frame: str
    options: dict[str, Any] = field(hash=False)
    spec: str = SPEC

    @property
    def sample(self) -> pd.DataFrame:
        return FRAMES[self.frame]()

    @property
    def ordinal(self) -> bool:
        return "ordered" in self.options

    @property
    def likelihood(self) -> bool:
        """A likelihood has divisor n, a least-squares statistic n − 1."""
        return ESTIMATORS[self.options["estimator"]].loss == "normal"

    @property
    def scale_free(self) -> bool:
        return self.options["estimator"] != "ULS" and not self.ordinal


def _setup(frame: str, estimator: str, spec: str = SPEC, **options: Any) -> Setup:
    return Setup(frame, {"estimator": estimator, **options}, spec)


SETUPS = {
    **{name: _setup("plain", name) for name in ("ML", "MLM", "MLMV", "MLMVS", "MLR", "GLS", "ULS", "WLS")},
    **{f"{name} with means": _setup("plain", name, meanstructure=True) for name in ("ML", "MLR", "GLS", "ULS", "WLS")},
    "ML random x": _setup("plain", "ML", fixed_x=False, meanstructure=True),
    "fiml": _setup("holes", "ML", missing="fiml"),
    "fiml MLR": _setup("holes", "MLR", missing="fiml"),
    **{
        name: _setup("answers", name, ITEMS_ONLY, ordered=True) for name in ("DWLS", "WLSM", "WLSMV", "WLSMVS", "ULSMV")
    },
    "WLSMV theta": _setup("answers", "WLSMV", ITEMS_ONLY, ordered=True, parameterization="theta"),
    "WLS ordinal": _setup("answers", "WLS", ITEMS_ONLY, ordered=True),
    "WLSMV pairwise": _setup("half answered", "WLSMV", ITEMS_ONLY, ordered=True, missing="pairwise"),
    "WLSMV mixed": _setup("mixed", "WLSMV", ITEMS_ONLY, ordered=("x2", "y2", "y3")),
    "WLSMV given z": _setup("answers", "WLSMV", SPEC, ordered=True),
}

ALL = list(SETUPS)
CONTINUOUS = [name for name in ALL if not SETUPS[name].ordinal]
ORDINAL = [name for name in ALL if SETUPS[name].ordinal]


@cache
def model_of(name: str) -> Model:
    return Model.parse(SETUPS[name].spec)


@cache
def fitted(name: str) -> Fit:
    """The plain fit of a setup, made once."""
    setup = SETUPS[name]
    return fit(model_of(name), setup.sample, **setup.options)


def refit(name: str, frame: pd.DataFrame | None = None, spec: str | None = None, **changes: Any) -> Fit:
    """The same fit with another sample, spec or option."""
    setup = SETUPS[name]
    model = model_of(name) if spec is None else Model.parse(spec)
    return fit(model, setup.sample if frame is None else frame, **(setup.options | changes))


def loss_and_start(found: Fit, seed: int = 1) -> tuple[Loss, np.ndarray]:
    """The loss of a fit, and a place (1, k) somewhat away from its minimum."""
    shift = 0.05 * np.random.default_rng(seed).standard_normal(found.theta.shape)
    return loss_of(found.estimator, found.layout, found.moments), (found.theta * (1 + shift))[None]


def rows(found: Fit) -> pd.DataFrame:
    """The table by arrow and group, a covariance by its sorted ends."""
    table = found.table()
    ends = [
        sorted(pair) if op == "~~" else pair for op, *pair in zip(table["op"], table["lhs"], table["rhs"], strict=True)
    ]
    keys = [f"{op.join(pair)} {group}" for op, pair, group in zip(table["op"], ends, table["group"], strict=True)]
    table.index = pd.Index(keys)
    return table


def statistics(found: Fit) -> dict[str, float]:
    """χ² of the model and of the baseline, scaled ones too where the estimator has them."""
    return {name: test.chisq for name, test in named(found).items()}


def named(found: Fit) -> dict[str, Test]:
    """The tests of a fit by name."""
    kinds = {"test": found.test, "baseline": found.baseline}
    if found.scaled is not None and found.baseline_scaled is not None:
        kinds |= {"scaled": found.scaled, "baseline scaled": found.baseline_scaled}
    return kinds


def same_fit(one: Fit, other: Fit, rtol: float = 1e-7, columns: tuple[str, ...] = ("est", "se", "std")) -> None:
    """Two fits of the same arrows agree in their tests and in every row."""
    assert one.converged
    assert other.converged
    first, second = rows(one), rows(other)
    assert set(first.index) == set(second.index)
    for name, value in statistics(one).items():
        assert_allclose(value, statistics(other)[name], rtol=rtol, err_msg=name)
    for column in columns:
        assert_allclose(first[column], second.loc[first.index, column], rtol=rtol, atol=rtol, err_msg=column)
