"""Shell blocks of documents, and a shell that runs them a statement at a time, as somebody who pastes them would."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BLOCK = r"<!-- replayed: {name} -->\n```sh\n(.*?)```"


def statements(document: Path, name: str) -> list[str]:
    """The statements of the block that the comment `<!-- replayed: NAME -->` stands above. A line that begins with a
    blank or a closing parenthesis belongs to the one before."""
    found = re.search(BLOCK.format(name=name), document.read_text(encoding="utf-8"), re.DOTALL)
    assert found, f"{document.name} has no block {name}"
    lines = [line for line in found[1].splitlines() if line and not line.startswith("#")]
    joined: list[str] = []
    for line in lines:
        if line.startswith((" ", ")")):
            joined[-1] += f"\n{line}"
        else:
            joined.append(line)
    return joined


@dataclass(frozen=True)
class Shell:
    """bash, as it is after all that was said before."""

    process: subprocess.Popen[str]

    def say(self, statement: str) -> list[str]:
        """What one statement prints, by line. Fails when its exit code is not 0."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{statement}\nprintf '\\n~~%s\\n' $?\n")
        self.process.stdin.flush()
        lines: list[str] = []
        for line in self.process.stdout:
            if line.startswith("~~"):
                assert line.strip() == "~~0", f"{statement}\n{line}" + "".join(lines)
                return [one.rstrip() for one in lines if one.strip()]
            lines.append(line)
        raise AssertionError(f"the shell ended: {statement}\n" + "".join(lines))


@contextmanager
def shell(folder: Path, environment: Mapping[str, str]) -> Iterator[Shell]:
    """A shell in a folder, with this environment and no other; errors come where output does."""
    process = subprocess.Popen(
        ["bash", "--noprofile", "--norc"],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        yield Shell(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)
