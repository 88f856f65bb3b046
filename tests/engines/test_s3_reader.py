"""DuckDB's S3 reader: where it comes from, and that who rehearses has it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import duckdb
import pytest

from lakewright.engines import duckdb as engine
from lakewright.errors import MissingError

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_a_reader_that_duckdb_installed_itself_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda _name: None)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(MissingError, match="LW614"):
        engine.s3_reader()
    other = tmp_path / ".duckdb" / "extensions" / "v0.0.1" / "linux_arm64" / "httpfs.duckdb_extension"
    mine = tmp_path / ".duckdb" / "extensions" / f"v{duckdb.__version__}" / "linux_arm64" / other.name
    for file in (other, mine):
        file.parent.mkdir(parents=True)
        file.touch()
    assert engine.s3_reader() == mine


@pytest.mark.parametrize("extra", ["aws", "serve", "databricks"])
def test_every_extra_with_which_jobs_run_on_s3_brings_the_reader(extra: str) -> None:
    extras = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    needed, seen = [extra], set[str]()
    packages = set()
    while needed:
        seen.add(one := needed.pop())
        for requirement in extras[one]:
            if inner := re.fullmatch(r"lakewright\[(.*)\]", requirement):
                needed += [name for name in inner[1].split(",") if name not in seen]
            packages.add(re.split(r"[^\w-]", requirement)[0])
    assert {"boto3", "duckdb-extension-httpfs"} <= packages
