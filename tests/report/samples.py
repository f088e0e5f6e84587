"""Results of planted claims, made without any checker."""

from dataclasses import replace
from fractions import Fraction

from equivalences import (
    Array,
    Claim,
    FeatureMap,
    Source,
    dot,
    exp,
    feature_map,
    gradient,
    positive,
    real,
    softmax,
)
from equivalences.language.evidence import Evidence, Instance, Verdict, Witness
from equivalences.language.tracing import trace
from equivalences.report import describe
from equivalences.verification import ClaimResult, Failure, MutantResult, Outcome

HOSTILE = "a|b <script>alert(1)</script> `code` $x$ _u_ [l](javascript:x) \x1b[31m\u202e &amp; ```"


def loss(W: Array, phi: FeatureMap, keys: Array, values: Array, query: Array, eta: Array) -> Array:
    return -dot(values, phi(keys) @ W.T) / (eta * exp(keys @ query).sum())


CLAIM = Claim(
    "softmax-is-a-step",
    title="Softmax attention is one gradient-descent step",
    given={
        "W0": real("v f"),
        "phi": feature_map("d -> f", kernel=lambda x, y: exp(dot(x, y))),
        "keys": real("n d"),
        "values": real("n v"),
        "query": real("d"),
        "eta": positive(),
    },
    lhs=lambda W0, phi, keys, values, query: W0 @ phi(query) + softmax(keys @ query) @ values,
    rhs=lambda W0, phi, keys, values, query, eta: (
        (W0 - eta * gradient(loss)(W0, phi, keys, values, query, eta)) @ phi(query)
    ),
    source=Source("arXiv:2310.13220", "the main equivalence"),
    about="Keys are training inputs.",
    stops="With the true cosine loss it is false.",
)
WITNESS = Witness(
    instance=Instance({"n": 2, "d": 1}, {"keys": (Fraction(1, 2), Fraction(0)), "query": (Fraction(1),)}),
    entry=(0,),
    lhs="3/4",
    rhs="0",
    difference="3/4",
    arithmetic="exact arithmetic over the rationals",
    functions={"phi": "vectors with the kernel's inner products"},
)
SYMBOLIC = Evidence(
    checker="symbolic",
    verdict=Verdict.PROVED,
    scope="all sizes",
    detail={
        "derivation": [
            {"latex": "W_0 - \\eta \\nabla L", "reason": "the right side"},
            {"latex": "W_1", "reason": ""},
        ],
        "conditions": ["\\sum_{i=1}^{n} x_i \\ne 0"],
        "hypotheses": [],
        "induction": {"axis": "n", "goals": [{"name": "base", "steps": 1}, {"name": "step", "steps": 2}]},
        "steps": 2,
        "second_opinion": {"sizes": {"n": 2, "d": 2}, "verdict": "agrees"},
    },
    certificate={"steps": [{"rule": "kernel"}], "format": 1},
)
NUMERIC = Evidence(
    checker="numeric",
    verdict=Verdict.CERTIFIED,
    scope="balls to 50 digits at 1 instance",
    detail={
        "exact": {
            "applicable": True,
            "reason": "",
            "primes": ["97"],
            "instances": 4,
            "sizes": ["n = 2, d = 2"],
            "false_pass": "≤ 2^-50",
        },
        "rational": {"applicable": False, "instances": 0, "reason": "it has a feature map"},
        "balls": [
            {"case": "ones", "sizes": "n = 2, d = 2", "value": "[1.5 ± 1e-50]", "gap": "1e-50", "bits": 192}
        ],
        "digits": 50,
    },
)
STRESS = Evidence(
    checker="gpu",
    verdict=Verdict.STRESSED,
    scope="1000 instances of 1 family, float64",
    detail={
        "backend": "numpy",
        "device": "the CPU",
        "lane": "bounded",
        "model": ["sums in any order"],
        "gpu": "not run: torch is not installed",
        "rows": [
            {
                "family": "gauss",
                "dtype": "float64",
                "sizes": ["n=2, d=2", "n=8, d=8"],
                "instances": 1000,
                "undecided": 0,
                "worst": "0.07",
                "error": "4.4e-16",
                "replay": "gauss, n=2, d=2, float64, seed 0, instance 11",
            }
        ],
        "controls": [{"title": "operands rounded as in TF32", "tripped": True}],
    },
)
MUTANTS = (
    MutantResult(title="a step up | the loss", automatic=False, outcome="killed", witness=WITNESS),
    MutantResult(title="sign in rhs", automatic=True, outcome="killed", witness=WITNESS),
    MutantResult(title="a factor of 1", automatic=True, outcome="equal"),
)
VERIFIED = ClaimResult(
    id=CLAIM.id,
    family="contrastive",
    title=CLAIM.title,
    path="equivalences/claims/contrastive/softmax.py",
    line=12,
    outcome=Outcome.VERIFIED,
    required=("symbolic", "numeric", "gpu"),
    checks={"symbolic": SYMBOLIC, "numeric": NUMERIC, "gpu": STRESS},
    mutants=MUTANTS,
    axes={"keys": ("n", "d"), "query": ("d",)},
    description=describe(CLAIM, trace(CLAIM)),
    seconds=1.5,
)
REFUTATION = Evidence(checker="numeric", verdict=Verdict.REFUTED, scope="one instance", witness=WITNESS)
GAVE_UP = Evidence(checker="symbolic", verdict=Verdict.UNDECIDED, scope="all sizes", reason="3 terms are left")
FALSE = replace(
    VERIFIED,
    id="softmax-is-two-steps",
    title="Softmax attention is two steps",
    expected=Verdict.REFUTED,
    repair=CLAIM.id,
    checks={"symbolic": GAVE_UP, "numeric": REFUTATION},
    mutants=(),
    witness=WITNESS,
)
REFUTED = replace(
    FALSE,
    id="my-claim",
    family="user",
    path="/home/someone/secret/claim_mine.py",
    expected=None,
    repair=None,
    outcome=Outcome.REFUTED,
    reasons=("the sides differ at the witness",),
)
TIMED_OUT = replace(
    VERIFIED,
    id="slow-claim",
    family="mesa",
    outcome=Outcome.UNDECIDED,
    reasons=("symbolic: stopped after 60 s",),
    required=("symbolic", "numeric"),
    waived={"gpu": "no floats can hold it"},
    checks={
        "symbolic": Failure(kind="timeout", message="stopped after 60 s", traceback="File /x/y.py"),
        "numeric": NUMERIC,
    },
)
HOSTILE_CLAIM = replace(
    VERIFIED,
    id="hostile-claim",
    family="user",
    title=HOSTILE,
    outcome=Outcome.ERROR,
    reasons=(HOSTILE,),
    checks={
        "symbolic": replace(
            SYMBOLIC,
            scope=HOSTILE,
            detail={"derivation": [{"latex": "\\href{javascript:x}{y}", "reason": HOSTILE}]},
        ),
        "numeric": Failure(kind="crash", message=HOSTILE),
    },
    mutants=(MutantResult(title=HOSTILE, automatic=False, outcome="error", message=HOSTILE),),
    description={
        **VERIFIED.description,
        "about": HOSTILE,
        "stops": HOSTILE,
        "source": {"reference": HOSTILE, "place": HOSTILE},
        "notes": [HOSTILE],
        "given": [{"name": HOSTILE, "latex": "x", "lives": "\\operatorname{x}|y|", "type": HOSTILE}],
    },
)
UNREADABLE = ClaimResult(
    id="broken-claim",
    family="user",
    title="Nobody knows",
    path="claim_broken.py",
    line=3,
    outcome=Outcome.UNREADABLE,
    reasons=("keys[n d] @ W[v d]: contracts axis d with axis v",),
)
ALL = (VERIFIED, FALSE, REFUTED, TIMED_OUT, HOSTILE_CLAIM, UNREADABLE)
