"""Network Firewall: policies, rule groups, firewalls with an endpoint in each of their subnets, logging, tags.

moto keeps firewalls alone; all of them are kept here instead. Source: the API reference of AWS Network Firewall, API
version 2020-11-12. A firewall is ready at once.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from moto.ec2.models import ec2_backends
from moto.networkfirewall.responses import NetworkFirewallResponse as Response

from lakewright.rehearse.aws.moto.additions import (
    Shelf,
    answer,
    asked,
    attach,
    now,
    refusal,
    shelf,
    tag_map,
    tag_pairs,
    wrap,
)

Doc = dict[str, Any]


def install() -> None:
    attach(Response, create_rule_group, describe_rule_group, update_rule_group, delete_rule_group, list_rule_groups)
    attach(Response, create_firewall_policy, describe_firewall_policy, update_firewall_policy, delete_firewall_policy)
    attach(Response, create_firewall, describe_firewall, delete_firewall, list_firewalls, list_firewall_policies)
    attach(Response, update_firewall_delete_protection, update_subnet_change_protection)
    attach(Response, update_firewall_policy_change_protection, update_firewall_description)
    attach(Response, associate_firewall_policy, associate_subnets, disassociate_subnets)
    attach(Response, update_logging_configuration, describe_logging_configuration)
    attach(Response, tag_resource, untag_resource, list_tags_for_resource)
    wrap(Response, "__init__", _unparsed)


def _unparsed(original: Callable[..., None], self: Any) -> None:
    original(self)
    self.automated_parameter_parsing = False


def _arn(response: Any, resource: str) -> str:
    return f"arn:aws:network-firewall:{response.region}:{response.current_account}:{resource}"


def _found(response: Any, kind: str, arn: str | None, name: str | None) -> Doc:
    """What is kept under an ARN, or under a name. Raises ResourceNotFoundException."""
    for key, one in shelf(response, kind).items():
        if key == arn or (arn is None and one["name"] == name):
            kept: Doc = one
            return kept
    raise refusal("ResourceNotFoundException", f"Unable to find {kind} {arn or name}")


def _token(response: Any, kept: Doc) -> str:
    """A new update token; one that was given must be the last."""
    given = asked(response).get("UpdateToken")
    if given is not None and kept.get("token") not in (None, given):
        raise refusal("InvalidTokenException", "Update token is invalid.")
    kept["token"] = str(uuid.uuid4())
    return str(kept["token"])


def _tags(response: Any) -> Shelf:
    return shelf(response, "tags")


def _new(response: Any, kind: str, arn: str, name: str, **fields: Any) -> Doc:
    kept = shelf(response, kind)
    if arn in kept:
        raise refusal("InvalidRequestException", f"A resource with the name {name} already exists")
    kept[arn] = {"name": name, "arn": arn, "id": str(uuid.uuid4()), "made": now(), **fields}
    _tags(response)[arn] = tag_map(asked(response).get("Tags"))
    made: Doc = kept[arn]
    return made


# rule groups

_GROUP = ("Description", "Type", "Capacity", "EncryptionConfiguration", "SourceMetadata")


def create_rule_group(self: Any) -> str:
    body = asked(self)
    kind = "stateful-rulegroup" if body["Type"] == "STATEFUL" else "stateless-rulegroup"
    rules = body.get("RuleGroup") or {"RulesSource": {"RulesString": body["Rules"]}}
    fields = {key: body[key] for key in _GROUP if key in body}
    kept = _new(self, "rule group", _arn(self, f"{kind}/{body['RuleGroupName']}"), body["RuleGroupName"], **fields)
    kept["rules"] = rules
    return answer(UpdateToken=_token(self, kept), RuleGroupResponse=_group(self, kept))


def _group(response: Any, kept: Doc) -> Doc:
    users = [one for one in shelf(response, "firewall policy").values() if kept["arn"] in _references(one["policy"])]
    return {
        "RuleGroupArn": kept["arn"],
        "RuleGroupName": kept["name"],
        "RuleGroupId": kept["id"],
        "RuleGroupStatus": "ACTIVE",
        "NumberOfAssociations": len(users),
        "ConsumedCapacity": 0,
        "LastModifiedTime": kept["made"],
        "EncryptionConfiguration": {"KeyId": "AWS_OWNED_KMS_KEY", "Type": "AWS_OWNED_KMS_KEY"},
        "Tags": tag_pairs(_tags(response)[kept["arn"]]),
        **{key: kept[key] for key in _GROUP if key in kept},
    }


def _asked_group(response: Any) -> Doc:
    body = asked(response)
    return _found(response, "rule group", body.get("RuleGroupArn"), body.get("RuleGroupName"))


def describe_rule_group(self: Any) -> str:
    kept = _asked_group(self)
    kept.setdefault("token", str(uuid.uuid4()))
    return answer(UpdateToken=kept["token"], RuleGroup=kept["rules"], RuleGroupResponse=_group(self, kept))


def update_rule_group(self: Any) -> str:
    kept, body = _asked_group(self), asked(self)
    kept["rules"] = body.get("RuleGroup") or {"RulesSource": {"RulesString": body["Rules"]}}
    kept.update({key: body[key] for key in ("Description", "EncryptionConfiguration") if key in body})
    return answer(UpdateToken=_token(self, kept), RuleGroupResponse=_group(self, kept))


def delete_rule_group(self: Any) -> str:
    kept = _asked_group(self)
    told = _group(self, kept)
    if told["NumberOfAssociations"]:
        raise refusal("InvalidOperationException", "Unable to delete the object because it is still in use")
    del shelf(self, "rule group")[kept["arn"]]
    return answer(RuleGroupResponse=told | {"RuleGroupStatus": "DELETING"})


def list_rule_groups(self: Any) -> str:
    return answer(RuleGroups=[{"Name": one["name"], "Arn": one["arn"]} for one in shelf(self, "rule group").values()])


# policies


def _references(policy: Mapping[str, Any]) -> list[str]:
    both = [*policy.get("StatefulRuleGroupReferences", ()), *policy.get("StatelessRuleGroupReferences", ())]
    return [one["ResourceArn"] for one in both]


def create_firewall_policy(self: Any) -> str:
    body = asked(self)
    name = body["FirewallPolicyName"]
    _check_policy(self, body["FirewallPolicy"])
    kept = _new(self, "firewall policy", _arn(self, f"firewall-policy/{name}"), name, policy=body["FirewallPolicy"])
    kept["Description"] = body.get("Description")
    return answer(UpdateToken=_token(self, kept), FirewallPolicyResponse=_policy(self, kept))


def _check_policy(response: Any, policy: Mapping[str, Any]) -> None:
    """Every rule group must be there; one's own, that is: those that AWS manages are not here."""
    for arn in _references(policy):
        if ":aws-managed:" not in arn:
            _found(response, "rule group", arn, None)


