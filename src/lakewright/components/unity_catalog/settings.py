"""What a person may write about Unity Catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator

from lakewright.components.unity_catalog.privileges import checked
from lakewright.spec.access import PersonName
from lakewright.spec.block import Block
from lakewright.spec.values import Name, Text, problem

Privileges = Annotated[tuple[Text, ...], Field(strict=False, min_length=1)]
CatalogName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,254}$")]
Path = Annotated[str, Field(pattern=r"^([\w.=-]+/)*[\w.=-]*$")]


def _granted(securable: str) -> Any:
    def check(grants: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        return {who: tuple(checked(one, securable) for one in privileges) for who, privileges in grants.items()}

    return AfterValidator(check)


class Location(Block):
    """A place in a bucket."""

    bucket: Name = Field(description="Key of the bucket.")
    prefix: Path = Field(default="", description="Folder in it; by default the whole bucket.")
    read_only: bool = Field(default=False, description="Whether nothing may be written there.")
    grants: Annotated[Mapping[PersonName, Privileges], _granted("location")] = Field(
        default_factory=dict, description="Group or user → privileges: `DataEngineers: [READ_FILES, WRITE_FILES]`."
    )


class Schema(Block):
    """A schema; who reads and writes its tables is said in `access`."""

    comment: Text = Field(default="", description="What is in it.")
    bucket: Name | None = Field(default=None, description="Bucket of its managed tables; by default the catalog's.")
    prefix: Path = Field(default="", description="Folder in that bucket; by default the schema's name.")
    volumes: tuple[CatalogName, ...] = Field(default=(), strict=False, description="Managed volumes for files.")
    grants: Annotated[Mapping[PersonName, Privileges], _granted("schema")] = Field(
        default_factory=dict, description="Further privileges, such as `DataEngineers: [CREATE_VOLUME]`."
    )


class Catalog(Block):
    """A catalog."""

    comment: Text = Field(default="", description="What is in it.")
    bucket: Name = Field(default="processed", description="Bucket of managed tables.")
    prefix: Path = Field(default="", description="Folder in it; by default `unity/` and the catalog's name.")
    isolated: bool = Field(default=False, description="Whether only the workspaces that are bound see it.")
    schemas: Mapping[CatalogName, Schema] = Field(default_factory=dict, description="Its schemas.")
    grants: Annotated[Mapping[PersonName, Privileges], _granted("catalog")] = Field(
        default_factory=dict, description="Further privileges, such as `PlatformAdmins: [CREATE_SCHEMA]`."
    )

    @field_validator("schemas")
    @classmethod
    def _some(cls, schemas: Mapping[str, Schema]) -> Mapping[str, Schema]:
        if "information_schema" in schemas:
            raise problem("LW1396", "information_schema is in every catalog already", "another name")
        return schemas


class Settings(Block):
    """What Unity Catalog governs. Grants on tables are those of `access`."""

    locations: Mapping[CatalogName, Location] = Field(default_factory=dict, description="External locations.")
    catalogs: Mapping[CatalogName, Catalog] = Field(default_factory=dict, description="Catalogs.")
