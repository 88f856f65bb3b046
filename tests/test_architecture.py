"""Imports go down DESIGN.md's list and never up, and asking for help imports next to nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "lakewright"

LINES = (
    ("cli",),
    ("console",),
    ("rehearse", "operate"),
    ("delivery",),
    ("infra",),
    ("ingest", "pipeline", "query", "components", "policy", "cost"),
    ("bronze", "tables", "engines", "catalog"),
    ("storage", "models", "governance"),
    ("spec",),
    ("errors", "observe", "lazily"),
)
HEIGHT = {room: -index for index, line in enumerate(LINES) for room in line}
OUTSIDE = {"__init__", "__main__", "blueprints", "examples"}
"""The package itself, its entry, and data without code of ours that others import."""

HEAVY = ("pydantic", "yaml", "rich", "duckdb", "pyarrow", "deltalake", "sqlglot", "psycopg", "numpy", "django", "boto3")


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py")


DATA = {"blueprints", "job"}
"""Folders of files that are copied and not imported: a job's script runs on Glue, where it has all of the package."""


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if not DATA & set(path.parts))


def imported_rooms(path: Path) -> Iterator[tuple[str, int]]:
    """Each room of ours that a file imports, wherever in the file, with the line."""
    inside = ("lakewright", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = inside[: len(inside) - node.level + 1] if node.level else ()
            full = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{full}.{alias.name}" for alias in node.names] if full == "lakewright" else [full]
        for name in names:
            steps = name.split(".")
            if steps[0] == "lakewright" and len(steps) > 1 and not steps[1].startswith("__"):
                yield steps[1], getattr(node, "lineno", 0)


def wrong_imports(path: Path) -> list[str]:
    room = room_of(path)
    if room in OUTSIDE:
        return []
    return [
        f"{path.relative_to(PACKAGE)}:{line} {room} imports {other}"
        for other, line in imported_rooms(path)
        if other != room and other not in OUTSIDE and HEIGHT.get(other, 0) >= HEIGHT[room]
    ]


def test_every_room_is_in_the_list() -> None:
    rooms = {room_of(path) for path in modules()} - OUTSIDE
    assert rooms <= set(HEIGHT), f"not in DESIGN.md's list: {sorted(rooms - set(HEIGHT))}"


def test_imports_go_down() -> None:
    assert [wrong for path in modules() if room_of(path) in HEIGHT for wrong in wrong_imports(path)] == []


@pytest.mark.parametrize(
    ("source", "finds"),
    [
        ("from lakewright.pipeline import run", ["pipeline"]),
        ("import lakewright.cli.output", ["cli"]),
        ("from lakewright import query, errors", ["query", "errors"]),
        ("def f():\n    from lakewright.tables.delta import x", ["tables"]),
        ("from ..storage import open_storage", ["storage"]),
        ("from . import sibling\nimport json\nfrom lakewright import __version__", ["bronze"]),
    ],
)
def test_the_check_sees_every_form_of_import(
    source: str, finds: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bronze" / "reader.py"
    file.parent.mkdir()
    file.write_text(source)
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    assert [room for room, _ in imported_rooms(file)] == finds


def test_upward_and_sideways_imports_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "tables" / "delta.py"
    file.parent.mkdir()
    file.write_text(
        "import lakewright.storage\nimport lakewright.engines\nimport lakewright.cli\nimport lakewright.tables.x\n"
    )
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    assert wrong_imports(file) == ["tables/delta.py:2 tables imports engines", "tables/delta.py:3 tables imports cli"]


def test_help_imports_next_to_nothing() -> None:
    code = (
        "import sys\nfrom lakewright.cli import main\nsys.argv = ['lakewright', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nprint(chr(10).join(sys.modules), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(result.stderr.split())
    assert loaded.isdisjoint(HEAVY)
    ours = {name for name in loaded if name.startswith("lakewright.")}
    assert ours == {"lakewright.cli", "lakewright.cli.registry", "lakewright.cli.output", "lakewright.errors"}


def test_a_full_load_starts_without_arrow_and_numpy() -> None:
    """PostgreSQL and DuckDB are at work while these are imported, which takes 0.2 s."""
    code = "import sys, lakewright.ingest.loader, lakewright.ingest.sink\nprint(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(result.stdout.split())
    assert loaded.isdisjoint({"pyarrow", "numpy", "sqlglot", "pydantic"})


def test_a_rehearsal_on_aws_needs_none_of_databricks_packages() -> None:
    """`pip install 'lakewright[demo,serve]'` is what `make rehearse` does; this environment has all extras."""
    code = (
        "import sys\nsys.modules.update(dict.fromkeys(('tf', 'msgpack', 'grpc', 'google', 'databricks', 'pyspark')))\n"
        "import importlib, pkgutil, lakewright.cli.rehearse, lakewright.rehearse.platform as platform\n"
        "for one in pkgutil.walk_packages(platform.__path__, platform.__name__ + '.'):\n"
        "    importlib.import_module(one.name)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
