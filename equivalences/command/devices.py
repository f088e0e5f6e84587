"""Which devices the stress check can use, asked in a process apart.

A broken driver may crash, or never answer.
"""

import json
import subprocess
import sys

from .status import UsageError
from .terminal import clean

SURVEY = "import json; from equivalences.gpu import survey; print(json.dumps(survey()))"
PATIENCE = 60
MISSING = "missing: "
ALWAYS = ("auto", "numpy")
"""Devices that every installation has."""


def survey() -> dict[str, str]:
    """Each backend with its title, or with ``missing: `` and why, as its usability probe found it."""
    try:
        done = subprocess.run([sys.executable, "-c", SURVEY], capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return {"any": f"{MISSING}the probe gave no answer within {PATIENCE} s"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        return {"any": f"{MISSING}the probe failed: {clean(last)}"}
    return {name: clean(answer) for name, answer in json.loads(done.stdout).items()}


def require(device: str) -> None:
    """Raise ``UsageError``, with the reason, if a device that was asked for cannot be used."""
    if device in ALWAYS:
        return
    found = survey()
    answer = found.get(device, found.get("any", f"{MISSING}it is unknown"))
    if answer.startswith(MISSING):
        raise UsageError(f"--device {device} cannot be used: {answer.removeprefix(MISSING)}")
