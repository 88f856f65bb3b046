"""Terraform's plugin protocol, answered from the schema, the rules and the API."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import cache, wraps
from typing import Any

from tf.gen import tfplugin_pb2 as pb  # type: ignore[import-untyped,unused-ignore]
from tf.gen import tfplugin_pb2_grpc  # type: ignore[import-untyped,unused-ignore]

from lakewright.rehearse.databricks.provider import plan
from lakewright.rehearse.databricks.provider.client import Api, ApiError, from_config
from lakewright.rehearse.databricks.provider.data import SOURCES
from lakewright.rehearse.databricks.provider.kinds.kind import Kind, Rules
from lakewright.rehearse.databricks.provider.kinds.registry import KINDS
from lakewright.rehearse.databricks.provider.rivals import Rivals
from lakewright.rehearse.databricks.provider.schema import Block, load
from lakewright.rehearse.databricks.provider.values import State, empty, settled, state_of
from lakewright.rehearse.databricks.provider.wire import decode, encode, schema_answer

NOT_PLAYED = "{name} is not played by the stand-in"
_WHY = (
    "Lakewright's stand-in checks the arguments of this type against the provider's schema and cannot make it. "
    "Apply it with the real provider, or leave it out of the rehearsal."
)


def _told(response: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes what a method raises the diagnostics of its answer; gRPC itself would only say "unknown"."""

    def wrapped(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def answering(self: Service, request: Any, context: Any) -> Any:
            try:
                return method(self, request, context)
            except ApiError as error:
                return response(diagnostics=[_error(str(error), f"{error.code} (HTTP {error.status})")])
            except Exception as error:
                traceback.print_exc(file=sys.stderr)
                return response(diagnostics=[_error(f"stand-in: {type(error).__name__}: {error}", "")])

        return answering

    return wrapped


def _error(summary: str, detail: str, argument: str = "") -> Any:
    return _diagnostic(pb.Diagnostic.ERROR, summary, detail, argument)


def _diagnostic(severity: Any, summary: str, detail: str, argument: str = "") -> Any:
    said = pb.Diagnostic(severity=severity, summary=summary, detail=detail)
    if argument:
        said.attribute.CopyFrom(_path(argument))
    return said


def _path(argument: str) -> Any:
    return pb.AttributePath(steps=[pb.AttributePath.Step(attribute_name=argument)])


class Service(tfplugin_pb2_grpc.ProviderServicer):  # type: ignore[misc,unused-ignore]
    """One provider configuration."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._schema = load()
        self._api = Api("")
        self._rivals = Rivals()
        self._resource: Callable[[str], Block] = cache(self._schema.resource)
        self._data_source: Callable[[str], Block] = cache(self._schema.data_source)

    def GetProviderSchema(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        secret = {name: kind.rules.secret for name, kind in KINDS.items() if kind.rules.secret}
        return schema_answer(self._schema, secret)

    def GetMetadata(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return pb.GetMetadata.Response(
            resources=[pb.GetMetadata.ResourceMetadata(type_name=name) for name in self._schema.resources],
            data_sources=[pb.GetMetadata.DataSourceMetadata(type_name=name) for name in self._schema.data_sources],
        )

    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return pb.ValidateProviderConfig.Response()

    @_told(pb.ValidateResourceConfig.Response)
    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        config = decode(request.config)
        kind = KINDS.get(request.type_name)
        found = [] if kind is None else [*plan.mistakes(config, kind.rules), *kind.mistakes(config)]
        return pb.ValidateResourceConfig.Response(
            diagnostics=[_error(f'"{argument}": {what}', "", argument) for argument, what in found]
        )

    def ValidateDataResourceConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return pb.ValidateDataResourceConfig.Response()

    @_told(pb.UpgradeResourceState.Response)
    def UpgradeResourceState(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        block = self._resource(request.type_name)
        stored = json.loads(request.raw_state.json)
        state = empty(block) | {name: value for name, value in stored.items() if name in block.names}
        return pb.UpgradeResourceState.Response(upgraded_state=encode(state))

    @_told(pb.ConfigureProvider.Response)
    def ConfigureProvider(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        self._api = from_config(decode(request.config), self._environ)
        return pb.ConfigureProvider.Response()

    @_told(pb.ReadResource.Response)
    def ReadResource(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        kind, state = KINDS.get(request.type_name), decode(request.current_state)
        if kind is None:
            return pb.ReadResource.Response(new_state=request.current_state)
        new = self._read(kind, self._resource(request.type_name), state)
        return pb.ReadResource.Response(new_state=encode(new))

    def _read(self, kind: Kind, block: Block, state: State) -> State | None:
        answer = kind.read(self._api, block, state)
        if answer is None:
            return None
        local = {name: value for name, value in state.items() if name in block.names and name not in answer}
        kept = _only(local, block, kind.rules)
        return state_of(block, kept | answer | {"id": state["id"]}, state)

    @_told(pb.PlanResourceChange.Response)
    def PlanResourceChange(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        proposed = decode(request.proposed_new_state)
        if proposed is None:
            return pb.PlanResourceChange.Response(planned_state=request.proposed_new_state)
        prior, config = decode(request.prior_state), decode(request.config)
        block = self._resource(request.type_name)
        kind = KINDS.get(request.type_name)
        rules = kind.rules if kind else Rules()
        foresee = kind.foreseen if kind else dict
        if prior is None:
            found = plan.Change(plan.creation(block, config, rules, foresee))
        else:
            found = plan.change(block, config, prior, proposed, rules, foresee)
        warnings = self._rivals.planned(request.type_name, found.planned, prior, replaced=bool(found.replaced))
        return pb.PlanResourceChange.Response(
            planned_state=encode(found.planned),
            requires_replace=[_path(name) for name in found.replaced],
            diagnostics=[_diagnostic(pb.Diagnostic.WARNING, *said) for said in warnings],
            legacy_type_system=True,
        )

    @_told(pb.ApplyResourceChange.Response)
    def ApplyResourceChange(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        prior, planned = decode(request.prior_state), decode(request.planned_state)
        block = self._resource(request.type_name)
        kind = KINDS.get(request.type_name)
        if kind is None:
            said = _error(NOT_PLAYED.format(name=request.type_name), _WHY)
            return pb.ApplyResourceChange.Response(new_state=request.prior_state, diagnostics=[said])
        try:
            new = self._applied(kind, block, prior, planned)
        except ApiError as error:
            said = _error(f"{request.type_name}: {error}", f"{error.code} (HTTP {error.status})")
            return pb.ApplyResourceChange.Response(new_state=request.prior_state, diagnostics=[said])
        return pb.ApplyResourceChange.Response(new_state=encode(new), legacy_type_system=True)

    def _applied(self, kind: Kind, block: Block, prior: State | None, planned: State | None) -> State | None:
        if planned is None:
            kind.delete(self._api, prior or {})
            return None
        if prior is None:
            known = kind.create(self._api, block, planned)
        else:
            known = kind.update(self._api, block, prior, planned)
        known = {name: known.get(name) for name in block.names} | {"id": known["id"]}
        new = self._read(kind, block, settled(known))
        if new is None:
            raise ApiError(404, "NOT_FOUND", "what was just made is not there")
        return new

    @_told(pb.ImportResourceState.Response)
    def ImportResourceState(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        name, block = request.type_name, self._resource(request.type_name)
        kind = KINDS.get(name)
        if kind is None:
            said = _error(NOT_PLAYED.format(name=name), _WHY)
            return pb.ImportResourceState.Response(diagnostics=[said])
        try:
            found = kind.imported(self._api, request.id)
        except ValueError as error:
            said = _error(f'{name}: "{request.id}" is no id of this type', f"its form is {error}")
            return pb.ImportResourceState.Response(diagnostics=[said])
        state = empty(block) | found
        return pb.ImportResourceState.Response(
            imported_resources=[
                pb.ImportResourceState.ImportedResource(type_name=name, state=encode(_typed(block, state)))
            ]
        )

    @_told(pb.ReadDataSource.Response)
    def ReadDataSource(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        name = request.type_name
        source = SOURCES.get(name)
        if source is None:
            said = _error(f"data source {NOT_PLAYED.format(name=name)}", _WHY)
            return pb.ReadDataSource.Response(diagnostics=[said])
        config = decode(request.config)
        block = self._data_source(name)
        answer = source(self._api, config)
        return pb.ReadDataSource.Response(state=encode(state_of(block, settled(config) | answer, config)))

    def GetFunctions(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return pb.GetFunctions.Response()

    def StopProvider(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return pb.StopProvider.Response()


def _only(local: State, block: Block, rules: Rules) -> State:
    """What the answer does not tell and the state keeps: what is Terraform's alone, and what must be there."""
    required = {name for name, one in block.attributes.items() if one.required}
    return {name: value for name, value in local.items() if name in rules.kept or name in required}


def _typed(block: Block, state: State) -> State:
    return state_of(block, state, state)
