"""Terraform's plugin protocol 6: values in MessagePack, schemas in Protocol Buffers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import msgpack  # type: ignore[import-untyped,unused-ignore]
from tf.gen import tfplugin_pb2 as pb  # type: ignore[import-untyped,unused-ignore]

from lakewright.rehearse.databricks.provider.schema import Schema
from lakewright.rehearse.databricks.provider.values import UNKNOWN

_NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}
"""Numbers of Schema.NestedBlock.NestingMode and of Schema.Object.NestingMode."""


def decode(value: Any) -> Any:
    """A DynamicValue as Python's own values; None when there is none."""
    if value.msgpack:
        return msgpack.unpackb(value.msgpack, ext_hook=_known, strict_map_key=False)
    return json.loads(value.json) if value.json else None


def encode(value: Any) -> Any:
    """The other way."""
    return pb.DynamicValue(msgpack=msgpack.packb(value, default=_packed))


def _known(code: int, data: bytes) -> Any:
    return UNKNOWN if code in (0, 12) else msgpack.ExtType(code, data)


def _packed(value: object) -> Any:
    if value is UNKNOWN:
        return msgpack.ExtType(0, b"\x00")
    raise TypeError(f"no Terraform value: {value!r}")


def schema_answer(schema: Schema, sensitive: Mapping[str, Collection[str]]) -> Any:
    """The answer to GetProviderSchema. `sensitive`: type → dotted names of attributes that are never shown."""
    content = schema.content
    return pb.GetProviderSchema.Response(
        provider=pb.Schema(block=_block(content["config"], _PROVIDER_SECRETS)),
        resource_schemas={
            name: pb.Schema(version=0, block=_block(block, sensitive.get(name, ())))
            for name, block in content["resources"].items()
        },
        data_source_schemas={
            name: pb.Schema(version=0, block=_block(block, sensitive.get(name, ())))
            for name, block in content["data"].items()
        },
        server_capabilities=pb.ServerCapabilities(plan_destroy=False, get_provider_schema_optional=True),
    )


_PROVIDER_SECRETS = frozenset(
    {
        "client_secret",
        "token",
        "password",
        "azure_client_secret",
        "google_credentials",
        "actions_id_token_request_token",
    }
)


def _block(content: Mapping[str, Any], secret: Collection[str], path: str = "") -> Any:
    return pb.Schema.Block(
        attributes=_attributes(content.get("a", {}), secret, path),
        block_types=[
            pb.Schema.NestedBlock(
                type_name=name,
                block=_block(inner, secret, f"{path}{name}."),
                nesting=_NESTING[nesting],
                min_items=least,
                max_items=most,
            )
            for name, (nesting, least, most, inner) in content.get("b", {}).items()
        ],
    )


def _attributes(content: Mapping[str, Any], secret: Collection[str], path: str) -> list[Any]:
    made = []
    for name, (kind, flags) in content.items():
        one = pb.Schema.Attribute(
            name=name,
            required=flags == "r",
            optional="o" in flags,
            computed="c" in flags,
            sensitive=path + name in secret,
        )
        if isinstance(kind, dict):
            one.nested_type.CopyFrom(
                pb.Schema.Object(
                    attributes=_attributes(kind["a"], secret, f"{path}{name}."),
                    nesting=_NESTING[kind["nested"]],
                )
            )
        else:
            one.type = json.dumps(kind, separators=(",", ":")).encode()
        made.append(one)
    return made
