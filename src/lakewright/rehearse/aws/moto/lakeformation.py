"""Lake Formation: permissions on every kind of resource, data cells filters, opt-ins, locations.

Source: the API reference of AWS Lake Formation, API version 2017-03-31. Terraform waits for the very words of a revoke
that finds nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.lakeformation import urls
from moto.lakeformation.responses import LakeFormationResponse as Response

from lakewright.rehearse.aws.moto.additions import Shelf, answer, asked, attach, refusal, route, shelf, unique

Doc = dict[str, Any]
NOTHING = "No permissions revoked. Grantee has no permissions and no grantable permissions on resource"
SERVICE_ROLE = "aws-service-role/lakeformation.amazonaws.com/AWSServiceRoleForLakeFormationDataAccess"


def install() -> None:
    filters = (
        create_data_cells_filter,
        get_data_cells_filter,
        update_data_cells_filter,
        delete_data_cells_filter,
        list_data_cells_filter,
    )
    opt_ins = (create_lake_formation_opt_in, delete_lake_formation_opt_in, list_lake_formation_opt_ins)
    locations = (register_resource, update_resource, describe_resource, deregister_resource, list_resources)
    grants = (
        grant_permissions,
        revoke_permissions,
        list_permissions,
        batch_grant_permissions,
        batch_revoke_permissions,
        get_effective_permissions_for_path,
    )
    attach(Response, *filters, *opt_ins, *locations, *grants)
    names = ("Create", "Get", "Update", "Delete")
    paths = [f"{name}DataCellsFilter" for name in names] + ["UpdateResource", "GetEffectivePermissionsForPath"]
    paths += ["CreateLakeFormationOptIn", "DeleteLakeFormationOptIn", "ListLakeFormationOptIns"]
    route(urls, urls.response, *paths)


def _missing(what: str) -> Exception:
    return refusal("EntityNotFoundException", f"{what} not found")


# permissions

_NAMES = frozenset({"DatabaseName", "TableName"})


def _canonical(value: Any, account: str) -> Any:
    """Equal for two descriptions of the same thing: the account's own catalog need not be named, lists have no order,
    names of the catalog are lower case."""
    if isinstance(value, dict):
        kept = ((key, one) for key, one in sorted(value.items()) if one is not None)
        return {
            key: one.lower() if key in _NAMES else _canonical(one, account)
            for key, one in kept
            if not (key == "CatalogId" and one == account)
        }
    if isinstance(value, list):
        return sorted((_canonical(one, account) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


def _key(response: Any, principal: Doc, resource: Doc) -> str:
    account = response.current_account
    return json.dumps([principal, _canonical(resource, account)], sort_keys=True)


def _catalog(response: Any) -> Shelf:
    return shelf(response, f"grants of {asked(response).get('CatalogId') or response.current_account}")


def _grant(response: Any, entry: Doc) -> None:
    grants = _catalog(response)
    key = _key(response, entry["Principal"], entry["Resource"])
    new = {"Principal": entry["Principal"], "Resource": entry["Resource"], "Permissions": [], "Grantable": []}
    found = grants.setdefault(key, new)
    found["Permissions"] = sorted({*found["Permissions"], *(entry.get("Permissions") or ())})
    found["Grantable"] = sorted({*found["Grantable"], *(entry.get("PermissionsWithGrantOption") or ())})


def _revoke(response: Any, entry: Doc) -> None:
    grants = _catalog(response)
    key = _key(response, entry["Principal"], entry["Resource"])
    if key not in grants:
        raise refusal("InvalidInputException", NOTHING)
    found, gone = grants[key], set(entry.get("Permissions") or ())
    found["Permissions"] = [one for one in found["Permissions"] if one not in gone]
    gone |= set(entry.get("PermissionsWithGrantOption") or ())
    found["Grantable"] = [one for one in found["Grantable"] if one not in gone]
    if not found["Permissions"] and not found["Grantable"]:
        del grants[key]


def grant_permissions(self: Any) -> str:
    _grant(self, asked(self))
    return "{}"


def revoke_permissions(self: Any) -> str:
    _revoke(self, asked(self))
    return "{}"


def batch_grant_permissions(self: Any) -> str:
    for entry in asked(self)["Entries"]:
        _grant(self, entry)
    return answer(Failures=[])


def batch_revoke_permissions(self: Any) -> str:
    failures = []
    for entry in asked(self)["Entries"]:
        try:
            _revoke(self, entry)
        except JsonRESTError as error:
            failures.append({"RequestEntry": entry, "Error": _told_error(error)})
    return answer(Failures=failures)


def _told_error(error: JsonRESTError) -> Doc:
    return {"ErrorCode": error.error_type, "ErrorMessage": error.message}


KINDS = {
    "CATALOG": ("Catalog",),
    "DATABASE": ("Database",),
    "TABLE": ("Table", "TableWithColumns"),
    "DATA_LOCATION": ("DataLocation",),
    "LF_TAG": ("LFTag",),
    "LF_TAG_POLICY": ("LFTagPolicy",),
    "LF_TAG_POLICY_DATABASE": ("LFTagPolicy",),
    "LF_TAG_POLICY_TABLE": ("LFTagPolicy",),
}


def _matches(wanted: Doc | None, found: Doc, account: str) -> bool:
    """Asked for a table, permissions on some of its columns are told too."""
    if not wanted:
        return True
    if "Table" not in wanted:
        return bool(_canonical(wanted, account) == _canonical(found, account))
    table = found.get("Table") or found.get("TableWithColumns")
    asked_for = _canonical(wanted["Table"], account)
    if table is None or table["DatabaseName"].lower() != asked_for["DatabaseName"]:
        return False
    if "TableWildcard" in asked_for:
        return "TableWildcard" in table
    return bool(table.get("Name") == asked_for.get("Name"))


def list_permissions(self: Any) -> str:
    body = asked(self)
    principal, resource, kind = body.get("Principal"), body.get("Resource"), body.get("ResourceType")
    if principal is not None and resource is None and kind is None:
        raise refusal("InvalidInputException", "Resource is mandatory if Principal is set in the input.")
    found = [
        _told(one)
        for one in _catalog(self).values()
        if principal in (None, one["Principal"])
        and _matches(resource, one["Resource"], self.current_account)
        and (kind is None or any(name in one["Resource"] for name in KINDS.get(kind, ())))
    ]
    return answer(PrincipalResourcePermissions=found)


def get_effective_permissions_for_path(self: Any) -> str:
    arn = asked(self)["ResourceArn"]
    places = (one for one in _catalog(self).values() if "DataLocation" in one["Resource"])
    found = [_told(one) for one in places if arn.startswith(one["Resource"]["DataLocation"]["ResourceArn"])]
    return answer(Permissions=found)


def _told(grant: Doc) -> Doc:
    return {
        "Principal": grant["Principal"],
        "Resource": grant["Resource"],
        "Permissions": grant["Permissions"],
        "PermissionsWithGrantOption": grant["Grantable"],
    }


# data cells filters


def _filters(response: Any) -> Shelf:
    return shelf(response, "data cells filters")


def _filter_key(response: Any, named: Doc) -> str:
    catalog = named.get("TableCatalogId") or response.current_account
    return json.dumps([catalog, named["DatabaseName"].lower(), named["TableName"].lower(), named["Name"]])


def create_data_cells_filter(self: Any) -> str:
    data = asked(self)["TableData"]
    key = _filter_key(self, data)
    if key in _filters(self):
        raise refusal("AlreadyExistsException", f"Data cells filter {data['Name']} already exists")
    _filters(self)[key] = {**data, "VersionId": unique()}
    return "{}"


def get_data_cells_filter(self: Any) -> str:
    found = _filters(self).get(_filter_key(self, asked(self)))
    if found is None:
        raise _missing("Data cells filter")
    return answer(DataCellsFilter=found)


def update_data_cells_filter(self: Any) -> str:
    data = asked(self)["TableData"]
    key = _filter_key(self, data)
    if key not in _filters(self):
        raise _missing("Data cells filter")
    _filters(self)[key] = {**data, "VersionId": unique()}
    return "{}"


def delete_data_cells_filter(self: Any) -> str:
    if _filters(self).pop(_filter_key(self, asked(self)), None) is None:
        raise _missing("Data cells filter")
    return "{}"


def list_data_cells_filter(self: Any) -> str:
    table = asked(self).get("Table") or {}
    found: Iterable[Doc] = _filters(self).values()
    for member, name in (("DatabaseName", "DatabaseName"), ("TableName", "Name")):
        if table.get(name):
            found = [one for one in found if one[member].lower() == table[name].lower()]
    return answer(DataCellsFilters=list(found))


# opt-ins


def create_lake_formation_opt_in(self: Any) -> str:
    body = asked(self)
    made = {"LastModified": time.time(), "LastUpdatedBy": f"arn:aws:iam::{self.current_account}:root"}
    told = {"Principal": body["Principal"], "Resource": body["Resource"], **made}
    shelf(self, "opt-ins")[_key(self, body["Principal"], body["Resource"])] = told
    return "{}"


def delete_lake_formation_opt_in(self: Any) -> str:
    body = asked(self)
    if shelf(self, "opt-ins").pop(_key(self, body["Principal"], body["Resource"]), None) is None:
        raise _missing("Opt-in")
    return "{}"


def list_lake_formation_opt_ins(self: Any) -> str:
    body = asked(self)
    found = [
        one
        for one in shelf(self, "opt-ins").values()
        if body.get("Principal") in (None, one["Principal"])
        and _matches(body.get("Resource"), one["Resource"], self.current_account)
    ]
    return answer(LakeFormationOptInsInfoList=found)


# locations


def _locations(response: Any) -> Shelf:
    return shelf(response, "locations")


def register_resource(self: Any) -> str:
    body = asked(self)
    if body["ResourceArn"] in _locations(self):
        raise refusal("AlreadyExistsException", "Resource is already registered")
    role = body.get("RoleArn")
    if not role and not body.get("UseServiceLinkedRole"):
        raise refusal("InvalidInputException", "RoleArn is required when UseServiceLinkedRole is false")
    _locations(self)[body["ResourceArn"]] = {
        "ResourceArn": body["ResourceArn"],
        "RoleArn": role or f"arn:aws:iam::{self.current_account}:role/{SERVICE_ROLE}",
        "LastModified": time.time(),
        "WithFederation": bool(body.get("WithFederation")),
        "HybridAccessEnabled": bool(body.get("HybridAccessEnabled")),
    }
    return "{}"


def _location(response: Any) -> Doc:
    found: Doc | None = _locations(response).get(asked(response)["ResourceArn"])
    if found is None:
        raise _missing("Entity")
    return found


def update_resource(self: Any) -> str:
    body = asked(self)
    changes: Doc = {key: body[key] for key in ("RoleArn", "WithFederation", "HybridAccessEnabled") if key in body}
    _location(self).update(changes, LastModified=time.time())
    return "{}"


def describe_resource(self: Any) -> str:
    return answer(ResourceInfo=_location(self))


def deregister_resource(self: Any) -> str:
    _locations(self).pop(_location(self)["ResourceArn"])
    return "{}"


def list_resources(self: Any) -> str:
    return answer(ResourceInfoList=list(_locations(self).values()))
