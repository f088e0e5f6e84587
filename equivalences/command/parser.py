"""The arguments. What a command does is imported only when it is run."""

import argparse
import importlib
import math
import os
import re
from collections.abc import Sequence
from typing import NoReturn

import equivalences
from equivalences.language.claim import CHECKERS
from equivalences.verification.budget import BUDGETS

from .status import UsageError, suggestion

DEVICES = ("auto", "numpy", "torch", "torch:cuda", "cupy", "strict")
SELECTORS = "all, ids, families, 'glob*' patterns of ids, or files"
EXITS = """exit status:
  0    every selected claim is verified (an expected refutation is one)
  1    a claim was refuted, or proved against what it expects, or a mutant survived
  2    nothing ran: wrong usage, an unknown id, or nothing that was named can be read
  3    something is not settled: undecided, in error, vacuous
  4    a bug in equivalences itself
  130  stopped by Ctrl-C; what was finished is reported
"""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a command, and in ``run`` the function that performs it.

    Raises:
        UsageError: the arguments make no sense; the text suggests what is close.
        SystemExit: after ``--help`` and ``--version``.
    """
    parser = _parser()
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        known = {option for sub in _commands(parser).values() for option in sub._option_string_actions}
        hint = suggestion(unknown[0].partition("=")[0], known)
        raise UsageError(f"unrecognised argument {unknown[0]!r}.{hint}")
    return options


class Parser(argparse.ArgumentParser):
    """One that raises ``UsageError`` and suggests what is close to an invalid choice."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of exiting."""
        choice = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        hint = suggestion(choice[1], re.split(r",\s*", choice[2].replace("'", ""))) if choice else ""
        raise UsageError(f"{message}.{hint}  (see {self.prog} --help)")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="equivalences",
        description="Decide whether claimed identities of attention-as-optimisation theory are true.",
        epilog=EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"equivalences {equivalences.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    verify = _command(commands, "verify", "verification", "prove, certify, stress and try to break claims")
    verify.add_argument("selectors", nargs="+", metavar="WHAT", help=SELECTORS)
    verify.add_argument("--check", action="append", choices=CHECKERS, help="only this checker (repeatable)")
    verify.add_argument("--budget", choices=tuple(BUDGETS), default="standard", help=_budgets())
    verify.add_argument(
        "--instances", type=_positive, metavar="N", help="stress instances a claim (default: the budget's)"
    )
    verify.add_argument(
        "--digits", type=_positive, metavar="N", help="decimal digits to certify (default: the budget's)"
    )
    verify.add_argument(
        "--device",
        choices=DEVICES,
        default="auto",
        help="where the stress check runs (default auto: a GPU where there is one, else the CPU)",
    )
    _add_common(verify)

    listing = _command(commands, "list", "listing", "name the claims there are")
    listing.add_argument("selectors", nargs="*", metavar="WHAT", help=f"{SELECTORS} (default: all)")
    listing.add_argument("--output-format", choices=("text", "json"), default="text")

    show = _command(commands, "show", "showing", "say what a claim states")
    show.add_argument("selectors", nargs=1, metavar="ID", help="an id, or a file")
    show.add_argument("--latex", action="store_true", help="the statement and its derivation in LaTeX")
    show.add_argument(
        "--report-dir", default="reports", metavar="DIR", help="where results were saved (default reports)"
    )

    new = _command(commands, "new", "starting", "write a claim of your own that runs as it is")
    new.add_argument("name", metavar="NAME", help="its id: lower-case words joined by hyphens")

    replay = _command(
        commands, "replay", "replaying", "check saved certificates and witnesses again, without search"
    )
    replay.add_argument("selectors", nargs="+", metavar="WHAT", help=SELECTORS)
    _add_common(replay)

    _command(commands, "doctor", "diagnosis", "say what is installed and which devices are there")
    return parser


def _command(
    commands: "argparse._SubParsersAction[Parser]", name: str, module: str, purpose: str
) -> argparse.ArgumentParser:
    def run(options: argparse.Namespace) -> int:
        return int(importlib.import_module(f".{module}", __package__).run(options))

    parser = commands.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
    parser.set_defaults(run=run)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of every random choice (default 0)")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="(default text)")
    parser.add_argument(
        "--report-dir", default="reports", metavar="DIR", help="where pages and data are (default reports)"
    )
    parser.add_argument(
        "-j",
        "--jobs",
        type=_positive,
        default=processors(),
        metavar="N",
        help="worker processes (default: one a processor, here %(default)s)",
    )
    default = f"the budget's, {BUDGETS['standard'].seconds:g} as a rule"
    parser.add_argument(
        "--timeout", type=_duration, metavar="SECONDS", help=f"for one check of one claim (default: {default})"
    )


def _budgets() -> str:
    rows = [f"{n}: {i:,} instances, {d} digits, {t:g} s a check" for n, (i, d, t) in BUDGETS.items()]
    return f"{'; '.join(rows)} (default %(default)s)"


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    (action,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    return dict(action.choices)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return number


def _duration(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return number


def processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0))
