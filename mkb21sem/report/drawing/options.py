"""What may be asked of a path diagram, and how it is put to the test before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mkb21sem.errors import OptionError, closest, one_of
from mkb21sem.report.drawing.canvas import THEMES
from mkb21sem.report.drawing.picture import Picture
from mkb21sem.report.numbers import LANGUAGES

POINTS_PER_CM = 72 / 2.54
PAGE_WIDTH = 17.0
"""Text width of a page in cm, which a drawing fills if its labels allow."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to draw: the arguments that `diagram`, `diagrams`, `to_tikz` and `to_dot` share; see `diagram`."""

    indicators: bool = False
    labels: str | None = None
    lang: str = "en"
    theme: str = "print"
    names: Mapping[str, str] | None = None
    note: str | None = None
    positions: Mapping[str, Sequence[float]] | None = None
    highlight: str | Sequence[str] | None = None
    synthetic: bool = False
    covariances: bool = True
    width: float = PAGE_WIDTH

    def __post_init__(self) -> None:
        one_of("theme", self.theme, THEMES)
        one_of("lang", self.lang, LANGUAGES)
        if not (isinstance(self.width, int | float) and self.width > 0):
            raise OptionError(f"width must be a number of cm above 0; got {self.width!r}.")

    @property
    def stamped(self) -> bool:
        """Whether SYNTHETIC DATA is printed."""
        return self.synthetic or any(word in (self.note or "").lower() for word in ("synthetic", "synthetisch"))

    def pinned(self, pictures: Sequence[Picture]) -> dict[str, Sequence[float]]:
        """The positions in points.

        Raises
        ------
        OptionError
            Unknown node, or not two numbers.
        """
        known = [name for drawn in pictures for name in drawn.structural]
        found: dict[str, Sequence[float]] = {}
        for name, at in (self.positions or {}).items():
            if name not in known:
                raise OptionError(f"positions: the drawing has no node `{name}`.{closest(name, known)}")
            try:
                x, y = (float(v) for v in at)
            except (TypeError, ValueError) as error:
                raise OptionError(f"positions: `{name}` needs two numbers, x and y in cm; got {at!r}.") from error
            found[name] = (x * POINTS_PER_CM, y * POINTS_PER_CM)
        return found

    def path(self, pictures: Sequence[Picture]) -> tuple[str, ...]:
        """The variables of the highlighted path in order; none if nothing is highlighted.

        Raises
        ------
        OptionError
            Two consecutive variables without an arrow.
        """
        if self.highlight is None:
            return ()
        text = self.highlight
        path = text.replace("->", "→").split("→") if isinstance(text, str) else list(text)
        path = [name.strip() for name in path]
        arrows = {(e.tail, e.head) for drawn in pictures for e in drawn.edges if not e.two_headed}
        for tail, head in pairwise(path):
            if (tail, head) not in arrows:
                known = [f"{t} → {h}" for t, h in sorted(arrows)]
                near = closest(f"{tail} → {head}", known)
                raise OptionError(f"highlight: the drawing has no arrow {tail} → {head}.{near}")
        if len(path) < 2:
            raise OptionError(f"highlight needs a path of at least two variables, such as 'CUL → MOT'; got {text!r}.")
        return tuple(path)
