"""Terms to LaTeX, evidence to pages and JSON; computes no mathematics.

Three functions are the interface:

``describe(claim, comparison)``
    The statement in LaTeX, the variables, the source and the author's texts, as plain data. The process
    that has imported the claim's file calls it and sends the answer along, in ``ClaimResult.description``
    (``{}`` where the claim could not be read), so that pages need not import the file again.
``write(results, directory, options, whole=True, errata={})``
    The pages, certificates, the errata ledger and ``results.json``.
``statement_latex(claim)``
    The statement and the author's derivation, for ``show ID --latex``.

The layer is above verification. ``describe`` alone is called from below, by name, in the worker: it needs
nothing but the language.
"""

from .description import describe as describe
from .description import statement_latex as statement_latex
from .writing import write as write
