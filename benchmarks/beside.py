"""Those who report and ask beside what is measured, in a process of their own: `Beside`, which runs this module.

Each report and each question is due at its instant, whether the one before is answered or not, and its time counts
from then: a slow answer hides none that should have come after it.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

SENDERS = 48
QUESTIONS_A_SECOND = 10
APPS = ("Code", "Google Chrome", "Slack", "OUTLOOK.EXE")
MINUTES = 700


@dataclass(frozen=True)
class Asked:
    """Of whom is reported, how often, and what is asked meanwhile."""

    port: int
    key: str
    users: list[str]
    reports_a_second: float
    question: dict[str, object]


@dataclass
class Beside:
    """What was answered: when it was due, and after how many milliseconds."""

    answered: list[tuple[float, float]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def between(self, began: float, ended: float) -> list[float]:
        return [took for due, took in self.answered if began <= due < ended]

    def listen(self, lines: Iterator[str]) -> None:
        for line in lines:
            due, took, status = line.split()
            self.answered.append((float(due), float(took)))
            if status != "200":
                self.failures.append(status)


@contextmanager
def beside(asked: Asked) -> Iterator[Beside]:
    """Until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.beside"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    print(json.dumps(asdict(asked)), file=process.stdin, flush=True)
    found = Beside()
    listening = threading.Thread(target=found.listen, args=(iter(process.stdout),))
    listening.start()
    try:
        yield found
    finally:
        process.stdin.close()
        listening.join(60)
        process.wait(60)


def report(user: str, number: int, began: float) -> dict[str, object]:
    """What the agent sends of one minute, on a device of its own."""
    edges = [began + number % MINUTES * 60 + second for second in (0, 13, 39, 51, 60)]
    at = [f"{datetime.fromtimestamp(edge, UTC):%Y-%m-%dT%H:%M:%SZ}" for edge in edges]
    focus = [{"start": at[place], "end": at[place + 1], "app": APPS[(number + place) % 4]} for place in range(4)]
    return {"userId": user, "device": "bench", "focus": focus, "present": [{"start": at[0], "end": at[4]}]}


def _work(asked: Asked, sender: int, over: threading.Event) -> None:
    """One of `SENDERS` reports, the one after them asks."""
    connection = http.client.HTTPConnection("127.0.0.1", asked.port, timeout=60)
    headers = {"Authorization": f"Bearer {asked.key}", "Content-Type": "application/json"}
    reports = sender < SENDERS
    pace, number, step = (asked.reports_a_second, sender, SENDERS) if reports else (QUESTIONS_A_SECOND, 0, 1)
    began = time.time() + 0.2
    while not over.wait(max(0.0, began + number / pace - time.time())):
        turn, user = divmod(number, len(asked.users))
        body = report(asked.users[user], turn, began - (MINUTES + 1) * 60) if reports else asked.question
        path = "/v1/activity" if reports else "/v1/dashboard/weekly-summary"
        try:
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            answer.read()
            status = str(answer.status)
        except OSError as error:
            connection.close()
            status = type(error).__name__
        due = began + number / pace
        sys.stdout.write(f"{due:.6f} {(time.time() - due) * 1000:.3f} {status}\n")
        sys.stdout.flush()
        number += step


def main() -> None:
    asked = Asked(**json.loads(sys.stdin.readline()))
    over = threading.Event()
    threads = [threading.Thread(target=_work, args=(asked, sender, over)) for sender in range(SENDERS + 1)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
