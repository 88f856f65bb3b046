"""What clients make, beside the lake: one object that gives the engine its sources and the policy their owners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lakewright.catalog import LocalCatalog, Snapshot
from lakewright.catalog.ownership import OwnedPolicy, owned
from lakewright.governance import Policy
from lakewright.query.athena.ddl.authority import Decide, canonical_columns
from lakewright.query.athena.ddl.commands import DdlCommands
from lakewright.query.athena.ddl.converting import Converted
from lakewright.query.athena.ddl.crawling import Crawling
from lakewright.query.athena.ddl.metadata import MadeCatalog
from lakewright.query.athena.ddl.parquet_schemas import ParquetSchemas
from lakewright.query.athena.ddl.places import Places
from lakewright.query.athena.ddl.sources import JoinedSources, MadeSources, Readers, Versions, joined_versions
from lakewright.query.athena.ddl.views import Views
from lakewright.query.governed.terms import Sources
from lakewright.storage.objects import ObjectStore

if TYPE_CHECKING:
    from lakewright.governance import Principal

MayFetch = Callable[[str, str, "Principal"], bool]


class Made:
    """One per service. Until `guard` is called no file of a made table can be read."""

    def __init__(
        self,
        catalog: LocalCatalog,
        objects: ObjectStore,
        folder: Path,
        *,
        principals: Callable[[], Mapping[str, Principal]],
        policy: Callable[[], Policy],
    ) -> None:
        self.catalog = catalog
        self._lake_policy = policy
        self._may_fetch: MayFetch = lambda bucket, key, principal: False  # noqa: ARG005 - until `guard`
        self.places = Places(
            objects,
            lambda name: principals().get(name),
            lambda principal: policy().is_administrator(principal),
            lambda bucket, key, principal: self._may_fetch(bucket, key, principal),
        )
        converted = Converted(folder)
        converted.sweep(objects.blob_names())
        self._readers = Readers(self.places, ParquetSchemas(), converted)
        self._known: tuple[Snapshot, Policy, OwnedPolicy] | None = None

    def guard(self, may_fetch: MayFetch) -> None:
        """Tells whether the grants stand that an object was made under."""
        self._may_fetch = may_fetch

    def sources(self, lake: Sources) -> JoinedSources:
        return JoinedSources(lake, MadeSources(self.catalog.made(), self._readers))

    def policy(self) -> OwnedPolicy:
        """The lake's policy with what clients made in it, as they are now."""
        made, base = self.catalog.made(), self._lake_policy()
        known = self._known
        if known is None or known[0] is not made or known[1] is not base:
            owners = {name: table.owner for name, table in made.tables.items()}
            known = self._known = (made, base, owned(base, owners))
        return known[2]

    def canonical(self, name: str, columns: Mapping[str, str]) -> Mapping[str, str]:
        """A table's columns as rules take them: those of a made table come in Hive's types (`varchar(3)`)."""
        table = self.catalog.made().tables.get(name)
        return canonical_columns(table) if table is not None and columns else columns

    def versions(self, lake: Versions) -> Versions:
        return joined_versions(lake, self.catalog.made)

    def commands(self, decide: Decide) -> DdlCommands:
        return DdlCommands(self.catalog, self.places, decide, self.places.administers)

    def crawling(self, decide: Decide, principal: Principal) -> Crawling:
        """Crawls as the principal."""
        return Crawling(self.commands(decide).authority(principal), self.places)

    def views(self, decide: Decide) -> Views:
        return Views(self.catalog.made, decide)

    def visible(self, decide: Decide) -> Callable[[Principal], MadeCatalog]:
        """The catalog as each principal may see it."""
        commands = self.commands(decide)
        return lambda principal: MadeCatalog(commands.authority(principal))


__all__ = ["Made"]
