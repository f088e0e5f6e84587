"""Von Oswald's construction: one linear self-attention layer takes one gradient step on its tokens.

Tokens are pairs (label, input); the query token carries minus the current prediction in its label slot. With
the printed weight matrices one layer, on the residual stream, turns the query's label slot into minus the
prediction after one gradient step. The published statement needs its two conditions: the prediction is
*minus* the slot, and the query does not attend to itself.
"""

from equivalences import (
    Array,
    Claim,
    Domain,
    Mutant,
    Source,
    Verdict,
    append,
    block,
    concat,
    dot,
    gradient,
    identity,
    real,
    zeros,
)

SOURCE = Source("arXiv:2212.07677", "the weight construction for one gradient step (as in its public code)")
GIVEN: dict[str, Domain] = {
    "W0": real("v d"),
    "inputs": real("n d"),
    "labels": real("n v"),
    "query": real("d"),
    "eta": real(),
}


def squared_loss(W: Array, inputs: Array, labels: Array) -> Array:
    """Half the squared error.  [v d], [n d], [n v] -> []"""
    error = labels - inputs @ W.T
    return dot(error, error) / 2


def gradient_step(W0: Array, inputs: Array, labels: Array, eta: Array) -> Array:
    """The weights after one step.  [v d], [n d], [n v], [] -> [v d]"""
    return W0 - eta * gradient(squared_loss)(W0, inputs, labels)


def demonstrations(inputs: Array, labels: Array) -> Array:
    """Tokens of labels and inputs.  [n d], [n v] -> [n v+d]"""
    return concat(labels, inputs, axis=1)


def query_token(W0: Array, query: Array) -> Array:
    """Minus the prediction, and the input.  [v d], [d] -> [v+d]"""
    return concat(-(W0 @ query), query)


def layer(token: Array, tokens: Array, W0: Array, eta: Array) -> Array:
    """One linear self-attention head with the construction's weights, on a residual stream.

    [v+d], [n v+d], [v d], [] -> [v+d]
    """
    key_query = block([[zeros("v v"), zeros("v d")], [zeros("d v"), identity("d")]])
    value_projection = block([[-eta * identity("v"), eta * W0], [zeros("d v"), zeros("d d")]])
    return token + value_projection @ ((tokens @ (key_query @ token)) @ tokens)


def attended(W0: Array, inputs: Array, labels: Array, query: Array, eta: Array) -> Array:
    """The query token after the layer; the keys are the demonstrations.  … -> [v+d]"""
    return layer(query_token(W0, query), demonstrations(inputs, labels), W0, eta)


def attended_to_itself(W0: Array, inputs: Array, labels: Array, query: Array, eta: Array) -> Array:
    """The query token after a layer in which it attends to itself too.  … -> [v+d]"""
    token = query_token(W0, query)
    return layer(token, append(demonstrations(inputs, labels), token), W0, eta)


def trained(W0: Array, inputs: Array, labels: Array, query: Array, eta: Array) -> Array:
    """The query token of the trained model: minus its prediction, and the input.  … -> [v+d]"""
    return query_token(gradient_step(W0, inputs, labels, eta), query)


def trained_without_sign(W0: Array, inputs: Array, labels: Array, query: Array, eta: Array) -> Array:
    """The trained model's prediction, without the sign, and the input.  … -> [v+d]"""
    return concat(gradient_step(W0, inputs, labels, eta) @ query, query)


def trained_with_query_term(W0: Array, inputs: Array, labels: Array, query: Array, eta: Array) -> Array:
    """The trained query token, plus what the query adds when it attends to itself.  … -> [v+d]"""
    extra = concat(2 * eta * dot(query, query) * (W0 @ query), 0 * query)
    return trained(W0, inputs, labels, query, eta) + extra


construction = Claim(
    "regression-construction-eq-gradient-step",
    title="Von Oswald's construction: one linear self-attention layer is one gradient step",
    given=GIVEN,
    lhs=attended,
    rhs=trained,
    source=SOURCE,
    about="The whole query token: its label slot becomes minus the new prediction, its input stays.",
    stops="Keys are the demonstrations alone, and the prediction is minus the label slot.",
    mutants=(
        Mutant("the query attends to itself", lhs=attended_to_itself),
        Mutant("the slot is the prediction", rhs=trained_without_sign),
        Mutant(
            "a step up the loss",
            rhs=lambda W0, inputs, labels, query, eta: trained(W0, inputs, labels, query, -eta),
        ),
        Mutant(
            "a loss without its half",
            rhs=lambda W0, inputs, labels, query, eta: trained(W0, inputs, labels, query, 2 * eta),
        ),
    ),
)

with_query = Claim(
    "regression-construction-with-query-eq-gradient-step",
    title="Von Oswald's construction is one gradient step when the query attends to itself too",
    given=GIVEN,
    lhs=attended_to_itself,
    rhs=trained,
    source=Source("original", "the construction of arXiv:2212.07677 without its exclusion of the query"),
    about="A transformer layer usually lets every token attend to itself.",
    stops="False unless W₀x = 0: the query adds 2η|x|² W₀x to its own label slot.",
    expected=Verdict.REFUTED,
    repair="regression-construction-with-query-eq-step-plus-term",
)

query_term = Claim(
    "regression-construction-with-query-eq-step-plus-term",
    title="A self-attending query adds 2η|x|² W₀x to von Oswald's construction",
    given=GIVEN,
    lhs=attended_to_itself,
    rhs=trained_with_query_term,
    source=Source("original", "the construction of arXiv:2212.07677 with the query among the keys"),
    about="The query token is a demonstration whose residual is minus twice the prediction.",
    stops="At W₀ = 0 the term vanishes, and the construction is exact with the query included.",
    mutants=(
        Mutant("no extra term", rhs=trained),
        Mutant("the query excluded", lhs=attended),
        Mutant(
            "half the extra term",
            rhs=lambda W0, inputs, labels, query, eta: (
                trained_with_query_term(W0, inputs, labels, query, eta) / 2
                + trained(W0, inputs, labels, query, eta) / 2
            ),
        ),
    ),
)

without_sign = Claim(
    "regression-construction-slot-eq-prediction",
    title="After von Oswald's layer the query's label slot is the prediction",
    given=GIVEN,
    lhs=attended,
    rhs=trained_without_sign,
    source=Source("original", "the construction of arXiv:2212.07677 read without its sign"),
    about="The read-out of the public code multiplies the slot by −1.",
    stops="False: the slot is minus the prediction, from the start and after every step.",
    expected=Verdict.REFUTED,
    repair="regression-construction-eq-gradient-step",
)

with_query_and_sign = Claim(
    "regression-construction-with-query-slot-eq-prediction",
    title="With a self-attending query the label slot is the prediction after one step",
    given=GIVEN,
    lhs=attended_to_itself,
    rhs=trained_without_sign,
    source=Source("original", "the construction of arXiv:2212.07677 without both of its conditions"),
    about="Both conditions dropped at once do not cancel.",
    stops="False already without demonstrations' help: the slot starts at minus the prediction.",
    expected=Verdict.REFUTED,
    repair="regression-construction-with-query-eq-step-plus-term",
)
