"""The model is the arrow graph: read from a spec, checked, printed back as a spec."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import networkx as nx

from mkb21sem.errors import SpecError, closest
from mkb21sem.specify.operations import check
from mkb21sem.specify.parse import Arrow, Operation, parse

INTERCEPT = "1"
LARGEST = 5 * 2**20
"""Bytes of the largest model or hypothesis file that is read."""


def models_folder() -> Path:
    """Where the shipped models stand: inside the installed package, or at the top of a checkout."""
    inside = Path(__file__).parents[1] / "models"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "models"


def shipped(suffix: str = ".sem") -> dict[str, Path]:
    """Name and file of every shipped model (or hypothesis file, with ``.toml``)."""
    return {path.stem: path for path in sorted(models_folder().glob(f"*{suffix}"))}


def locate(name_or_path: str | Path, suffix: str) -> Path:
    """The file that a name or path means: shipped names first, then files.

    Raises
    ------
    SpecError
        There is no such file; the message lists the shipped names.
    """
    known = shipped(suffix)
    if str(name_or_path) in known:
        return known[str(name_or_path)]
    path = Path(name_or_path)
    if path.is_file():
        if path.stat().st_size > LARGEST:
            raise SpecError(
                f"`{name_or_path}` is {path.stat().st_size / 2**20:,.0f} MB; at most {LARGEST // 2**20} MB of text is "
                "read. Is this the file you meant?"
            )
        return path
    what = "is a folder, not a file" if path.is_dir() else "is no file and no shipped name"
    raise SpecError(f"`{name_or_path}` {what}. Shipped: {', '.join(known)}.{closest(str(name_or_path).lower(), known)}")


@dataclass(frozen=True)
class Model:
    """Arrows between constructs and items, as the spec states them; defaults come later, in the layout.

    Attributes
    ----------
    arrows
        In the order of the spec.
    operations
        START, BOUND, CONSTRAINT and DEFINE lines.
    name, title, source
        For print: file name without ending, and the header comments of the spec.
    """

    arrows: tuple[Arrow, ...]
    operations: tuple[Operation, ...] = ()
    name: str = field(default="model", compare=False)
    title: str = field(default="", compare=False)
    source: str = field(default="", compare=False)

    @classmethod
    def read(cls, name_or_path: str | Path) -> Model:
        """Read a shipped model by name (``"mkb21"``) or a spec file by path.

        Raises
        ------
        SpecError
            No such model, not text in UTF-8, or a line that isn't understood.
        """
        path = locate(name_or_path, ".sem")
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (UnicodeDecodeError, OSError) as error:
            raise SpecError(f"{path.name} can't be read as UTF-8 text ({error}). Save it as UTF-8.") from error
        return cls.parse(text, name=path.stem, where=path.name)

    @classmethod
    def parse(cls, text: str, name: str = "model", where: str = "model") -> Model:
        """Read a model from spec text.

        Raises
        ------
        SpecError
            With line and caret for what isn't understood.
        """
        arrows, operations, header = parse(text, where)
        model = cls(
            tuple(replace(a, line=0) for a in arrows),
            tuple(replace(o, line=0) for o in operations),
            name,
            header.get("title", ""),
            header.get("source", ""),
        )
        _check(model, operations, where)
        return model

    @cached_property
    def latents(self) -> tuple[str, ...]:
        """Constructs: every left side of ``=~``, in order of appearance."""
        return tuple(dict.fromkeys(a.lhs for a in self.arrows if a.op == "=~"))

    @cached_property
    def observed(self) -> tuple[str, ...]:
        """Variables that a wave must have: indicators first, then the others, in order of appearance.

        Indicators follow the order of their constructs, as in lavaan.
        """
        indicators = [a.rhs for a in self.arrows if a.op == "=~"]
        endogenous = [a.lhs for a in self.arrows if a.op == "~"]
        others = [name for a in self.arrows if a.op != "=~" for name in (a.lhs, a.rhs)]
        left_out = {INTERCEPT, *self.latents}
        return tuple(n for n in dict.fromkeys(indicators + endogenous + others) if n not in left_out)

    @cached_property
    def indicators(self) -> dict[str, tuple[str, ...]]:
        """The indicators of each construct (a construct may be an indicator of another)."""
        return {f: tuple(a.rhs for a in self.arrows if a.op == "=~" and a.lhs == f) for f in self.latents}

    @cached_property
    def endogenous(self) -> tuple[str, ...]:
        """Variables with a regression arrow pointing at them."""
        return tuple(dict.fromkeys(a.lhs for a in self.arrows if a.op == "~" and a.rhs != INTERCEPT))

    @cached_property
    def exogenous(self) -> tuple[str, ...]:
        """Observed variables that only predict: lavaan's ov.x, fixed at their sample moments by default.

        One whose variance, covariance or intercept stands in the spec is a variable like the others.
        """
        indicator = {a.rhs for a in self.arrows if a.op == "=~"}
        spoken_of = {n for a in self.arrows if a.op == "~~" for n in (a.lhs, a.rhs)}
        spoken_of |= {a.lhs for a in self.arrows if a.rhs == INTERCEPT}
        taken = indicator | spoken_of | set(self.endogenous) | set(self.latents) | {INTERCEPT}
        predictors = dict.fromkeys(a.rhs for a in self.arrows if a.op == "~")
        return tuple(name for name in predictors if name not in taken)

    @cached_property
    def ordered(self) -> tuple[str, ...]:
        """Items that the spec itself calls ordinal: ``DEFINE(ordinal) x1 x2``."""
        return tuple(n for o in self.operations if o.name == "DEFINE" and o.arguments == ("ordinal",) for n in o.names)

    @cached_property
    def meanstructure(self) -> bool:
        """Whether the spec itself has an intercept."""
        return any(a.rhs == INTERCEPT for a in self.arrows)

    @cached_property
    def graph(self) -> nx.MultiDiGraph:
        """The model as a graph: nodes carry ``kind``, edges the `Arrow` and its attributes.

        A covariance is one edge with ``heads=2``; its direction means nothing.
        """
        graph = nx.MultiDiGraph(name=self.name)
        graph.add_nodes_from(self.latents, kind="latent")
        graph.add_nodes_from(self.observed, kind="observed")
        for arrow in self.arrows:
            if INTERCEPT in (arrow.tail, arrow.head):
                continue
            graph.add_edge(
                arrow.tail,
                arrow.head,
                arrow=arrow,
                heads=arrow.heads,
                label=arrow.label,
                value=arrow.value,
                evidence=arrow.evidence,
            )
        return graph

    @cached_property
    def structure(self) -> nx.DiGraph:
        """The structural part: regression arrows only, between constructs and observed variables."""
        regressions = [a for a in self.arrows if a.op == "~" and a.rhs != INTERCEPT]
        graph = nx.DiGraph()
        graph.add_nodes_from(dict.fromkeys(n for a in regressions for n in (a.tail, a.head)))
        graph.add_edges_from((a.tail, a.head, {"arrow": a}) for a in regressions)
        return graph

    def __str__(self) -> str:
        header = [f"# {key}: {text}" for key, text in (("title", self.title), ("source", self.source)) if text]
        return "\n".join([*header, *map(str, self.arrows), *map(str, self.operations)])


def _check(model: Model, operations: tuple[Operation, ...], where: str) -> None:
    """What one line alone can't show: constructs without items, operations about unknown names."""
    names = {*model.latents, *model.observed}
    labels = {a.label for a in model.arrows if a.label}
    for clash in sorted(labels & names):
        raise SpecError(f"{where}: `{clash}` is a label and a variable; give the label another name.")
    for operation in operations:
        try:
            check(operation, model.observed, labels)
        except SpecError as error:
            raise SpecError(f"{where}, line {operation.line}: {error}") from error
    measures = nx.DiGraph((a.lhs, a.rhs) for a in model.arrows if a.op == "=~")
    if not nx.is_directed_acyclic_graph(measures):
        loop = " =~ ".join(tail for tail, _ in nx.find_cycle(measures))
        raise SpecError(f"{where}: constructs measure each other in a loop: {loop}.")
