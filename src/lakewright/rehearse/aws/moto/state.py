"""What moto knows, asked as boto3 would, for code of ours: no signature, no gates."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import botocore.loaders
import botocore.parsers
import botocore.serialize
from botocore.awsrequest import HeadersDict, create_request_object, prepare_request_dict
from botocore.model import OperationModel, ServiceModel

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.moto.application import KEEP, LACKS
from lakewright.rehearse.aws.moto.host import Said

UNKNOWN = "UnknownOperationException"
PROTOCOLS = ("json", "query", "rest-json", "rest-xml", "ec2")
_DROPPED = frozenset(
    {"authorization", "user-agent", "content-length", "transfer-encoding", "expect", "connection", KEEP}
)
_READS = ("Get", "List", "Describe", "Head", "BatchGet", "Search", "Lookup", "Validate", "Simulate", "Query", "Scan")


class Host(Protocol):
    """Where moto is reached."""

    def forward(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Said: ...


@dataclass(frozen=True)
class State:
    """moto's state of one account and region."""

    host: Host
    account: str
    region: str

    def within(self, account: str, region: str | None = None) -> State:
        return replace(self, account=account, region=region or self.region)

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """Raises Fault with moto's error."""
        model = service_model(service)
        question = model.operation_model(operation)
        protocol = _protocol(model)
        method, target, headers, body = _serialized(question, protocol, parameters)
        said = self.send(service, operation, method, target, headers, body)
        if said.headers.get(LACKS):
            raise lacking(service, operation)
        return _parsed(question, protocol, said)

    def send(
        self, service: str, operation: str, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Said:
        """A request in AWS's own form. Who signed it is moto's affair no more."""
        signed_as = service_model(service).signing_name
        credential = f"AKIA{self.account}MOTO/20200101/{self.region}/{signed_as}/aws4_request"
        sent = {
            **{name: value for name, value in headers.items() if name not in _DROPPED},
            "authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
            "x-moto-account-id": self.account,
        }
        if is_write(operation):
            sent[KEEP] = "1"
        return self.host.forward(method, target, sent, body)


def is_write(operation: str) -> bool:
    return not operation.startswith(_READS)


def lacking(service: str, operation: str) -> Fault:
    """The answer to an action that nobody here knows."""
    return Fault(UNKNOWN, f"{service}:{operation} is not implemented by this local AWS")


@functools.cache
def service_model(service: str) -> ServiceModel:
    return ServiceModel(_loader().load_service_model(service, "service-2"), service)


@functools.cache
def _loader() -> botocore.loaders.Loader:
    return botocore.loaders.Loader()


def _protocol(model: ServiceModel) -> str:
    offered = model.metadata.get("protocols", [model.metadata["protocol"]])
    return next(one for one in PROTOCOLS if one in offered)


def _serialized(
    question: OperationModel, protocol: str, parameters: Mapping[str, Any]
) -> tuple[str, str, dict[str, str], bytes]:
    tokens = {name: str(uuid.uuid4()) for name in question.idempotent_members if name not in parameters}
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    parts = serializer.serialize_to_request({**tokens, **parameters}, question)
    prepare_request_dict(parts, "http://localhost")
    request = create_request_object(parts).prepare()
    body = request.body.read() if hasattr(request.body, "read") else request.body
    headers = {str(name).lower(): _text(value) for name, value in request.headers.items()}
    target = request.url.removeprefix("http://localhost") or "/"
    return request.method, target, headers, body.encode() if isinstance(body, str) else body or b""


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _parsed(question: OperationModel, protocol: str, said: Said) -> dict[str, Any]:
    parser = botocore.parsers.create_parser(protocol)
    response = {
        "body": said.body,
        "headers": HeadersDict(said.headers),
        "status_code": said.status,
        "context": {"operation_name": question.name},
    }
    parsed: dict[str, Any] = parser.parse(response, question.output_shape)  # type: ignore[arg-type]
    if said.status >= 300:
        error = parsed.get("Error", {})
        raise Fault(str(error.get("Code", "InternalFailure")), str(error.get("Message", "")), said.status)
    parsed.pop("ResponseMetadata", None)
    return parsed
