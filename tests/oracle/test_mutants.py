"""The oracle can fail: each broken rule is caught by some world."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import timegrain

from .hunters import Hunters
from .mutations import MUTATIONS, Mutation

WORLDS = 150


def broken(mutation: Mutation, folder: Path) -> Path:
    """A copy of the package with one line broken; what else was compiled need not be again."""
    copy = folder / "timegrain"
    shutil.copytree(Path(timegrain.__file__).parent, copy)
    file = copy / mutation.file
    text = file.read_text()
    assert text.count(mutation.before) >= 1, f"{mutation.file} no longer has: {mutation.before}"
    file.write_text(text.replace(mutation.before, mutation.after, 1))
    return folder


@pytest.fixture(scope="module")
def hunters() -> Iterator[Hunters]:
    found = Hunters()
    yield found
    found.close()


@pytest.mark.slow
def test_what_is_not_broken_is_not_caught(hunters: Hunters, tmp_path: Path) -> None:
    """Without this a hunt that always fails would catch every mutant. That no world differs is another test's."""
    code, printed = hunters.hunt(None, tmp_path, 0, 3)
    assert code == 0, printed


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name.replace(" ", "-"))
def test_mutant_is_caught(hunters: Hunters, mutation: Mutation, tmp_path: Path) -> None:
    code, printed = hunters.hunt(broken(mutation, tmp_path), tmp_path, mutation.world, WORLDS)
    assert code == 3, printed