def _policy(response: Any, kept: Doc) -> Doc:
    users = [one for one in shelf(response, "firewall").values() if one["policy"] == kept["arn"]]
    told = {
        "FirewallPolicyName": kept["name"],
        "FirewallPolicyArn": kept["arn"],
        "FirewallPolicyId": kept["id"],
        "FirewallPolicyStatus": "ACTIVE",
        "NumberOfAssociations": len(users),
        "LastModifiedTime": kept["made"],
        "EncryptionConfiguration": {"KeyId": "AWS_OWNED_KMS_KEY", "Type": "AWS_OWNED_KMS_KEY"},
        "Tags": tag_pairs(_tags(response)[kept["arn"]]),
    }
    return told | ({"Description": kept["Description"]} if kept.get("Description") else {})


def _asked_policy(response: Any) -> Doc:
    body = asked(response)
    return _found(response, "firewall policy", body.get("FirewallPolicyArn"), body.get("FirewallPolicyName"))


def describe_firewall_policy(self: Any) -> str:
    kept = _asked_policy(self)
    return answer(UpdateToken=kept["token"], FirewallPolicy=kept["policy"], FirewallPolicyResponse=_policy(self, kept))


def update_firewall_policy(self: Any) -> str:
    kept, body = _asked_policy(self), asked(self)
    _check_policy(self, body["FirewallPolicy"])
    kept.update(policy=body["FirewallPolicy"], Description=body.get("Description"))
    return answer(UpdateToken=_token(self, kept), FirewallPolicyResponse=_policy(self, kept))


def delete_firewall_policy(self: Any) -> str:
    kept = _asked_policy(self)
    told = _policy(self, kept)
    if told["NumberOfAssociations"]:
        raise refusal("InvalidOperationException", "Unable to delete the object because it is still in use")
    del shelf(self, "firewall policy")[kept["arn"]]
    return answer(FirewallPolicyResponse=told | {"FirewallPolicyStatus": "DELETING"})


