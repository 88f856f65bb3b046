"""Refusals in AWS's words.

Documentation: IAM User Guide, "Troubleshoot access denied error messages"; each service's "Common errors".
"""

from __future__ import annotations

from collections.abc import Mapping

from lakewright.policy.iam import Answer, Decision
from lakewright.policy.statements import Layer, Request
from lakewright.rehearse.aws.faults import Fault

CODES: Mapping[str, tuple[str, int]] = {
    "ec2": ("UnauthorizedOperation", 403),
    "s3": ("AccessDenied", 403),
    "s3control": ("AccessDenied", 403),
    "iam": ("AccessDenied", 403),
    "sts": ("AccessDenied", 403),
    "rds": ("AccessDenied", 403),
    "elbv2": ("AccessDenied", 403),
    "cloudwatch": ("AccessDenied", 403),
    "sns": ("AuthorizationError", 403),
    "sqs": ("AccessDenied", 403),
    "lambda": ("AccessDeniedException", 403),
    "scheduler": ("AccessDeniedException", 403),
    "lakeformation": ("AccessDeniedException", 403),
}
_OTHERS = ("AccessDeniedException", 400)


def refusal(service: str, request: Request, decision: Decision) -> Fault:
    """The fault of a request that is not allowed, or of which nobody knows whether it is."""
    code, status = CODES.get(service, _OTHERS)
    where = "" if request.resource == "*" and service != "iam" else f" on resource: {request.resource}"
    who = request.caller.name or "anonymous"
    text = f"User: {who} is not authorized to perform: {request.action}{where} {_reason(request, decision)}"
    if service == "ec2":
        text = f"You are not authorized to perform this operation. {text}"
    return Fault(code, text, status)


def _reason(request: Request, decision: Decision) -> str:
    layer = decision.layer or Layer.IDENTITY
    if decision.answer is Answer.UNKNOWN:
        keys = ", ".join(sorted(decision.unknown))
        why = f"the local AWS has no value for {keys}" if keys else "AWS does not document this case"
        statement = decision.statement.written if decision.statement is not None else "its policies"
        return f"as far as is known here: whether the {layer.value} ({statement}) applies is not known, since {why}"
    if decision.explicit:
        article = "an" if layer is Layer.IDENTITY else "a"
        return f"with an explicit deny in {article} {layer.value}"
    return f"because no {layer.value} allows the {request.action} action"
