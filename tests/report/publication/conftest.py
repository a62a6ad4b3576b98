"""What the tests of the report share."""

from __future__ import annotations

import pytest
from markupsafe import escape
from matplotlib.figure import Figure

from mkb21sem.report.charts.style import Chart
from mkb21sem.report.documents.parts import Drawn
from mkb21sem.report.publication import compared, drawn, effects, fitted

CHARTS = ((compared, "rungs"), (effects, "along"), (effects, "trend"), (fitted, "leftover"))


def unseen(chart: Chart, shows: tuple[str, ...] = ()) -> Drawn:
    """A chart as a picture without its pixels."""
    return Drawn(chart.name, escape(chart.caption), chart.alt, "<svg/>", b"", 16.0, shows)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """No path diagrams, and empty charts: for tests of words and tables."""
    monkeypatch.setattr(drawn, "pictures", lambda of, words: iter(()))
    for module, name in CHARTS:
        empty = Chart(name, Figure(), name, name)
        monkeypatch.setattr(module, name, lambda *given, empty=empty: empty)
    monkeypatch.setattr(effects, "replicated", lambda *given: [])
    for module in (compared, effects, fitted):
        monkeypatch.setattr(module, "of_chart", unseen)
