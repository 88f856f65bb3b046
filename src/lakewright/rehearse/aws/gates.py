"""The gates of a local AWS that refuses what AWS refuses, in AWS's order: first who may, then what makes sense."""

from __future__ import annotations

from lakewright.rehearse.aws.authorisation.authorise import authorised
from lakewright.rehearse.aws.gate import GateOver
from lakewright.rehearse.aws.rules.refuse import refusing

EVERY_GATE: tuple[GateOver, ...] = (authorised, refusing)
