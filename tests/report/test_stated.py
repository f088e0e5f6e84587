"""How a page states its claim: conditions first, whole sentences, and no headings without content."""

from dataclasses import replace

from equivalences import Array, Claim, Domain, Equation, index, jacobian, ones, real, size
from equivalences.language.claim import Minimum
from equivalences.language.evidence import Evidence, Options, Verdict
from equivalences.language.tracing import trace
from equivalences.report import describe, page, statement_latex
from equivalences.report.blocks import markdown
from equivalences.report.stated import claim
from equivalences.report.tables import numerics

from .samples import FALSE, GAVE_UP, NUMERIC, VERIFIED


def stated(planted: Claim) -> str:
    return markdown(claim(describe(planted, trace(planted)), []))


def test_hypotheses_come_before_the_statement() -> None:
    text = stated(
        Claim(
            "c",
            title="",
            given={"x": real("d"), "y": real("d")},
            lhs=lambda x, y: x + y,
            rhs=lambda x: 3 * x / 2,
            assume=(Equation(lambda x: x, lambda y: 2 * y),),
            realise={"x": lambda y: 2 * y},
        )
    )
    order = ["Suppose that", "x = 2 y", "Then", "x + y =", "| For all", "For the checks, inputs", "Source:"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_an_independence_is_one_sentence() -> None:
    text = stated(
        Claim(
            "c",
            title="",
            given={"B": real("d"), "x": real("d")},
            lhs=lambda x, B: jacobian(lambda u: B + u)(x),
            independent_of=("B",),
        )
    )
    assert "does not depend on $`B`$, where\n\n```math\nF(u) = " in text
    assert "DF(x) is the derivative of F at x" in text


def test_without_variables_the_sizes_are_named() -> None:
    planted = Claim("c", title="", given={}, lhs=lambda: ones("n m").sum(), rhs=lambda: size("n") * size("m"))
    text = stated(planted)
    assert "| For all" not in text
    assert "for " not in statement_latex(planted)
    assert "It holds for all sizes n, m, which are positive integers." in text


def test_a_colon_is_explained_where_there_is_one() -> None:
    def entry(matrix: Array, i: Array, j: Array) -> Array:
        return matrix[i, j]

    given: dict[str, Domain] = {"matrix": real("n d"), "i": index("n"), "j": index("d")}
    text = stated(Claim("c", title="", given=given, lhs=entry, rhs=lambda matrix, i, j: matrix.T[j, i]))
    assert "A colon" not in text
    column = Claim(
        "c", title="", given=given, lhs=lambda matrix, j: matrix[:, j], rhs=lambda matrix, j: matrix.T[j]
    )
    assert "A colon" in stated(column)


def test_a_word_has_a_wide_hat() -> None:
    minimum = Minimum(loss=lambda guess, x: ((guess - x) ** 2).sum(), gap=lambda h: (h**2).sum())
    text = stated(Claim("c", title="", given={"x": real("d")}, lhs=lambda x: x, minimises=minimum))
    assert "\\widehat{\\mathrm{guess}} &= x" in text


def test_a_goal_that_was_not_proved_is_mathematics() -> None:
    reason = "no proof was found of the goal 'identity', x - x_{2} = 0, which is not a refutation"
    result = replace(FALSE, checks={**FALSE.checks, "symbolic": replace(GAVE_UP, reason=reason)})
    text = markdown(page.blocks(result, {}, Options()))
    assert "| nothing: no proof was found of the goal 'identity', $`x - x_{2} = 0`$, which is not" in text


def of_relation(relation: str) -> str:
    description = {**VERIFIED.description, "relation": relation}
    proved, refuted = replace(VERIFIED, description=description), replace(FALSE, description=description)
    return "".join(markdown(page.blocks(result, {}, Options())) for result in (proved, refuted))


def test_a_bound_fails_where_it_is_exceeded() -> None:
    text = of_relation("bound")
    assert "at which the left side exceeds the right, checked again" in text
    assert "What is proved is an equation" in text
    assert "at which the sides differ" in of_relation("equality")
    assert "What is proved is an equation" not in of_relation("equality")
    assert "at which two values differ" in of_relation("independence")


def lines(relation: str, **detail: object) -> str:
    shown = Evidence(
        checker="numeric",
        verdict=Verdict.CERTIFIED,
        scope="",
        detail={**NUMERIC.detail, "relation": relation, **detail},
    )
    return markdown(numerics(shown))


def test_a_bound_is_not_compared_modulo_primes() -> None:
    exact = {"applicable": False, "reason": "it needs the value of a rectifier"}
    assert "does not apply: residues have no order." in lines("bound", exact=exact)
    assert "does not apply: it needs the value of a rectifier." in lines("equality", exact=exact)


def test_a_climb_says_how_near_it_came() -> None:
    text = lines("bound", climb={"evaluations": 240, "slack": "0.01"})
    assert "at 240 instances, met none; the least relative slack on the way was 0.01." in text


def test_without_sizes_there_is_no_column_of_them() -> None:
    row = {"case": "ones", "sizes": "", "value": "1", "gap": "0", "bits": 192}
    assert "| Case | Left side, first entry | Difference at most | Bits |" in lines("equality", balls=[row])
    assert "| Case | Sizes |" in lines("equality", balls=[{**row, "sizes": "n = 1"}])


def test_the_way_to_a_limit_is_told_in_words() -> None:
    row = {"step": "2^-2", "gap": "0.1", "over": "0.4"}
    limit = {"variable": "lam", "to": "0", "case": "ones", "order": 1, "constant": "0.4", "rows": [row]}
    assert "in the case “ones”, where `lam` is the step:" in lines("limit", limit=limit)
    assert "where `lam` is 1 plus the step:" in lines("limit", limit={**limit, "to": "1"})


def test_blocks_of_the_prover_are_explained() -> None:
    planted = Claim("c", title="", given={"x": real("d")}, lhs=lambda x: x + 0, rhs=lambda x: x)
    description = describe(planted, trace(planted))
    cut = markdown(
        claim(description, ["X X^{\\top} + X^{1} \\left(X^{1}\\right)^{\\top} \\text{ is invertible}"])
    )
    assert "is cut into blocks here" in cut
    assert "blocks" not in markdown(claim(description, ["\\int_{0}^{1} x^{2} \\ne 0"]))
