"""Figures 1–13 of the whitepaper for any wave, in the reader's language, beside what was published."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mkb21sem.describe.monitor import as_number
from mkb21sem.report import numbers
from mkb21sem.report.charts import monitor_rows, monitor_stack
from mkb21sem.report.charts.monitor_rows import Row
from mkb21sem.report.charts.monitor_stack import Bar, Pair
from mkb21sem.report.charts.style import Chart, styled
from mkb21sem.report.table import HIDDEN
from mkb21sem.report.words import Words

FIGURES = tuple(range(1, 14))
ROWS = ("level", "ticked", "mean")
"""Kinds of numbers that make a figure; sums and orders stand beside them."""
MEASURES = ("without", "plan")
STACKED = {7: ("weekly", "active"), 8: ("likely",)}


def charts(frame: pd.DataFrame, words: Words, synthetic: bool) -> list[Chart]:
    """Every figure of which the wave has something, as `describe.monitor.monitor` gives it in the same language."""
    known = frame[there(frame) & frame["kind"].isin(ROWS)]
    return [chart(frame, figure, words, synthetic) for figure in FIGURES if (known["figure"] == figure).any()]


def chart(frame: pd.DataFrame, figure: int, words: Words, synthetic: bool) -> Chart:
    """One figure.

    Parameters
    ----------
    frame
        What `describe.monitor.monitor` returned.
    figure
        1 to 13.
    words
        The language.
    synthetic
        Whether the answers were made up; printed in the chart.
    """
    mine = frame[(frame["figure"] == figure) & there(frame)]
    title = words.plain(f"monitor.fig.{figure}", base=bases(mine, words))
    specific = words.plain(f"monitor.note.{figure}") if words.has(f"monitor.note.{figure}") else ""
    if HIDDEN in mine and mine[HIDDEN].any():
        specific = f"{specific} {words.plain('privacy.gap' if figure in STACKED else 'privacy.chart')}".strip()
    with styled():
        if figure in STACKED:
            drawn, said = _spread(mine, figure, words, title, specific, synthetic)
        elif (mine["kind"] == "difference").any():
            drawn, said = _goals(mine, words, title, specific, synthetic)
        else:
            drawn, said = _plain(mine, figure, words, title, specific, synthetic)
    alt = words.plain("monitor.alt", title=title, rows="; ".join(said))
    return Chart(f"figure{figure:02d}", drawn, title, alt)


def there(frame: pd.DataFrame) -> pd.Series[bool]:
    """Which numbers exist, shown or hidden."""
    return frame["value"].notna() | frame[HIDDEN] if HIDDEN in frame else frame["value"].notna()


def bases(mine: pd.DataFrame, words: Words) -> str:
    """N = 314, or N = 305–312 where it differs between rows."""
    rows = mine[mine["kind"].isin(ROWS)]
    n = rows["base"] if len(rows) else mine["base"]
    low, high = int(n.min()), int(n.max())
    if low == high:
        return words.plain("monitor.base_one", n=numbers.count(low, words.lang))
    given = {"low": numbers.count(low, words.lang), "high": numbers.count(high, words.lang)}
    return words.plain("monitor.base_range", **given)


def printed(text: str, words: Words) -> str:
    """What the whitepaper prints, in the reader's language and with its decimal mark."""
    if words.has(f"monitor.printed.{text}"):
        return words.plain(f"monitor.printed.{text}")
    value = as_number(text)
    if not math.isnan(value) and words.lang == "en":
        return text.replace(",", ".")
    return text.replace("-", "–")


def shown(value: float, unit: str, words: Words) -> str:
    """A value of the monitor in print: 62.2%, 3.64, .944."""
    match unit:
        case "percent":
            return numbers.percent(value / 100, 1, words.lang)
        case "coefficient":
            return numbers.bounded(value, 3, words.lang)
        case "respondents":
            return numbers.count(value, words.lang)
        case _:
            return numbers.number(value, 2, words.lang)


def _plain(
    mine: pd.DataFrame, figure: int, words: Words, title: str, note: str, synthetic: bool
) -> tuple[Figure, list[str]]:
    """A row for every answer or question."""
    as_mean = figure in (10, 11, 12, 13)
    kinds = ("mean", "scale_mean") if as_mean else ("level", "ticked", "east")
    lines = mine[mine["kind"].isin(kinds)]
    given = bool((lines["printed"] != "").any())
    heads = [words.plain("monitor.col.value"), *([words.plain("monitor.col.published")] if given else [])]
    beside = [_by_item(mine, kind) for kind in MEASURES] if figure == 10 else []
    heads += [words.plain(f"monitor.col.{kind}") for kind in MEASURES] if beside else []
    rows, said = [], []
    for line in lines.to_dict("records"):
        text = [_shown(line, words)]
        text += [printed(line["printed"], words)] if given else []
        for each in beside:
            text.append(_percent(each.get(str(line["item"]), {}), words))
        label = _label(line, words)
        strong = line["kind"] in ("east", "scale_mean")
        rows.append(Row(label, line["value"], line["low"], line["high"], tuple(text), line["published"], strong))
        said.append(_said(label, text[0], line["printed"], words))
    how = (
        ("mean" if as_mean else "share")
        if lines["published"].notna().any()
        else f"plain_{'mean' if as_mean else 'share'}"
    )
    note = " ".join(part for part in (words.plain(f"monitor.how.{how}"), note) if part)
    if figure == 13:
        note = f"{note} {_alpha(mine, words)}".strip()
    draw = monitor_rows.dots if as_mean else monitor_rows.bars
    return draw(rows, heads, words, title, note, synthetic), said


