"""Processors are divided among sessions once a pipeline that is kept has made its tables, and not before."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakewright.engines import Engine, EngineOptions, open_engine
from lakewright.models import load_models
from lakewright.pipeline import Pipeline
from lakewright.storage import open_storage


def _threads(engine: Engine) -> int:
    [(found,)] = engine.session().rows("SELECT current_setting('threads')")
    return int(found)


def test_a_session_has_its_part_and_never_less_than_one() -> None:
    engine = open_engine(EngineOptions(threads=6))
    seen = []
    for sessions in (2, 4, 7, 1):
        engine.share(sessions)
        seen.append(_threads(engine))
    assert seen == [3, 1, 1, 6]
    engine.close()


@pytest.mark.parametrize(("kept", "expected"), [(True, [2, 1, 1]), (False, [2, 2, 2])])
def test_a_pipeline_that_is_kept_shares_after_its_first_cycle(tmp_path: Path, kept: bool, expected: list[int]) -> None:
    engine = open_engine(EngineOptions(threads=2))
    (tmp_path / "models").mkdir()
    pipeline = Pipeline(
        open_storage(str(tmp_path / "lake")), load_models([tmp_path / "models"]), engine, list, tmp_path / "state",
        in_memory=kept, threads=2,
    )  # fmt: skip
    seen = [_threads(engine)]
    for _ in range(2):
        pipeline.cycle()
        seen.append(_threads(engine))
    assert seen == expected
    pipeline.close()
