"""Decides which repositories there are, what they are called and which images go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from lakewright.components.component import Call, Component, Context, Cost, File, Place, Value
from lakewright.spec.block import Block
from lakewright.spec.values import Days, Name


class Repository(Block):
    """One repository."""

    keep: Annotated[int, Field(ge=1, le=1000)] = Field(default=20, description="How many tagged images stay.")
    untagged: Days = Field(default=7, description="When images that no tag names any more go.")
    mutable: bool = Field(default=False, description="Whether a tag may be moved to another image.")


class Settings(Block):
    """Container registries of an environment."""

    repositories: Mapping[Name, Repository] = Field(
        default_factory=lambda: {"jobs": Repository()}, description="The repositories, by name."
    )


def repository_name(place: Place, key: str) -> str:
    """Full name of a repository."""
    return place.name(key, most=128)


def repository_arn(place: Place, key: str) -> str:
    """The ARN of a repository, known before it is made."""
    return place.arn("ecr", f"repository/{repository_name(place, key)}")


def lifecycle_policy(repository: Repository) -> str:
    """What ECR removes by itself, as its JSON: untagged images by age, then tagged ones by number."""
    rules = [
        {
            "rulePriority": 1,
            "description": f"Untagged images go after {repository.untagged} days.",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": repository.untagged,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 2,
            "description": f"The newest {repository.keep} tagged images stay.",
            "selection": {
                "tagStatus": "tagged",
                "tagPatternList": ["*"],
                "countType": "imageCountMoreThan",
                "countNumber": repository.keep,
            },
            "action": {"type": "expire"},
        },
    ]
    return json.dumps({"rules": rules}, indent=2, sort_keys=True) + "\n"


def _call(context: Context, _name: str, settings: Settings) -> Call:
    place = context.place
    repositories: dict[str, Value] = {
        key: {
            "name": repository_name(place, key),
            "lifecycle_policy": File(f"{key}-lifecycle.json"),
            **({"mutable": True} if repository.mutable else {}),
        }
        for key, repository in settings.repositories.items()
    }
    files = {f"{key}-lifecycle.json": lifecycle_policy(kept) for key, kept in settings.repositories.items()}
    inputs: dict[str, Value] = {"repositories": repositories, "force_delete": not place.strict}
    if context.has("kms_key"):
        inputs["kms_key_arn"] = context.output("kms_key", "arn")
    return Call(inputs=inputs, files=files)


COMPONENT = Component(
    name="ecr",
    version="1.0.0",
    folder=Path(__file__).parent,
    settings=Settings,
    call=_call,
    provides=("repository_urls", "repository_arns"),
    costs=lambda _context, settings: (
        Cost("ecr.gb_month", 2.0 * len(settings.repositories), "2 GB of images per repository"),
    ),
)
