"""Networks as LaTeX that GitHub renders, each formula read back before it is shown."""

from ..networks.algebra import SortError
from ..networks.network import Index, Network
from .cursor import ReadingError
from .matrices import MatrixWriter
from .matrix_reading import MatrixReader
from .notation import Legend, legend_of
from .reading import Reader
from .series import NoMatrixFormError
from .sums import Writer


class DisplayError(ValueError):
    """A formula that does not say what it should."""


def latex(network: Network, legend: Legend | None = None) -> str:
    """A formula for a network: a matrix expression if there is one, else sums over named indices.

    Raises:
        DisplayError: no formula reads back as the network.
    """
    symbols = legend or legend_of([network])
    text = matrix_latex(network, symbols) or sum_latex(network, symbols)
    if text is None:
        raise DisplayError(f"no formula reads back as {network!r}")
    return text


def matrix_latex(network: Network, legend: Legend) -> str | None:
    """A matrix expression that reads back as the network, or None.

    Its rows and columns are the free indices, in the order of their names.
    """
    try:
        text = MatrixWriter(legend).network(network)
        return text if read_matrix(text, legend, free_of(network)) == network else None
    except (NoMatrixFormError, ReadingError, SortError):
        return None


def sum_latex(network: Network, legend: Legend) -> str | None:
    """Sums over named indices that read back as the network, or None."""
    text = Writer(legend).network(network, legend.letters)
    try:
        return text if read(text, legend) == network else None
    except (ReadingError, SortError):
        return None


def free_of(network: Network) -> tuple[Index, ...]:
    """The free indices, by name."""
    return tuple(sorted(network.free, key=lambda i: i.name))


def read(text: str, legend: Legend) -> Network:
    """The network that a formula in index notation says.

    Raises:
        ReadingError: the formula is not of the printed form.
    """
    return Reader(text, legend).whole()


def read_matrix(text: str, legend: Legend, free: tuple[Index, ...]) -> Network:
    """The network that a matrix expression says, its rows and columns being these indices.

    Raises:
        ReadingError: the expression is not of the printed form, or not of this type.
    """
    return MatrixReader(text, legend).whole(free)
