"""The command line: reads arguments, runs, prints, and says by its exit status what was found."""

import sys
import traceback
from collections.abc import Sequence

from equivalences.language.array import ClaimError

from .parser import parse
from .status import Status, UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status, as ``equivalences.command.status`` lists it."""
    try:
        options = parse(sys.argv[1:] if arguments is None else arguments)
        return int(options.run(options))
    except SystemExit:  # --help and --version have printed
        return Status.VERIFIED
    except (UsageError, ClaimError) as error:
        print(f"error: {error}", file=sys.stderr)
        return Status.NOTHING_RAN
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return Status.INTERRUPTED
    except Exception:
        traceback.print_exc()
        print("This is a bug in equivalences itself; please report it with the lines above.", file=sys.stderr)
        return Status.BUG
