"""One question that a certificate asks of a fit, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a certificate.

    Attributes
    ----------
    name
        What was looked at.
    ok
        Whether it is as it should be; None where the question doesn't apply, or can't be answered.
    finding
        What was found, with its figures, or why there is no answer.
    remedy
        What may help where it is not ok.
    figures
        The figures of the finding by name, unrounded, for a reader of another language.
    """

    name: str
    ok: bool | None
    finding: str
    remedy: str = ""
    figures: Mapping[str, float] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        mark = {True: "ok", False: "FAIL", None: "-"}[self.ok]
        line = f"{mark:<5} {self.name:<16} {self.finding}"
        return f"{line}\n{'':<23}What may help: {self.remedy}" if self.remedy and self.ok is False else line


def listed(names: list[str], most: int = 6) -> str:
    """Names in a sentence, the rest counted."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
