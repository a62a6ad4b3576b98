"""Layers of an arrow graph and the order within them, with as few crossings as can be found.

Sugiyama, Tagawa & Toda (1981): longest-path layers, long arrows cut into unit steps by dummies, then sweeps. A
sweep orders each layer exactly where it is small, else by barycentre (the median breaks ties).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations, pairwise, permutations
from typing import Any

import networkx as nx
import numpy as np
import numpy.typing as npt

EXACT_ORDER = 7
EXACT_LOOP = 6


def acyclic(graph: nx.DiGraph) -> tuple[nx.DiGraph, dict[Any, Any]]:
    """The graph without loops, and which node stands for which.

    Two variables that point at each other become one node (they will share a layer). In a larger strongly
    connected component the fewest backward arrows are left out: exactly up to `EXACT_LOOP` nodes, else greedily.
    """
    stands = {node: node for node in graph}
    dropped: set[tuple[Any, Any]] = set()
    for component in nx.strongly_connected_components(graph):
        inside = [node for node in graph if node in component]
        if len(inside) == 2:
            stands[inside[1]] = inside[0]
        elif len(inside) > 2:
            loop = graph.subgraph(inside)
            place = {node: i for i, node in enumerate(_forward_order(loop, inside))}
            dropped |= {(tail, head) for tail, head in loop.edges if place[tail] > place[head]}
    plain = nx.DiGraph()
    plain.add_nodes_from(dict.fromkeys(stands.values()))
    kept = (edge for edge in graph.edges if edge not in dropped)
    plain.add_edges_from((stands[t], stands[h]) for t, h in kept if stands[t] != stands[h])
    return plain, stands


def _forward_order(loop: nx.DiGraph, nodes: Sequence[Any]) -> Sequence[Any]:
    """The order with the fewest arrows that point backward."""
    if len(nodes) > EXACT_LOOP:
        return sorted(nodes, key=lambda n: (loop.in_degree(n) - loop.out_degree(n), nodes.index(n)))
    into = {n: sum(1 for tail, _ in loop.in_edges(n) if tail not in loop) for n in nodes}

    def backward(order: Sequence[Any]) -> tuple[int, int]:
        place = {node: i for i, node in enumerate(order)}
        return sum(place[t] > place[h] for t, h in loop.edges), sum(place[n] * into[n] for n in nodes)

    return min(permutations(nodes), key=backward)


def layers(graph: nx.DiGraph) -> dict[Any, int]:
    """Layer of each node: the longest path that ends in it, 0 for nodes that nothing points at.

    Examples
    --------
    >>> layers(nx.DiGraph([("a", "b"), ("b", "c"), ("a", "c")]))
    {'a': 0, 'b': 1, 'c': 2}
    """
    plain, stands = acyclic(graph)
    depth: dict[Any, int] = {}
    for node in nx.topological_sort(plain):
        depth[node] = max((depth[p] + 1 for p in plain.predecessors(node)), default=0)
    return {node: depth[stands[node]] for node in graph}


def order(graph: nx.DiGraph, depth: dict[Any, int], seed: int = 21) -> list[list[Any]]:
    """Nodes of each layer from top to bottom, with as few crossings as the sweeps find.

    Parameters
    ----------
    graph
        Arrows with one head.
    depth
        Layer of each node.
    seed
        For the shuffled starts.

    Returns
    -------
    list of lists
        Without the dummies that long arrows need in between.
    """
    below, members = _proper(graph, depth)
    rng = np.random.default_rng(seed)
    best, fewest = members, _total(members, below)
    for attempt in range(8):
        if attempt == 0:
            trial = [list(layer) for layer in members]
        else:
            trial = [[layer[i] for i in rng.permutation(len(layer))] for layer in members]
        trial = _sweeps(trial, below)
        found = _total(trial, below)
        if found < fewest:
            best, fewest = trial, found
        if fewest == 0:
            break
    return [[node for node in layer if node in depth] for layer in best]


def _proper(graph: nx.DiGraph, depth: dict[Any, int]) -> tuple[dict[Any, list[Any]], list[list[Any]]]:
    """Successors in the next layer and members of each layer, with dummies (tail, head, layer) on long arrows."""
    members: list[list[Any]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for node in graph:
        members[depth[node]].append(node)
    below: dict[Any, list[Any]] = {node: [] for node in graph}
    for one, other in graph.edges:
        tail, head = (one, other) if depth[one] <= depth[other] else (other, one)
        chain = [tail, *((one, other, k) for k in range(depth[tail] + 1, depth[head])), head]
        if depth[tail] == depth[head]:
            continue
        for step, (here, there) in enumerate(pairwise(chain)):
            below.setdefault(here, []).append(there)
            if there != head:
                members[depth[tail] + step + 1].append(there)
                below.setdefault(there, [])
    return below, members


def _sweeps(members: list[list[Any]], below: dict[Any, list[Any]]) -> list[list[Any]]:
    above: dict[Any, list[Any]] = {}
    for node, heads in below.items():
        for head in heads:
            above.setdefault(head, []).append(node)
    current = _total(members, below)
    for _ in range(12):
        trial = [list(layer) for layer in members]
        for k in [*range(len(trial)), *reversed(range(len(trial)))]:
            sides = [(above, trial[k - 1])] if k else []
            sides += [(below, trial[k + 1])] if k + 1 < len(trial) else []
            trial[k] = _best_order(trial[k], sides)
        found = _total(trial, below)
        if found >= current:
            break
        members, current = trial, found
    return members


def _best_order(layer: list[Any], sides: list[tuple[dict[Any, list[Any]], list[Any]]]) -> list[Any]:
    """The layer reordered for the fewest crossings with its fixed neighbour layers."""
    places = []
    for neighbours, fixed in sides:
        at = {node: i for i, node in enumerate(fixed)}
        places.append([sorted(at[n] for n in neighbours.get(node, ()) if n in at) for node in layer])
    m = len(layer)
    cost = np.zeros((m, m))
    for side in places:
        for i in range(m):
            for j in range(m):
                cost[i, j] += sum(a > b for a in side[i] for b in side[j])
    if m <= EXACT_ORDER:
        orders = _orders(m)
        price = sum((cost[orders[:, i], orders[:, j]] for i, j in combinations(range(m), 2)), np.zeros(len(orders)))
        return [layer[i] for i in orders[int(np.argmin(price))]]
    whole = [[spot for side in places for spot in side[i]] for i in range(m)]
    centre = [(float(np.mean(w)), float(np.median(w))) if w else (i, i) for i, w in enumerate(whole)]
    return [layer[i] for i in sorted(range(m), key=lambda i: centre[i])]


@cache
def _orders(m: int) -> npt.NDArray[np.intp]:
    """All orders of m places, (m!, m)."""
    return np.array(list(permutations(range(m))), dtype=np.intp).reshape(-1, m)


def _total(members: list[list[Any]], below: dict[Any, list[Any]]) -> int:
    """Crossings between all neighbouring layers."""
    crossed = 0
    for k in range(len(members) - 1):
        at = {node: i for i, node in enumerate(members[k + 1])}
        steps = [(i, at[head]) for i, node in enumerate(members[k]) for head in below[node]]
        crossed += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(steps, 2))
    return crossed