def list_firewall_policies(self: Any) -> str:
    kept = shelf(self, "firewall policy").values()
    return answer(FirewallPolicies=[{"Name": one["name"], "Arn": one["arn"]} for one in kept])


# firewalls

_SWITCHES = ("DeleteProtection", "SubnetChangeProtection", "FirewallPolicyChangeProtection")


def create_firewall(self: Any) -> str:
    body = asked(self)
    name = body["FirewallName"]
    _found(self, "firewall policy", body["FirewallPolicyArn"], None)
    kept = _new(self, "firewall", _arn(self, f"firewall/{name}"), name, policy=body["FirewallPolicyArn"])
    kept.update({key: bool(body.get(key)) for key in _SWITCHES})
    kept.update(vpc=body["VpcId"], endpoints={}, Description=body.get("Description"), logging=[])
    _add_endpoints(self, kept, body["SubnetMappings"])
    return answer(Firewall=_firewall(self, kept), FirewallStatus=_status(kept))


def _add_endpoints(response: Any, kept: Doc, mappings: list[Doc]) -> None:
    """One endpoint of a gateway load balancer in each subnet, which routes may name."""
    network = ec2_backends[response.current_account][response.region]
    for mapping in mappings:
        subnet = network.get_subnet(mapping["SubnetId"])
        service = f"com.amazonaws.vpce.{response.region}.vpce-svc-{kept['id'][:8]}"
        tags = {"AWSNetworkFirewallManaged": "true", "Firewall": kept["arn"]}
        endpoint = network.create_vpc_endpoint(
            kept["vpc"], service, "GatewayLoadBalancer", None, [], [subnet.id], tags=tags
        )
        kept["endpoints"][subnet.id] = {
            "mapping": {"IPAddressType": "IPV4", **mapping},
            "zone": subnet.availability_zone,
            "endpoint": endpoint.id,
        }


def _drop_endpoints(response: Any, kept: Doc, subnets: list[str]) -> None:
    network = ec2_backends[response.current_account][response.region]
    for subnet in subnets:
        network.vpc_end_points.pop(kept["endpoints"].pop(subnet)["endpoint"], None)


def _firewall(response: Any, kept: Doc) -> Doc:
    told = {
        "FirewallName": kept["name"],
        "FirewallArn": kept["arn"],
        "FirewallId": kept["id"],
        "FirewallPolicyArn": kept["policy"],
        "VpcId": kept["vpc"],
        "SubnetMappings": [one["mapping"] for one in kept["endpoints"].values()],
        "EncryptionConfiguration": {"KeyId": "AWS_OWNED_KMS_KEY", "Type": "AWS_OWNED_KMS_KEY"},
        "Tags": tag_pairs(_tags(response)[kept["arn"]]),
        **{key: kept[key] for key in _SWITCHES},
    }
    return told | ({"Description": kept["Description"]} if kept.get("Description") else {})


def _status(kept: Doc) -> Doc:
    states = {
        one["zone"]: {
            "Attachment": {"SubnetId": subnet, "EndpointId": one["endpoint"], "Status": "READY"},
            "Config": {kept["policy"]: {"SyncStatus": "IN_SYNC"}},
        }
        for subnet, one in kept["endpoints"].items()
    }
    return {"Status": "READY", "ConfigurationSyncStateSummary": "IN_SYNC", "SyncStates": states}


def _asked_firewall(response: Any) -> Doc:
    body = asked(response)
    return _found(response, "firewall", body.get("FirewallArn"), body.get("FirewallName"))


def describe_firewall(self: Any) -> str:
    kept = _asked_firewall(self)
    kept.setdefault("token", str(uuid.uuid4()))
    return answer(UpdateToken=kept["token"], Firewall=_firewall(self, kept), FirewallStatus=_status(kept))


def list_firewalls(self: Any) -> str:
    vpcs = asked(self).get("VpcIds")
    kept = [one for one in shelf(self, "firewall").values() if not vpcs or one["vpc"] in vpcs]
    return answer(Firewalls=[{"FirewallName": one["name"], "FirewallArn": one["arn"]} for one in kept])


def delete_firewall(self: Any) -> str:
    kept = _asked_firewall(self)
    if kept["DeleteProtection"]:
        raise refusal("InvalidOperationException", "Unable to delete the firewall: delete protection is enabled")
    told, status = _firewall(self, kept), _status(kept)
    _drop_endpoints(self, kept, list(kept["endpoints"]))
    del shelf(self, "firewall")[kept["arn"]]
    return answer(Firewall=told, FirewallStatus=status | {"Status": "DELETING"})