def _shown(line: Mapping[Hashable, Any], words: Words) -> str:
    """A number, or the sign that it is hidden."""
    return numbers.CONFIDENTIAL if line.get(HIDDEN) else shown(line["value"], line["unit"], words)


def _percent(line: Mapping[Hashable, Any], words: Words) -> str:
    """A whole percentage, or the sign that it is hidden; a dash where there is none."""
    if line.get(HIDDEN):
        return numbers.CONFIDENTIAL
    return numbers.percent(line.get("value", math.nan) / 100, 0, words.lang)


def _label(line: Mapping[Hashable, Any], words: Words) -> str:
    if line["kind"] == "level":
        return str(line["level"])
    if line["kind"] in ("east", "scale_mean"):
        return words.plain(f"monitor.kind.{line['kind']}")
    return str(line["label"])


def _alpha(mine: pd.DataFrame, words: Words) -> str:
    """Alpha with its interval beside the published one."""
    found = mine[mine["kind"] == "alpha"]
    if found.empty:
        return ""
    line = found.iloc[0]
    limits = numbers.interval(line["low"], line["high"], numbers.bounded, 3, words.lang)
    text = f"{words.plain('monitor.kind.alpha')} {shown(line['value'], 'coefficient', words)}, 95% {limits}"
    beside = f"{words.plain('monitor.col.published')}: {printed(line['printed'], words).removeprefix('0')}"
    return f"{text} ({beside})." if line["printed"] else f"{text}."


def _spread(
    mine: pd.DataFrame, figure: int, words: Words, title: str, note: str, synthetic: bool
) -> tuple[Figure, list[str]]:
    """All answers of every medium."""
    levels = mine[mine["kind"] == "level"]
    answers = list(dict.fromkeys(levels["level"]))
    kinds = [kind for kind in STACKED[figure] if (mine["kind"] == kind).any()]
    heads = [*(words.plain(f"monitor.col.{kind}") for kind in kinds), words.plain("monitor.col.published")]
    rows, said = [], []
    for item, part in levels.groupby("item", sort=False):
        of = {kind: _by_item(mine, kind).get(str(item), {}) for kind in kinds}
        texts = [_percent(of[kind], words) for kind in kinds]
        told = [(kind, str(line["printed"])) for kind, line in of.items() if line.get("printed")]
        label = str(part["label"].iloc[0]).partition(" (")[0]
        shares = dict(zip(part["level"], part["value"], strict=True))
        texts.append(_told(told, kinds[0], words) if told else "")
        rows.append(Bar(label, tuple(float(shares.get(answer, 0.0)) for answer in answers), tuple(texts)))
        named = [f"{words.plain(f'monitor.kind.{kind}')} {text}" for kind, text in zip(kinds, texts, strict=False)]
        said.append(_said(label, ", ".join(named), told[0][1] if told else "", words))
    note = " ".join(part for part in (words.plain("monitor.how.stack"), note) if part)
    drawn = monitor_stack.stacked(rows, answers, heads, words, title, note, synthetic, two_sided=figure == 8)
    return drawn, said


def _goals(mine: pd.DataFrame, words: Words, title: str, note: str, synthetic: bool) -> tuple[Figure, list[str]]:
    """Motive and experience of every goal."""
    means = _by_item(mine, "mean")
    rows, said = [], []
    for result, gap in _by_item(mine, "difference").items():
        motive = f"MOT{result.removeprefix('ERV')}"
        limits = numbers.interval(gap["low"], gap["high"], lang=words.lang)
        text = f"{numbers.number(gap['value'], 2, words.lang)} {limits}"
        first, second = ((means[id]["value"], means[id]["low"], means[id]["high"]) for id in (motive, result))
        label = str(gap["label"])
        rows.append(Pair(label, first, second, (text,)))
        said.append(words.plain("monitor.alt.row", label=label, value=text))
    note = " ".join(part for part in (words.plain("monitor.how.pairs"), note) if part)
    heads = [words.plain("monitor.col.difference")]
    return monitor_stack.pairs(rows, heads, words, title, note, synthetic), said


def _by_item(mine: pd.DataFrame, kind: str) -> dict[str, dict[Hashable, Any]]:
    """Lines of a kind, by question."""
    return {str(line["item"]): line for line in mine[mine["kind"] == kind].to_dict("records")}


def _told(told: list[tuple[str, str]], first: str, words: Words) -> str:
    """The printed number, with what it counts where that isn't what the first column has."""
    kind, text = told[0]
    return printed(text, words) if kind == first else f"{printed(text, words)} {words.plain(f'monitor.col.{kind}')}"


def _said(label: str, value: str, told: str, words: Words) -> str:
    row = words.plain("monitor.alt.row", label=label, value=value)
    return words.plain("monitor.alt.published", row=row, printed=printed(told, words)) if told else row
