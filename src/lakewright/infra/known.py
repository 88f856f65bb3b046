"""What components need to know of the platform beside its spec: its models, its sources' table mappings, and the book
of its units' subnets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lakewright.components.component import SourceFacts
from lakewright.components.landscape import BOOK, Book, read_book
from lakewright.models import Models, load_models
from lakewright.spec import Project, Source


@dataclass(frozen=True)
class Known:
    """The models, each source's facts by its name, and what is in the book."""

    models: Models = field(default_factory=lambda: Models(()))
    sources: Mapping[str, SourceFacts] = field(default_factory=dict)
    book: Book = field(default_factory=Book)


def known_of(project: Project) -> Known:
    """Reads the models, mappings and book of a project. Raises Mistakes."""
    folders = [folder for folder in project.model_folders if folder.is_dir()]
    models = load_models(folders, cache=project.state_dir / "cache", partitions=project.platform.lake.partitions)
    sources = project.platform.sources
    facts = {name: _facts(project, name, source) for name, source in sources.items()}
    path = project.root / BOOK
    return Known(models, facts, read_book(path.read_text(encoding="utf-8"), BOOK) if path.is_file() else Book())


def _facts(project: Project, name: str, source: Source) -> SourceFacts:
    """A source's table mapping; of one that DMS replicates also the tables, once `check` or `run` has seen them."""
    from lakewright.ingest.mappings import TableMapping

    file = source.postgres.mapping
    patterns = source.postgres.tables
    mapping = TableMapping.read(project.root / file) if file else TableMapping.from_patterns(patterns)
    return SourceFacts(mapping.to_json(), _tables(project, name) if source.replication == "dms" else ())


def _tables(project: Project, source: str) -> tuple[Mapping[str, Any], ...]:
    """What `bronze.dms_catalog` kept, as it is in the file: reading it there imports Arrow, a tenth of a second."""
    path = project.state_dir / f"dms-{source}.json"
    return tuple(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else ()
