from itertools import combinations, permutations

import networkx as nx
import numpy as np
import pytest

from mkb21sem.report.drawing.layers import acyclic, layers, order
from mkb21sem.specify.model import Model

DEFAULT = {
    "OMV01": 0, "MKT02": 0, "CUL": 0, "OMG": 0, "MOT": 1, "INTENS": 2, "ERV": 3, "REP": 4, "TOE_M": 4,
}  # fmt: skip


def crossings(graph, ordered, depth):
    """Crossings of arrows between neighbouring layers, counted one by one."""
    place = {node: i for layer in ordered for i, node in enumerate(layer)}
    return sum(
        depth[a] == depth[c] and depth[b] == depth[d] and (place[a] - place[c]) * (place[b] - place[d]) < 0
        for (a, b), (c, d) in combinations(graph.edges, 2)
    )


def test_the_default_model_reads_from_firm_to_future():
    assert layers(Model.read("mkb21").structure) == DEFAULT


@pytest.mark.parametrize("seed", range(20))
def test_every_arrow_of_a_graph_without_loops_points_right(seed):
    graph = nx.DiGraph(edge for edge in nx.gnp_random_graph(10, 0.3, seed, directed=True).edges if edge[0] < edge[1])
    depth = layers(graph)
    assert all(depth[tail] < depth[head] for tail, head in graph.edges)
    assert all(depth[node] == 0 for node in graph if graph.in_degree(node) == 0)
    for node in graph:
        longest = max((depth[p] + 1 for p in graph.predecessors(node)), default=0)
        assert depth[node] == longest


def test_two_variables_that_point_at_each_other_share_a_layer():
    depth = layers(nx.DiGraph([("x", "a"), ("a", "b"), ("b", "a"), ("b", "y")]))
    assert depth == {"x": 0, "a": 1, "b": 1, "y": 2}


def test_a_larger_loop_loses_as_few_arrows_as_can_be():
    ring = nx.DiGraph([("x", "a"), ("a", "b"), ("b", "c"), ("c", "d"), ("d", "a"), ("d", "y")])
    plain, _ = acyclic(ring)
    assert set(ring.edges) - set(plain.edges) == {("d", "a")}
    assert layers(ring) == {"x": 0, "a": 1, "b": 2, "c": 3, "d": 4, "y": 5}


def test_loops_of_any_size_get_layers():
    wheel = nx.DiGraph([(i, (i + 1) % 9) for i in range(9)] + [(0, 4), (7, 2)])
    assert set(layers(wheel)) == set(range(9))
    assert nx.is_directed_acyclic_graph(acyclic(wheel)[0])


def test_the_order_untangles_what_can_be_untangled():
    graph = nx.DiGraph()
    graph.add_nodes_from(["a", "b", "c", "C", "A", "B"])
    graph.add_edges_from([("a", "A"), ("b", "B"), ("c", "C")])
    depth = layers(graph)
    assert crossings(graph, order(graph, depth), depth) == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_small_pair_of_layers_is_ordered_optimally(seed):
    rng = np.random.default_rng(seed)
    graph = nx.DiGraph((f"t{i}", f"h{j}") for i in range(4) for j in range(4) if rng.random() < 0.5 or i == j)
    depth = layers(graph)
    found = crossings(graph, order(graph, depth), depth)
    tails, heads = [f"t{i}" for i in range(4)], [f"h{i}" for i in range(4)]
    best = min(crossings(graph, [one, other], depth) for one in permutations(tails) for other in permutations(heads))
    assert found == best


def test_the_order_is_the_same_each_time_and_holds_every_node_once():
    graph = Model.read("mkb21").structure
    first = order(graph, layers(graph))
    assert first == order(graph, layers(graph))
    assert sorted(node for layer in first for node in layer) == sorted(graph)
