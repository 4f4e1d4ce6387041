"""Imports run one way, in the order that docs/architecture.md gives; every module stands there with its one idea."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "evalsys"
TABLE = (ROOT / "docs/architecture.md").read_text("utf-8").partition("## Modules")[2].partition("\n## ")[0]
ORDER = re.findall(r"^\| `([\w.]+)` \|", TABLE, re.M)
HOMELESS = {"__init__", "__main__", "reporting", "reporting.__init__"}


def name_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "__init__"


MODULES = {name_of(path): path for path in PACKAGE.rglob("*.py") if "template" not in path.parent.parts}


def imports(path):
    """Return the modules of evalsys that a file imports, at the top or inside its functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "evalsys":
            found |= {alias.name for alias in node.names if alias.name in MODULES}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("evalsys."):
            found.add(node.module.removeprefix("evalsys."))
        elif isinstance(node, ast.Import):
            found |= {a.name.removeprefix("evalsys.") for a in node.names if a.name.startswith("evalsys.")}
    return found


def backwards(name, path, order):
    above = set(order[: order.index(name)])
    return sorted(imports(path) - above)


def test_the_page_lists_every_module_once():
    assert sorted(ORDER) == sorted(set(MODULES) - HOMELESS)


def test_imports_run_one_way():
    found = {name: backwards(name, MODULES[name], ORDER) for name in ORDER if name in MODULES}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_test_would_notice():
    turned = list(reversed(ORDER))
    assert backwards("scoring", MODULES["scoring"], turned)


def test_public_names_load_on_first_use():
    program = "import sys, evalsys; print('pandas' in sys.modules, 'matplotlib' in sys.modules); evalsys.score"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.split() == ["False", "False"]


def test_every_public_name_exists():
    import evalsys

    for name in evalsys.__all__:
        assert getattr(evalsys, name) is not None
    with pytest.raises(AttributeError):
        _ = evalsys.no_such_name


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebooks_use_public_names_only(path):
    import json

    import evalsys

    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            for node in ast.walk(ast.parse(source)):
                assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda), source
                if isinstance(node, ast.ImportFrom) and node.module:
                    assert node.module.partition(".")[0] != "evalsys" or node.module == "evalsys"
                    assert {alias.name for alias in node.names} <= {*evalsys.__all__} or node.module != "evalsys"


def test_no_class_has_one_child_only():
    """A base class of ours must earn its keep: exceptions, str and library classes aside."""
    bases = {}
    for path in MODULES.values():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                for base in node.bases:
                    bases.setdefault(ast.unparse(base), []).append(node.name)
    ours = {name for path in MODULES.values() for name in re.findall(r"^class (\w+)", path.read_text("utf-8"), re.M)}
    assert [name for name, children in bases.items() if name in ours and len(children) < 2] == []
