"""A proof as numbered steps in LaTeX, with every formula read back; and its goals, one after the other."""

from collections.abc import Iterator, Mapping, Sequence

from equivalences.language.comparison import Comparison
from equivalences.language.symbols import symbol
from equivalences.language.term import Gradient, digest, walk

from .display.notation import Legend, legend_of
from .display.printing import free_of, matrix_latex, read_matrix, sum_latex
from .domain import Domain, Rule, domain_of, rule_network
from .goals import Goal, Statement, cases
from .lowering.lower import Lowering
from .lowering.places import Condition, UnreadableError
from .moves import Alike, Cancel, Clear, Cofactor, Cut, Merge, Proof
from .networks import atoms
from .networks.network import Index, Network

LONGEST = 900
"""Characters of a formula that is shown; a longer one is described."""

LARGEST = 120
"""Factors of a network that is written out at all."""

GRADIENTS = 4


def derivation(
    comparison: Comparison, statement: Statement, proofs: Mapping[str, Proof]
) -> list[dict[str, str]]:
    """The steps of a proof: what was derived, what was used, what is left."""
    steps = [dict(step) for step in dict.fromkeys(tuple(step.items()) for step in gradients(comparison))]
    for goal in statement.goals:
        steps += goal_steps(goal, proofs[goal.name], "" if goal.name == "identity" else f"{goal.name}: ")
    return steps


def gradients(comparison: Comparison) -> Iterator[dict[str, str]]:
    """The derivatives that stand under no binder."""
    found = {digest(t): t for t in walk(comparison.lhs, comparison.rhs) if isinstance(t, Gradient)}
    lowering = Lowering(comparison.given)
    shown = 0
    for term in found.values():
        if shown == GRADIENTS or lowering.free_variables(term):
            continue
        try:
            _, at, positions = next(cases(lowering, comparison, term.axes, ""))
            network = Lowering(comparison.given, positions=positions).lower(term, at)
        except UnreadableError:
            continue
        shown += 1
        yield {
            "latex": f"\\nabla_{{{symbol(term.variable.hint)}}} = {formula(network, legend_of([network]))}",
            "reason": f"the derivative by {term.variable.hint}, derived entry by entry",
        }


def goal_steps(goal: Goal, proof: Proof, prefix: str) -> Iterator[dict[str, str]]:
    """The steps of one goal."""
    domain = domain_of(goal)
    networks = {rule: rule_network(rule, goal, domain) for rule in rules_used(proof)}
    legend = legend_of([goal.left, goal.right, *networks.values()])

    def step(latex: str, reason: str) -> dict[str, str]:
        return {"latex": latex, "reason": prefix + reason}

    left, right = formulas([goal.left, goal.right], legend)
    if goal.left == goal.right:
        yield step(left, "both sides are this, at all sizes")
        return
    yield step(left, "the left side")
    yield step(right, "the right side")
    for rule, network in networks.items():
        yield step(rule_formula(rule, network, domain, legend), REASONS[rule.axiom])
    for move in scalings(proof):
        yield step(scaling(move, domain), "multiply by what the sides divide by")
    if any(isinstance(part.cut, Merge | Alike) for part in parts_of(proof)):
        yield step("f(a) = f(b) \\text{ where } a - b = 0", "equal arguments are shown to be equal")
    for place in cuts(proof, domain):
        yield step(formula(place, legend_of([place])), "compare the coefficients of every entry of this array")
    count = proof.steps()
    reason = f"the difference vanishes, after {count} such {'step' if count == 1 else 'steps'}"
    yield step("\\text{left side} - \\text{right side} = 0", reason if count else "the difference vanishes")


REASONS = {
    "hypothesis": "by hypothesis",
    "denominator": "a denominator cancels",
    "inverse left": "an inverse cancels from the left",
    "inverse right": "an inverse cancels from the right",
}


def rule_formula(rule: Rule, network: Network, domain: Domain, legend: Legend) -> str:
    """A rule as an equation; that of an inverse in its factors, if it reads back."""
    if rule.axiom.startswith("inverse"):
        head = domain.heads[rule.key]
        assert head.argument is not None
        matrix = matrix_latex(head.argument, legend)
        if matrix is not None:
            whole = f"\\left({matrix}\\right)"
            pair = (f"{whole}^{{-1}}", whole)
            product = " ".join(pair if rule.axiom == "inverse left" else pair[::-1])
            one = f"I_{{{legend.sizes[head.sorts[0]]}}}"
            free = free_of(network)
            if read_matrix(product, legend, free) - read_matrix(one, legend, free) == network:
                return f"{product} = {one}"
    return equation(network, legend)


