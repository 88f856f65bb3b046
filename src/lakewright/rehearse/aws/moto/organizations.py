"""Organizations: more services may have a delegated administrator than moto's list has."""

from __future__ import annotations

from moto.organizations.models import FakeDelegatedAdministrator

MORE = ("cloudtrail", "config", "ram", "securityhub", "sso")


def install() -> None:
    known = FakeDelegatedAdministrator.SUPPORTED_SERVICES
    known += [name for one in MORE if (name := f"{one}.amazonaws.com") not in known]
