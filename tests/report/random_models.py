"""Random structural models with a sample for each, to draw what nobody thought of."""

import networkx as nx
import numpy as np
import pandas as pd

from mkb21sem.specify.model import Model

EVIDENCE = ("", "  # stated", "  # A1 implied", "  # reconstruction")


def random_model(seed: int) -> Model:
    """Three to twelve variables, about half of them constructs, arrows from earlier to later ones."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 13))
    names = [f"V{i:02d}" for i in range(1, n + 1)]
    lines = [f"{name} =~ {' + '.join(f'{name.lower()}{c}' for c in 'abc')}" for name in names if rng.random() < 0.5]
    measured = len(lines)
    for j in range(1, n):
        causes = np.flatnonzero(rng.random(j) < min(0.9, 2 / j)) if rng.random() < 0.8 else []
        if len(causes):
            lines.append(f"{names[j]} ~ {' + '.join(names[i] for i in causes)}{rng.choice(EVIDENCE)}")
    if len(lines) == measured:
        lines.append(f"{names[-1]} ~ {names[0]}")
    return Model.parse("\n".join(lines), name=f"random {seed}")


def sample(model: Model, seed: int, n: int = 400) -> pd.DataFrame:
    """Answers that follow the model, with slopes around zero."""
    rng = np.random.default_rng(seed)
    values: dict[str, np.ndarray] = {}
    for name in nx.topological_sort(model.structure):
        causes = model.structure.predecessors(name)
        values[name] = sum((rng.normal(0, 0.35) * values[c] for c in causes), rng.standard_normal(n))
    for construct, items in model.indicators.items():
        score = values.setdefault(construct, rng.standard_normal(n))
        values |= {item: 0.8 * score + 0.6 * rng.standard_normal(n) for item in items}
    return pd.DataFrame({name: values[name] for name in model.observed})
