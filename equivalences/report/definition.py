"""What a formula mentions by name, and which subterms deserve a name."""

from collections import Counter
from dataclasses import dataclass

from equivalences.language.term import Bound, Term, binders, children, walk

from .fragment import Fragment


@dataclass(frozen=True)
class Definition:
    """Equations ``name = formula``, and for which indices they hold."""

    equations: tuple[tuple[str, Fragment], ...]
    condition: str = ""


def shared_nodes(root: Term) -> set[int]:
    """The inner nodes with several parents, bound variables of binders above them excepted."""
    nodes = list(walk(root))
    parents: Counter[int] = Counter()
    for node in nodes:
        parents.update({id(child) for child in children(node)})
    free = free_variables(root)
    return {id(n) for n in nodes if parents[id(n)] > 1 and children(n) and not free[id(n)]}


def free_variables(root: Term) -> dict[int, frozenset[int]]:
    """For each node, the bound variables whose binder lies above it."""
    free: dict[int, frozenset[int]] = {}
    for node in reversed(_parents_first(root)):
        below = frozenset().union(*(free[id(child)] for child in children(node)))
        own = frozenset((id(node),)) if isinstance(node, Bound) else frozenset()
        free[id(node)] = (below | own) - {id(variable) for variable in binders(node)}
    return free


def _parents_first(root: Term) -> list[Term]:
    """The nodes in an order in which each comes before all that lies below it."""
    done: list[Term] = []
    seen: set[int] = set()
    todo: list[tuple[Term, bool]] = [(root, False)]
    while todo:
        node, finished = todo.pop()
        if finished:
            done.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            todo.append((node, True))
            todo.extend((child, False) for child in children(node))
    return done[::-1]
