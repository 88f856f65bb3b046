"""A lake with models given as text, for the tests of the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lakewright.engines import EngineOptions, open_engine
from lakewright.models import load_models
from lakewright.pipeline import Pipeline
from lakewright.pipeline.contents import FileContents
from lakewright.pipeline.sql import columns
from lakewright.storage import Storage
from tests.support.bronze_source import BronzeSource


def write_models(folder: Path, models: Mapping[str, str]) -> Path:
    for name, text in models.items():
        layer, _, table = name.partition(".")
        (folder / layer).mkdir(parents=True, exist_ok=True)
        (folder / layer / f"{table}.sql").write_text(text.strip() + "\n")
    return folder


def open_pipeline(
    storage: Storage, models: Path, source: BronzeSource, state: Path, *, in_memory: bool = False, threads: int = 2
) -> Pipeline:
    engine = open_engine(EngineOptions(memory=1 << 30, threads=2))
    return Pipeline(
        storage,
        load_models([models]),
        engine,
        lambda: [source.manifest.load()],
        state,
        in_memory=in_memory,
        threads=threads,
    )


def rows_of(pipeline: Pipeline, name: str, version: int | None = None) -> list[dict[str, Any]]:
    """A table's rows, read from its files, sorted."""
    table = pipeline.tables[name]
    if not table.refresh():
        return []
    engine = open_engine(EngineOptions(memory=1 << 29, threads=1))
    session = engine.session()
    names = tuple(column.name for column in table.columns(version))
    rows = session.table(
        f"SELECT {columns(names)} FROM ({FileContents(engine, table, version).sql()}) ORDER BY ALL"
    ).to_pylist()
    engine.close()
    return rows
