"""Errors as Athena answers them. Texts and codes are those that AWS documents or was seen to send."""

from __future__ import annotations

from collections.abc import Mapping


class AwsError(Exception):
    """An answer with an HTTP status of 4xx or 5xx; `fields` are further members of the body."""

    def __init__(self, code: str, message: str, status: int = 400, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = dict(fields or {})

    def body(self) -> dict[str, str]:
        """The JSON body; the code also goes into the header `x-amzn-ErrorType` or `__type`."""
        return {"__type": self.code, **self.fields, "Message": self.message}


def invalid(message: str, reason: str = "INVALID_INPUT") -> AwsError:
    """The request is refused and nothing ran."""
    return AwsError("InvalidRequestException", message, fields={"AthenaErrorCode": reason, "ErrorCode": reason})


def unsupported(what: str) -> AwsError:
    """AWS has it; this service does not, and says so."""
    return invalid(f"{what} is not supported by this local Athena.", "NOT_SUPPORTED")


def unknown_execution(execution_id: str) -> AwsError:
    """Also the answer for an execution of somebody else."""
    return invalid(f"QueryExecution {execution_id} was not found", "QUERY_EXECUTION_NOT_FOUND")


def denied(action: str, resource: str = "") -> AwsError:
    """The caller may not do this."""
    on = f" on the resource {resource}" if resource else " on the resource"
    return AwsError("AccessDeniedException", f"You are not authorized to perform: athena:{action}{on}.")


def not_found(message: str, resource: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, fields={"ResourceName": resource})


def metadata(message: str) -> AwsError:
    """A database or table that is missing, or that the caller may not see."""
    return AwsError("MetadataException", message)


def too_many() -> AwsError:
    message = (
        "You have exceeded the limit for the number of queries you can run concurrently. "
        "Reduce the number of concurrent queries submitted by this account. "
        "Contact customer support to request a concurrent query limit increase."
    )
    return AwsError("TooManyRequestsException", message, fields={"Reason": "CONCURRENT_QUERY_LIMIT_EXCEEDED"})
