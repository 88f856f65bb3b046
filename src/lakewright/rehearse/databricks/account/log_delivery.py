"""Delivery of audit logs and billable usage. Nothing is delivered here; whether it could be is tried where there is an
AWS: role, external id, bucket and prefix.

Rules: `LogDeliveryAPI` of databricks-sdk, whose text is Databricks' API reference.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lakewright.rehearse.databricks.account.parts import found_part
from lakewright.rehearse.databricks.faults import DatabricksFault, invalid, missing
from lakewright.rehearse.databricks.routes import Answered, Route, account
from lakewright.rehearse.databricks.store import Body, Objects
from lakewright.rehearse.databricks.world import ACCOUNT, Call, World, new_id, required

LOG_DELIVERY = "log_delivery"
WRAPPED = "log_delivery_configuration"
FORMATS = {"AUDIT_LOGS": "JSON", "BILLABLE_USAGE": "CSV"}
STATES = ("ENABLED", "DISABLED")
MOST = 2
"""Enabled configurations of one kind of log: for the account, and for each workspace."""
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


def _create(call: Call) -> Answered:
    call.needs_account_admin()
    (given,) = required(call.body, WRAPPED)
    kind, form, credentials, storage = required(
        given, "log_type", "output_format", "credentials_id", "storage_configuration_id"
    )
    if kind not in FORMATS:
        raise invalid(f"Unknown log_type '{kind}': it is one of {', '.join(FORMATS)}")
    if form != FORMATS[kind]:
        raise invalid(f"The output_format of {kind} is {FORMATS[kind]}, not '{form}'")
    found_part(call.objects, "credentials", str(credentials))
    found_part(call.objects, "storage_configuration", str(storage))
    key, now = new_id(), call.world.now()
    body: Body = {
        "config_name": "",
        "delivery_path_prefix": "",
        "workspace_ids_filter": [],
        **given,
        "status": _state(given.get("status") or "ENABLED"),
        "config_id": key,
        "account_id": call.world.account_id,
        "creation_time": now,
        "update_time": now,
    }
    _check_place(body)
    _check_start(call, body)
    _check_room(call.objects, body)
    call.objects.put(LOG_DELIVERY, ACCOUNT, key, body)
    return {WRAPPED: shown(call.world, body)}


def _state(given: object) -> str:
    if given not in STATES:
        raise invalid(f"Unknown status '{given}': it is one of {', '.join(STATES)}")
    return str(given)


def _check_place(body: Body) -> None:
    prefix = str(body["delivery_path_prefix"])
    if prefix.startswith("/") or prefix.endswith("/"):
        raise invalid(f"The delivery_path_prefix '{prefix}' starts or ends with a slash")


def _check_start(call: Call, body: Body) -> None:
    """Only usage has a first month; by default this one."""
    start = str(body.get("delivery_start_time") or "")
    if body["log_type"] == "AUDIT_LOGS":
        if start:
            raise invalid("delivery_start_time applies to BILLABLE_USAGE only")
        return
    if start and (not _MONTH.fullmatch(start) or start < "2019-03"):
        raise invalid(f"The delivery_start_time '{start}' is no month since 2019-03, as YYYY-MM")
    body["delivery_start_time"] = start or _month(call.world.clock())


def _month(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m}"


def _check_room(objects: Objects, body: Body) -> None:
    """Two of a kind for the account, and two for each workspace that is named."""
    if body["status"] != "ENABLED":
        return
    others = [
        one["workspace_ids_filter"]
        for one in objects.all(LOG_DELIVERY, ACCOUNT)
        if (one["log_type"], one["status"]) == (body["log_type"], "ENABLED") and one["config_id"] != body["config_id"]
    ]
    for workspace in body["workspace_ids_filter"] or (None,):
        used = sum(workspace in one if workspace else not one for one in others)
        if used >= MOST:
            whose = f"workspace {workspace}" if workspace else "this account"
            text = f"There are {MOST} enabled {body['log_type']} delivery configurations for {whose} already"
            raise DatabricksFault("RESOURCE_EXHAUSTED", text, 400)


def shown(world: World, body: Body) -> Body:
    """With the status of delivery: what role and bucket would refuse is the user's failure."""
    why = refusal(world, body)
    status = {"status": "USER_FAILURE", "message": why} if why else {"status": "CREATED", "message": "none was tried"}
    return body | {"log_delivery_status": status}


def refusal(world: World, body: Body) -> str | None:
    """Why nothing can be delivered; None where it can."""
    credentials = world.objects.get("credentials", ACCOUNT, str(body["credentials_id"]))
    storage = world.objects.get("storage_configuration", ACCOUNT, str(body["storage_configuration_id"]))
    if credentials is None or storage is None:
        return "its credentials or its storage configuration are gone"
    role = str(credentials["aws_credentials"]["sts_role"]["role_arn"])
    bucket = str(storage["root_bucket_info"]["bucket_name"])
    return world.cloud.refuses_delivery(role, world.account_id, bucket, str(body["delivery_path_prefix"]))


def _found(call: Call) -> Body:
    call.needs_account_admin()
    body = call.objects.get(LOG_DELIVERY, ACCOUNT, call["key"])
    if body is None:
        raise missing(f"Log delivery configuration {call['key']} does not exist")
    return body


def _get(call: Call) -> Answered:
    return {WRAPPED: shown(call.world, _found(call))}


def _list(call: Call) -> Answered:
    call.needs_account_admin()
    wanted = {
        name: call.query[name]
        for name in ("credentials_id", "storage_configuration_id", "status")
        if name in call.query
    }
    found = [
        shown(call.world, one)
        for one in call.objects.all(LOG_DELIVERY, ACCOUNT)
        if all(one[name] == value for name, value in wanted.items())
    ]
    return {f"{WRAPPED}s": found}


def _patch(call: Call) -> Answered:
    """There is no deletion: what is not needed is disabled."""
    body = _found(call)
    (status,) = required(call.body, "status")
    body |= {"status": _state(status), "update_time": call.world.now()}
    _check_room(call.objects, body)
    call.objects.put(LOG_DELIVERY, ACCOUNT, call["key"], body)
    return {}


ROUTES: tuple[Route, ...] = (
    account("POST", "/log-delivery", _create),
    account("GET", "/log-delivery", _list),
    account("GET", "/log-delivery/{key}", _get),
    account("PATCH", "/log-delivery/{key}", _patch),
)
