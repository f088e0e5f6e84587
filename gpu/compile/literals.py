"""What a program is written with that no input gives; and what has no program."""

from fractions import Fraction

from equivalences.language.term import Apply, Expectation, Integral

PI = Fraction("3.14159265358979323846264338327950288419716939937510582097")
"""π to 56 decimals, which is nearer to it than any bound here is to its next float."""

UNBOUNDED = {
    Expectation: "a mean: floating-point quadrature has no derived bound here",
    Integral: "an integral: floating-point quadrature has no derived bound here",
    Apply: "the error function, which the Array API lacks",
}
"""What has no batched form, in words."""
