"""Which statement a result is about: a hash by which a changed claim is told from failed evidence."""

import hashlib

from equivalences.language.comparison import Comparison
from equivalences.language.term import digest


def identity(comparison: Comparison) -> str:
    """A hash of all that evidence depends on: the sides, domains, kernels, hypotheses and the invariant.

    Titles, texts and the author's derivation are no part of it.
    """
    invariant = comparison.invariant
    terms = {
        "sides": (comparison.lhs, comparison.rhs),
        "gap": (comparison.bounds.gap,) if comparison.bounds and comparison.bounds.gap else (),
        "variance": (comparison.variance,) if comparison.variance is not None else (),
        "remainder": (comparison.approach.remainder,) if comparison.approach else (),
        "invariant": invariant.values if invariant else (),
        **{f"kernel {name}": (kernel.value,) for name, kernel in comparison.kernels.items()},
        **{f"assumption {k}": pair for k, pair in enumerate(comparison.assumptions)},
        **{f"realised {name}": (term,) for name, term in comparison.realised.items()},
    }
    given = [f"{name}: {domain}" for name, domain in comparison.given.items()]
    parts = [comparison.relation, *given, *(f"{name} {digest(*roots)}" for name, roots in terms.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
