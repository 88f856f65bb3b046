"""Messages arrive as they were sent, whatever their size and however many wait; with the files they were sent with."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lakewright.query.governed.link import SMALL, Link, pair

SIZES = st.sampled_from([0, 1, 100, SMALL - 20, SMALL - 12, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL + 7])
MESSAGES = st.lists(st.tuples(SIZES, SIZES, st.sampled_from(["send", "hold", "file", "files"])), max_size=12)


def inode(file: int) -> int:
    return os.fstat(file).st_ino


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@settings(max_examples=80, deadline=None)
@given(MESSAGES, st.booleans())
def test_what_is_sent_arrives(messages: list[tuple[int, int, str]], ahead: bool) -> None:
    mine, theirs = pair()
    sender, receiver = Link(mine), Link(theirs, ahead=ahead)
    opened = [os.open(os.devnull, os.O_RDONLY), os.open("/", os.O_RDONLY)]
    counts = {"file": 1, "files": 2}

    def send() -> None:
        for number, (text, body, way) in enumerate(messages):
            head, content = {"n": number, "text": "x" * text}, bytes([number]) * body
            if way == "hold":
                sender.hold(head, content)
            else:
                sender.send(head, content, files=tuple(opened[: counts.get(way, 0)]))
        sender.send({"n": len(messages)})

    thread = threading.Thread(target=send)
    thread.start()
    try:
        for number, (text, body, way) in enumerate(messages):
            head, content, files = receiver.receive()
            assert head == {"n": number, "text": "x" * text}
            assert content == bytes([number]) * body
            assert [inode(one) for one in files] == [inode(one) for one in opened[: counts.get(way, 0)]]
            for one in files:
                os.close(one)
        assert receiver.receive()[0] == {"n": len(messages)}
    finally:
        thread.join()
        sender.close()
        receiver.close()
        for one in opened:
            os.close(one)


def test_who_forks_holds_no_file_of_a_later_message() -> None:
    """A worker's process would keep another one's link open: the end of that one would not be seen."""
    mine, theirs = pair()
    sender, receiver = Link(mine), Link(theirs, ahead=False)
    with Path("/dev/null").open("rb") as file:
        sender.send({"preludes": "x" * (2 * SMALL - 100)})
        sender.send({"prelude": "y" * 200}, files=(file.fileno(),))
        sender.send({"prelude": "z" * 200}, files=(file.fileno(),))
        before = open_files()
        receiver.receive()
        _, _, files = receiver.receive()
        assert open_files() == before + len(files) == before + 1
        os.close(files[0])
    sender.close()
    receiver.close()
