"""Glue: what can be changed in place, connections, data quality rulesets, the schedule of crawlers.

Source: the API reference of AWS Glue, API version 2017-03-31.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores, utcnow
from moto.glue.models import FakeConnection, FakeTrigger
from moto.glue.responses import GlueResponse
from moto.glue.utils import Action, Predicate

from lakewright.rehearse.aws.moto.additions import Shelf, attach, now, refusal, shelf, wrap

Doc = dict[str, Any]


def install() -> None:
    attach(GlueResponse, update_job, update_crawler, update_crawler_schedule)
    attach(GlueResponse, start_crawler_schedule, stop_crawler_schedule)
    attach(GlueResponse, update_trigger, update_connection, delete_connection, batch_delete_connection)
    attach(GlueResponse, create_data_quality_ruleset, get_data_quality_ruleset, update_data_quality_ruleset)
    attach(GlueResponse, delete_data_quality_ruleset, list_data_quality_rulesets)
    attach(GlueResponse, get_job_bookmark, reset_job_bookmark)
    wrap(FakeConnection, "as_dict", _connection)
    wrap(FakeTrigger, "as_dict", _trigger)


def _missing(what: str) -> Exception:
    return refusal("EntityNotFoundException", f"{what} not found")


def _set(target: Any, changes: Doc) -> None:
    for key, value in changes.items():
        setattr(target, camelcase_to_underscores(key), value)


def update_job(self: Any) -> ActionResult:
    """Replaces the whole definition, as Glue does: what is left out is reset."""
    name, new = self.parameters["JobName"], self.parameters["JobUpdate"]
    job = self.glue_backend.get_job(name)
    lists = ("DefaultArguments", "NonOverridableArguments", "ExecutionProperty")
    plain = ("Description", "LogUri", "Connections", "MaxRetries", "AllocatedCapacity", "Timeout", "MaxCapacity")
    more = ("SecurityConfiguration", "NotificationProperty", "GlueVersion", "NumberOfWorkers", "WorkerType")
    rest = ("CodeGenConfigurationNodes", "SourceControlDetails")
    _set(job, {key: new.get(key) for key in (*plain, *more, *rest)} | {key: new.get(key) or {} for key in lists})
    _set(job, {"Role": new["Role"], "Command": new["Command"], "ExecutionClass": new.get("ExecutionClass", "STANDARD")})
    job.last_modified_on = utcnow()
    return ActionResult({"JobName": name})


def update_crawler(self: Any) -> EmptyResult:
    new = self.parameters
    crawler = self.glue_backend.get_crawler(new["Name"])
    if crawler.status != "READY":
        raise refusal("CrawlerRunningException", f"Crawler with name {new['Name']} has already started")
    _set(crawler, {key: value for key, value in new.items() if key not in ("Name", "Tags") and value is not None})
    crawler.last_updated = utcnow()
    crawler.version += 1
    return EmptyResult()


def update_crawler_schedule(self: Any) -> EmptyResult:
    self.glue_backend.get_crawler(self.parameters["CrawlerName"]).schedule = self.parameters.get("Schedule")
    return EmptyResult()


def start_crawler_schedule(self: Any) -> EmptyResult:
    self.glue_backend.get_crawler(self.parameters["CrawlerName"]).schedule_state = "SCHEDULED"
    return EmptyResult()


def stop_crawler_schedule(self: Any) -> EmptyResult:
    self.glue_backend.get_crawler(self.parameters["CrawlerName"]).schedule_state = "NOT_SCHEDULED"
    return EmptyResult()


def update_trigger(self: Any) -> ActionResult:
    trigger, new = self.glue_backend.get_trigger(self.parameters["Name"]), self.parameters["TriggerUpdate"]
    if "Actions" in new:
        trigger.actions = [Action(one) for one in new["Actions"]]
    if new.get("Predicate"):
        trigger.predicate = Predicate(new["Predicate"])
    plain = ("Description", "Schedule", "EventBatchingCondition")
    _set(trigger, {key: new[key] for key in plain if key in new})
    return ActionResult({"Trigger": trigger.as_dict()})


def _trigger(original: Callable[..., Doc], self: Any) -> Doc:
    """A schedule that was given to a trigger of another type is told as well."""
    found = original(self)
    return found | ({"Schedule": self.schedule} if self.schedule and "Schedule" not in found else {})


def _connections(response: Any) -> Shelf:
    found: Shelf = response.glue_backend.connections
    return found


def update_connection(self: Any) -> EmptyResult:
    name, new = self.parameters["Name"], self.parameters["ConnectionInput"]
    found = _connections(self).get(name)
    if found is None:
        raise _missing("Connection")
    found.connection_input, found.updated_time = new, utcnow()
    found.description = new.get("Description")
    found.connection_properties = new.get("ConnectionProperties", {})
    return EmptyResult()


def delete_connection(self: Any) -> EmptyResult:
    if _connections(self).pop(self.parameters["ConnectionName"], None) is None:
        raise _missing("Connection")
    return EmptyResult()


def batch_delete_connection(self: Any) -> ActionResult:
    gone = [name for name in self.parameters["ConnectionNameList"] if _connections(self).pop(name, None) is not None]
    return ActionResult({"Succeeded": gone, "Errors": {}})


def _connection(original: Callable[..., Doc], self: Any, *arguments: Any, **named: Any) -> Doc:
    given = self.connection_input
    names = ("ConnectionType", "PhysicalConnectionRequirements", "MatchCriteria")
    kept = {key: given[key] for key in names if key in given}
    return original(self, *arguments, **named) | kept


# data quality


def _rulesets(response: Any) -> Shelf:
    return shelf(response, "data quality rulesets")


def _ruleset(response: Any) -> Doc:
    found: Doc | None = _rulesets(response).get(response.parameters["Name"])
    if found is None:
        raise _missing("Ruleset")
    return found


def create_data_quality_ruleset(self: Any) -> ActionResult:
    given = self.parameters
    if given["Name"] in _rulesets(self):
        raise refusal("AlreadyExistsException", f"Ruleset {given['Name']} already exists")
    kept = {key: given[key] for key in ("Name", "Description", "Ruleset", "TargetTable") if key in given}
    _rulesets(self)[given["Name"]] = {**kept, "CreatedOn": now(), "LastModifiedOn": now()}
    arn = f"arn:aws:glue:{self.region}:{self.current_account}:dataQualityRuleset/{given['Name']}"
    self.glue_backend.tag_resource(arn, given.get("Tags") or {})
    return ActionResult({"Name": given["Name"]})


def get_data_quality_ruleset(self: Any) -> ActionResult:
    return ActionResult(_ruleset(self))


def update_data_quality_ruleset(self: Any) -> ActionResult:
    changes = {key: self.parameters[key] for key in ("Description", "Ruleset") if key in self.parameters}
    _ruleset(self).update(changes, LastModifiedOn=now())
    return ActionResult({"Name": self.parameters["Name"]})


def delete_data_quality_ruleset(self: Any) -> EmptyResult:
    _rulesets(self).pop(_ruleset(self)["Name"])
    return EmptyResult()


def list_data_quality_rulesets(self: Any) -> ActionResult:
    return ActionResult({"Rulesets": list(_rulesets(self).values())})


# bookmarks


def get_job_bookmark(self: Any) -> ActionResult:
    """No job ran here: the live service keeps bookmarks."""
    self.glue_backend.get_job(self.parameters["JobName"])
    raise _missing("Continuation for job")


def reset_job_bookmark(self: Any) -> ActionResult:
    self.glue_backend.get_job(self.parameters["JobName"])
    raise _missing("Continuation for job")
