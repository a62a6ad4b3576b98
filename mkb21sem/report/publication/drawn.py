"""The models of an analysis as pictures: the one that is interpreted, its rivals, and groups side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from markupsafe import Markup, escape

from mkb21sem.errors import Mkb21Error
from mkb21sem.estimate.fit import Fit
from mkb21sem.infer.rivals.family import DRAWN
from mkb21sem.report import numbers
from mkb21sem.report.documents.parts import Block, Drawn, Paragraph, say
from mkb21sem.report.documents.pictures import of_diagram
from mkb21sem.report.drawing.diagram import diagram, diagrams
from mkb21sem.report.inference.rival_tables import named
from mkb21sem.report.publication.analysis import Analysis
from mkb21sem.report.words import Words
from mkb21sem.specify.model import INTERCEPT, Model

PANEL = 8.0
"""Width of one of two drawings beside each other, in cm."""
POINT = ("16.diagram",)


def pictures(of: Analysis, words: Words) -> Iterator[Block]:
    """Every drawing there is something for; where one can't be made, why, and then no drawing meets the point."""
    made = [_made(make, of, words) for make in (structure, measurement, rivals, groups)]
    whole = not any(isinstance(block, Paragraph) for block in made)
    for block in made:
        if isinstance(block, Drawn) and not whole:
            yield replace(block, shows=())
        elif block is not None:
            yield block


def _made(make: Callable[[Analysis, Words], Drawn | None], of: Analysis, words: Words) -> Drawn | Paragraph | None:
    try:
        return make(of, words)
    except Mkb21Error as error:
        return say(words, "figure.missing", cause=str(error), look="warning")


def structure(of: Analysis, words: Words) -> Drawn | None:
    """The model that is interpreted: arrows between constructs and observed variables, with their estimates."""
    found = of.found
    if not found.model.endogenous:
        return None
    shown: Fit | Model = found if found.converged else found.model
    figure = diagram(shown, names=_names(found, words), title="", lang=words.lang, synthetic=of.wave.synthetic)
    key = "back.figure.model" if found.converged else "figure.unfitted"
    return of_diagram("model", figure, words(key), _stamped(alternative(found, words), of, words), POINT)


def measurement(of: Analysis, words: Words) -> Drawn | None:
    """The same with every indicator and its loading."""
    found = of.found
    if not found.model.latents:
        return None
    shown: Fit | Model = found if found.converged else found.model
    figure = diagram(
        shown,
        indicators=True,
        names=_names(found, words),
        title="",
        lang=words.lang,
        synthetic=of.wave.synthetic,
    )
    key = "back.figure.indicators" if found.converged else "back.figure.indicators_unfitted"
    said = words.plain("back.alt.indicators", constructs=_blocks(found, words))
    return of_diagram("indicators", figure, words(key), _stamped(said, of, words), POINT)


def rivals(of: Analysis, words: Words) -> Drawn | None:
    """The rivals that draw arrows of their own, beside each other over one layout, by the names of the spec."""
    beside = of.inference.rivals
    if beside is None:
        return None
    shown = [each for each in beside.fits if each.model.name != DRAWN and _arrows(each)]
    if not shown:
        return None
    heads = [named(each.model.name, words) for each in shown]
    figure = diagrams(
        [each if each.converged else each.model for each in shown],
        heads,
        lang=words.lang,
        labels="std" if all(each.converged for each in shown) else "none",
        covariances=False,
        synthetic=of.wave.synthetic,
        width=PANEL,
    )
    said = " ".join(f"{head}: {_paths(each, words)}." for head, each in zip(heads, shown, strict=True))
    return of_diagram("rivals", figure, words("back.figure.rivals"), _stamped(said, of, words))


def groups(of: Analysis, words: Words) -> Drawn | None:
    """The model in every wave or group, over one layout."""
    compared = of.comparison
    if compared is None or compared.replication is None:
        return None
    found = compared.replication.fit
    figure = diagrams(found, lang=words.lang, covariances=False, synthetic=compared.synthetic, width=PANEL)
    said = words.plain("waves.diagram.alt", waves=words.listed(compared.waves))
    names = words.listed(compared.waves)
    return of_diagram("groups", figure, words("back.figure.groups", groups=names), _stamped(said, of, words))


def alternative(found: Fit, words: Words) -> str:
    """The model in words, for those who can't see the drawing."""
    key = "figure.alt" if found.converged else "figure.alt_unfitted"
    return words.plain(key, paths=_paths(found, words))


def codes(found: Fit, words: Words) -> Markup:
    """What the names in the smaller drawings stand for."""
    latents, observed = found.model.latents, found.model.observed
    inside = {name for a in found.model.arrows if a.op == "~" for name in (a.lhs, a.rhs)} - {INTERCEPT}
    names = [name for name in (*latents, *observed) if name in inside]
    return escape("; ".join(f"{name} = {words.short(name)}" for name in names))


def _paths(found: Fit, words: Words) -> str:
    table = found.table()
    rows = table[table["op"] == "~"].to_dict("records")
    said = [words.path(row["rhs"], row["lhs"]) for row in rows]
    if not found.converged:
        return "; ".join(said)
    sizes = [numbers.bounded(row["std"], 2, words.lang) for row in rows]
    return "; ".join(f"{path} {size}" for path, size in zip(said, sizes, strict=True))


def _blocks(found: Fit, words: Words) -> str:
    """Each construct with its indicators, and loadings where there are."""
    table = found.table()
    rows = table[table["op"] == "=~"]
    said = []
    for construct in found.model.latents:
        own = rows[rows["lhs"] == construct]
        items = [
            f"{row['rhs']} {numbers.bounded(row['std'], 2, words.lang)}" if found.converged else str(row["rhs"])
            for row in own.to_dict("records")
        ]
        said.append(f"{words.short(construct)}: {', '.join(items)}")
    return "; ".join(said)


def _arrows(found: Fit) -> Sequence[object]:
    return [a for a in found.model.arrows if a.op == "~" and a.rhs != INTERCEPT]


def _names(found: Fit, words: Words) -> dict[str, str]:
    return {name: words.short(name) for name in (*found.model.latents, *found.model.observed)}


def _stamped(text: str, of: Analysis, words: Words) -> str:
    return f"{words.plain('banner')} {text}" if of.wave.synthetic else text
