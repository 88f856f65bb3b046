"""The environment that terraform and its providers get: what a shell may hold must not change what is planned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ALWAYS: Mapping[str, str] = {
    "TF_IN_AUTOMATION": "1",
    "TF_INPUT": "0",
    "CHECKPOINT_DISABLE": "1",
}

_OURS = ("TF_CLI_ARGS", "TF_VAR_", "TF_WORKSPACE", "TF_DATA_DIR", "TF_LOG", "TF_INPUT", "TF_REATTACH", "TF_APPEND")
"""Variables (and prefixes) that change what terraform does with the same files."""


def real_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """For real accounts: the person's own credentials stay; what would change the plan goes.

    A configuration file that does not exist is left out: terraform would only complain about it.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith(_OURS)}
    if not Path(kept.get("TF_CLI_CONFIG_FILE", "/")).is_file():
        kept.pop("TF_CLI_CONFIG_FILE", None)
    return {**kept, **ALWAYS}


_FROM_OUTSIDE = ("PATH", "LANG", "LC_ALL", "TMPDIR")
GOGC = "400"
"""terraform and the provider begin some hundred times and live for seconds: with less garbage collection each takes a
quarter less CPU (2.8 s for 3.5 s), and 130 MB more memory."""
NOT_PROXIED = "127.0.0.1,localhost"


def rehearsal_environment(environ: Mapping[str, str], endpoint: str, region: str, home: Path) -> dict[str, str]:
    """For the local AWS: an allow-list, nothing of AWS_*, TF_* or the person's home.

    `home` is a private folder with `credentials` and `config` (profile `administrator`). Whatever is not on loopback
    is sent to the local AWS as a proxy, which refuses it; the one exception that this also serves is the account's
    name before the endpoint's (S3 control). Keys are in the file only.
    """
    return {
        **{name: environ[name] for name in _FROM_OUTSIDE if name in environ},
        **ALWAYS,
        "HOME": str(home),
        "TZ": "UTC",
        "GOGC": GOGC,
        "AWS_PROFILE": "administrator",
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"),
        "AWS_CONFIG_FILE": str(home / "config"),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "HTTP_PROXY": endpoint,
        "HTTPS_PROXY": endpoint,
        "http_proxy": endpoint,
        "https_proxy": endpoint,
        "NO_PROXY": NOT_PROXIED,
        "no_proxy": NOT_PROXIED,
    }


def with_registry(environment: Mapping[str, str], environ: Mapping[str, str], cache: Path) -> dict[str, str]:
    """The same for `init` where no plugin folder is given: the provider comes from the registry, by the person's own
    proxy, and is kept in `cache` for the next time. AWS stays the local one."""
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy")
    kept = {name: value for name, value in environment.items() if name not in proxies}
    own = {name: environ[name] for name in proxies if name in environ}
    none = ",".join(filter(None, [own.get("NO_PROXY", ""), NOT_PROXIED]))
    return {**kept, **own, "NO_PROXY": none, "no_proxy": none, "TF_PLUGIN_CACHE_DIR": str(cache)}
