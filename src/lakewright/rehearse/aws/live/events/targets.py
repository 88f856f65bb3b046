"""What a rule or a schedule starts, with the rights of the target's role where it has one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from lakewright.errors import ProblemError
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Moto
from lakewright.rehearse.aws.live.cloudwatch.notices import Notices
from lakewright.rehearse.aws.live.world import World

UNIVERSAL = re.compile(r"arn:aws:scheduler:::aws-sdk:(?P<service>[a-z0-9-]+):(?P<operation>\w+)")
StartWorkflow = Callable[[Moto, str], object]


@dataclass(frozen=True)
class Targets:
    """Every kind of target that is played. Raises ProblemError LW1454 for what failed, or is not played."""

    world: World
    notices: Notices
    start_workflow: StartWorkflow

    def start(self, moto: Moto, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        arn = str(target["Arn"])
        text = payload(target, event)
        try:
            self._start(moto, target, arn, text)
        except (ClientError, BotoCoreError) as error:
            raise _failed(arn, str(error)) from None
        except Fault as fault:
            raise _failed(arn, f"{fault.code}: {fault.message}") from None

    def _start(self, moto: Moto, target: Mapping[str, Any], arn: str, text: str) -> None:
        universal = UNIVERSAL.fullmatch(arn)
        if universal is not None:
            client = self.world.aws.client(universal["service"], role=target["RoleArn"])
            operation = xform_name(universal["operation"][0].upper() + universal["operation"][1:])
            getattr(client, operation)(**json.loads(text or "{}"))
            return
        service, resource = arn.split(":")[2], arn.split(":", 5)[5]
        match service:
            case "sns":
                self.notices.publish(moto, arn, "", text)
            case "sqs":
                url = moto.call("sqs", "GetQueueUrl", QueueName=resource)["QueueUrl"]
                moto.call("sqs", "SendMessage", QueueUrl=url, MessageBody=text)
            case "glue" if resource.startswith("workflow/"):
                self.start_workflow(moto, resource.partition("/")[2])
            case "logs":
                group = resource.removeprefix("log-group:").removesuffix(":*")
                self.world.log(moto, group, "events", [text])
            case "lambda":
                client = self.world.aws.client("lambda")
                client.invoke(FunctionName=arn, InvocationType="Event", Payload=text.encode())
            case "states":
                client = self.world.aws.client("stepfunctions", role=target.get("RoleArn"))
                client.start_execution(stateMachineArn=arn, input=text or "{}")
            case _:
                raise _failed(arn, "this kind of target is not played here")


def payload(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """What the target gets: its own input, a part of the event, a template filled from it, or the event."""
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(_at(event, str(target["InputPath"])), default=str)
    transformer = target.get("InputTransformer")
    if transformer:
        text = str(transformer["InputTemplate"])
        for name, path in (transformer.get("InputPathsMap") or {}).items():
            value = _at(event, str(path))
            text = text.replace(f"<{name}>", value if isinstance(value, str) else json.dumps(value, default=str))
        return text.replace("<aws.events.event.json>", json.dumps(event, default=str))
    return json.dumps(event, default=str)


def _at(event: Any, path: str) -> Any:
    for part in path.removeprefix("$").strip(".").split("."):
        event = event.get(part) if isinstance(event, Mapping) and part else event
    return event


def _failed(arn: str, fact: str) -> ProblemError:
    return ProblemError("LW1454", fact, place=arn)
