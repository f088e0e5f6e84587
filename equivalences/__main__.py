"""The command: ``python -m equivalences``, or ``equivalences``."""

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main())
