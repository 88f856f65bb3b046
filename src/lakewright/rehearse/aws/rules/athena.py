"""Athena: workgroups, queries, prepared statements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.rule import Rule, structure, text

_LEAST_CUTOFF = 10_000_000
_ENGINES = frozenset({"AUTO", "Athena engine version 3", "PySpark engine version 3", "Apache Spark version 3.5"})


def _configuration(asked: Asked) -> Mapping[str, Any]:
    return structure(asked.parameters.get("Configuration") or asked.parameters.get("ConfigurationUpdates"))


def _cutoff(asked: Asked, _: Moto) -> Iterator[str]:
    most = _configuration(asked).get("BytesScannedCutoffPerQuery")
    if most is not None and most < _LEAST_CUTOFF:
        yield f"BytesScannedCutoffPerQuery must be at least {_LEAST_CUTOFF}: {most}"


def _location(asked: Asked, _: Moto) -> Iterator[str]:
    wanted = _configuration(asked)
    result = structure(
        wanted.get("ResultConfiguration")
        or wanted.get("ResultConfigurationUpdates")
        or asked.parameters.get("ResultConfiguration")
    )
    where = result.get("OutputLocation")
    if where is not None and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?", str(where)):
        yield f"outputLocation is not a valid S3 path. Provided outputLocation: {where}"
    locked = structure(result.get("EncryptionConfiguration"))
    if locked.get("EncryptionOption") in {"SSE_KMS", "CSE_KMS"} and not locked.get("KmsKey"):
        yield f"KmsKey is required for {locked['EncryptionOption']}"
    if locked.get("EncryptionOption") == "SSE_S3" and locked.get("KmsKey"):
        yield "KmsKey must not be set for SSE_S3"


def _engine(asked: Asked, _: Moto) -> Iterator[str]:
    wanted = structure(_configuration(asked).get("EngineVersion")).get("SelectedEngineVersion")
    if wanted is not None and wanted not in _ENGINES:
        yield f"Engine version {wanted} is not supported"


def _primary(asked: Asked, _: Moto) -> Iterator[str]:
    if text(asked, "WorkGroup") == "primary":
        yield "Primary WorkGroup could not be deleted"


def _blank(asked: Asked, _: Moto) -> Iterator[str]:
    for name in ("QueryString", "QueryStatement"):
        if name in asked.parameters and not text(asked, name).strip():
            yield f"{name} must not be blank"


def _catalog(asked: Asked, _: Moto) -> Iterator[str]:
    kind, wanted = text(asked, "Type"), structure(asked.parameters.get("Parameters"))
    if kind == "GLUE" and not re.fullmatch(r"\d{12}", str(wanted.get("catalog-id", ""))):
        yield "A GLUE data catalog needs the parameter catalog-id"
    if kind == "LAMBDA" and not ("function" in wanted or {"metadata-function", "record-function"} <= set(wanted)):
        yield "A LAMBDA data catalog needs the parameter function, or metadata-function and record-function"


_GROUPS = ("CreateWorkGroup", "UpdateWorkGroup")
_BAD = "InvalidRequestException"

RULES = (
    Rule("10 MB at least to scan", "WorkGroupConfiguration (Amazon Athena API Reference)", _GROUPS, _cutoff, _BAD),
    Rule(
        "where results go, and encrypted how",
        "ResultConfiguration (Amazon Athena API Reference)",
        (*_GROUPS, "StartQueryExecution"),
        _location,
        _BAD,
    ),
    Rule("versions of the engine", "Athena engine versioning", _GROUPS, _engine, _BAD),
    Rule("the primary workgroup stays", "Delete a workgroup", ("DeleteWorkGroup",), _primary, _BAD),
    Rule(
        "a query says something",
        "CreateNamedQuery (Amazon Athena API Reference)",
        ("CreateNamedQuery", "CreatePreparedStatement", "StartQueryExecution"),
        _blank,
        _BAD,
    ),
    Rule(
        "a catalog's parameters",
        "CreateDataCatalog (Amazon Athena API Reference)",
        ("CreateDataCatalog",),
        _catalog,
        _BAD,
    ),
)
