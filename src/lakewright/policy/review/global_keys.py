"""Condition keys of all services, with their types.

Documentation: IAM User Guide, "AWS global condition context keys". A name that ends in `/` goes on with a tag or the
like. `aws:RequestTag/`, `aws:ResourceTag/` and `aws:TagKeys` are there only for the actions that take tags.
"""

from __future__ import annotations

from collections.abc import Mapping

ANY_ACTION: Mapping[str, str] = {
    "aws:assumedroot": "Bool",
    "aws:calledvia": "ArrayOfString",
    "aws:calledviafirst": "String",
    "aws:calledvialast": "String",
    "aws:chatbotsourcearn": "ARN",
    "aws:currenttime": "Date",
    "aws:ec2instancesourceprivateipv4": "IPAddress",
    "aws:ec2instancesourcevpc": "String",
    "aws:epochtime": "Date",
    "aws:federatedprovider": "String",
    "aws:ismcpserviceaction": "Bool",
    "aws:multifactorauthage": "Numeric",
    "aws:multifactorauthpresent": "Bool",
    "aws:principalaccount": "String",
    "aws:principalarn": "ARN",
    "aws:principalisawsservice": "Bool",
    "aws:principalorgid": "String",
    "aws:principalorgpaths": "ArrayOfString",
    "aws:principalservicename": "String",
    "aws:principalservicenameslist": "ArrayOfString",
    "aws:principaltag/": "String",
    "aws:principaltype": "String",
    "aws:referer": "String",
    "aws:requestedregion": "String",
    "aws:resourceaccount": "String",
    "aws:resourceorgid": "String",
    "aws:resourceorgpaths": "ArrayOfString",
    "aws:securetransport": "Bool",
    "aws:sourceaccount": "String",
    "aws:sourcearn": "ARN",
    "aws:sourceidentity": "String",
    "aws:sourceip": "IPAddress",
    "aws:sourceorgid": "String",
    "aws:sourceorgpaths": "ArrayOfString",
    "aws:sourcevpc": "String",
    "aws:sourcevpcarn": "ARN",
    "aws:sourcevpce": "String",
    "aws:tokenissuetime": "Date",
    "aws:useragent": "String",
    "aws:userid": "String",
    "aws:username": "String",
    "aws:viaawsservice": "Bool",
    "aws:vpceaccount": "String",
    "aws:vpceorgid": "String",
    "aws:vpceorgpaths": "ArrayOfString",
    "aws:vpcsourceip": "IPAddress",
    "ec2:rolelocation": "String",
    "ec2:sourceinstancearn": "ARN",
    "ec2:instancemetadatahttpversion": "Numeric",
    "glue:credentialissuingservice": "String",
    "glue:roleassumedby": "String",
    "identitystore:userid": "String",
    "lambda:sourcefunctionarn": "ARN",
    "s3:resourceaccount": "String",
    "ssm:sourceinstancearn": "ARN",
}
"""Keys that any request may have."""

TAGGED: Mapping[str, str] = {
    "aws:requesttag/": "String",
    "aws:resourcetag/": "String",
    "aws:tagkeys": "ArrayOfString",
}

GLOBAL_KEYS: Mapping[str, str] = {**ANY_ACTION, **TAGGED}


def for_any_action(key: str) -> bool:
    lowered = key.lower()
    return lowered in ANY_ACTION or lowered.startswith("aws:principaltag/")


def of_a_provider(key: str) -> bool:
    """Keys of an identity provider (`token.actions.githubusercontent.com:sub`, `saml:aud`)."""
    prefix = key.lower().rpartition(":")[0]
    return "." in prefix or prefix in {"saml", "cognito-identity"}
