"""Reading and writing HCL, held against python-hcl2 and against Terraform itself."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import pytest

from lakewright.components import registry
from lakewright.components.component import Output
from lakewright.infra.hcl_read import HclError, read_blocks
from lakewright.infra.hcl_text import Attribute, Body, Expression, HclText, quoted
from lakewright.infra.hcl_types import misfit, parse_type
from lakewright.infra.interface import read_interface

MODULES = sorted(path for path in (Path(registry.__file__).parent).glob("*/module") if (path / "variables.tf").exists())
TOYS = sorted(path.parent for path in (Path(__file__).parent / "toys").glob("*/variables.tf"))
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "CHECKPOINT_DISABLE": "1"}


def terraform(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["terraform", *arguments], cwd=folder, capture_output=True, text=True, timeout=120, env=ENVIRONMENT
    )
    return done.stdout


@pytest.mark.parametrize(
    "module", [*MODULES, *TOYS], ids=lambda path: path.parent.name if path.name == "module" else path.name
)
def test_interfaces_are_read_as_python_hcl2_reads_them(module: Path) -> None:
    variables, outputs = {}, {}
    for path in module.glob("*.tf"):
        found = hcl2.loads(path.read_text())
        variables |= {name.strip('"'): body for one in found.get("variable", ()) for name, body in one.items()}
        outputs |= {name.strip('"'): body for one in found.get("output", ()) for name, body in one.items()}
    interface = read_interface(module)
    assert interface.variables.keys() == variables.keys()
    assert interface.outputs.keys() == outputs.keys()
    for name, variable in interface.variables.items():
        assert variable.required == ("default" not in variables[name])
        assert variable.description == described(variables[name]["description"])
        theirs = variables[name]["type"].removeprefix("${").removesuffix("}")
        assert parse_type(theirs) == variable.type
    for name, output in interface.outputs.items():
        assert output.description == described(outputs[name]["description"])


def described(text: str) -> str:
    """As python-hcl2 gives a string: with its quotes, or a heredoc with its marks."""
    if "<<" not in text[:4]:
        return str(json.loads(text))
    return " ".join(" ".join(text.strip('"').strip().split("\n")[1:-1]).split())


def test_the_shape_of_hcl() -> None:
    text = """
    # a comment { with a brace
    variable "a" { default = "}${upper("b}")}" }
    variable "b" {
      default = <<-EOT
        } not the end "
      EOT
      type = object({ # }
        x = string /* } */
      })
      validation {
        condition = can(regex("[{}]", var.b)) // }
        error_message = "no \\"quotes\\" }"
      }
    }
    locals { x = { y = [1, 2] } }
    """
    first, second, third = read_blocks(text)
    assert (first.kind, first.labels) == ("variable", ("a",))
    assert first.attributes == {"default": '"}${upper("b}")}"'}
    assert list(second.attributes) == ["default", "type"]
    assert second.attributes["default"].startswith("<<-EOT")
    assert str(parse_type(second.attributes["type"])) == "object({x})"
    assert second.blocks[0].attributes["condition"] == 'can(regex("[{}]", var.b))'
    assert third.attributes == {"x": "{ y = [1, 2] }"}


@pytest.mark.parametrize(
    "text", ['variable "a" {', 'variable "a" }', 'x = "', 'variable "a" { default = "${" }', "= 1"]
)
def test_what_is_no_hcl_is_refused(text: str) -> None:
    with pytest.raises(HclError):
        read_blocks(text)


def literals(seed: int, count: int) -> list[Any]:
    """Values of every kind, with text that HCL has a meaning for."""
    chance = random.Random(seed)
    words = [
        '"',
        "\\",
        "${x}",
        "$${x}",
        "$",
        "%{ if x }",
        "%%{",
        "\n",
        "\t",
        "é →",
        "a",
        "#",
        "//",
        "",
        "{",
        "<<EOT",
        "\u2028",
        "\x7f",
    ]

    def text() -> str:
        return "".join(chance.choice(words) for _ in range(chance.randrange(5)))

    def value(depth: int) -> Any:
        kind = chance.randrange(8 if depth else 5)
        match kind:
            case 0:
                return chance.choice([True, False])
            case 1:
                return chance.choice([0, -1, 7, 10**15, 0.5, -2.25, 1e-7])
            case 2 | 3 | 4:
                return text()
            case 5 | 6:
                return [value(depth - 1) for _ in range(chance.randrange(4))]
            case _:
                keys = [chance.choice(["a", "a-b", "for", "null", "1a", text(), "k" + text()]) for _ in range(4)]
                return {key: value(depth - 1) for key in keys}

    return [value(3) for _ in range(count)]


@pytest.mark.terraform
def test_terraform_reads_the_values_that_were_written(tmp_path: Path) -> None:
    values = literals(7, 150)
    writer = HclText(lambda output: output.output)
    bodies = [Body("output", (f"v{index}",), (Attribute("value", value),)) for index, value in enumerate(values)]
    (tmp_path / "outputs.tf").write_text("\n\n".join("\n".join(writer.block(body)) for body in bodies) + "\n")
    assert terraform(tmp_path, "fmt", "-diff", "-check") == ""
    terraform(tmp_path, "apply", "-auto-approve", "-no-color")
    read = json.loads(terraform(tmp_path, "output", "-json"))
    assert [read[f"v{index}"]["value"] for index in range(len(values))] == values


TYPES = [
    *("string", "number", "bool", "any", "list(string)", "set(number)", "map(bool)", "map(list(string))", "list(any)"),
    *("object({ a = string, b = optional(number) })", "object({ a = optional(object({ c = bool }), { c = true }) })"),
    *("tuple([string, number])", "map(object({ a = string }))", 'list(object({ a = optional(string, "x") }))'),
]
VALUES: list[Any] = [
    *("x", "1", "1.5e3", "0x1", "true", "", 1, 2.5, True, [], ["a"], [1, "2"], ["a", ["b"]], {}, {"a": "x"}),
    *({"a": 1, "b": 2}, {"a": "x", "b": "y"}, {"b": 1}, {"a": {"c": True}}, {"a": {"c": "maybe"}}, {"a": {}}),
    *({"a": ["x"]}, {"k": {"a": "x"}}, {"k": {}}, [{"a": "x"}], [{}], [{"a": []}], ["a", 1], ["a", "b"], [1]),
    *([True, "false"], {"a": True}, {"a": "true"}, None, "0", 0, "TRUE", " 1", "1_000", "+1", "-2", ".5", "1e3"),
]


@pytest.mark.terraform
def test_types_fit_as_terraform_says(tmp_path: Path) -> None:
    writer = HclText(lambda output: output.output)
    cases = [(kind, value) for kind in TYPES for value in VALUES]
    for index, (kind, value) in enumerate(cases):
        attributes = (Attribute("type", Expression(kind)), Attribute("default", value))
        text = "\n".join(writer.block(Body("variable", (f"v{index}",), attributes)))
        (tmp_path / f"v{index}.tf").write_text(text + "\n")
    said = json.loads(terraform(tmp_path, "validate", "-json"))
    refused = {diagnostic["range"]["filename"] for diagnostic in said["diagnostics"]}
    wrong = []
    for index, (kind, value) in enumerate(cases):
        found = misfit(value, parse_type(kind))
        if found and "is not one of" in found.fact:
            continue  # stricter than Terraform, which drops what it does not know
        if (found is not None) != (f"v{index}.tf" in refused):
            wrong.append((kind, value, found))
    one_type = ("list(any)", ["a", ["b"]], None)  # what `any` becomes is left to Terraform
    assert wrong == [one_type]


def test_an_unknown_key_is_refused_though_terraform_drops_it() -> None:
    found = misfit({"a": "x", "c": 1}, parse_type("object({ a = string })"))
    assert found is not None
    assert (found.path, found.fact) == (("c",), "is not one of a")


def test_an_output_fits_everything() -> None:
    assert misfit([Output("a", "b")], parse_type("list(number)")) is None


def test_quotes() -> None:
    assert quoted('a"${b}%{c}\n') == '"a\\"$${b}%%{c}\\n"'
