"""Scree plot with parallel analysis: eigenvalues beside those of unrelated items."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.ticker import MaxNLocator

from mkb21sem.report import numbers
from mkb21sem.report.charts import style
from mkb21sem.report.charts.style import Chart
from mkb21sem.report.words import Words
from mkb21sem.validate.retain import Retention

SHOWN = 12
"""Eigenvalues that are drawn at most."""


def scree(
    name: str, panels: Mapping[str, Retention], words: Words, title: str, note: str = "", synthetic: bool = False
) -> Chart:
    """Eigenvalues of the correlations, and mean and percentile of random ones, two panels a row.

    Parameters
    ----------
    name
        Of the file.
    panels
        Heading → what `retain` found.
    words, title, note, synthetic
        Language, heading, what stands below, and whether the answers were made up.
    """
    across = min(len(panels), 3)
    down = -(-len(panels) // across)
    with style.styled():
        figure = style.paper(style.PAGE, min(1.3 + 2.1 * down, style.TALLEST))
        axes, strip = style.stage(figure, down, across, 1, shared=False)
        for at, (heading, found) in enumerate(panels.items()):
            own = axes[at // across][at % across]
            table = found.table.iloc[1 : SHOWN + 1]
            looks = (("eigenvalue", 0, "o"), ("random_high", 2, "^"), ("random_mean", 1, "s"))
            for column, which, marker in looks:
                own.plot(
                    table["m"],
                    table[column],
                    color=style.PALETTE[which],
                    marker=marker,
                    linestyle=style.DASHES[which],
                    label=words.plain(f"scree.{column}", level=numbers.percent(found.level, 0, words.lang)),
                )
            own.set_title(style.fitted(heading, style.TEXT_SIZE, 52 * style.PAGE / across, bold=True))
            own.axhline(1, color=style.LINE, linewidth=0.8, zorder=0)
            own.xaxis.set_major_locator(MaxNLocator(integer=True))
            style.ticks(own.yaxis, words.lang, numbers.number, 0)
            if at % across == 0:
                own.set_ylabel(words.plain("scree.axis"))
            own.set_xlabel(words.plain("scree.factor"))
        for at in range(len(panels), across * down):
            axes[at // across][at % across].set_visible(False)
        handles, names = axes[0][0].get_legend_handles_labels()
        style.key(strip, handles, names, 3)
        style.head(figure, title, words, synthetic, note)
    said = [
        f"{heading}: {numbers.count(int(found.suggested['parallel']), words.lang)}" for heading, found in panels.items()
    ]
    return Chart(name, figure, title, words.plain("alt.scree", factors="; ".join(said)))
