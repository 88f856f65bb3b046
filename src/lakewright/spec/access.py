"""The `access:` block: who may see and change what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator

from lakewright.spec.block import Block
from lakewright.spec.rows import RowsError, parse_rows
from lakewright.spec.values import Name, Secret, Text, problem

PRIVILEGES = ("select", "describe", "insert", "update", "delete", "alter", "drop", "create")
READING = ("select", "describe")
MASKS = ("null", "hash", "partial_email", "partial_phone", "partial_ip", "redact", "year")

_TABLE = r"[a-z0-9_*-]+\.[a-z0-9_*-]+"
_COLUMN = r"[a-z0-9_*-]+\.[a-z0-9_*-]+\.[^.\s]+"
_COLUMN_NAME = r"[^.\s]+"
_CLASS = r"[a-z][a-z0-9_]*|\*"
_SUBJECT = r"everyone|((user|group|persona):)?[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}"


def one_or_more(value: Any) -> Any:
    """A single text stands for a list of one."""
    return (value,) if isinstance(value, str) else value


def _shaped(pattern: str, what: str, example: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise problem("LW107", f'"{text}" is no {what}', f"for example {example}")
        return text

    return AfterValidator(check)


def _moment(value: Any) -> Any:
    """`2026-12-31` is its first moment; without an offset a time is in UTC."""
    if not isinstance(value, str):
        raise problem("LW105", "must be a date or a time", "for example 2026-12-31, or 2026-12-31T18:00:00+01:00")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        hint = "for example 2026-12-31, or 2026-12-31T18:00:00+01:00"
        raise problem("LW107", f'"{value}" is no date or time', hint) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rows(text: str) -> str:
    try:
        parse_rows(text)
    except RowsError as wrong:
        raise problem("LW1001", wrong.fact, wrong.hint) from wrong
    return text


def _hidden(salt: Secret) -> Secret:
    if not salt.variables:
        raise problem("LW109", "the salt stands here in clear text", 'salt: "${LAKEWRIGHT_SALT}"')
    return salt


def _like(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^({pattern})$", "not": {"pattern": r"\$\{"}}


def _list(item: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item}]})


_ONE_OR_MORE = BeforeValidator(one_or_more)
_LIST = Field(strict=False)
Subject = Annotated[Text, _shaped(_SUBJECT, "persona, group or user", "DataAnalyst, group:analysts or user:ana")]
Subjects = Annotated[tuple[Subject, ...], _ONE_OR_MORE, _LIST, _list(_like(_SUBJECT))]
Table = Annotated[Text, _shaped(_TABLE, "database.table pattern", "gold.*")]
Tables = Annotated[tuple[Table, ...], _ONE_OR_MORE, _LIST, _list(_like(_TABLE))]
Column = Annotated[Text, _shaped(_COLUMN, "database.table.column pattern", "silver.customer.email")]
Columns = Annotated[tuple[Column, ...], _ONE_OR_MORE, _LIST, _list(_like(_COLUMN))]
ColumnName = Annotated[Text, _shaped(_COLUMN_NAME, "column", "email, or *_id")]
ColumnNames = Annotated[tuple[ColumnName, ...], _ONE_OR_MORE, _LIST, _list(_like(_COLUMN_NAME))]
Class = Annotated[Text, _shaped(_CLASS, "class", "email, or * for all")]
Classes = Annotated[tuple[Class, ...], _ONE_OR_MORE, _LIST, _list(_like(_CLASS))]
Actions = Annotated[
    tuple[Literal["select", "describe", "insert", "update", "delete", "alter", "drop", "create", "all"], ...],
    BeforeValidator(one_or_more),
    Field(strict=False),
    _list({"enum": [*PRIVILEGES, "all"]}),
]
Rows = Annotated[Text, AfterValidator(_rows), WithJsonSchema({"type": "string", "not": {"pattern": r"\$\{"}})]
Salt = Annotated[
    Secret,
    AfterValidator(_hidden),
    WithJsonSchema({"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*\}", "examples": ["${LAKEWRIGHT_SALT}"]}),
]
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema(_like("[0-9]{4}-[0-9]{2}-[0-9]{2}.*"))]
MaskName = Annotated[
    Literal["null", "hash", "partial_email", "partial_phone", "partial_ip", "redact", "year"],
    BeforeValidator(lambda value: "null" if value is None else value),  # `with: null` is what YAML calls no value
    WithJsonSchema({"enum": [None, *MASKS]}),
]
PersonName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$")]
PersonaName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$")]
ClassName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


def _text_or_number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise problem("LW105", "must be text or a whole number", "tenants: [1, 2]")
    return str(value) if isinstance(value, str) else value


_ITEM: dict[str, Any] = {"type": ["string", "integer"]}
Values = Annotated[
    tuple[Annotated[Any, BeforeValidator(_text_or_number)], ...],
    BeforeValidator(lambda value: value if isinstance(value, list) else (value,)),
    Field(strict=False),
    WithJsonSchema({"anyOf": [_ITEM, {"type": "array", "items": _ITEM}]}),
]


class User(Block):
    """A person or program that asks."""

    email: Text | None = Field(
        default=None, description="Where invitations go; by default the user's name, if it is an address."
    )
    name: Text | None = Field(default=None, description="First and last name, as others see it.")
    groups: tuple[PersonName, ...] = Field(default=(), strict=False, description="Groups that the user is in.")
    attributes: Mapping[Name, Values] = Field(
        default_factory=dict,
        description="What conditions call `user.NAME`: a value or a list, for example `tenants: [1, 2]`.",
    )


class Persona(Block):
    """A role that people have: through groups, or by name."""

    groups: tuple[PersonName, ...] = Field(default=(), strict=False, description="Groups whose members have it.")
    users: tuple[PersonName, ...] = Field(default=(), strict=False, description="Users who have it.")
    administrator: bool = Field(
        default=False,
        description="May pass every privilege on and read the audit. It reads tables by grants, as all do.",
    )
    description: Text = Field(default="", description="What these people do.")


class Grant(Block):
    """What somebody may do. Nothing is permitted without one; several add up, cell by cell."""

    to: Subjects = Field(description="A persona, `group:NAME`, `user:NAME`, or `everyone`; or a list.")
    on: Tables = Field(description="`database.table`, with `*` for any characters; or a list.")
    can: Actions = Field(default=("select",), description="What; `all` for everything.")
    columns: ColumnNames = Field(default=(), description="Only these columns, `*` for any characters; default all.")
    without: ColumnNames = Field(default=(), description="All but these columns.")
    classes: Classes = Field(
        default=(),
        description="Classes of columns that are included. A column with a class (`pii` in a model's header, or "
        "`classes` here) is hidden unless a grant names one of its classes, `*`, or the column itself in `columns`.",
    )
    rows: Rows | None = Field(
        default=None,
        description="Only rows that fit: `tenant_id in user.tenants`, or a name from `conditions`. "
        "A table that lacks the column is not granted.",
    )
    starts: Moment | None = Field(default=None, alias="from", description="Not before this moment.")
    until: Moment | None = Field(
        default=None, validate_default=True, description="No longer at this moment; a date is its first moment, UTC."
    )
    with_grant_option: bool = Field(default=False, description="Whether they may pass it on.")

    @field_validator("without")
    @classmethod
    def _one_of_both(cls, without: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if without and info.data.get("columns"):
            raise problem("LW107", "`columns` and `without` exclude each other", "keep the one you mean")
        return without

    @field_validator("until")
    @classmethod
    def _after_from(cls, until: datetime | None, info: ValidationInfo) -> datetime | None:
        starts = info.data.get("starts")
        if until is not None and starts is not None and until <= starts:
            raise problem("LW107", "`until` must be later than `from`", "swap them")
        return until


class Deny(Block):
    """What nobody of these may do, whatever is granted."""

    to: Subjects = Field(default=("everyone",), description="Whom it concerns, as in grants.")
    on: Tables = Field(description="Tables, as in grants.")
    can: Actions = Field(default=("all",), description="What is denied.")
    columns: ColumnNames = Field(default=(), description="Only these columns; default the whole table.")
    exempt: Subjects = Field(default=(), alias="except", description="Whom it does not concern.")


class Filter(Block):
    """Rows that everyone is limited to, whatever is granted. A table that lacks the column is denied."""

    on: Tables = Field(description="Tables, as in grants.")
    rows: Rows = Field(description="The rows that may be seen.")
    exempt: Subjects = Field(default=(), alias="except", description="Whom it does not concern.")


class MaskRule(Block):
    """What everyone sees instead of a column's values. Two different masks on one column leave NULL."""

    on: Columns = Field(default=(), description="Columns, `database.table.column` with `*`; this or `classes`.")
    classes: Classes = Field(default=(), validate_default=True, description="Columns with one of these classes.")
    kind: MaskName = Field(
        alias="with",
        description="`null`; `hash` (SHA-256 with `salt`); `partial_email` (a***@example.com); `partial_phone` "
        "(***5678); `partial_ip` (203.0.*.*); `redact` ([redacted]); `year` (a date's January 1st).",
    )
    exempt: Subjects = Field(default=(), alias="except", description="Who sees the values themselves.")

    @field_validator("classes")
    @classmethod
    def _on_something(cls, classes: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if "on" in info.data and bool(info.data["on"]) == bool(classes):
            if classes:
                raise problem("LW107", "`on` and `classes` exclude each other", "write two masks")
            raise problem("LW106", "neither `on` nor `classes` says what to mask", "on: silver.customer.email")
        return classes


class Targets(Block):
    """What to do with what a target cannot express exactly."""

    lake_formation: Literal["view", "refuse"] = Field(
        default="view",
        description="Lake Formation has no masks. `view`: the column is left out, and a masked view beside the table "
        "has it; `refuse`: a mask is an error.",
    )
    unity_catalog: Literal["mask", "refuse"] = Field(
        default="mask",
        description="Unity Catalog has no grants on columns. `mask`: a column that is not granted is masked with NULL; "
        "`refuse`: it is an error.",
    )
    time_limits: Literal["refuse", "at_apply"] = Field(
        default="refuse",
        description="Neither has grants with `from` or `until`. `at_apply`: they are in force or not as of the moment "
        "of each apply; `refuse`: they are an error.",
    )


def _or_file(schema: dict[str, Any]) -> None:
    kept = {key: schema.pop(key) for key in ("type", "patternProperties", "additionalProperties") if key in schema}
    schema["anyOf"] = [{"type": "string", "not": {"pattern": r"\$\{"}}, kept | {"additionalProperties": False}]


class Access(Block):
    """Who may see and change what. Nothing is permitted that no grant names."""

    inherit: bool = Field(
        default=True,
        description="Whether the blueprint's grants, denies, filters and masks stay in force; they come first. Its "
        "personas, conditions and classes are known either way.",
    )
    users: Mapping[PersonName, User] = Field(
        default_factory=dict,
        description="The people and programs, by name; or the path of a YAML file that holds such a mapping.",
        json_schema_extra=_or_file,
    )
    personas: Mapping[PersonaName, Persona] = Field(default_factory=dict, description="Roles, by name.")
    conditions: Mapping[ClassName, Rows] = Field(
        default_factory=dict, description="Conditions on rows by name, for use in `rows`."
    )
    classes: Mapping[ClassName, Columns] = Field(
        default_factory=dict, description="Class → columns that have it, besides what models' headers say."
    )
    salt: Salt | None = Field(default=None, description="Salt of `hash` masks, as one `${VARIABLE}`.")
    grants: tuple[Grant, ...] = Field(default=(), strict=False, description="What is permitted.")
    denies: tuple[Deny, ...] = Field(default=(), strict=False, description="What is denied, whatever is granted.")
    filters: tuple[Filter, ...] = Field(default=(), strict=False, description="Rows that everyone is limited to.")
    masks: tuple[MaskRule, ...] = Field(default=(), strict=False, description="Columns whose values are changed.")
    targets: Targets = Field(default_factory=Targets, description="What other systems cannot express.")


LISTS = ("grants", "denies", "filters", "masks")
"""Lists of `access` that files add to, instead of replacing each other's."""
