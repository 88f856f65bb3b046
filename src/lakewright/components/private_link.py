"""Databricks' services of AWS PrivateLink by region.

Source: Databricks' documentation, "IP addresses and domains for Databricks services and assets", section "PrivateLink
VPC endpoint services", read in November 2026. Others than these regions are named in the spec.
"""

from __future__ import annotations

from collections.abc import Mapping

from lakewright.errors import SpecError

REST: Mapping[str, str] = {
    "ap-northeast-1": "vpce-svc-02691fd610d24fd64",
    "ap-northeast-2": "vpce-svc-0babb9bde64f34d7e",
    "ap-south-1": "vpce-svc-0dbfe5d9ee18d6411",
    "ap-southeast-1": "vpce-svc-02535b257fc253ff4",
    "ap-southeast-2": "vpce-svc-0b87155ddd6954974",
    "ca-central-1": "vpce-svc-0205f197ec0e28d65",
    "eu-central-1": "vpce-svc-081f78503812597f7",
    "eu-west-1": "vpce-svc-0da6ebf1461278016",
    "eu-west-2": "vpce-svc-01148c7cdc1d1326c",
    "eu-west-3": "vpce-svc-008b9368d1d011f37",
    "sa-east-1": "vpce-svc-0bafcea8cdfe11b66",
    "us-east-1": "vpce-svc-09143d1e626de2f04",
    "us-east-2": "vpce-svc-041dc2b4d7796b8d3",
    "us-west-1": "vpce-svc-09bb6ca26208063f2",
    "us-west-2": "vpce-svc-0129f463fcfbc46c5",
}
"""The workspace: REST API and web application, from clusters (back end) and from people (front end)."""

RELAY: Mapping[str, str] = {
    "ap-northeast-1": "vpce-svc-02aa633bda3edbec0",
    "ap-northeast-2": "vpce-svc-0dc0e98a5800db5c4",
    "ap-south-1": "vpce-svc-03fd4d9b61414f3de",
    "ap-southeast-1": "vpce-svc-0557367c6fc1a0c5c",
    "ap-southeast-2": "vpce-svc-0b4a72e8f825495f6",
    "ca-central-1": "vpce-svc-0c4e25bdbcbfbb684",
    "eu-central-1": "vpce-svc-08e5dfca9572c85c4",
    "eu-west-1": "vpce-svc-09b4eb2bc775f4e8c",
    "eu-west-2": "vpce-svc-05279412bf5353a45",
    "eu-west-3": "vpce-svc-005b039dd0b5f857d",
    "sa-east-1": "vpce-svc-0e61564963be1b43f",
    "us-east-1": "vpce-svc-00018a8c3ff62ffdf",
    "us-east-2": "vpce-svc-090a8fab0d73e39a6",
    "us-west-1": "vpce-svc-04cb91f9372b792fe",
    "us-west-2": "vpce-svc-0158114c0c730c3bb",
}
"""The relay of secure cluster connectivity."""

SERVICES: Mapping[str, Mapping[str, str]] = {"rest": REST, "relay": RELAY, "front_end": REST}


def service(kind: str, region: str) -> str:
    """The name of a service: `rest`, `relay` or `front_end`. Raises SpecError LW1347 for a region without."""
    known = SERVICES[kind]
    if region not in known:
        hint = f"regions known here: {', '.join(known)}; another's name goes into `services: {{{kind}: …}}`"
        raise SpecError("LW1347", f"no PrivateLink service of Databricks is known in {region}", hint=hint)
    return f"com.amazonaws.vpce.{region}.{known[region]}"
