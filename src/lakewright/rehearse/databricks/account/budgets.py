"""Budgets of the account, and the alerts of their thresholds. Nothing is spent here, so none goes off."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from lakewright.rehearse.databricks.faults import invalid, missing
from lakewright.rehearse.databricks.routes import Answered, Route, account
from lakewright.rehearse.databricks.store import Body
from lakewright.rehearse.databricks.world import ACCOUNT, Call, new_id, required

BUDGET = "budget"
MOST_NAME = 128
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ALERT = {
    "time_period": ("MONTH",),
    "trigger_type": ("CUMULATIVE_SPENDING_EXCEEDED",),
    "quantity_type": ("LIST_PRICE_DOLLARS_USD",),
}


def _checked(given: Body) -> Body:
    if len(str(given.get("display_name") or "")) > MOST_NAME:
        raise invalid(f"The name of a budget can have at most {MOST_NAME} characters")
    alerts = [_alert(one) for one in given.get("alert_configurations") or ()]
    return {"filter": {}, **given, "alert_configurations": alerts}


def _alert(given: Body) -> Body:
    for name, known in _ALERT.items():
        if given.get(name) not in known:
            raise invalid(f"Unknown {name} '{given.get(name)}': it is one of {', '.join(known)}")
    try:
        positive = Decimal(str(given.get("quantity_threshold"))) > 0
    except InvalidOperation:
        positive = False
    if not positive:
        raise invalid(f"The quantity_threshold '{given.get('quantity_threshold')}' is no positive number")
    actions = given.get("action_configurations") or []
    for one in actions:
        if one.get("action_type") != "EMAIL_NOTIFICATION" or not _MAIL.fullmatch(str(one.get("target") or "")):
            raise invalid("An action is an EMAIL_NOTIFICATION to an e-mail address")
    made = [{"action_configuration_id": new_id(), **one} for one in actions]
    return {"alert_configuration_id": new_id(), **given, "action_configurations": made}


def _create(call: Call) -> Answered:
    call.needs_account_admin()
    (given,) = required(call.body, "budget")
    key, now = new_id(), call.world.now()
    ids = {"budget_configuration_id": key, "account_id": call.world.account_id}
    body = {**_checked(given), **ids, "create_time": now, "update_time": now}
    call.objects.put(BUDGET, ACCOUNT, key, body)
    return {"budget": body}


def _found(call: Call) -> Body:
    call.needs_account_admin()
    body = call.objects.get(BUDGET, ACCOUNT, call["key"])
    if body is None:
        raise missing(f"Budget {call['key']} does not exist")
    return body


def _update(call: Call) -> Answered:
    old = _found(call)
    given = _checked(call.body.get("budget") or {})
    kept = {name: old[name] for name in ("budget_configuration_id", "account_id", "create_time")}
    body = {**given, **kept, "update_time": call.world.now()}
    call.objects.put(BUDGET, ACCOUNT, call["key"], body)
    return {"budget": body}


def _get(call: Call) -> Answered:
    return {"budget": _found(call)}


def _list(call: Call) -> Answered:
    call.needs_account_admin()
    return {"budgets": call.objects.all(BUDGET, ACCOUNT)}


def _delete(call: Call) -> Answered:
    _found(call)
    call.objects.delete(BUDGET, ACCOUNT, call["key"])
    return {}


ROUTES: tuple[Route, ...] = (
    account("POST", "/budgets", _create, version="2.1"),
    account("GET", "/budgets", _list, version="2.1"),
    account("GET", "/budgets/{key}", _get, version="2.1"),
    account("PUT", "/budgets/{key}", _update, version="2.1"),
    account("DELETE", "/budgets/{key}", _delete, version="2.1"),
)
