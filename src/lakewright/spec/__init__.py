"""What a person declares: platform.yaml, validated into frozen values; all mistakes reported at once, with lines."""

from lakewright.spec.language import Environment, Lake, OnChange, Platform, Postgres, Source, Tuning
from lakewright.spec.layers import blueprints
from lakewright.spec.project import Project, load_project
from lakewright.spec.values import Secret, matches

__all__ = [
    "Environment",
    "Lake",
    "OnChange",
    "Platform",
    "Postgres",
    "Project",
    "Secret",
    "Source",
    "Tuning",
    "blueprints",
    "load_project",
    "matches",
]
