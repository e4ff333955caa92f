"""The oracle can fail: each broken rule is caught by some world."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import timegrain

from .mutations import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
WORLDS = 150


def broken(mutation: Mutation, folder: Path) -> Path:
    """A copy of the package with one line broken."""
    copy = folder / "timegrain"
    shutil.copytree(Path(timegrain.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    file = copy / mutation.file
    text = file.read_text()
    assert text.count(mutation.before) >= 1, f"{mutation.file} no longer has: {mutation.before}"
    file.write_text(text.replace(mutation.before, mutation.after, 1))
    return folder


def hunted(path: str, folder: Path, worlds: int, first: int = 0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.oracle.hunt", str(folder), str(first), str(worlds)],
        env={**os.environ, "PYTHONPATH": path},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.slow
def test_what_is_not_broken_is_not_caught(tmp_path: Path) -> None:
    """Without this a hunt that always fails would catch every mutant."""
    run = hunted(str(ROOT), tmp_path, 20)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name.replace(" ", "-"))
def test_mutant_is_caught(mutation: Mutation, tmp_path: Path) -> None:
    path = os.pathsep.join([str(broken(mutation, tmp_path)), str(ROOT)])
    run = hunted(path, tmp_path, WORLDS, mutation.world)
    assert run.returncode == 3, run.stdout + run.stderr
