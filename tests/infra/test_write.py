"""Compiled files on disk: written whole, again only where they differ, and never over what a person made."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from lakewright.errors import Mistakes
from lakewright.infra import write
from lakewright.infra.write import MANIFEST, compared, written

from .test_compile import SPEC, compiled


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_second_compile_changes_no_byte(tmp_path: Path) -> None:
    infra = tmp_path / "infra"
    first = written(compiled(tmp_path), infra)
    before = {path: path.stat().st_mtime_ns for path in infra.rglob("*")}
    second = written(compiled(tmp_path), infra)
    assert (second.created, second.changed, second.deleted) == ((), (), ())
    assert second.unchanged == len(first.created)
    assert {path: path.stat().st_mtime_ns for path in infra.rglob("*")} == before


def test_the_same_spec_gives_the_same_bytes_elsewhere(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        written(compiled(tmp_path / name), tmp_path / name / "infra")
    assert contents(tmp_path / "one" / "infra") == contents(tmp_path / "two" / "infra")


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    infra = tmp_path / "infra"
    written(compiled(tmp_path), infra)
    done = written(compiled(tmp_path, SPEC.replace("keep_days: 90", "keep_days: 91")), infra)
    assert (done.created, done.changed, done.deleted) == ((), ("dev/data/terraform.tfvars",), ())


def test_ones_own_files_stay_whatever_happens_to_ours(tmp_path: Path) -> None:
    infra = tmp_path / "infra"
    written(compiled(tmp_path), infra)
    own = infra / "dev/foundation/peering.tf"
    own.write_text("# mine\n")
    (infra / "dev/data/.terraform").mkdir()
    (infra / "dev/data/.terraform/x").write_text("terraform's\n")
    done = written(
        compiled(tmp_path, SPEC + "existing: {vpc: {vpc_id: v, subnet_ids: {private-eu-west-1a: s}}}\n"), infra
    )
    assert own.read_text() == "# mine\n"
    assert "dev/foundation/main.tf" in done.deleted
    assert not (infra / "dev/foundation/main.tf").exists()
    assert "modules/vpc/main.tf" in done.deleted
    assert not (infra / "modules/vpc").exists()
    assert (infra / "dev/data/.terraform/x").exists()


def test_what_a_person_changed_is_told_and_kept(tmp_path: Path) -> None:
    infra = tmp_path / "infra"
    written(compiled(tmp_path), infra)
    edited = infra / "dev/data/main.tf"
    edited.write_text(edited.read_text() + "# by hand\n")
    before = contents(infra)
    with pytest.raises(Mistakes) as caught:
        written(compiled(tmp_path, SPEC.replace("10.1.0.0", "10.2.0.0")), infra)
    assert [(one.code, one.place) for one in caught.value.mistakes] == [("LW1309", "infra/dev/data/main.tf")]
    assert contents(infra) == before
    assert written(compiled(tmp_path), infra, force=True).changed == ("dev/data/main.tf",)
    assert "# by hand" not in edited.read_text()


def test_a_module_that_was_edited_is_kept_too(tmp_path: Path) -> None:
    infra = tmp_path / "infra"
    written(compiled(tmp_path), infra)
    (infra / "modules/vpc/main.tf").write_text("# ours now\n")
    with pytest.raises(Mistakes, match=r"infra/modules/vpc/main.tf"):
        written(compiled(tmp_path), infra)


def test_a_file_in_the_way_is_not_taken_over(tmp_path: Path) -> None:
    infra = tmp_path / "infra"
    (infra / "dev/data").mkdir(parents=True)
    (infra / "dev/data/main.tf").write_text("# was here before\n")
    with pytest.raises(Mistakes, match=r"infra/dev/data/main.tf"):
        written(compiled(tmp_path), infra)
    assert contents(infra) == {"dev/data/main.tf": b"# was here before\n"}


def test_a_file_of_ours_that_is_gone_comes_back(tmp_path: Path) -> None:
    infra = tmp_path / "infra"
    written(compiled(tmp_path), infra)
    (infra / "dev/data/main.tf").unlink()
    assert written(compiled(tmp_path), infra).created == ("dev/data/main.tf",)


def test_modules_of_other_environments_stay(tmp_path: Path) -> None:
    infra = tmp_path / "infra"
    written(compiled(tmp_path), infra)
    written(compiled(tmp_path, environment="prod"), infra)
    overrides = "infra: {network: false, lake: {inside: false}}"
    without = SPEC.replace("region: eu-west-1}", f"region: eu-west-1, {overrides}}}")
    written(compiled(tmp_path, without), infra)
    assert (infra / "modules/vpc/main.tf").exists()
    assert written(compiled(tmp_path, without, "prod"), infra).changed == ()


def test_an_interrupted_write_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after any number of files, with the spec changed again before the next try."""
    specs = [SPEC, SPEC.replace("keep_days: 90", "keep_days: 91"), SPEC.replace("10.1.0.0", "10.2.0.0")]
    (tmp_path / "whole").mkdir()
    written(compiled(tmp_path / "whole", specs[2]), tmp_path / "whole" / "infra")
    real = write.put_file

    for after in range(1, 45):
        root = tmp_path / str(after)
        root.mkdir()
        infra = root / "infra"
        left = [after]

        def replace(path: Path, content: bytes, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            real(path, content)

        monkeypatch.setattr(write, "put_file", replace)
        for spec in specs[:2]:
            try:
                written(compiled(root, spec), infra)
            except KeyboardInterrupt:
                continue
        monkeypatch.setattr(write, "put_file", real)
        written(compiled(root, specs[2]), infra)
        assert contents(infra) == contents(tmp_path / "whole" / "infra"), after


def test_compared_writes_nothing(tmp_path: Path) -> None:
    infra = tmp_path / "infra"
    assert "dev/data/main.tf" in compared(compiled(tmp_path), infra).created
    assert not infra.exists()


def test_the_list_of_files_names_their_digests(tmp_path: Path) -> None:
    infra = tmp_path / "infra"
    written(compiled(tmp_path), infra)
    known = json.loads((infra / "dev" / MANIFEST).read_text())
    main = (infra / "dev/data/main.tf").read_bytes()
    assert known["files"]["data/main.tf"] == [hashlib.sha256(main).hexdigest()]
    assert known["modules"] == ["state", "store", "vpc"]