def rules_used(proof: Proof) -> Iterator[Rule]:
    """The rules of a proof, each once, in order."""
    found = [move.rule for part in parts_of(proof) for move in part.moves if isinstance(move, Cofactor)]
    yield from dict.fromkeys(found)


def scalings(proof: Proof) -> Iterator[Clear | Cancel]:
    """The multiplications by denominators and matrices."""
    found = [move for part in parts_of(proof) for move in part.moves if isinstance(move, Clear | Cancel)]
    yield from dict.fromkeys(found)


def cuts(proof: Proof, domain: Domain) -> Iterator[Network]:
    """Entries of the arrays by whose entries coefficients are compared."""
    for part in parts_of(proof):
        if isinstance(part.cut, Cut):
            indices = tuple(Index(i.sort, i.name) for i in part.cut.indices)
            yield atoms.single((domain.heads[part.cut.key], indices))


def parts_of(proof: Proof) -> Iterator[Proof]:
    """A proof and all proofs inside it."""
    yield proof
    for part in proof.parts:
        yield from parts_of(part)


def scaling(move: Clear | Cancel, domain: Domain) -> str:
    """What a goal is multiplied by."""
    match move:
        case Clear(key, indices, exponent):
            network: Network | None = atoms.power(atoms.single((domain.heads[key], indices)), exponent)
        case Cancel(key, _, _):
            head = domain.heads[key]
            network = head.argument
    assert network is not None
    return formula(network, legend_of([network]))


def equation(network: Network, legend: Legend) -> str:
    """What is 0, as an equation between its positive and its negative terms."""
    positive = Network({m: c for m, c in network.terms.items() if c > 0})
    negative = Network({m: -c for m, c in network.terms.items() if c < 0})
    return " = ".join(formulas([positive, negative], legend))


def conditions(statement: Statement) -> list[str]:
    """What has to hold for the sides to be defined."""
    return list(dict.fromkeys(condition(c) for c in statement.conditions))


def condition(what: Condition) -> str:
    """One condition, as a formula."""
    text = formula(what.network, legend_of([what.network]))
    match what.kind:
        case "nonzero":
            return f"{text} \\ne 0"
        case "positive":
            return f"{text} > 0"
        case "nonnegative":
            return f"{text} \\ge 0"
    return f"{text} \\text{{ is invertible}}"


def hypotheses(statement: Statement) -> list[str]:
    """What the goals may use, as formulas."""
    rules = dict.fromkeys(rule for goal in statement.goals for rule in goal.rules.values())
    return list(dict.fromkeys(equation(rule, legend_of([rule])) for rule in rules))


def formula(network: Network, legend: Legend) -> str:
    """A formula that was read back; where it would be too long, how long it is."""
    return formulas([network], legend)[0]


def formulas(networks: Sequence[Network], legend: Legend) -> list[str]:
    """Formulas in one notation: matrices if all have a matrix form of one type, else named indices."""
    local = legend.for_indices(networks)
    if all(weight(n) <= LARGEST for n in networks):
        types = {free_of(n) for n in networks if n}
        matrices = [matrix_latex(n, local) for n in networks] if len(types) < 2 else [None]
        texts = [t for t in matrices if t is not None]
        if len(texts) < len(networks):
            sums = [sum_latex(n, local) for n in networks]
            texts = [t for t in sums if t is not None]
        if len(texts) == len(networks) and all(len(t) <= LONGEST for t in texts):
            return texts
    return [described(n) for n in networks]


def described(network: Network) -> str:
    """How long a formula would be."""
    count = len(network)
    return f"\\text{{(a sum of {count} {'product' if count == 1 else 'products'}, too long to show)}}"


def weight(network: Network) -> int:
    """The number of factors, those of arguments included."""
    return sum(
        1 + (weight(head.argument) if head.argument is not None else 0)
        for monomial in network.terms
        for head, _, _ in monomial
    )
