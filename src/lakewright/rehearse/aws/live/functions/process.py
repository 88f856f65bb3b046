"""One invocation: the deployed package in a process of its own, as the function's role, within its timeout."""

from __future__ import annotations

import io
import json
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakewright.rehearse.aws.live.glue.process import Limits, environment, run_script

MEBIBYTE = 1 << 20
ROOM = 1024
"""MiB that this machine's interpreter and its libraries reserve before the program begins."""

_RUNNER = """\
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
module, name = sys.argv[2].rsplit(".", 1)
with open(sys.argv[3]) as event:
    said = json.load(event)
result = getattr(importlib.import_module(module.replace("/", ".")), name)(said, None)
with open(sys.argv[4], "w") as answer:
    json.dump(result, answer)
"""


@dataclass(frozen=True)
class Answered:
    """What the handler returned, or why it did not."""

    result: Any
    error: str = ""


def invoke(
    package: bytes,
    configuration: Mapping[str, Any],
    event: Any,
    variables: Mapping[str, str],
    tell: Callable[[str, list[str]], None],
) -> Answered:
    """Runs `configuration`'s handler. `variables` are credentials and endpoint; `tell` gets the output's lines."""
    with tempfile.TemporaryDirectory(prefix="lakewright-lambda-") as made:
        folder = Path(made)
        code = folder / "code"
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            archive.extractall(code)
        runner, said, answer = folder / "runner.py", folder / "event.json", folder / "answer.json"
        runner.write_text(_RUNNER)
        said.write_text(json.dumps(event))
        end = time.monotonic() + float(configuration["Timeout"])
        memory = (int(configuration["MemorySize"]) + ROOM) * MEBIBYTE
        limits = Limits(memory, lambda: time.monotonic() >= end, lambda: False)
        own = {**variables, "AWS_LAMBDA_FUNCTION_NAME": str(configuration["FunctionName"])}
        declared: Mapping[str, str] = (configuration.get("Environment") or {}).get("Variables") or {}
        arguments = [str(code), str(configuration["Handler"]), str(said), str(answer)]
        ended = run_script(runner, arguments, environment(folder, {**declared, **own}), limits, tell)
        if ended.over_time:
            return Answered(None, f"Task timed out after {configuration['Timeout']}.00 seconds")
        if ended.code or not answer.is_file():
            return Answered(None, ended.last[-1] if ended.last else f"exit code {ended.code}")
        return Answered(json.loads(answer.read_text()))
