"""Athena's configuration: what can be changed and deleted, and tags. Queries are not moto's.

Source: the API reference of Amazon Athena, API version 2017-05-18.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.athena.models import AthenaBackend
from moto.athena.responses import AthenaResponse as Response

from lakewright.rehearse.aws.moto.additions import answer, asked, attach, refusal, wrap


def install() -> None:
    attach(Response, update_work_group, delete_work_group, list_tags_for_resource)
    attach(Response, update_named_query, delete_named_query)
    attach(Response, update_prepared_statement, delete_prepared_statement, list_prepared_statements)
    attach(Response, get_prepared_statement)
    attach(Response, update_data_catalog, delete_data_catalog)
    wrap(Response, "create_prepared_statement", _create_statement)
    wrap(AthenaBackend, "get_named_query", _named_query)


def _invalid(text: str) -> Exception:
    return refusal("InvalidRequestException", text)


def _found(kept: dict[str, Any], name: str, what: str) -> Any:
    if name not in kept:
        raise _invalid(f"{what} {name} is not found.")
    return kept[name]


# workgroups

_REMOVED = {
    "RemoveOutputLocation": "OutputLocation",
    "RemoveEncryptionConfiguration": "EncryptionConfiguration",
    "RemoveExpectedBucketOwner": "ExpectedBucketOwner",
    "RemoveAclConfiguration": "AclConfiguration",
}


def update_work_group(self: Any) -> str:
    body = asked(self)
    group = _found(self.athena_backend.work_groups, body["WorkGroup"], "WorkGroup")
    if "Description" in body:
        group.description = body["Description"]
    if "State" in body:
        group.state = body["State"]
    new = body.get("ConfigurationUpdates") or {}
    result = new.pop("ResultConfigurationUpdates", None)
    if new.pop("RemoveBytesScannedCutoffPerQuery", False):
        group.configuration.pop("BytesScannedCutoffPerQuery", None)
    if new.pop("RemoveCustomerContentEncryptionConfiguration", False):
        group.configuration.pop("CustomerContentEncryptionConfiguration", None)
    if "EngineVersion" in new:
        chosen = new["EngineVersion"].get("SelectedEngineVersion", "AUTO")
        effective = "Athena engine version 3" if chosen == "AUTO" else chosen
        new["EngineVersion"] = {"SelectedEngineVersion": chosen, "EffectiveEngineVersion": effective}
    group.configuration.update(new)
    if result is not None:
        kept = group.configuration.setdefault("ResultConfiguration", {})
        kept.update({key: value for key, value in result.items() if key not in _REMOVED})
        for flag, member in _REMOVED.items():
            if result.get(flag):
                kept.pop(member, None)
    return "{}"


def delete_work_group(self: Any) -> str:
    """Refused while something is in it, unless everything is to go."""
    body, backend = asked(self), self.athena_backend
    name = body["WorkGroup"]
    group = _found(backend.work_groups, name, "WorkGroup")
    mine = [one.id for one in backend.named_queries.values() if one.workgroup is group]
    statements = [key for key in backend.prepared_statements if key[0] == name]
    if (mine or statements) and not body.get("RecursiveDeleteOption"):
        raise _invalid(f"WorkGroup {name} is not empty")
    for key in mine:
        del backend.named_queries[key]
    for statement in statements:
        del backend.prepared_statements[statement]
    backend.delete_work_group(name)
    return "{}"


def list_tags_for_resource(self: Any) -> str:
    found = self.athena_backend.list_tags_for_resource(asked(self)["ResourceARN"])
    return json.dumps(found or {"Tags": []})


# named queries


def _named_query(original: Callable[..., Any], self: Any, query_id: str) -> Any:
    if query_id not in self.named_queries:
        raise _invalid(f"NamedQuery {query_id} was not found")
    return original(self, query_id)


def update_named_query(self: Any) -> str:
    body = asked(self)
    query = self.athena_backend.get_named_query(body["NamedQueryId"])
    query.name, query.query_string = body["Name"], body["QueryString"]
    query.description = body.get("Description", query.description)
    return "{}"


def delete_named_query(self: Any) -> str:
    key = asked(self)["NamedQueryId"]
    self.athena_backend.get_named_query(key)
    del self.athena_backend.named_queries[key]
    return "{}"


# prepared statements: moto keeps one of a name for all workgroups; here each workgroup has its own


def _create_statement(original: Callable[..., Any], self: Any) -> Any:
    body, kept = asked(self), self.athena_backend.prepared_statements
    key = (body["WorkGroup"], body["StatementName"])
    if key in kept:
        raise _invalid(f"PreparedStatement {key[1]} already exists in WorkGroup {key[0]}.")
    found = original(self)
    made = kept.pop(body["StatementName"], None)
    if made is not None:
        kept[key] = made
    return found


def _statement(response: Any) -> tuple[tuple[str, str], Any]:
    body, kept = asked(response), response.athena_backend.prepared_statements
    key = (body["WorkGroup"], body["StatementName"])
    if key not in kept:
        text = f"PreparedStatement {key[1]} was not found in WorkGroup {key[0]}."
        raise refusal("ResourceNotFoundException", text)
    return key, kept[key]


def get_prepared_statement(self: Any) -> str:
    (group, name), found = _statement(self)
    told = {
        "StatementName": name,
        "QueryStatement": found.query_statement,
        "WorkGroupName": group,
        "LastModifiedTime": found.last_modified_time.timestamp(),
    }
    return answer(PreparedStatement=told | ({"Description": found.description} if found.description else {}))


def list_prepared_statements(self: Any) -> str:
    group, kept = asked(self)["WorkGroup"], self.athena_backend.prepared_statements
    found = [
        {"StatementName": name, "LastModifiedTime": one.last_modified_time.timestamp()}
        for (owner, name), one in kept.items()
        if owner == group
    ]
    return answer(PreparedStatements=found)


def update_prepared_statement(self: Any) -> str:
    _, found = _statement(self)
    body = asked(self)
    found.query_statement, found.last_modified_time = body["QueryStatement"], datetime.now()
    found.description = body.get("Description", found.description)
    return "{}"


def delete_prepared_statement(self: Any) -> str:
    key, _ = _statement(self)
    del self.athena_backend.prepared_statements[key]
    return "{}"


# data catalogs


def update_data_catalog(self: Any) -> str:
    body = asked(self)
    found = _found(self.athena_backend.data_catalogs, body["Name"], "DataCatalog")
    found.type, found.parameters = body["Type"], body.get("Parameters", found.parameters)
    found.description = body.get("Description", found.description)
    return "{}"


def delete_data_catalog(self: Any) -> str:
    name = asked(self)["Name"]
    _found(self.athena_backend.data_catalogs, name, "DataCatalog")
    del self.athena_backend.data_catalogs[name]
    return "{}"
