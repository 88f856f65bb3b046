"""Lake Formation: filters, permissions, tags, locations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.rule import Rule, items, structure, text

_ALLOWED: Mapping[str, frozenset[str]] = {
    "Catalog": frozenset(
        {"CREATE_DATABASE", "CREATE_LF_TAG", "CREATE_CATALOG", "ALL", "DESCRIBE", "ALTER", "DROP", "SUPER_USER"}
    ),
    "Database": frozenset({"ALL", "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"}),
    "Table": frozenset({"ALL", "SELECT", "ALTER", "DROP", "DELETE", "INSERT", "DESCRIBE"}),
    "TableWithColumns": frozenset({"SELECT", "ALL", "ALTER", "DROP", "DELETE", "INSERT", "DESCRIBE"}),
    "DataLocation": frozenset({"DATA_LOCATION_ACCESS"}),
    "DataCellsFilter": frozenset({"SELECT", "DESCRIBE", "DROP", "ALTER"}),
    "LFTag": frozenset({"DESCRIBE", "ASSOCIATE", "ALTER", "DROP", "GRANT_WITH_LF_TAG_EXPRESSION"}),
    "LFTagPolicy": frozenset(
        {"ALL", "SELECT", "ALTER", "DROP", "DELETE", "INSERT", "DESCRIBE", "CREATE_TABLE", "CREATE_DATABASE"}
    ),
    "LFTagExpression": frozenset({"DESCRIBE", "ALTER", "DROP", "ALL", "GRANT_WITH_LF_TAG_EXPRESSION"}),
}
_PRINCIPAL = re.compile(
    r"IAM_ALLOWED_PRINCIPALS|\d{12}|arn:aws[\w-]*:(iam::\d{12}:(user|role|group|root|saml-provider|federated-user)[/\w:+=,.@-]*"
    r"|identitystore:::(user|group)/[\w-]+|organizations::\d{12}:.+|quicksight:.+|sts::\d{12}:.+)|\d{12}:IAMPrincipals"
)


def _grants(asked: Asked) -> list[Mapping[str, Any]]:
    return [structure(one) for one in items(asked.parameters.get("Entries"))] or [asked.parameters]


def _principal(asked: Asked, _: Moto) -> Iterator[str]:
    for one in _grants(asked):
        who = str(structure(one.get("Principal")).get("DataLakePrincipalIdentifier", ""))
        if not _PRINCIPAL.fullmatch(who):
            yield f"Invalid principal {who}"


def _one_resource(asked: Asked, _: Moto) -> Iterator[str]:
    for one in _grants(asked):
        if len([name for name, value in structure(one.get("Resource")).items() if value is not None]) != 1:
            yield "Resource must have exactly one of the fields set"


def _permissions(asked: Asked, _: Moto) -> Iterator[str]:
    for one in _grants(asked):
        wanted, passed = items(one.get("Permissions")), items(one.get("PermissionsWithGrantOption"))
        if not wanted and not passed:
            yield "Permissions must not be empty"
        if set(passed) - set(wanted):
            yield "Permissions with grant option must be a subset of permissions"
        for name in structure(one.get("Resource")):
            wrong = sorted(set(map(str, wanted)) - _ALLOWED.get(name, frozenset(map(str, wanted))))
            if wrong:
                yield f"Permissions modification is invalid. {', '.join(wrong)} cannot be granted on {name}"


def _columns(asked: Asked, _: Moto) -> Iterator[str]:
    for one in _grants(asked):
        table = structure(structure(one.get("Resource")).get("TableWithColumns"))
        if table and bool(table.get("ColumnNames")) is bool(table.get("ColumnWildcard") is not None):
            yield "Exactly one of ColumnNames and ColumnWildcard must be set"
        table = structure(structure(one.get("Resource")).get("Table"))
        if table and bool(table.get("Name")) is bool(table.get("TableWildcard") is not None):
            yield "Exactly one of Name and TableWildcard must be set"


def _filter(asked: Asked, _: Moto) -> Iterator[str]:
    wanted = structure(asked.parameters.get("TableData"))
    if bool(items(wanted.get("ColumnNames"))) is (wanted.get("ColumnWildcard") is not None):
        yield "Exactly one of ColumnNames and ColumnWildcard must be set"
    rows = structure(wanted.get("RowFilter"))
    if bool(rows.get("FilterExpression")) is (rows.get("AllRowsWildcard") is not None):
        yield "Exactly one of FilterExpression and AllRowsWildcard must be set"
    names = [str(one).lower() for one in items(wanted.get("ColumnNames"))]
    if len(set(names)) < len(names):
        yield "Column names must be unique"


def _filter_words(asked: Asked, _: Moto) -> Iterator[str]:
    expression = str(
        structure(structure(asked.parameters.get("TableData")).get("RowFilter")).get("FilterExpression") or ""
    )
    if len(expression) > 2048:
        yield "The filter expression is longer than 2048 characters"
    if re.search(r"\b(select|join|union)\b|;|--", expression, re.IGNORECASE):
        yield "The filter expression is a predicate without subqueries"
    if expression.count("(") != expression.count(")") or expression.count("'") % 2:
        yield "Unsupported filter expression: it does not end"


def _location(asked: Asked, _: Moto) -> Iterator[str]:
    if not re.fullmatch(r"arn:aws[\w-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?", text(asked, "ResourceArn")):
        yield "The resource must be an Amazon S3 path"
    if (
        not asked.parameters.get("UseServiceLinkedRole")
        and not text(asked, "RoleArn")
        and asked.operation == "RegisterResource"
    ):
        yield "Either RoleArn or UseServiceLinkedRole must be set"


def _tag(asked: Asked, _: Moto) -> Iterator[str]:
    values = [str(one).lower() for one in items(asked.parameters.get("TagValues"))]
    if len(set(values)) < len(values):
        yield "Tag values must be unique"
    if len(values) > 1000:
        yield "A tag has 1000 values at most"


def _settings(asked: Asked, _: Moto) -> Iterator[str]:
    wanted = structure(asked.parameters.get("DataLakeSettings"))
    admins = items(wanted.get("DataLakeAdmins"))
    if len(admins) > 30:
        yield "There are 30 data lake administrators at most"
    for one in admins:
        who = str(structure(one).get("DataLakePrincipalIdentifier", ""))
        if not _PRINCIPAL.fullmatch(who) or who == "IAM_ALLOWED_PRINCIPALS":
            yield f"Invalid principal {who}"


_CHANGES = ("GrantPermissions", "RevokePermissions", "BatchGrantPermissions", "BatchRevokePermissions")
_FILTERS = ("CreateDataCellsFilter", "UpdateDataCellsFilter")
_PERMISSIONS = "Lake Formation permissions reference"
_BAD = "InvalidInputException"

RULES = (
    Rule("who gets permissions", "DataLakePrincipal (AWS Lake Formation API)", _CHANGES, _principal, _BAD),
    Rule("permissions on one resource", "Resource (AWS Lake Formation API)", _CHANGES, _one_resource, _BAD),
    Rule("permissions by kind of resource", _PERMISSIONS, _CHANGES, _permissions, _BAD),
    Rule(
        "some columns or all, a table or all",
        "TableWithColumnsResource (AWS Lake Formation API)",
        _CHANGES,
        _columns,
        _BAD,
    ),
    Rule("a filter has columns and rows", "Data filters in Lake Formation", _FILTERS, _filter, _BAD),
    Rule("a filter is a predicate", "PartiQL support in row filter expressions", _FILTERS, _filter_words, _BAD),
    Rule(
        "locations are S3 paths with a role",
        "RegisterResource (AWS Lake Formation API)",
        ("RegisterResource", "UpdateResource"),
        _location,
        _BAD,
    ),
    Rule(
        "values of a tag",
        "Lake Formation tag-based access control best practices and considerations",
        ("CreateLFTag",),
        _tag,
        _BAD,
    ),
    Rule(
        "administrators of the lake",
        "DataLakeSettings (AWS Lake Formation API)",
        ("PutDataLakeSettings",),
        _settings,
        _BAD,
    ),
)
