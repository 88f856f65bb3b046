"""Lambda: code that lies in S3 is in our store, where moto does not look; it gets the code itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakewright.rehearse.aws.faults import Fault
from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.storage.objects import ObjectError, ObjectStore

_PLACE = ("S3Bucket", "S3Key", "S3ObjectVersion")


@dataclass(frozen=True)
class Functions:
    """A live handler for `lambda`."""

    store: ObjectStore

    def answer(self, asked: Asked, moto: Moto) -> Mapping[str, Any] | None:
        wanted = dict(asked.parameters)
        match asked.operation:
            case "CreateFunction" if "S3Key" in wanted.get("Code", {}):
                code = {**wanted["Code"], "ZipFile": self._code(wanted["Code"])}
                wanted["Code"] = {name: value for name, value in code.items() if name not in _PLACE}
            case "UpdateFunctionCode" if "S3Key" in wanted:
                wanted["ZipFile"] = self._code(wanted)
                wanted = {name: value for name, value in wanted.items() if name not in _PLACE}
            case _:
                return None
        return moto.call("lambda", asked.operation, **wanted)

    def _code(self, place: Mapping[str, Any]) -> bytes:
        try:
            return b"".join(self.store.get(place["S3Bucket"], place["S3Key"]))
        except ObjectError as error:
            text = f"Error occurred while GetObject. S3 Error Code: {error.code}. S3 Error Message: {error}"
            raise Fault("InvalidParameterValueException", text) from None
