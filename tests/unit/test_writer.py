"""Items that wait together are written together, and a bad one takes no other along."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest

from timegrain.errors import Overloaded, Unavailable
from timegrain.storage.turns import Turns
from timegrain.storage.writer import GroupWriter


def four_behind_one(
    writer: GroupWriter[int, int],
    submit: Callable[[int], None],
    first_is_writing: threading.Event,
    others_wait: threading.Event,
) -> None:
    """Submits five items, of which four wait together while the first is written; returns when all are answered."""
    threads = [threading.Thread(target=submit, args=(item,)) for item in range(5)]
    threads[0].start()
    assert first_is_writing.wait(30)
    for thread in threads[1:]:
        thread.start()
    while writer.waiting() < 4:
        threads[0].join(0.01)
    others_wait.set()
    for thread in threads:
        thread.join(30)
    writer.close()


class HoldingTheFirst:
    """What a writer calls: it waits with the group that begins with item 0 until it is told to go on."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, items: Sequence[int]) -> list[int]:
        if items[0] == 0:
            self.begun.set()
            assert self.go_on.wait(30)
        self.groups.append(sorted(items))
        return list(items)


def test_a_bad_item_takes_no_other_along() -> None:
    groups: list[list[int]] = []
    first_is_writing, others_wait = threading.Event(), threading.Event()

    def write(items: Sequence[int]) -> list[int]:
        if items[0] == 0:
            first_is_writing.set()
            assert others_wait.wait(30)
        groups.append(list(items))
        if 3 in items:
            raise ValueError("three")
        return [item * 10 for item in items]

    writer = GroupWriter(write)
    answers: dict[int, object] = {}

    def submit(item: int) -> None:
        try:
            answers[item] = writer.submit(item)
        except ValueError as error:
            answers[item] = str(error)

    four_behind_one(writer, submit, first_is_writing, others_wait)
    assert answers == {0: 0, 1: 10, 2: 20, 3: "three", 4: 40}
    assert groups[0] == [0]
    assert sorted(groups[1]) == [1, 2, 3, 4]
    assert sorted(map(tuple, groups[2:])) == [(1,), (2,), (3,), (4,)]


def test_a_group_holds_alone_what_belongs_together() -> None:
    write = HoldingTheFirst()
    writer = GroupWriter(write, together=lambda item: item % 2)

    def submitted(item: int) -> None:
        writer.submit(item)

    four_behind_one(writer, submitted, write.begun, write.go_on)
    assert write.groups[0] == [0]
    assert sorted(map(sorted, write.groups[1:])) == [[1, 3], [2, 4]]


def test_of_what_belongs_together_one_group_is_written_at_a_time() -> None:
    """What comes meanwhile gathers, and what does not belong to it is not kept waiting."""
    write = HoldingTheFirst()
    writer = GroupWriter(write, threads=3, together=lambda item: item % 2, held_up_s=60)
    even = [threading.Thread(target=writer.submit, args=(item,)) for item in (0, 2, 4)]
    even[0].start()
    assert write.begun.wait(30)
    for thread in even[1:]:
        thread.start()
    while writer.waiting() < 2:
        even[0].join(0.01)
    assert writer.submit(1) == 1
    assert write.groups == [[1]]
    write.go_on.set()
    for thread in even:
        thread.join(30)
    writer.close()
    assert write.groups == [[1], [0], [2, 4]]


def test_a_group_that_is_held_up_holds_up_no_other() -> None:
    write = HoldingTheFirst()
    writer = GroupWriter(write, threads=2)
    held_up = threading.Thread(target=writer.submit, args=(0,))
    held_up.start()
    assert write.begun.wait(30)
    assert writer.submit(1) == 1
    write.go_on.set()
    held_up.join(30)
    writer.close()


def test_what_waits_is_written_before_it_closes() -> None:
    writer: GroupWriter[int, int] = GroupWriter(list)
    assert writer.submit(7) == 7
    writer.close()
    with pytest.raises(Unavailable):
        writer.submit(8)


def test_what_comes_while_it_closes_is_answered() -> None:
    """Written or refused: nobody waits for a writer that has gone."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(100):
            writer: GroupWriter[int, int] = GroupWriter(list)
            begun = threading.Barrier(5)
            threads = [threading.Thread(target=send_until_closed, args=(writer, begun), daemon=True) for _ in range(4)]
            for thread in threads:
                thread.start()
            begun.wait(30)
            writer.close()
            for thread in threads:
                thread.join(30)
                assert not thread.is_alive(), "it waits for ever"
    finally:
        sys.setswitchinterval(before)


def send_until_closed(writer: GroupWriter[int, int], begun: threading.Barrier) -> None:
    begun.wait(30)
    with suppress(Unavailable):
        while True:
            assert writer.submit(7) == 7


def test_what_can_not_be_written_at_all_is_tried_once() -> None:
    """Each item alone would wait as long for a disk that is full, or for another process."""
    groups: list[int] = []
    first_is_writing, others_wait = threading.Event(), threading.Event()

    def write(items: Sequence[int]) -> list[int]:
        first_is_writing.set()
        assert others_wait.wait(30)
        groups.append(len(items))
        raise Unavailable("full")

    writer = GroupWriter(write)
    refused: list[str] = []

    def submit(item: int) -> None:
        try:
            writer.submit(item)
        except Unavailable as error:
            refused.append(error.message)

    four_behind_one(writer, submit, first_is_writing, others_wait)
    assert refused == ["full"] * 5
    assert groups == [1, 4]


def test_what_waited_too_long_is_refused() -> None:
    written: list[int] = []

    def write(items: Sequence[int]) -> list[int]:
        written.extend(items)
        return list(items)

    writer = GroupWriter(write, patience=-1)
    with pytest.raises(Overloaded):
        writer.submit(7)
    writer.close()
    assert written == []


def test_turns_come_to_those_who_wait_in_their_order() -> None:
    turns, served, arrived = Turns(), list[int](), threading.Semaphore(0)

    def take(number: int) -> None:
        arrived.release()
        with turns:
            served.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(5)]
    with turns:
        for number, thread in enumerate(threads):
            thread.start()
            arrived.acquire()
            while turns.waiting() <= number:
                thread.join(0.001)
    # Whoever asks again is behind all of them.
    with turns:
        assert served == [0, 1, 2, 3, 4]
    for thread in threads:
        thread.join()
