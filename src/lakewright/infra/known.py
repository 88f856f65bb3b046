"""What components need to know of the platform beside its spec: its models, and its sources' table mappings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lakewright.components.component import SourceFacts
from lakewright.models import Models, load_models
from lakewright.spec import Project, Source


@dataclass(frozen=True)
class Known:
    """The models, and each source's facts by its name."""

    models: Models = field(default_factory=lambda: Models(()))
    sources: Mapping[str, SourceFacts] = field(default_factory=dict)


def known_of(project: Project) -> Known:
    """Reads the models and mappings of a project. Raises Mistakes."""
    folders = [folder for folder in project.model_folders if folder.is_dir()]
    models = load_models(folders, cache=project.state_dir / "cache", partitions=project.platform.lake.partitions)
    sources = project.platform.sources
    return Known(models, {name: _facts(project, name, source) for name, source in sources.items()})


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