def _switched(key: str) -> Callable[[Any], str]:
    def method(self: Any) -> str:
        kept = _asked_firewall(self)
        kept[key] = bool(asked(self)[key])
        said = {key: kept[key], "FirewallArn": kept["arn"], "FirewallName": kept["name"]}
        return answer(UpdateToken=_token(self, kept), **said)

    return method


update_firewall_delete_protection = _switched("DeleteProtection")
update_subnet_change_protection = _switched("SubnetChangeProtection")
update_firewall_policy_change_protection = _switched("FirewallPolicyChangeProtection")
update_firewall_delete_protection.__name__ = "update_firewall_delete_protection"
update_subnet_change_protection.__name__ = "update_subnet_change_protection"
update_firewall_policy_change_protection.__name__ = "update_firewall_policy_change_protection"


def update_firewall_description(self: Any) -> str:
    kept = _asked_firewall(self)
    kept["Description"] = asked(self).get("Description")
    said = {"FirewallArn": kept["arn"], "FirewallName": kept["name"], "Description": kept["Description"]}
    return answer(UpdateToken=_token(self, kept), **said)


def associate_firewall_policy(self: Any) -> str:
    kept, wanted = _asked_firewall(self), asked(self)["FirewallPolicyArn"]
    if kept["FirewallPolicyChangeProtection"]:
        raise refusal("InvalidOperationException", "Unable to change the policy: change protection is enabled")
    kept["policy"] = _found(self, "firewall policy", wanted, None)["arn"]
    said = {"FirewallArn": kept["arn"], "FirewallName": kept["name"], "FirewallPolicyArn": kept["policy"]}
    return answer(UpdateToken=_token(self, kept), **said)


def _subnets(response: Any, kept: Doc) -> str:
    said = {"FirewallArn": kept["arn"], "FirewallName": kept["name"]}
    mappings = [one["mapping"] for one in kept["endpoints"].values()]
    return answer(UpdateToken=_token(response, kept), SubnetMappings=mappings, **said)


def _changeable(kept: Doc) -> None:
    if kept["SubnetChangeProtection"]:
        raise refusal("InvalidOperationException", "Unable to change subnets: subnet change protection is enabled")


def associate_subnets(self: Any) -> str:
    kept = _asked_firewall(self)
    _changeable(kept)
    _add_endpoints(self, kept, asked(self)["SubnetMappings"])
    return _subnets(self, kept)


def disassociate_subnets(self: Any) -> str:
    kept = _asked_firewall(self)
    _changeable(kept)
    _drop_endpoints(self, kept, asked(self)["SubnetIds"])
    return _subnets(self, kept)


# logging and tags


def _logging(kept: Doc) -> str:
    configuration = {"LogDestinationConfigs": kept["logging"]} if kept["logging"] else None
    return answer(FirewallArn=kept["arn"], LoggingConfiguration=configuration)


def update_logging_configuration(self: Any) -> str:
    """One destination at a time is added, removed or changed, as the reference says."""
    kept = _asked_firewall(self)
    wanted = (asked(self).get("LoggingConfiguration") or {}).get("LogDestinationConfigs", [])
    before, after = _destinations(kept["logging"]), _destinations(wanted)
    if len({key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}) > 1:
        raise refusal("InvalidRequestException", "Only one logging configuration can be changed at a time")
    kept["logging"] = wanted
    return _logging(kept)


def _destinations(configs: list[Doc]) -> dict[tuple[str, str], str]:
    return {
        (one["LogType"], one["LogDestinationType"]): json.dumps(one["LogDestination"], sort_keys=True)
        for one in configs
    }


def describe_logging_configuration(self: Any) -> str:
    return _logging(_asked_firewall(self))


def tag_resource(self: Any) -> str:
    body = asked(self)
    _tags(self).setdefault(body["ResourceArn"], {}).update(tag_map(body["Tags"]))
    return "{}"


def untag_resource(self: Any) -> str:
    body = asked(self)
    for key in body["TagKeys"]:
        _tags(self).get(body["ResourceArn"], {}).pop(key, None)
    return "{}"


def list_tags_for_resource(self: Any) -> str:
    return answer(Tags=tag_pairs(_tags(self).get(asked(self)["ResourceArn"], {})))
