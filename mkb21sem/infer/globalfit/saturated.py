"""The saturated model: how much the sample moments vary, and how a likelihood weighs them.

Each mean and covariance is a parameter of its own there, so that the information of the saturated model at the implied
moments is the weight W that the likelihood gives the sample moments, and its inverse at the sample moments their
covariance; with the casewise scores between two inverses it is a sandwich. Answers may be missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mkb21sem.estimate.estimators import ESTIMATORS
from mkb21sem.estimate.implied import cell_values
from mkb21sem.estimate.inference import Inference
from mkb21sem.estimate.loss import Loss
from mkb21sem.estimate.moments import Moments
from mkb21sem.estimate.solve import loss_of
from mkb21sem.linalg import Array, Index, vech_index
from mkb21sem.specify.layout import Layout, saturated


@dataclass(frozen=True, slots=True)
class Whole:
    """The saturated model of a sample.

    Attributes
    ----------
    layout, loss, sample
        Of the saturated model.
    group, place : (k,)
        Where each of its parameters stands among the (g, m) sample moments.
    """

    layout: Layout
    loss: Loss
    sample: Moments
    group: Index
    place: Index

    @classmethod
    def of(cls, where: Layout, sample: Moments) -> Whole:
        """The saturated model over the variables of a layout."""
        whole = saturated(where)
        p = len(whole.observed)
        row, col = vech_index(p)
        position = np.zeros((p, p), dtype=np.intp)
        position[row, col] = position[col, row] = np.arange(len(row)) + p * whole.meanstructure
        cells = np.where(whole.matrix == 0, whole.row, position[whole.row % p, whole.col % p])
        group, cell, _ = np.nonzero(whole.K)
        order = np.argsort(np.nonzero(whole.K)[2])
        loss = loss_of(ESTIMATORS["ML"], whole, sample)
        return cls(whole, loss, sample, group[order], cells[cell[order]])

    def information(self, moments: Array, observed: bool) -> Array:
        """Information of one observation about the moments, at moments (g, m): (g, m, m), groups by their share."""
        theta = moments[self.group, self.place]
        return self._spread(self.loss.derivatives(theta[None], observed=observed)[1][0], moments.shape)

    def covariance(self, moments: Array, sandwich: bool) -> Array:
        """Covariance of the sample moments (g, m, m) at these moments themselves."""
        theta = moments[self.group, self.place]
        bread = np.linalg.inv(self.loss.derivatives(theta[None], observed=True)[1][0])
        if sandwich:
            bread = bread @ self._first_order(theta) @ bread
        return self._spread(bread / self.sample.total, moments.shape)

    def _first_order(self, theta: Array) -> Array:
        fixed = self.loss.fixed.reshape(len(self.layout.groups), -1)
        cells = cell_values(self.layout, theta, fixed)
        return Inference(ESTIMATORS["ML"], self.layout, self.loss, self.sample, theta, cells, np.nan).first_order

    def _spread(self, M: Array, shape: tuple[int, ...]) -> Array:
        """From parameters (k, k) to moments (g, m, m), zero for moments that are no parameters."""
        out = np.zeros((shape[0], shape[1], shape[1]))
        for g in range(shape[0]):
            mine = np.flatnonzero(self.group == g)
            out[g][np.ix_(self.place[mine], self.place[mine])] = M[np.ix_(mine, mine)]
        return out
