"""`python -m tests.leaks.report`: the whole suite, and what it counted. Arguments go to pytest."""

from __future__ import annotations

import sys
import time

import pytest

from .attempts import ATTEMPTS
from .attempts_protocol import PROTOCOL
from .people import PEOPLE
from .spelling import WAYS


def main(arguments: list[str]) -> int:
    print(f"{len(ATTEMPTS)} attempts in SQL × {len(PEOPLE)} people × {len(WAYS)} ways, {len(PROTOCOL)} over HTTP")
    began = time.monotonic()
    code = int(pytest.main(["tests/leaks", "-q", "-n", "2", *arguments]))
    verdict = "nothing leaked" if code == 0 else "SOMETHING LEAKED, or could not be tested"
    print(f"{verdict}; {time.monotonic() - began:.0f} s")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
