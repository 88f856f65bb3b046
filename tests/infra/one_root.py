"""All stacks of an environment in one root module, so that one run of Terraform looks at everything together.

Modules' outputs take the place of remote states; variables, values and files are those of the stacks.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

MOCKS = """\
mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111111111111", arn = "arn:aws:iam::111111111111:user/ci" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_ssoadmin_instances" {
    defaults = { arns = ["arn:aws:sso:::instance/ssoins-1111111111111111"], identity_store_ids = ["d-1111111111"] }
  }
  mock_data "aws_iam_session_context" {
    defaults = { issuer_arn = "arn:aws:iam::111111111111:user/ci" }
  }
}

run "plan" {
  command = plan
}
"""


def one_root(infra: Path, environment: str, folder: Path) -> Path:
    """Writes it below `folder`; gives the root module's folder."""
    root = folder / "environment" / "all"
    root.mkdir(parents=True)
    shutil.copytree(infra / "modules", folder / "modules")
    _without_ephemerals(folder / "modules" / "secrets" / "main.tf")
    stacks = sorted(path for path in (infra / environment).iterdir() if path.is_dir())
    text = "\n".join((stack / "main.tf").read_text() for stack in stacks)
    (root / "main.tf").write_text(_joined(text))
    (root / "variables.tf").write_text("\n".join(_variables(stacks)))
    for stack in stacks:
        shutil.copy(stack / "terraform.tfvars", root / f"{stack.name}.auto.tfvars")
        for path in stack.iterdir():
            if path.is_dir() and not path.name.startswith("."):
                shutil.copytree(path, root / path.name)
    own = [(stack / "providers.tf").read_text() for stack in stacks]
    aliases = sorted({alias for text in own for alias in _aliases(text)})
    versions = [(stack / "versions.tf").read_text() for stack in stacks]
    (root / "versions.tf").write_text(max(versions, key=len))
    others = "".join(f'\nprovider "{kind}" {{\n  alias = "{name}"\n}}\n' for kind, name in aliases)
    (root / "providers.tf").write_text(next(text for text in own if not _aliases(text)) + others)
    mocks = "".join(f'mock_provider "{kind}" {{\n  alias = "{name}"\n}}\n\n' for kind, name in aliases)
    (root / "plan.tftest.hcl").write_text(mocks + MOCKS)
    return root


def _aliases(providers: str) -> list[tuple[str, str]]:
    """The providers that have one, with it."""
    return re.findall(r'provider "(\w+)" \{\n  alias\s*= "([\w-]+)"', providers)


def _joined(text: str) -> str:
    text = re.sub(r'data "terraform_remote_state".*?\n}\n', "", text, flags=re.DOTALL)
    calls = re.findall(r'^module "([\w-]+)"', text, flags=re.MULTILINE)

    def output(match: re.Match[str]) -> str:
        call = max((call for call in calls if match[1].startswith(f"{call}_")), key=len)
        return f"module.{call}.{match[1].removeprefix(f'{call}_')}"

    return re.sub(r"data\.terraform_remote_state\.[\w-]+\.outputs\.([\w-]+)", output, text)


def _variables(stacks: list[Path]) -> list[str]:
    """Each once: `region` and such are in every stack."""
    found: dict[str, str] = {}
    for stack in stacks:
        for block in re.split(r"\n(?=variable )", (stack / "variables.tf").read_text())[1:]:
            found.setdefault(block.split('"')[1], block)
    return list(found.values())


def _without_ephemerals(path: Path) -> None:
    """Terraform's mocks know no ephemeral resources (1.11)."""
    if path.exists():
        kind = "aws_secretsmanager_random_password"
        text = re.sub(rf'ephemeral "{kind}".*?\n}}\n', "", path.read_text(), flags=re.DOTALL)
        path.write_text(re.sub(rf"ephemeral\.{kind}\.this\[.*?\]\.random_password", '"x"', text))
