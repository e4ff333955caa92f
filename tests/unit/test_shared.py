"""What worker processes know together: several at once never let two do what one may."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path

from timegrain.api.rates import Rates
from timegrain.api.shared import ROWS, SharedTable
from timegrain.errors import RateLimited

PROCESSES, FORMS, CALLS, A_MINUTE = 3, 300, 100, 120


def forms_taken(path: Path) -> int:
    table = SharedTable(path)
    return sum(table.add(f"form {number}") for number in range(FORMS))


def calls_let_in(path: Path) -> int:
    rates = Rates(lambda: 1000.0, SharedTable(path))
    let_in = 0
    for _ in range(CALLS):
        try:
            rates.take((1, 7), A_MINUTE)
            let_in += 1
        except RateLimited:
            continue
    return let_in


def together(work: Callable[[Path], int], path: Path) -> int:
    path.touch()
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        return sum(pool.map(work, [path] * PROCESSES, chunksize=1))


def test_a_form_is_taken_by_one_process(tmp_path: Path) -> None:
    assert together(forms_taken, tmp_path / "shared") == FORMS


def test_a_limit_holds_for_all_processes_together(tmp_path: Path) -> None:
    assert together(calls_let_in, tmp_path / "shared") == A_MINUTE


def test_a_form_that_was_not_taken_may_come_again(tmp_path: Path) -> None:
    (tmp_path / "shared").touch()
    table = SharedTable(tmp_path / "shared")
    assert table.add("form 1")
    table.drop("form 1")
    assert [table.add("form 1"), table.add("form 1")] == [True, False]


def test_its_room_is_taken_when_it_is_opened(tmp_path: Path) -> None:
    """Written later into a sparse file of a full disk, a page would end the process with SIGBUS."""
    (tmp_path / "shared").touch()
    SharedTable(tmp_path / "shared")
    found = (tmp_path / "shared").stat()
    assert found.st_blocks * 512 >= found.st_size > ROWS


def test_more_than_it_holds_keeps_the_latest(tmp_path: Path) -> None:
    (tmp_path / "shared").touch()
    table = SharedTable(tmp_path / "shared")
    with table.changing():
        for number in range(ROWS // 4):
            table.put(f"old {number}", (0, number, 1))
        for number in range(ROWS // 8):
            table.put(f"new {number}", (0, ROWS + number, 1))
        held = sum(table.get(f"new {number}") is not None for number in range(ROWS // 8))
    assert held == ROWS // 8
