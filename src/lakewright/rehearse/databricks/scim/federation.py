"""Federation policies of service principals: whose tokens they log in with.

Shapes: https://docs.databricks.com/api/account/serviceprincipalfederationpolicy.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from lakewright.rehearse.databricks.faults import DatabricksFault, invalid, missing, taken
from lakewright.rehearse.databricks.principals import SERVICE
from lakewright.rehearse.databricks.routes import Answered, Route, account
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.tokens import POLICY
from lakewright.rehearse.databricks.world import ACCOUNT, Call, new_id

MOST = 20
_ID = re.compile(r"[a-z0-9-]{1,64}")
_SAYS = frozenset({"audiences", "issuer", "jwks_json", "jwks_uri", "subject", "subject_claim"})


def _principal(call: Call) -> str:
    call.needs_account_admin()
    key = call["principal"]
    if call.objects.get(SERVICE, ACCOUNT, key) is None:
        raise missing(f"Service principal {key} does not exist")
    return key


def _checked(given: Any) -> Body:
    """A policy says who issues tokens, for whom and of whom."""
    policy = dict(given or {})
    if unknown := set(policy) - _SAYS:
        raise invalid(f"Unknown fields of oidc_policy: {', '.join(sorted(unknown))}")
    if not str(policy.get("issuer") or "").startswith("https://"):
        raise invalid("oidc_policy.issuer must be an https URL")
    if not policy.get("subject"):
        raise invalid("oidc_policy.subject is required for a service principal's federation policy")
    return policy


def _create(call: Call) -> Answered:
    key = _principal(call)
    policy_id = call.query.get("policy_id") or new_id()
    if not _ID.fullmatch(policy_id):
        raise invalid(f"Invalid policy_id '{policy_id}': lower-case letters, digits and hyphens")
    if call.objects.get(POLICY, ACCOUNT, _key(key, policy_id)) is not None:
        raise taken(f"Federation policy {policy_id} already exists")
    if sum(one["service_principal_id"] == int(key) for one in call.objects.all(POLICY, ACCOUNT)) >= MOST:
        raise DatabricksFault("RESOURCE_EXHAUSTED", f"Service principal {key} has {MOST} federation policies", 400)
    now = datetime.fromtimestamp(call.world.clock(), UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    body: Body = {
        "name": f"accounts/{call.world.account_id}/servicePrincipals/{key}/federationPolicies/{policy_id}",
        "uid": new_id(),
        "policy_id": policy_id,
        "service_principal_id": int(key),
        "oidc_policy": _checked(call.body.get("oidc_policy")),
        "create_time": now,
        "update_time": now,
    }
    if call.body.get("description"):
        body["description"] = call.body["description"]
    call.objects.put(POLICY, ACCOUNT, _key(key, policy_id), body)
    return body


def _key(principal: str, policy: str) -> str:
    return f"{principal}/{policy}"


def _found(call: Call) -> Body:
    body = call.objects.get(POLICY, ACCOUNT, _key(_principal(call), call["policy"]))
    if body is None:
        raise missing(f"Federation policy {call['policy']} does not exist")
    return body


def _update(call: Call) -> Answered:
    body = _found(call)
    if "oidc_policy" in call.body:
        body["oidc_policy"] = _checked(call.body["oidc_policy"])
    if "description" in call.body:
        body["description"] = call.body["description"]
    call.objects.put(POLICY, ACCOUNT, _key(call["principal"], call["policy"]), body)
    return body


def _delete(call: Call) -> Answered:
    _found(call)
    call.objects.delete(POLICY, ACCOUNT, _key(call["principal"], call["policy"]))
    return {}


def _list(call: Call) -> Answered:
    key = int(_principal(call))
    return {"policies": [one for one in call.objects.all(POLICY, ACCOUNT) if one["service_principal_id"] == key]}


_PLACE = "/servicePrincipals/{principal}/federationPolicies"
ROUTES: tuple[Route, ...] = (
    account("POST", _PLACE, _create),
    account("GET", _PLACE, _list),
    account("GET", f"{_PLACE}/{{policy}}", _found),
    account("PATCH", f"{_PLACE}/{{policy}}", _update),
    account("DELETE", f"{_PLACE}/{{policy}}", _delete),
)
