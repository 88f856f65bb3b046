"""EC2: security groups, network ACLs, instances, volumes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lakewright.rehearse.aws.gate import Asked, Moto
from lakewright.rehearse.aws.rules.ec2_network import network
from lakewright.rehearse.aws.rules.rule import Rule, items, number, structure, text

_GROUP_TEXT = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*")
_PROTOCOLS = frozenset({"tcp", "udp", "icmp", "icmpv6", "-1"})
_IMAGE = re.compile(r"ami-([0-9a-f]{8}|[0-9a-f]{17})")
_VOLUMES: Mapping[str, tuple[int, int]] = {
    "gp2": (1, 16384),
    "gp3": (1, 65536),
    "io1": (4, 16384),
    "io2": (4, 65536),
    "st1": (125, 16384),
    "sc1": (125, 16384),
    "standard": (1, 1024),
}
_IOPS: Mapping[str, tuple[int, int]] = {"gp3": (3000, 80000), "io1": (100, 64000), "io2": (100, 256000)}


def _group_name(asked: Asked, _: Moto) -> Iterator[str]:
    name = text(asked, "GroupName")
    if len(name) > 255 or not _GROUP_TEXT.fullmatch(name):
        yield f"Value ({name}) for parameter GroupName is invalid. Character sets beyond ASCII are not supported."
    if name.startswith("sg-"):
        yield f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*."


def _group_description(asked: Asked, _: Moto) -> Iterator[str]:
    description = text(asked, "Description")
    if len(description) > 255 or not _GROUP_TEXT.fullmatch(description):
        yield (
            f"Value ({description}) for parameter GroupDescription is invalid. Character sets beyond ASCII are not"
            " supported."
        )


def _permissions(asked: Asked) -> list[Mapping[str, Any]]:
    own = {name: asked.parameters[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in asked.parameters}
    if "CidrIp" in asked.parameters:
        own["IpRanges"] = [{"CidrIp": asked.parameters["CidrIp"]}]
    return [structure(one) for one in items(asked.parameters.get("IpPermissions"))] + ([own] if own else [])


def _protocol(asked: Asked, _: Moto) -> Iterator[str]:
    for one in _permissions(asked):
        protocol = str(one.get("IpProtocol", ""))
        by_number = protocol.isdigit() and int(protocol) <= 255
        if not by_number and protocol not in _PROTOCOLS:
            yield f"Invalid value '{protocol}' for IP protocol. Unknown protocol."


def _ports(asked: Asked, _: Moto) -> Iterator[str]:
    for one in _permissions(asked):
        protocol, first, last = str(one.get("IpProtocol", "")), one.get("FromPort"), one.get("ToPort")
        if protocol not in {"tcp", "udp", "6", "17"}:
            continue
        if first is None or last is None:
            yield f"The request must contain the parameters fromPort and toPort for protocol {protocol}"
        elif not (0 <= first <= 65535 and 0 <= last <= 65535):
            wrong = last if 0 <= first <= 65535 else first
            yield f"Invalid value '{wrong}' for portRange. Must be between 0 and 65535."
        elif first > last:
            yield f"Invalid TCP/UDP port range ({first}:{last})"


def _icmp(asked: Asked, _: Moto) -> Iterator[str]:
    for one in _permissions(asked):
        if str(one.get("IpProtocol")) in {"icmp", "1"} and not -1 <= one.get("FromPort", -1) <= 255:
            yield f"Invalid value '{one['FromPort']}' for ICMP type"


def _sources(asked: Asked, _: Moto) -> Iterator[str]:
    for one in _permissions(asked):
        for source in items(one.get("IpRanges")):
            cidr = str(structure(source).get("CidrIp", ""))
            if network(cidr) is None:
                yield f"CIDR block {cidr} is malformed"


def _described(asked: Asked, _: Moto) -> Iterator[str]:
    for one in _permissions(asked):
        for name in ("IpRanges", "UserIdGroupPairs", "PrefixListIds", "Ipv6Ranges"):
            for source in items(one.get(name)):
                description = str(structure(source).get("Description") or "")
                if len(description) > 255 or not _GROUP_TEXT.fullmatch(description):
                    yield (
                        "Invalid rule description. Valid descriptions are strings less than 256 characters from the"
                        " following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
                    )


def _acl_number(asked: Asked, _: Moto) -> Iterator[str]:
    place = number(asked, "RuleNumber")
    if place is not None and not 1 <= place <= 32766:
        yield f"Value ({int(place)}) for parameter ruleNumber is invalid. Must be between 1 and 32766."


def _acl_ports(asked: Asked, _: Moto) -> Iterator[str]:
    ports = structure(asked.parameters.get("PortRange"))
    if text(asked, "Protocol") in {"6", "17", "tcp", "udp"}:
        first, last = ports.get("From"), ports.get("To")
        if first is None or last is None:
            yield "The request must contain the parameter PortRange.First or PortRange.Last"
        elif not 0 <= first <= last <= 65535:
            yield f"Invalid port range ({first}:{last})"


def _acl_twice(asked: Asked, moto: Moto) -> Iterator[str]:
    ids = [text(asked, "NetworkAclId")]
    acls = moto.call("ec2", "DescribeNetworkAcls", NetworkAclIds=ids)["NetworkAcls"]
    for one in acls[0]["Entries"] if acls else ():
        if one["RuleNumber"] == asked.parameters.get("RuleNumber") and one["Egress"] == asked.parameters.get("Egress"):
            yield f"The network acl entry identified by {one['RuleNumber']} already exists."


def _image(asked: Asked, _: Moto) -> Iterator[str]:
    image = text(asked, "ImageId")
    if image and not image.startswith("resolve:ssm:") and not _IMAGE.fullmatch(image):
        yield f'Invalid id: "{image}" (expecting "ami-...")'


def _volumes(asked: Asked) -> Iterator[Mapping[str, Any]]:
    if asked.operation == "CreateVolume":
        yield asked.parameters
    for one in items(asked.parameters.get("BlockDeviceMappings")):
        yield structure(structure(one).get("Ebs"))


def _volume_size(asked: Asked, _: Moto) -> Iterator[str]:
    for one in _volumes(asked):
        least, most = _VOLUMES.get(str(one.get("VolumeType") or "gp2"), (1, 65536))
        size = one.get("Size", one.get("VolumeSize"))
        if size is not None and not least <= size <= most:
            yield f"Volume of {size}GiB is invalid for type {one.get('VolumeType', 'gp2')}: {least} to {most} GiB"


def _volume_speed(asked: Asked, _: Moto) -> Iterator[str]:
    for one in _volumes(asked):
        kind, iops, throughput = str(one.get("VolumeType") or "gp2"), one.get("Iops"), one.get("Throughput")
        if iops is None and kind in {"io1", "io2"}:
            yield f"The request must contain the parameter iops for volume type {kind}"
        elif iops is not None and kind not in _IOPS:
            yield f"The parameter iops is not supported for {kind} volumes."
        elif iops is not None and not _IOPS[kind][0] <= iops <= _IOPS[kind][1]:
            yield f"Volume iops of {iops} is out of range for {kind}: {_IOPS[kind][0]} to {_IOPS[kind][1]}"
        if throughput is not None and (kind != "gp3" or not 125 <= throughput <= 2000):
            yield f"Throughput of {throughput} is not supported for {kind} volumes: 125 to 2000 MiB/s, for gp3 only"


_RULES = ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
_ACLS = ("CreateNetworkAclEntry", "ReplaceNetworkAclEntry")
_GROUPS = "Security groups for your VPC"

ACCESS = (
    Rule("a group's name", _GROUPS, ("CreateSecurityGroup",), _group_name, "InvalidParameterValue"),
    Rule("a group's description", _GROUPS, ("CreateSecurityGroup",), _group_description, "InvalidParameterValue"),
    Rule("a rule's protocol", "Security group rules", _RULES, _protocol, "InvalidPermission.Malformed"),
    Rule("a rule's ports, first not after last", "Security group rules", _RULES, _ports, "InvalidParameterValue"),
    Rule("a rule's ICMP type", "Security group rules", _RULES, _icmp, "InvalidParameterValue"),
    Rule("a rule's ranges", "Security group rules", _RULES, _sources, "InvalidParameterValue"),
    Rule("a rule's description", "Security group rules", _RULES, _described, "InvalidParameterValue"),
    Rule("numbers of ACL rules", "Network ACL rules", _ACLS, _acl_number, "InvalidParameterValue"),
    Rule("ports of ACL rules", "Network ACL rules", _ACLS, _acl_ports, "InvalidParameterCombination"),
    Rule(
        "a number has one ACL rule",
        "Network ACL rules",
        ("CreateNetworkAclEntry",),
        _acl_twice,
        "NetworkAclEntryAlreadyExists",
    ),
    Rule(
        "an image's id", "RunInstances (Amazon EC2 API Reference)", ("RunInstances",), _image, "InvalidAMIID.Malformed"
    ),
    Rule(
        "sizes of volumes by type",
        "Amazon EBS volume types",
        ("CreateVolume", "RunInstances"),
        _volume_size,
        "InvalidParameterValue",
    ),
    Rule(
        "speed of volumes by type",
        "Amazon EBS volume types",
        ("CreateVolume", "RunInstances"),
        _volume_speed,
        "InvalidParameterCombination",
    ),
)
