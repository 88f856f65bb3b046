"""Decides the artifact store's names and rights, and packs its program: the same bytes from the same source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Cost, FilePath, Place, Value
from lakewright.components.lake import kms_statement, policy_text
from lakewright.components.packed import packed
from lakewright.components.statements import INLINE, Statement, document
from lakewright.spec.block import Block
from lakewright.spec.values import Name

PROGRAM = Path(__file__).parent / "function" / "intake.py"


class Settings(Block):
    """The function that takes artifacts in."""

    bucket: Name = Field(default="artifacts", description="Key of the bucket of `lake_buckets` that is the store.")
    memory: Annotated[int, Field(ge=128, le=10_240)] = Field(default=512, description="MiB of memory.")
    timeout: Annotated[int, Field(ge=1, le=900)] = Field(default=300, description="Seconds for one artifact.")
    log_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365] = Field(
        default=30, description="How long its log is kept."
    )


def package(program: Path = PROGRAM) -> bytes:
    """The program as Lambda takes it."""
    return packed(program)


def function_name(place: Place) -> str:
    """Name of the function."""
    return place.name("artifact-intake")


def intake_policy(context: Context, settings: Settings) -> str:
    """Read and clear what comes in, write what is filed or put aside; never touch what is released."""
    place = context.place
    bucket = f"arn:aws:s3:::{place.bucket(settings.bucket)}"
    statements = [
        Statement("Find", ("s3:ListBucket",), (bucket,)),
        Statement("TakeIn", ("s3:DeleteObject", "s3:GetObject"), (f"{bucket}/incoming/*",)),
        Statement("File", ("s3:PutObject",), (f"{bucket}/rejected/*", f"{bucket}/releases/*")),
        Statement(
            "Log",
            ("logs:CreateLogStream", "logs:PutLogEvents"),
            (f"{place.arn('logs', f'log-group:/aws/lambda/{function_name(place)}')}:*",),
        ),
    ]
    statements += kms_statement(context, "Key", "s3", write=True)
    return document(*statements, most=INLINE)


def _call(context: Context, _name: str, settings: Settings) -> Call:
    place = context.place
    inputs: dict[str, Value] = {
        "bucket": context.output("lake_buckets", "ready", settings.bucket),
        "bucket_arn": context.output("lake_buckets", "arns", settings.bucket),
        "account": place.account,
        "function_name": function_name(place),
        "role_name": function_name(place),
        "package": FilePath("intake.zip"),
        "policy": policy_text(context, "intake-policy.json"),
        "memory_mb": settings.memory,
        "timeout_seconds": settings.timeout,
        "log_retention_days": settings.log_days,
    }
    if context.has("kms_key"):
        inputs["log_kms_key_arn"] = context.output("kms_key", "arn")
    return Call(inputs=inputs, files={"intake.zip": package(), "intake-policy.json": intake_policy(context, settings)})


COMPONENT = Component(
    name="artifact_store",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("function_arn", "function_name", "role_arn"),
    costs=lambda _context, settings: (
        Cost("lambda.million", 0.001, "1,000 artifacts a month"),
        Cost("lambda.gb_second", 1_000 * 5 * settings.memory / 1024, "five seconds each"),
    ),
)
