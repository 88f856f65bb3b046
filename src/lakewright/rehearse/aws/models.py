"""Requests and answers in the terms of botocore's service models: which operation is asked for, with which parameters.

moto's own routers, parsers and serializers do the work; CBOR, which they lack, is read and written here.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import UnknownServiceError
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request as MotoRequest
from moto.core.request import determine_request_protocol
from moto.core.routing import RestRouter, get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from lakewright.rehearse.aws import cbor
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.http import Answer
from lakewright.rehearse.aws.sigv4 import Request

SIGNED_AS: Mapping[str, tuple[str, ...]] = {
    "access-analyzer": ("accessanalyzer",),
    "airflow": ("mwaa",),
    "apigateway": ("apigateway", "apigatewayv2"),
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "elasticmapreduce": ("emr",),
    "es": ("opensearch", "es"),
    "eventbridge": ("events",),
    "monitoring": ("cloudwatch",),
    "ses": ("sesv2", "ses"),
    "sso": ("sso-admin",),
    "states": ("stepfunctions",),
    "tagging": ("resourcegroupstaggingapi",),
}
"""boto3's services by the name that requests are signed with, where that is another one."""

S3_CONTROL = "/v20180820/"
MOST_UNPACKED = 16 << 20
CBOR = "rpc-v2-cbor"


@dataclass(frozen=True)
class Question:
    """An operation that is asked for, and in which protocol it is to be answered."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    protocol: str

    @property
    def model(self) -> OperationModel:
        found: OperationModel = get_service_model(self.service).operation_model(self.operation)
        return found


def read(request: Request, body: bytes, signed_as: str) -> Question:
    """Raises Fault UnknownOperationException, SerializationException."""
    if request.headers.get("content-encoding") == "gzip":
        request, body = _unpacked(request, body)
    if request.headers.get("smithy-protocol") == CBOR:
        return _read_cbor(request, body, signed_as)
    whole = _request(request, body)
    for service in _services(request, signed_as):
        model = _model(service)
        if model is None or not _is_version(whole, model):
            continue
        try:
            protocol = determine_request_protocol(model, whole.content_type)
            operation, path = _route(service, whole)
        except (NotFound, NotImplementedError):
            continue
        return Question(service, operation.name, _parsed(operation, protocol, whole, path), protocol)
    raise Fault("UnknownOperationException", f"{signed_as} has no such operation")


def written(question: Question, found: Mapping[str, Any], request_id: str) -> Answer:
    """An answer as boto3 gives it (times are datetime), in the protocol of the request."""
    if question.protocol == CBOR:
        headers = {"content-type": "application/cbor", "smithy-protocol": CBOR}
        return Answer(200, headers, cbor.encoded(_for_cbor(found)))
    model = question.model
    serializer = get_serializer_class(question.service, question.protocol)(model, _Context(request_id))  # type: ignore[arg-type]
    answer = serializer.serialize(dict(found))
    body = answer["body"]
    headers = {str(name).lower(): str(value) for name, value in answer["headers"].items()}
    return Answer(answer["status_code"], headers, body.encode() if isinstance(body, str) else bytes(body))


@dataclass(frozen=True)
class _Context:
    request_id: str


def _unpacked(request: Request, body: bytes) -> tuple[Request, bytes]:
    """boto3 packs large figures for CloudWatch."""
    headers = {name: value for name, value in request.headers.items() if name != "content-encoding"}
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        whole = unpacking.decompress(body, MOST_UNPACKED)
    except zlib.error:
        whole = b""
    if not unpacking.eof:
        raise Fault("SerializationException", "The request body cannot be unpacked")
    return replace(request, headers=headers), whole


def _services(request: Request, signed_as: str) -> tuple[str, ...]:
    if signed_as == "s3":
        return ("s3control",) if request.path.startswith(S3_CONTROL) else ("s3",)
    return SIGNED_AS.get(signed_as, (signed_as,))


def _model(service: str) -> ServiceModel | None:
    try:
        return get_service_model(service)
    except UnknownServiceError:
        return None


def _request(request: Request, body: bytes) -> MotoRequest:
    host = request.headers.get("host", "localhost")
    query = f"?{request.query}" if request.query else ""
    return MotoRequest.from_primitives(request.method, f"http://{host}{request.path}{query}", request.headers, body)


def _is_version(request: MotoRequest, model: ServiceModel) -> bool:
    """Services that share a name and a protocol are told apart by the version that their requests name."""
    if model.protocol != "query":
        return True
    return request.values.get("Version") in (None, model.api_version)


def _route(service: str, request: MotoRequest) -> tuple[OperationModel, dict[str, Any]]:
    if service == "s3":
        return _s3_router().match(request)
    model = get_service_model(service)
    prefix, _, operation = request.headers.get("X-Amz-Target", "").rpartition(".")
    if model.metadata.get("targetPrefix", "").endswith(f".{prefix}") and operation in model.operation_names:
        return model.operation_model(operation), {}  # CloudTrail's SDK for Go leaves the package out
    return get_service_router(service).match(request)


@functools.cache
def _s3_router() -> RestRouter:
    """Of path-style addresses, which is what arrives here."""
    return RestRouter(get_service_model("s3"))


def _parsed(operation: OperationModel, protocol: str, request: MotoRequest, path: Mapping[str, Any]) -> dict[str, Any]:
    parser = PROTOCOL_PARSERS[protocol](operation, map_type=dict)
    try:
        parsed: dict[str, Any] = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.get_data(),
                "url_path": request.path,
                "url_params": dict(path),
            }
        )
    except (RequestParserError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Fault("SerializationException", "The request cannot be read as the service's model has it") from None
    return {name: value for name, value in parsed.items() if value or not _is_outside(operation, name)}


def _is_outside(operation: OperationModel, name: str) -> bool:
    """Whether a member comes in headers or the query, where the parser makes nothing into an empty list."""
    shape = operation.input_shape.members[name] if operation.input_shape is not None else None
    return shape is not None and shape.serialization.get("location") in ("querystring", "headers")


def _read_cbor(request: Request, body: bytes, signed_as: str) -> Question:
    (service, *_) = SIGNED_AS.get(signed_as, (signed_as,))
    model, operation = _model(service), request.path.rpartition("/")[2]
    if model is None or operation not in model.operation_names:
        raise Fault("UnknownOperationException", f"{signed_as} has no such operation")
    try:
        value = cbor.decoded(body) if body else {}
    except cbor.Malformed:
        raise Fault("SerializationException", "The request body cannot be read") from None
    parameters = _from_cbor(value, model.operation_model(operation).input_shape)
    return Question(service, operation, parameters, CBOR)


def _from_cbor(value: Any, shape: Any) -> Any:
    """Numbers become times where the model has times."""
    kind = getattr(shape, "type_name", "")
    if kind == "structure" and isinstance(value, Mapping):
        return {name: _from_cbor(one, shape.members.get(name)) for name, one in value.items()}
    if kind == "list" and isinstance(value, list):
        return [_from_cbor(one, shape.member) for one in value]
    if kind == "map" and isinstance(value, Mapping):
        return {name: _from_cbor(one, shape.value) for name, one in value.items()}
    if kind == "timestamp" and isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC).replace(tzinfo=None)
    return value


def _for_cbor(value: Any) -> Any:
    match value:
        case datetime():
            return cbor.Time(_seconds(value))
        case Mapping():
            return {name: _for_cbor(one) for name, one in value.items() if one is not None}
        case list() | tuple():
            return [_for_cbor(one) for one in value]
        case _:
            return value


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
