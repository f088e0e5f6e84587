"""Contractions: which node stands for Σ a b over some labels."""

from .graph import Graph, Labels


def contract(graph: Graph, a: int, b: int, a_labels: Labels, b_labels: Labels, output: Labels) -> int:
    """Σ a b over the labels that are not in ``output``; labels of an operand are distinct.

    A label whose axis has size 1 in one operand only is dropped there; one that occurs in a single
    operand and not in the output is summed first; transposes are absorbed into the labels.
    """
    a_labels = a_labels if graph.shape(a) else ()
    b_labels = b_labels if graph.shape(b) else ()
    a, a_labels = _absorb(graph, a, a_labels)
    b, b_labels = _absorb(graph, b, b_labels)
    a, a_labels = _squeeze(graph, a, a_labels, b, b_labels)
    b, b_labels = _squeeze(graph, b, b_labels, a, a_labels)
    a, a_labels = _presum(graph, a, a_labels, {*b_labels, *output})
    b, b_labels = _presum(graph, b, b_labels, {*a_labels, *output})
    sizes = dict(zip(a_labels, graph.shape(a), strict=True))
    sizes |= dict(zip(b_labels, graph.shape(b), strict=True))
    if not (set(a_labels) & set(b_labels)) - set(output):
        return graph.binary(
            "multiply", _spread(graph, a, a_labels, output), _spread(graph, b, b_labels, output)
        )
    shape = tuple(sizes[label] for label in output)
    number = {label: k for k, label in enumerate(dict.fromkeys((*a_labels, *b_labels)))}
    extra = tuple(tuple(number[label] for label in labels) for labels in (a_labels, b_labels, output))
    return graph.add("contract", (a, b), shape, extra)


def _absorb(graph: Graph, x: int, labels: Labels) -> tuple[int, Labels]:
    node = graph.nodes[x]
    if node.op != "permute":
        return x, labels
    place = {axis: label for axis, label in zip(node.extra, labels, strict=True)}
    return node.args[0], tuple(place[axis] for axis in range(len(labels)))


def _squeeze(graph: Graph, x: int, labels: Labels, other: int, other_labels: Labels) -> tuple[int, Labels]:
    """Drop the axes that the other operand has too, and that are 1 here or a mere repetition."""
    node = graph.nodes[x]
    sizes = dict(zip(other_labels, graph.shape(other), strict=True))
    if node.op == "broadcast":
        inner = graph.shape(node.args[0])
        keep = [k for k, label in enumerate(labels) if inner[k] != 1 or label not in sizes]
        if len(keep) < len(labels):
            thin = graph.reshape(node.args[0], tuple(inner[k] for k in keep))
            x = graph.broadcast(thin, tuple(node.shape[k] for k in keep))
            labels = tuple(labels[k] for k in keep)
            node = graph.nodes[x]
    drop = [k for k, label in enumerate(labels) if node.shape[k] == 1 and label in sizes]
    kept = [k for k in range(len(labels)) if k not in drop]
    return graph.reshape(x, tuple(node.shape[k] for k in kept)), tuple(labels[k] for k in kept)


def _presum(graph: Graph, x: int, labels: Labels, needed: set[int]) -> tuple[int, Labels]:
    gone = [k for k, label in enumerate(labels) if label not in needed]
    return graph.sum(x, gone), tuple(label for label in labels if label in needed)


def _spread(graph: Graph, x: int, labels: Labels, output: Labels) -> int:
    """An operand with the axes of the output, in their order, of size 1 where it has none."""
    if not labels and graph.value(x) is not None:
        return x
    present = [label for label in output if label in labels]
    x = graph.permute(x, tuple(labels.index(label) for label in present))
    sizes = dict(zip(present, graph.shape(x), strict=True))
    return graph.reshape(x, tuple(sizes.get(label, 1) for label in output))
