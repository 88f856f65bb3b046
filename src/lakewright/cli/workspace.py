"""What a project's commands work with, made from its spec. Imported by commands when they run, never for `--help`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from lakewright.bronze.manifest import Manifest
from lakewright.bronze.state import BronzeState, BronzeTable
from lakewright.errors import SpecError
from lakewright.models import Models, load_models
from lakewright.observe import Observer
from lakewright.spec import Project, Source
from lakewright.storage import Storage, open_storage

if TYPE_CHECKING:
    import psycopg

    from lakewright.cli.dms_source import DmsSource
    from lakewright.ingest.mappings import TableMapping
    from lakewright.ingest.settings import IngestSettings
    from lakewright.pipeline import Pipeline
    from lakewright.query import Lake


@dataclass(frozen=True)
class Workspace:
    """A project with its lake, models and sources, each opened when first asked for."""

    project: Project

    @cached_property
    def storage(self) -> Storage:
        return open_storage(self.project.lake_uri)

    @cached_property
    def models(self) -> Models:
        """Raises Mistakes."""
        partitions = self.project.platform.lake.partitions
        return load_models(self.project.model_folders, cache=self.project.state_dir / "cache", partitions=partitions)

    @cached_property
    def manifests(self) -> dict[str, Manifest | DmsSource]:
        """What tells the state of each source's Bronze."""
        from lakewright.cli.dms_source import DmsSource

        found: dict[str, Manifest | DmsSource] = {}
        for name, source in self.project.platform.sources.items():
            if source.replication == "dms":
                mapping, connect = partial(self.mapping, source), partial(self.connection, name)
                catalog = self.project.state_dir / f"dms-{name}.json"
                found[name] = DmsSource(name, source, self.storage, mapping, connect, catalog)
            else:
                found[name] = Manifest(self.storage, name)
        return found

    def states(self) -> Sequence[BronzeState]:
        """Every source's Bronze as it is now."""
        return tuple(manifest.load() for manifest in self.manifests.values())

    def lake(self) -> Lake:
        """Read access to all tables, as they are now."""
        from lakewright.query import Lake

        return Lake(self.storage, self.states, self.models)

    def bronze(self, name: str) -> BronzeTable:
        """A Bronze table by its name in SQL; SpecError LW911 when there is none."""
        for state in self.states():
            for table in state.tables.values():
                if table.sql_name == name.lower():
                    return table
        raise SpecError("LW911", f"there is no table {name}", hint="`lakewright status` lists them")

    @contextmanager
    def pipeline(self, observe: Observer, *, in_memory: bool = False) -> Iterator[Pipeline]:
        """The models, ready to run. `in_memory`: for many cycles in a row."""
        from lakewright.engines import EngineOptions, open_engine
        from lakewright.pipeline import Pipeline

        state = self.project.state_dir
        engine = open_engine(EngineOptions(spill=state / "spill"))
        pipeline = Pipeline(self.storage, self.models, engine, self.states, state, observe=observe, in_memory=in_memory)
        try:
            yield pipeline
        finally:
            pipeline.close()

    def bronze_schemas(self, states: Sequence[BronzeState] | None = None) -> dict[str, dict[str, str]]:
        """Bronze table → column → type, as the manifests (or `states`, read before) say: what models can read."""
        return {
            name: table.types
            for state in (self.states() if states is None else states)
            for table in state.tables.values()
            if table.schemas
            for name in (table.sql_name, table.log_name)
        }

    def source(self, name: str | None) -> str:
        """The source of that name, or the only one there is."""
        known = list(self.project.platform.sources)
        if name is None and len(known) == 1:
            return known[0]
        if name in known:
            return str(name)
        fact = f'no source "{name}"' if name else f"this platform has {len(known)} sources"
        hint = "--source " + "|".join(known) if known else "declare one in platform.yaml, or run `lakewright init`"
        raise SpecError("LW117", fact, place=self.project.place("sources"), hint=hint)

    def ingest_settings(self, name: str) -> IngestSettings:
        """What the ingester of one source needs."""
        from lakewright.ingest.settings import IngestSettings, OnChange

        source = self.project.platform.sources[name]
        if source.replication == "dms":
            raise SpecError(
                "LW118",
                f'source "{name}" is replicated by DMS, which this version does not run on this machine',
                place=self.project.place("sources", name, "replication"),
                hint="replication: lakewright; `run` and `sql` read what DMS wrote",
            )
        tuning = source.tuning
        return IngestSettings(
            source=name,
            conninfo=source.postgres.url.reveal,
            mapping=self.mapping(source),
            state_dir=self.project.state_dir,
            tenant=source.postgres.tenant,
            on_change=OnChange(**source.on_change.model_dump()),
            flush_seconds=tuning.flush_seconds,
            roll_seconds=tuning.roll_seconds,
            chunk_rows=tuning.chunk_rows,
            readers=tuning.readers,
            retained_wal_limit=tuning.retained_wal_limit,
        )

    def mapping(self, source: Source) -> TableMapping:
        """The table mapping of a source. Raises Mistakes for a wrong JSON file."""
        from lakewright.ingest.mappings import TableMapping

        if source.postgres.mapping is not None:
            return TableMapping.read(self.project.root / source.postgres.mapping)
        return TableMapping.from_patterns(source.postgres.tables)

    @contextmanager
    def connection(self, name: str) -> Iterator[psycopg.Connection[Any]]:
        """A connection to a source database."""
        from lakewright.cli.database import connected

        url = self.project.platform.sources[name].postgres.url
        with connected(url, self.project.place("sources", name, "postgres", "url")) as connection:
            yield connection
