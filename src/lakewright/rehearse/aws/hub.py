"""All services behind one door: gates, then what is live, then moto."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lakewright.observe import Event, Observer
from lakewright.rehearse.aws.coverage import Coverage, Outcome
from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Gate, Live, Session
from lakewright.rehearse.aws.http import Answer
from lakewright.rehearse.aws.models import CBOR, Question, read, written
from lakewright.rehearse.aws.moto.application import LACKS
from lakewright.rehearse.aws.moto.host import Said
from lakewright.rehearse.aws.moto.state import UNKNOWN, State, is_write, lacking
from lakewright.rehearse.aws.sigv4 import Request

_HOP = frozenset({"connection", "server", "date", "transfer-encoding", "content-length", "keep-alive", LACKS})
_ARN = re.compile(r"arn:[a-z-]+:iam::(?P<account>\d{12}):.+")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed a request: the ARN whose policies count, the session of a role, the region signed for."""

    principal: str
    region: str
    session: Session | None = None

    @property
    def account(self) -> str:
        found = _ARN.fullmatch(self.principal)
        if found is None:
            raise Fault("UnrecognizedClientException", "The security token included in the request is invalid.")
        return found["account"]


@dataclass(frozen=True)
class Hub:
    """Answers requests of any service. `live` may get more handlers while it runs."""

    state: State
    gates: Iterable[Gate]
    live: Mapping[str, Live]
    observe: Observer
    coverage: Coverage = field(default_factory=Coverage)

    def answer(self, request: Request, body: bytes, signed_as: str, caller: Caller, request_id: str) -> Answer:
        """One request, whose signature is verified. Raises Fault."""
        try:
            question = read(request, body, signed_as)
        except Fault:
            self.coverage.count(Outcome.UNIMPLEMENTED, signed_as, _named(request))
            raise
        return self.put(question, request, body, caller, request_id)

    def put(self, question: Question, request: Request, body: bytes, caller: Caller, request_id: str) -> Answer:
        """A request that is read already: checked, and answered by the first who knows. Raises Fault."""
        service, operation = question.service, question.operation
        self.check(question.service, question.operation, question.parameters, caller)
        state = self.state.within(caller.account, caller.region)
        try:
            handler = self.live.get(service)
            found = handler(asked(question, caller), state) if handler is not None else None
            if found is not None:
                self.coverage.count(Outcome.EXECUTED, service, operation)
                return written(question, found, request_id)
            answer = self._ask_moto(question, request, body, state, request_id)
        except Fault as fault:
            unknown = fault.code == UNKNOWN
            self.coverage.count(Outcome.UNIMPLEMENTED if unknown else Outcome.REFUSED, service, operation)
            raise
        told = answer.status < 400 or not is_write(operation)  # that something is not there is an answer
        self.coverage.count(Outcome.ACCEPTED if told else Outcome.REFUSED, service, operation)
        return answer

    def check(self, service: str, operation: str, parameters: Mapping[str, object], caller: Caller) -> None:
        """All gates. Raises Fault of the first that refuses."""
        one = Asked(service, operation, parameters, caller.account, caller.region, caller.principal, caller.session)
        try:
            for gate in self.gates:
                gate(one)
        except Fault:
            self.coverage.count(Outcome.REFUSED, service, operation)
            raise

    def _ask_moto(self, question: Question, request: Request, body: bytes, state: State, request_id: str) -> Answer:
        service, operation = question.service, question.operation
        if question.protocol == CBOR:
            return written(question, state.call(service, operation, **question.parameters), request_id)
        target = f"{request.path}?{request.query}" if request.query else request.path
        said = state.send(service, operation, request.method, target, request.headers, body)
        if LACKS in said.headers:
            raise self._lacks(service, operation, said)
        headers = {name: value for name, value in said.headers.items() if name not in _HOP}
        if request.method == "HEAD" and "content-length" in said.headers:
            headers["content-length"] = said.headers["content-length"]
        return Answer(said.status, headers, said.body)

    def _lacks(self, service: str, operation: str, said: Said) -> Fault:
        """moto does not know the action, or broke over it; the log says how."""
        text = said.body.decode("utf-8", "replace")[:2000]
        self.observe(Event("aws.unimplemented", {"operation": f"{service}:{operation}", "error": text}, "warning"))
        if said.headers[LACKS] == "crashed":
            return Fault(UNKNOWN, f"{service}:{operation} is not known well enough to this local AWS: {text[:200]}")
        return lacking(service, operation)


def asked(question: Question, caller: Caller) -> Asked:
    """What gates and live services see of a request."""
    return Asked(
        question.service,
        question.operation,
        question.parameters,
        caller.account,
        caller.region,
        caller.principal,
        caller.session,
    )


def _named(request: Request) -> str:
    """What an unknown request asks for, as far as its head tells."""
    return request.headers.get("x-amz-target", "").rpartition(".")[2] or f"{request.method} {request.path[:100]}"
