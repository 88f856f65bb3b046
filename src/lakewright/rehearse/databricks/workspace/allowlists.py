"""What may be loaded onto shared clusters: the metastore's allowlists."""

from __future__ import annotations

from lakewright.rehearse.databricks.faults import invalid
from lakewright.rehearse.databricks.routes import Answered, Route, workspace
from lakewright.rehearse.databricks.unity.kinds import METASTORE
from lakewright.rehearse.databricks.unity.metastore import metastore_of
from lakewright.rehearse.databricks.unity.metastores import UNITY
from lakewright.rehearse.databricks.unity.rights import rights_of
from lakewright.rehearse.databricks.world import Call

ALLOWLIST = "artifact_allowlist"
TYPES = ("INIT_SCRIPT", "LIBRARY_JAR", "LIBRARY_MAVEN")
MATCHES = ("PREFIX_MATCH",)


def _type(call: Call) -> str:
    if call["type"] not in TYPES:
        raise invalid(f"Unknown artifact type '{call['type']}'")
    return call["type"]


def _get(call: Call) -> Answered:
    metastore, type_ = metastore_of(call), _type(call)
    rights = rights_of(call, metastore)
    if not rights.is_metastore_admin:
        rights.need_create("MANAGE_ALLOWLIST", METASTORE, metastore.id)
    return call.objects.get(ALLOWLIST, metastore.scope, type_) or {"metastore_id": metastore.id}


def _set(call: Call) -> Answered:
    metastore, type_ = metastore_of(call), _type(call)
    rights_of(call, metastore).need_create("MANAGE_ALLOWLIST", METASTORE, metastore.id)
    matchers = call.body.get("artifact_matchers") or []
    for one in matchers:
        if not one.get("artifact") or one.get("match_type") not in MATCHES:
            raise invalid("An artifact matcher needs an artifact and the match_type PREFIX_MATCH")
    body = {
        "artifact_matchers": matchers,
        "metastore_id": metastore.id,
        "created_at": call.world.now(),
        "created_by": call.caller.name,
    }
    call.objects.put(ALLOWLIST, metastore.scope, type_, body)
    return body


ROUTES: tuple[Route, ...] = (
    workspace("GET", f"{UNITY}/artifact-allowlists/{{type}}", _get),
    workspace("PUT", f"{UNITY}/artifact-allowlists/{{type}}", _set),
)
