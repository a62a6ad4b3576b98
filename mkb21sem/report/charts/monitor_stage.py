"""Charts of the adoption stage: what tells users apart, and how well."""

from __future__ import annotations

from matplotlib.figure import Figure

from mkb21sem.describe.adoption import Adoption
from mkb21sem.describe.discrimination import Discrimination
from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.charts.monitor_rows import EDGES, ROW, columns, label_rows
from mkb21sem.report.charts.style import Chart, styled
from mkb21sem.report.words import Words


def effects(done: Adoption, words: Words, synthetic: bool) -> Chart:
    """Average marginal effects with their intervals, as a forest."""
    unit = "points" if done.response == "USER" else "answer"
    title = words.plain(f"monitor.effects.{done.response}", n=numbers.count(done.n, words.lang))
    lines = done.effects.to_dict("records")
    places = 1 if unit == "points" else 2
    texts = []
    for line in lines:
        limits = numbers.interval(line["low"], line["high"], places=places, lang=words.lang)
        texts.append((f"{numbers.number(line['effect'], places, words.lang)} {limits}",))
    with styled():
        figure = style.paper(style.PAGE, EDGES + 0.2 + 1.15 * ROW * len(lines))
        axes = figure.add_subplot()
        axes.axvline(0, color=style.SOFT, linewidth=0.8, zorder=0)
        for at, line in enumerate(lines):
            axes.plot([line["low"], line["high"]], [at, at], color=style.INK, linewidth=1.1)
            certain = line["low"] > 0 or line["high"] < 0
            fill = style.PALETTE[0] if certain else style.PAPER
            axes.plot(line["effect"], at, "o", color=style.INK, markerfacecolor=fill, markersize=5.5)
        label_rows(axes, [str(line["label"]) for line in lines])
        axes.set_xlabel(words.plain(f"monitor.effects.axis.{unit}"))
        style.ticks(axes.xaxis, words.lang, numbers.number, 0 if unit == "points" else 1)
        columns(axes, texts, [words.plain("monitor.col.effect")])
        style.head(figure, title, words, synthetic, words.plain("monitor.effects.note"))
    said = "; ".join(f"{line['label']}: {text[0]}" for line, text in zip(lines, texts, strict=True))
    return Chart(f"effects_{done.response.lower()}", figure, title, words.plain("monitor.alt", title=title, rows=said))


def predictions(of: Discrimination, words: Words, synthetic: bool) -> Chart:
    """The ROC curve, and predicted beside observed use."""
    title = words.plain("monitor.predictions")
    with styled():
        figure = style.paper(style.PAGE, 3.3)
        _curve(figure, of, words)
        _calibration(figure, of, words)
        style.head(figure, title, words, synthetic, words.plain("monitor.predictions.note"))
    auc = numbers.bounded(of.auc, 2, words.lang)
    alt = words.plain("monitor.alt", title=title, rows=f"AUC {auc}")
    return Chart("predictions", figure, title, alt)


def _curve(figure: Figure, of: Discrimination, words: Words) -> None:
    axes = figure.add_subplot(1, 2, 1)
    axes.plot([0, 1], [0, 1], color=style.LINE, linewidth=0.8)
    axes.plot(of.curve["false_positive"], of.curve["true_positive"], color=style.PALETTE[0], drawstyle="steps-post")
    axes.set_aspect("equal")
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_title(words.plain("monitor.roc"))
    axes.set_xlabel(words.plain("monitor.roc.x"))
    axes.set_ylabel(words.plain("monitor.roc.y"))
    limits = numbers.interval(of.auc_low, of.auc_high, numbers.bounded, lang=words.lang)
    text = f"AUC {numbers.bounded(of.auc, 2, words.lang)}\n95% {limits}"
    corrected = words.plain("monitor.roc.corrected", auc=numbers.bounded(of.auc_corrected, 2, words.lang))
    axes.text(0.97, 0.05, f"{text}\n{corrected}", ha="right", va="bottom", fontsize=style.TICK_SIZE)
    for axis in (axes.xaxis, axes.yaxis):
        style.ticks(axis, words.lang, numbers.number, 1)


def _calibration(figure: Figure, of: Discrimination, words: Words) -> None:
    axes = figure.add_subplot(1, 2, 2)
    axes.plot([0, 100], [0, 100], color=style.LINE, linewidth=0.8)
    shown = of.calibration.dropna(subset=["predicted", "low"])  # parts of few respondents may be suppressed
    for line in shown.to_dict("records"):
        axes.plot([line["predicted"]] * 2, [line["low"], line["high"]], color=style.INK, linewidth=1.0)
        axes.plot(line["predicted"], line["observed"], "o", color=style.PALETTE[0], markeredgecolor=style.INK)
    least = float(shown[["low", "predicted"]].min().min()) - 4 if len(shown) else 0.0
    axes.set_xlim(max(least, 0), 101)
    axes.set_ylim(max(least, 0), 101)
    axes.set_aspect("equal")
    axes.set_title(words.plain("monitor.calibration"))
    axes.set_xlabel(words.plain("monitor.calibration.x"))
    axes.set_ylabel(words.plain("monitor.calibration.y"))
    for axis in (axes.xaxis, axes.yaxis):
        style.ticks(axis, words.lang, numbers.number, 0)
