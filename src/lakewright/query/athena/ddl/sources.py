"""Tables that clients made, as the trusted reader reads them; and the lake's beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import InvalidOperation

from lakewright.catalog import Snapshot, Table
from lakewright.catalog.formats import Format, UnreadableError, format_of
from lakewright.catalog.hive_types import HiveType, parse_hive_type
from lakewright.catalog.locations import Location
from lakewright.catalog.partitions import NO_VALUE, typed
from lakewright.errors import SpecError
from lakewright.governance.decisions import TableFacts
from lakewright.models.types import duckdb_type
from lakewright.query.athena.ddl.converting import Converted
from lakewright.query.athena.ddl.parquet_schemas import Columns, ParquetSchemas, column_sql
from lakewright.query.athena.ddl.places import Places, located
from lakewright.query.athena.sql import SqlError
from lakewright.query.governed.terms import NEWEST, Pin, Sources, TableSource, ViewSource
from lakewright.storage.objects import Stored


@dataclass(frozen=True)
class Part:
    """Files of one format that share their partition's values."""

    values: tuple[str, ...]
    format: Format
    files: tuple[Stored, ...]


@dataclass(frozen=True)
class Readers:
    """What turns a made table into a SELECT over files; kept from query to query."""

    places: Places
    schemas: ParquetSchemas
    converted: Converted


@dataclass(frozen=True)
class MadeSources:
    """What clients made, at the moment of one query. Files are read with the rights of the table's owner."""

    made: Snapshot
    readers: Readers

    def names(self) -> list[str]:
        return sorted(name for name, table in self.made.tables.items() if types_of(table) is not None)

    def facts(self, name: str) -> TableFacts:
        types = types_of(self._table(name))
        if types is None:
            raise _unknown(name)
        return TableFacts(name, {column: kind.canonical for column, kind in types.items()})

    def source(self, name: str, pin: Pin) -> TableSource:
        """Raises SqlError for what Athena would not read either, and for what is not read here."""
        table = self._table(name)
        if pin != NEWEST:
            raise SqlError("NOT_SUPPORTED", "This connector does not support versioned tables")
        if table.is_view:
            raise SqlError("NOT_SUPPORTED", f"View '{name}' cannot be read here")
        return made_source(table, self.readers)

    def view(self, name: str) -> ViewSource | None:  # noqa: ARG002 - views are put into the statement before
        return None

    def _table(self, name: str) -> Table:
        if name not in self.made.tables:
            raise _unknown(name)
        return self.made.tables[name]


def types_of(table: Table) -> Mapping[str, HiveType] | None:
    """Column → type, partition keys last; None when one has a type that is not Hive's."""
    try:
        return {name: parse_hive_type(text) for name, text in table.columns.items()}
    except SpecError:
        return None


def _unknown(name: str) -> SpecError:
    return SpecError("LW1204", f"there is no table {name}")


def made_source(table: Table, readers: Readers) -> TableSource:
    """The SELECT of a made table over the files that are there now."""
    types = {name: parse_hive_type(text) for name, text in table.columns.items()}
    data = {name: kind for name, kind in types.items() if name not in table.keys}
    selects: list[str] = []
    paths: list[str] = []
    for part in _parts(table, readers.places):
        keys = dict(zip(table.keys, part.values, strict=True))
        constants = [f"{_constant(text, types[key])} AS {_quote(key)}" for key, text in keys.items()]
        for columns, shown, files in _by_schema(part, data, readers):
            values = [f"{column_sql(columns, name, kind, shown)} AS {_quote(name)}" for name, kind in data.items()]
            listed = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
            selects.append(
                f"SELECT {', '.join([*values, *constants])} FROM read_parquet([{listed}], hive_partitioning=false)"
            )
            paths += files
    canonical = {name: kind.canonical for name, kind in types.items()}
    return TableSource(canonical, " UNION ALL ".join(selects) or _empty(canonical), tuple(paths), None)


def _parts(table: Table, places: Places) -> Iterator[Part]:
    if not table.keys:
        files = tuple(places.files(located(table.location), table.owner))
        if files:
            yield Part((), _format(table, table.storage), files)
        return
    home = located(table.location)
    for partition in table.partitions:
        storage = {**table.storage, **(partition.get("StorageDescriptor") or {})}
        place = _partition_place(home, storage)
        files = tuple(places.files(place, table.owner))
        if files:
            yield Part(tuple(partition["Values"]), _format(table, storage), files)


def _partition_place(home: Location, storage: Mapping[str, object]) -> Location:
    return located(str(storage.get("Location") or home))


def _format(table: Table, storage: Mapping[str, object]) -> Format:
    try:
        return format_of(storage, table.parameters)
    except UnreadableError as error:
        raise SqlError("HIVE_UNSUPPORTED_FORMAT", f"Table {table.name} cannot be read: {error.fact}") from None


def _by_schema(part: Part, data: Mapping[str, HiveType], readers: Readers) -> Iterator[tuple[Columns, str, list[str]]]:
    """Files with the same columns, the first one's name, and their paths: these are read in one go.

    What is not Parquet is converted to it first, once.
    """
    if part.format.kind != "parquet":
        columns: Columns = tuple((name, kind.canonical) for name, kind in data.items())
        paths = [str(readers.converted.file(stored, part.format, data)) for stored in part.files]
        yield columns, _shown(part.files[0]), paths
        return
    groups: dict[Columns, list[Stored]] = {}
    for stored in part.files:
        groups.setdefault(readers.schemas.columns(stored.path, _shown(stored)), []).append(stored)
    for columns, files in groups.items():
        yield columns, _shown(files[0]), [str(stored.path) for stored in files]


def _shown(stored: Stored) -> str:
    return f"s3://{stored.bucket}/{stored.key}"


def _constant(text: str, kind: HiveType) -> str:
    try:
        value = typed(text, kind.name)
    except (ValueError, InvalidOperation):
        fact = f"Invalid partition value '{text}' for {kind.trino} partition key"
        raise SqlError("HIVE_INVALID_PARTITION_VALUE", fact) from None
    wanted = duckdb_type(kind.canonical)
    if text == NO_VALUE or value is None:
        return f"CAST(NULL AS {wanted})"
    return f"CAST('{str(value).replace(chr(39), chr(39) * 2)}' AS {wanted})"


def _empty(columns: Mapping[str, str]) -> str:
    nothing = ", ".join(f"CAST(NULL AS {duckdb_type(kind)}) AS {_quote(name)}" for name, kind in columns.items())
    return f"SELECT {nothing} WHERE false"


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class JoinedSources:
    """The lake and what clients made; of two of one name the lake's is the one."""

    lake: Sources
    made: MadeSources

    def names(self) -> list[str]:
        return sorted({*self.lake.names(), *self.made.names()})

    def facts(self, name: str) -> TableFacts:
        return self._home(name).facts(name)

    def source(self, name: str, pin: Pin) -> TableSource:
        return self._home(name).source(name, pin)

    def view(self, name: str) -> ViewSource | None:
        return self._home(name).view(name)

    def _home(self, name: str) -> Sources:
        return self.made if name in self.made.made.tables else self.lake


Versions = Callable[[Sequence[str]], Mapping[str, int | None]]


def joined_versions(lake: Versions, made: Callable[[], Snapshot]) -> Versions:
    """The lake's versions; made tables have none."""

    def versions(names: Sequence[str]) -> Mapping[str, int | None]:
        own = made().tables
        return {**lake([name for name in names if name not in own]), **{name: None for name in names if name in own}}

    return versions


__all__ = ["JoinedSources", "MadeSources", "Readers", "joined_versions", "made_source", "types_of"]
