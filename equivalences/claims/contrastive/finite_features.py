"""Features of finite length, exact at given points, for any kernel; and one step on any loss.

A kernel such as exp⟨x, y⟩ has features of infinite length. At finitely many points it has exact ones of finite
length: the kernel's values at the points, solved by their Gram matrix. And one step on whatever differentiable
loss of the predictions adds kernel attention over its error signals.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    FeatureMap,
    Function,
    Mutant,
    Source,
    dot,
    exp,
    feature_map,
    gradient,
    index,
    inverse,
    real,
    unknown,
)

POINTS: dict[str, Domain] = {"points": real("n d"), "x": real("d"), "t": index("n")}
GIVEN: dict[str, Domain] = {
    "W0": real("v f"),
    "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
    "keys": real("n d"),
    "query": real("d"),
    "eta": real(),
    "ell": unknown("n v -> "),
}


def kernel_row(x: Array, points: Array) -> Array:
    """The kernel of a point with all points.  [d], [n d] -> [n]"""
    return exp(points @ x)


def gram(points: Array) -> Array:
    """The kernel of all points with each other.  [n d] -> [n n]"""
    return exp(points @ points.T)


def reconstructed(x: Array, points: Array, t: Array) -> Array:
    """The inner product of the finite features of x and of a point.  [d], [n d], index -> []"""
    return dot(kernel_row(x, points), inverse(gram(points)) @ kernel_row(points[t], points))


finite = Claim(
    "finite-features-reproduce-the-kernel-at-the-points",
    title="Finitely many features reproduce the kernel of any point with the points they were made from",
    given=POINTS,
    lhs=reconstructed,
    rhs=lambda x, points, t: exp(dot(points[t], x)),
    source=Source("original", "the features of arXiv:2310.13220, made finite at given points"),
    about=(
        "With G the Gram matrix and k(x) the kernel's values, G^(−1/2) k(x) are n features whose inner "
        "products with those of the points are exact. So infinitely many features never stand in the way of "
        "an exact test."
    ),
    stops="Where G is invertible, as for distinct points. Between two new points the kernel is approximated.",
    mutants=(
        Mutant(
            "without the inverse",
            lhs=lambda x, points, t: dot(kernel_row(x, points), kernel_row(points[t], points)),
        ),
        Mutant(
            "both points new",
            given={"y": real("d")},
            lhs=lambda x, points, y: dot(kernel_row(x, points), inverse(gram(points)) @ kernel_row(y, points)),
            rhs=lambda x, y: exp(dot(x, y)),
        ),
        Mutant("a linear kernel", rhs=lambda x, points, t: dot(points[t], x)),
    ),
)


def any_loss(W: Array, phi: FeatureMap, keys: Array, ell: Function) -> Array:
    """An unknown function of all predictions.  [v f], φ, [n d], ℓ -> []"""
    return ell(phi(keys) @ W.T)


def errors(W0: Array, phi: FeatureMap, keys: Array, ell: Function) -> Array:
    """Minus the derivative of the loss by each prediction.  … -> [n v]"""
    return -gradient(lambda predictions: ell(predictions))(phi(keys) @ W0.T)


any_step = Claim(
    "gradient-step-on-any-loss-eq-kernel-attention-over-errors",
    title="One step on any differentiable loss adds kernel attention over its error signals",
    given=GIVEN,
    lhs=lambda W0, phi, keys, query, eta, ell: (W0 - eta * gradient(any_loss)(W0, phi, keys, ell)) @ phi(query),
    rhs=lambda W0, phi, keys, query, eta, ell: (
        W0 @ phi(query) + eta * (phi(keys) @ phi(query)) @ errors(W0, phi, keys, ell)
    ),
    source=Source("original", "the kernel dual of one gradient step, of which arXiv:2310.13220 uses one case"),
    about=(
        "The weights are the kernel's, the values are minus the derivatives of the loss by the predictions. "
        "Each loss has its own: values for an inner product, residuals for a square, target minus "
        "probability for cross-entropy."
    ),
    stops="For one step from W₀; the error signals are those at W₀.",
    mutants=(
        Mutant(
            "errors of the wrong sign",
            rhs=lambda W0, phi, keys, query, eta, ell: (
                W0 @ phi(query) - eta * (phi(keys) @ phi(query)) @ errors(W0, phi, keys, ell)
            ),
        ),
        Mutant(
            "errors at zero",
            rhs=lambda W0, phi, keys, query, eta, ell: (
                W0 @ phi(query) + eta * (phi(keys) @ phi(query)) @ errors(0 * W0, phi, keys, ell)
            ),
        ),
        Mutant(
            "no initial model",
            rhs=lambda W0, phi, keys, query, eta, ell: (
                eta * (phi(keys) @ phi(query)) @ errors(W0, phi, keys, ell)
            ),
        ),
    ),
)
