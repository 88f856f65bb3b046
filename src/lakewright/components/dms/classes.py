"""Replication instance classes of DMS (AWS DMS User Guide, "Choosing the right replication instance", 2025)."""

from __future__ import annotations

_LARGE = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge")
_FAMILIES = {
    "t3": ("micro", "small", "medium", "large"),
    "c5": ("large", "xlarge", "2xlarge", "4xlarge", "9xlarge", "12xlarge", "18xlarge", "24xlarge"),
    "c6i": (*_LARGE, "32xlarge"),
    "c7i": (*_LARGE, "48xlarge"),
    "r5": _LARGE,
    "r6i": (*_LARGE, "32xlarge"),
    "r7i": (*_LARGE, "48xlarge"),
}
INSTANCE_CLASSES = frozenset(f"dms.{family}.{size}" for family, sizes in _FAMILIES.items() for size in sizes)
