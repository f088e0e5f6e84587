"""What a network's form shows of its sign: entries that are positive, matrices that are positive definite."""

from .network import Factor, Index, Monomial, Network, may_be_empty


def is_positive(network: Network) -> bool:
    """Whether every value is positive by the network's form alone."""
    return is_nonnegative(network) and any(is_positive_product(m) for m in network.terms)


def is_nonnegative(network: Network) -> bool:
    """Whether no value is negative by the network's form alone."""
    return all(c > 0 and all(map(is_weight, m)) for m, c in network.terms.items())


def is_positive_product(monomial: Monomial) -> bool:
    """Whether a sum of products is positive: it has terms, and causal factors leave at least the first token.

    A sum over a sort that may be empty has terms where a free index runs over the same sort.
    """
    indices = {i for _, ix, _ in monomial for i in ix}
    inhabited = {i.sort for i in indices if not i.is_dummy}
    if any(i.is_dummy and may_be_empty(i.sort) and i.sort not in inhabited for i in indices):
        return False
    upper = {indices[0] for head, indices, _ in monomial if head.kind == "causal"}
    return all(
        head.positive or (head.kind == "causal" and indices[1].is_dummy and indices[1] not in upper)
        for head, indices, _ in monomial
    )


def is_definite(matrix: Network, row: Index, column: Index) -> bool:
    """Whether a matrix is positive definite by its form alone.

    A sum of Gram matrices Σₛ wₛ a[s, row] a[s, column] with weights wₛ ≥ 0 and of at least one positive
    multiple of the identity or of a matrix that is positive definite itself.
    """
    kinds = [definiteness(m, row, column) if c > 0 else 0 for m, c in matrix.terms.items()]
    return 2 in kinds and 0 not in kinds


def definiteness(monomial: Monomial, row: Index, column: Index) -> int:
    """2 for a visibly positive definite matrix, 1 for a semidefinite one, else 0."""
    rows = [f for f in monomial if row in f[1]]
    columns = [f for f in monomial if column in f[1]]
    rest = [f for f in monomial if f not in rows and f not in columns]
    if not all(is_weight(f) for f in rest):
        return 0
    if rows == columns and len(rows) == 1:
        ((head, _, e),) = rows
        plain = e == 1 and (head.kind == "delta" or head.definite)
        return (2 if is_positive_product(tuple(rest)) else 1) if plain else 0
    swapped = [(head, tuple(column if i == row else i for i in indices), e) for head, indices, e in rows]
    twins = sorted(map(order, swapped)) == sorted(map(order, columns))
    return int(twins and not any(column in indices for _, indices, _ in rows))


def is_weight(factor: Factor) -> bool:
    """Whether a factor is nowhere negative."""
    head, _, e = factor
    return head.positive or head.zero_one or head.kind == "size" or (isinstance(e, int) and e % 2 == 0)


def order(factor: Factor) -> tuple[str, tuple[Index, ...], str]:
    """A key to sort factors by."""
    head, indices, e = factor
    return (head.key, indices, str(e))
