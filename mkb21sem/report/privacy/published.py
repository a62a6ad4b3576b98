"""The published numbers beside a wave's own, with those hidden that the wave's figures hide."""

from __future__ import annotations

import math

import pandas as pd

from mkb21sem.describe.monitor import monitor
from mkb21sem.report.privacy.monitor import hidden_lines
from mkb21sem.survey.published import NOT_COMPUTABLE
from mkb21sem.survey.wave import Wave


def hidden_figures(compared: pd.DataFrame, wave: Wave, threshold: int) -> pd.DataFrame:
    """What `survey.published.compare` returns, without numbers of few respondents.

    Parameters
    ----------
    compared
        no, part, value, verdict and the rest.
    wave
        The answers.
    threshold
        Counts below it are hidden; 0 hides nothing.
    """
    if not threshold:
        return compared
    own = monitor(wave)
    gone = {at for _, at in hidden_lines(own, wave.codebook, threshold)}
    told = {(int(line["no"]), str(line["part"])) for at, line in enumerate(own.to_dict("records")) if at in gone}
    lost = [(int(no), str(part)) in told for no, part in zip(compared["no"], compared["part"], strict=True)]
    shown = compared.assign(hidden=lost)
    shown.loc[lost, "value"] = math.nan
    shown.loc[lost, "verdict"] = NOT_COMPUTABLE
    return shown
