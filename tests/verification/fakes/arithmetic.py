"""A stand-in for the checkers' mathematics: scalar polynomials, decided on a grid; and how to misbehave."""

import itertools
import os
import signal
import sys
import time
from fractions import Fraction

from equivalences.language.comparison import Comparison
from equivalences.language.evidence import Instance, Witness
from equivalences.language.term import Apply, Constant, Elementwise, Power, Term, Variable

GRID = [Fraction(x) for x in (0, 1, 2, -1, 3)]


def value(term: Term, point: dict[str, Fraction]) -> Fraction:
    match term:
        case Constant(number):
            return number
        case Variable(name, ()):
            return point[name]
        case Power(base, exponent):
            return value(base, point) ** exponent
        case Apply("negate", argument):
            return -value(argument, point)
        case Elementwise(operation, left, right):
            a, b = value(left, point), value(right, point)
            return {"add": a + b, "subtract": a - b, "multiply": a * b}[operation]
    raise NotImplementedError(type(term).__name__)


def points(comparison: Comparison) -> list[dict[str, Fraction]]:
    names = list(comparison.given)
    return [dict(zip(names, p, strict=True)) for p in itertools.product(GRID, repeat=len(names))]


def difference(comparison: Comparison) -> Witness | None:
    for point in points(comparison):
        left, right = value(comparison.lhs, point), value(comparison.rhs, point)
        if left != right:
            return witness(point, left, right)
    return None


def witness(point: dict[str, Fraction], left: Fraction, right: Fraction) -> Witness:
    return Witness(
        instance=Instance({}, {name: (x,) for name, x in point.items()}),
        entry=(),
        lhs=str(left),
        rhs=str(right),
        difference=str(left - right),
        arithmetic="exact over the rationals",
    )


def misbehave(checker: str, comparison: Comparison) -> None:
    """Do what a variable of the claim says, such as ``crash_numeric``."""
    for name in comparison.given:
        match name.split("_"):
            case ["crash", who] if who == checker:
                os.kill(os.getpid(), signal.SIGSEGV)
            case ["hang", who] if who == checker:
                while True:
                    time.sleep(0.01)
            case ["hugepower", who] if who == checker:
                print(3 ** (7**12))
            case ["raise", who] if who == checker:
                raise ValueError("a planted error")
            case ["exit", who] if who == checker:
                sys.exit(3)
            case ["hardexit", who] if who == checker:
                os._exit(7)
            case ["memory", who] if who == checker:
                bytearray(20 << 30)
            case ["noise", who] if who == checker:
                print("::error::noise on stdout\n" * 10_000)
            case ["orphan", who] if who == checker and os.fork() == 0:
                time.sleep(60)
