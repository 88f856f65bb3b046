"""What a shell holds does not reach terraform where it would change what is planned, or lead it off this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.errors import MissingError
from lakewright.infra.environment import real_environment, rehearsal_environment, with_registry
from lakewright.infra.terraform import PLUGINS, find_binary, find_plugins

HOSTILE = {
    "PATH": "/usr/bin",
    "HOME": "/home/somebody",
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
    "AWS_CONFIG_FILE": "/home/somebody/.aws/config",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
    "TF_VAR_account_id": "999999999999",
    "TF_CLI_ARGS": "-destroy",
    "TF_CLI_ARGS_apply": "-auto-approve",
    "TF_WORKSPACE": "other",
    "TF_DATA_DIR": "/tmp/elsewhere",
    "TF_CLI_CONFIG_FILE": "/nowhere/terraformrc",
    "HTTPS_PROXY": "http://proxy.example:3128",
    "NO_PROXY": "amazonaws.com",
    "TF_TOKEN_app_terraform_io": "token",
}
ENDPOINT = "http://127.0.0.1:4510"


def test_a_rehearsal_inherits_nothing_but_the_path() -> None:
    found = rehearsal_environment(HOSTILE, ENDPOINT, "us-east-1", Path("/private"))
    assert found["PATH"] == "/usr/bin"
    assert found["HOME"] == "/private"
    assert found["AWS_CONFIG_FILE"] == "/private/config"
    assert found["AWS_ENDPOINT_URL"] == found["HTTPS_PROXY"] == found["http_proxy"] == ENDPOINT
    assert found["NO_PROXY"] == "127.0.0.1,localhost"
    assert not [name for name, value in found.items() if name != "PATH" and value == HOSTILE.get(name)]
    inherited = HOSTILE.keys() & found.keys()
    assert inherited == {"PATH", "HOME", "AWS_PROFILE", "AWS_CONFIG_FILE", "HTTPS_PROXY", "NO_PROXY"}


def test_fetching_providers_may_use_the_persons_proxy_but_not_their_account() -> None:
    base = rehearsal_environment(HOSTILE, ENDPOINT, "us-east-1", Path("/private"))
    found = with_registry(base, HOSTILE, Path("/cache"))
    assert found["HTTPS_PROXY"] == HOSTILE["HTTPS_PROXY"]
    assert found["AWS_ENDPOINT_URL"] == ENDPOINT
    assert found["AWS_PROFILE"] == "administrator"
    assert "127.0.0.1" in found["NO_PROXY"]
    assert "http_proxy" not in found


def test_real_accounts_keep_their_login_and_lose_what_changes_plans() -> None:
    found = real_environment(HOSTILE)
    assert found["AWS_PROFILE"] == "production"
    assert found["TF_TOKEN_app_terraform_io"] == "token"
    gone = {
        "TF_VAR_account_id",
        "TF_CLI_ARGS",
        "TF_CLI_ARGS_apply",
        "TF_WORKSPACE",
        "TF_DATA_DIR",
        "TF_CLI_CONFIG_FILE",
    }
    assert not gone & found.keys()


def test_a_missing_binary_or_folder_of_plugins_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="LW1350"):
        find_binary({"PATH": str(tmp_path)})
    tofu = tmp_path / "tofu"
    tofu.write_text("#!/bin/sh\n")
    tofu.chmod(0o755)
    assert find_binary({"PATH": str(tmp_path)}) == tofu
    with pytest.raises(MissingError, match="LW1355"):
        find_plugins({PLUGINS: str(tmp_path / "none")})
    assert find_plugins({}) is None
