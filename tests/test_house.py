"""The conventions that can be tested: layers, docstrings, shape lines, sizes, forbidden names."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("equivalences", "symbolic", "numeric", "gpu")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
CLAIMS, MODULES, GPU = ROOT / "equivalences" / "claims", ROOT / "equivalences" / "modules", ROOT / "gpu"
LONG = 300

# Floors from the ground: a module may import its own floor's folder and what stands lower.
ALLOWED = {
    "language": {"language"},
    "claims": {"face"},
    "symbolic": {"language", "symbolic"},
    "numeric": {"language", "numeric"},
    "gpu": {"language", "gpu"},
    "modules": {"modules"},
    "verification": {"language", "catalogue", "verification"},
    "report": {"language", "verification", "report"},
    "catalogue": {"language", "claims", "catalogue"},
    "command": {"language", "catalogue", "verification", "report", "command", "face"},
    "main": {"command"},
    "testing": {"language", "catalogue", "verification", "command", "testing"},
    "pytest_plugin": {"language", "catalogue", "verification", "command", "testing"},
    "face": {"language", "siblings"},
    "siblings": set(),
}


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts if parts[0] == "equivalences" else ("equivalences", *parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor(module: str) -> str:
    parts = module.split(".")
    if len(parts) == 1:
        return "face"
    return {"__main__": "main", "_siblings": "siblings", "py": "face"}.get(parts[1], parts[1])


def imports(path: Path) -> Iterator[str]:
    """The modules of this package that a file imports, in functions too."""
    package = dotted(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] == "equivalences")
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            if name.split(".")[0] != "equivalences":
                continue
            inner = ROOT / "/".join(name.split("."))
            for alias in node.names:
                is_module = name == "equivalences" and (
                    alias.name in FOLDERS
                    or (inner / alias.name).is_dir()
                    or (inner / f"{alias.name}.py").is_file()
                )
                yield f"{name}.{alias.name}" if is_module else name


@pytest.mark.parametrize("path", FILES, ids=dotted)
def test_imports_go_downwards(path: Path) -> None:
    here = floor(dotted(path))
    for module in imports(path):
        if dotted(path) == "equivalences.gpu.replay" and floor(module) == "numeric":
            continue  # a violation is replayed in balls: the one bridge between checkers
        assert floor(module) in ALLOWED[here], f"{dotted(path)} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=dotted)
def test_modules_are_documented_and_short(path: Path) -> None:
    text = path.read_text()
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, "a module says what it is"
    if len(text.splitlines()) > LONG:
        assert path.name in {"term.py"}, f"{path.name} has more than {LONG} lines: split it"


@pytest.mark.parametrize("path", [p for p in FILES if CLAIMS in p.parents and p.stem != "__init__"], ids=dotted)
def test_a_claim_imports_the_face_only_and_ends_with_shape_lines(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert isinstance(node, ast.ImportFrom)
            assert node.module in {"equivalences", "collections.abc", "fractions"}
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        docstring = ast.get_docstring(function) or ""
        assert re.search(r"->\s*\[[^\]]*\]$", docstring), f"{function.name} lacks its shape line"


@pytest.mark.parametrize(
    "path", [p for p in FILES if MODULES not in p.parents and GPU not in p.parents], ids=dotted
)
def test_torch_is_for_the_modules_and_for_the_stress_check_only(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        assert "torch" not in {name.split(".")[0] for name in names}


def test_no_module_has_a_name_without_a_meaning() -> None:
    meaningless = {"utils", "common", "misc", "helpers", "util"}
    assert not [p for p in FILES if p.stem in meaningless]


def test_the_face_loads_nothing_heavy() -> None:
    heavy = ["numpy", "sympy", "torch", "flint", "cupy", "mpmath"]
    code = f"import equivalences, sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_checkers_are_not_imported_under_their_folders_names() -> None:
    code = (
        "import equivalences.symbolic, equivalences.numeric, equivalences.gpu, sys;"
        "print([m for m in ('symbolic', 'numeric', 'gpu') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_the_face_names_the_same_for_type_checkers_and_at_run_time() -> None:
    import equivalences

    tree = ast.parse((ROOT / "equivalences" / "__init__.py").read_text())
    typed = {
        (str(node.module), node.names[0].name)
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
    }
    lazy = {(module, name) for module, names in equivalences.HOMES.items() for name in names.split()}
    assert typed == lazy
    for module, name in lazy:
        assert getattr(equivalences, name) is getattr(sys.modules[f"equivalences.{module}"], name)
