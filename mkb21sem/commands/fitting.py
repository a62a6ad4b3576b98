"""The options of `fit`, as every command that fits a model by hand takes them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mkb21sem.commands.shell import parted

Missing = Annotated[
    str, typer.Option("--missing", help="Missing answers: listwise, fiml (ML, MLR) or pairwise (ordinal).")
]
Group = Annotated[str | None, typer.Option("--group", help="Column that tells groups.")]
Equal = Annotated[
    str, typer.Option("--equal", help="What is equal over groups, parted by commas: loadings,intercepts.")
]
Free = Annotated[str, typer.Option("--free", help="Arrows exempt from that, parted by commas: 'visual=~x2,x3~1'.")]
Weights = Annotated[str | None, typer.Option("--weights", help="Column of sampling weights (ML, MLR).")]
Ordered = Annotated[
    str, typer.Option("--ordered", help="Ordinal items, parted by commas; or all: every item that is no cause.")
]
Parameterization = Annotated[str, typer.Option("--parameterization", help="Scale of ordinal items: delta or theta.")]
StdLv = Annotated[
    bool, typer.Option("--std-lv/--no-std-lv", help="Constructs have variance 1 instead of a marker item.")
]
FixedX = Annotated[
    bool, typer.Option("--fixed-x/--no-fixed-x", help="Take the moments of observed causes from the sample.")
]
Meanstructure = Annotated[
    bool | None,
    typer.Option("--meanstructure/--no-meanstructure", help="Estimate means. Default: with groups and fiml."),
]
Estimator = Annotated[str, typer.Option("--estimator", help="How to estimate.")]


def listed(equal: str, free: str, ordered: str) -> dict[str, Any]:
    """The options that are lists on the command line, as `fit` takes them."""
    every = ordered.strip() == "all"
    return {"equal": parted(equal), "free": parted(free), "ordered": True if every else parted(ordered) or None}
