"""Only the modules need torch, and they say so."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)


def test_without_torch_the_import_says_what_to_install() -> None:
    done = run("import sys; sys.modules['torch'] = None; import equivalences; import equivalences.modules")
    assert done.returncode != 0
    assert done.stderr.strip().endswith(
        "ImportError: equivalences.modules needs torch: pip install 'equivalences[torch]'"
    )


def test_all_names_are_there() -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    from equivalences import modules

    assert [name for name in modules.__all__ if not hasattr(modules, name)] == []
    undocumented = [name for name in modules.__all__ if not getattr(modules, name).__doc__]
    assert undocumented == []
