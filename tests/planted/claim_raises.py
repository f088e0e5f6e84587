"""A claim whose side raises."""

from equivalences import Array, Claim, real


def raises(a: Array) -> Array:
    """Nothing.  [] -> []"""
    raise LookupError("write the other side here")


claim = Claim("raises", title="A side that raises", given={"a": real()}, lhs=raises, rhs=lambda a: a)
