"""The shape of the code: layers, docstrings, short functions, words that do not belong here."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = ROOT / "src" / "mockspark"
MODULES: Final = sorted(path for path in SOURCE.rglob("*.py") if "versions" not in path.parts)
LONGEST: Final = 40
TEXTS: Final = (".py", ".md", ".toml", ".ini", ".mako", ".graphql", ".json", "")
# Spelt with a gap, so that this file is not a finding of its own.
FORBIDDEN: Final = tuple(
    word.replace(" ", "")
    for word in (
        "/wo rk/",
        "/ro ot/",
        "/ho me/",
        "files.pythonhosted .org",
        "raw.github usercontent.com",
        "TO DO",
    )
)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (
        node for node in ast.walk(tree(path)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    )


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of the body; a table, a match of cases and functions inside count as one line each."""
    return sum(map(_lines, function.body))


def _lines(statement: ast.stmt) -> int:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Match() | ast.Return(value=ast.Dict()):
            return 1
        case ast.Expr(value=ast.Constant()):
            return 0
        case _:
            return (statement.end_lineno or 0) - statement.lineno + 1


def kept_files() -> list[Path]:
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if told.returncode:
        pytest.skip("this is no checkout")
    return [
        path
        for name in told.stdout.split("\0")
        if name and (path := ROOT / name).suffix in TEXTS and path.is_file()
    ]


def test_dependencies_keep_their_contracts() -> None:
    """Layers point inwards, adapters stay apart, and nothing runs in circles."""
    program = (
        "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert 0 == ran.returncode, ran.stdout


@pytest.mark.parametrize("path", [path for path in MODULES if path.read_text().strip()], ids=named)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    """A reader learns from the first line why a module exists."""
    assert ast.get_docstring(tree(path))


def test_no_function_is_long() -> None:
    """Over forty lines is more than one thought."""
    long = [
        f"{named(path)}:{function.lineno} {function.name} {length(function)}"
        for path in MODULES
        for function in functions(path)
        if length(function) > LONGEST
    ]

    assert [] == long


@pytest.mark.parametrize("folder", ["ports", "use_cases"])
def test_what_others_build_on_says_its_promise(folder: str) -> None:
    """Every public class of the ports and the use cases has a docstring, and so has each of its methods."""
    silent = [
        f"{named(path)}:{node.lineno} {node.name}"
        for path in sorted((SOURCE / "application" / folder).glob("*.py"))
        for node in public(tree(path))
        if not ast.get_docstring(node)
    ]

    assert [] == silent


def public(module: ast.Module) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    for kind in (
        node for node in module.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ):
        yield kind
        for method in kind.body:
            if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) and _promises(method):
                yield method


def _promises(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a method promises more than a name and a type, as a property does."""
    named_only = any(isinstance(each, ast.Name) and each.id == "property" for each in method.decorator_list)
    return not named_only and (method.name == "__call__" or not method.name.startswith("_"))


def test_no_file_speaks_of_somebodys_machine() -> None:
    """Paths of one machine, download hosts and reminders have no place in the repository."""
    found = [
        f"{named(path)}: {word}"
        for path in kept_files()
        for word in FORBIDDEN
        if word in path.read_text(encoding="utf-8", errors="replace")
    ]

    assert [] == found


def test_the_readme_names_commands_that_exist() -> None:
    """Whoever follows the README meets no missing target."""
    texts = "".join(
        (ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md", "docs/quickstart.md")
    )
    wanted = set(re.findall(r"\bmake ([a-z]+)\b(?: ONCE=1)?[`\n]", texts))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert {"demo", "test"} <= wanted
    assert set() == wanted - targets


def test_links_between_pages_lead_somewhere() -> None:
    """A relative link of the documentation names a file that exists."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{named(page)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / link).exists()
    ]

    assert [] == broken
