"""Decide whether a claimed identity of attention-as-optimisation theory is true.

A claim is stated once, as two array functions and a domain; see ``Claim``. Everything that a claim's file
needs is imported from here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import _siblings as _siblings

if TYPE_CHECKING:
    from .language.arguments import FeatureMap as FeatureMap
    from .language.arguments import Function as Function
    from .language.arguments import ScalarFunction as ScalarFunction
    from .language.array import Array as Array
    from .language.array import ClaimError as ClaimError
    from .language.array import ShapeError as ShapeError
    from .language.calculus import gradient as gradient
    from .language.calculus import jacobian as jacobian
    from .language.calculus import stop_gradient as stop_gradient
    from .language.claim import Claim as Claim
    from .language.claim import Equation as Equation
    from .language.claim import Limit as Limit
    from .language.claim import Minimum as Minimum
    from .language.claim import Mutant as Mutant
    from .language.claim import Source as Source
    from .language.domain import Domain as Domain
    from .language.domain import activation as activation
    from .language.domain import feature_map as feature_map
    from .language.domain import index as index
    from .language.domain import mask as mask
    from .language.domain import positive as positive
    from .language.domain import positive_definite as positive_definite
    from .language.domain import real as real
    from .language.domain import symmetric as symmetric
    from .language.domain import unknown as unknown
    from .language.erratum import Erratum as Erratum
    from .language.evidence import Verdict as Verdict
    from .language.integration import expectation as expectation
    from .language.integration import integral as integral
    from .language.integration import normal as normal
    from .language.integration import signs as signs
    from .language.ops import append as append
    from .language.ops import block as block
    from .language.ops import causal as causal
    from .language.ops import concat as concat
    from .language.ops import cos as cos
    from .language.ops import cumsum as cumsum
    from .language.ops import dot as dot
    from .language.ops import einsum as einsum
    from .language.ops import erf as erf
    from .language.ops import exp as exp
    from .language.ops import identity as identity
    from .language.ops import inverse as inverse
    from .language.ops import log as log
    from .language.ops import logsumexp as logsumexp
    from .language.ops import ones as ones
    from .language.ops import outer as outer
    from .language.ops import pi as pi
    from .language.ops import relu as relu
    from .language.ops import shift as shift
    from .language.ops import sigmoid as sigmoid
    from .language.ops import sin as sin
    from .language.ops import size as size
    from .language.ops import softmax as softmax
    from .language.ops import softplus as softplus
    from .language.ops import solve as solve
    from .language.ops import sqrt as sqrt
    from .language.ops import tanh as tanh
    from .language.ops import trace as trace
    from .language.ops import transpose as transpose
    from .language.ops import zeros as zeros
    from .language.recurrence import each as each
    from .language.recurrence import scan as scan

__version__ = "0.1.0"

HOMES = {
    "language.arguments": "FeatureMap Function ScalarFunction",
    "language.array": "Array ClaimError ShapeError",
    "language.calculus": "gradient jacobian stop_gradient",
    "language.claim": "Claim Equation Limit Minimum Mutant Source",
    "language.domain": (
        "Domain activation feature_map index mask positive positive_definite real symmetric unknown"
    ),
    "language.erratum": "Erratum",
    "language.evidence": "Verdict",
    "language.integration": "expectation integral normal signs",
    "language.ops": (
        "append block causal concat cos cumsum dot einsum erf exp identity inverse log logsumexp "
        "ones outer pi relu shift sigmoid sin size softmax softplus solve sqrt tanh trace transpose "
        "zeros"
    ),
    "language.recurrence": "each scan",
}
"""Which module each name is from: it is imported when it is first asked for, so that a start costs nothing."""
_HOME_OF = {name: module for module, names in HOMES.items() for name in names.split()}
__all__ = ["__version__", *_HOME_OF]


def __getattr__(name: str) -> Any:
    """A name of the language, from the module that it is from."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
