from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

import pytest

from rustfix_mem.workers import Limits, Lost, Workers, _Task


def act(task: str) -> str | int:
    """What a task makes its worker do."""
    match task:
        case "exit":
            os._exit(3)
        case "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        case "sleep":
            time.sleep(60)
        case "eat":
            return len(bytearray(2**31))
        case "raise":
            raise ValueError("no")
        case "pid":
            return os.getpid()
    return task.upper()


def answers(tasks: list[str], jobs: int = 2, seconds: float = 5.0) -> list[object]:
    workers = Workers(jobs, Limits(seconds))
    try:
        return [answer for _, answer in sorted(workers.map(act, tasks))]
    finally:
        workers.close()


def test_each_task_has_its_answer() -> None:
    tasks = [f"task {number}" for number in range(50)]
    assert answers(tasks) == [task.upper() for task in tasks]
    assert answers([]) == []


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        ("exit", "ended its worker with exit code 3"),
        ("crash", "ended its worker with SIGKILL"),
        ("sleep", "took more than 0.5 seconds"),
        ("eat", "took more memory than it may"),
    ],
)
def test_a_task_that_goes_wrong_costs_only_itself(task: str, reason: str) -> None:
    assert answers(["a", task, "b", task, "c"], seconds=0.5) == [
        "A", Lost(reason), "B", Lost(reason), "C",
    ]  # fmt: skip


def test_what_a_lost_worker_did_not_come_to_is_done_by_another() -> None:
    """It is given several tasks at once."""
    tasks = [f"task {number}" for number in range(60)]
    for place, task in ((2, "exit"), (3, "crash"), (20, "sleep"), (59, "exit")):
        tasks[place] = task
    found = answers(tasks, seconds=0.5)
    lost = {place: answer.reason for place, answer in enumerate(found) if isinstance(answer, Lost)}
    assert lost == {
        2: "ended its worker with exit code 3",
        3: "ended its worker with SIGKILL",
        20: "took more than 0.5 seconds",
        59: "ended its worker with exit code 3",
    }
    rest = [place for place in range(60) if place not in lost]
    assert [found[place] for place in rest] == [tasks[place].upper() for place in rest]


def test_tasks_that_cost_little_are_given_together() -> None:
    assert given_first([100, 60, 30, 30, 10, 10]) == [0]
    assert given_first([1] * 80) == list(range(10))


def given_first(costs: list[int]) -> list[int]:
    """The numbers of the tasks that one of two workers is given first."""
    workers = Workers(2)
    workers._waiting.extend(_Task(at, act, "", cost) for at, cost in enumerate(costs))
    return [task.number for task in workers._part()]


def test_who_begins_need_not_wait() -> None:
    workers = Workers(2, Limits(seconds=0.5))
    began = time.monotonic()
    workers.begin(act, ["a", "sleep"])
    workers.begin(act, ["c", "exit", "e"], first=2)
    assert time.monotonic() - began < 0.4
    lost = {1: Lost("took more than 0.5 seconds"), 3: Lost("ended its worker with exit code 3")}
    assert dict(workers.finish()) == {0: "A", 2: "C", 4: "E", **lost}
    assert list(workers.finish()) == []
    assert dict(workers.map(act, ["f"])) == {0: "F"}
    workers.close()


def test_what_was_begun_is_done_meanwhile() -> None:
    workers = Workers(1)
    workers.begin(act, ["a"])
    time.sleep(0.3)
    workers.begin(act, ["b"], first=1)  # who begins more takes what is done
    assert workers._done == deque([(0, "A")])
    assert sorted(workers.finish()) == [(0, "A"), (1, "B")]
    workers.close()


def test_what_a_task_raises_that_was_begun_is_raised_once() -> None:
    workers = Workers(1)

    def begun() -> None:
        workers.begin(act, ["raise", "b"])  # which looks who is done: it may be already
        list(workers.finish())

    with pytest.raises(ValueError, match="no"):
        begun()
    assert list(workers.finish()) == []
    assert dict(workers.map(act, ["c"])) == {0: "C"}
    workers.close()


def test_what_a_task_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="no"):
        answers(["a", "raise", "b"])


def test_workers_are_used_again_and_replaced_when_they_died() -> None:
    workers = Workers(1)
    ((_, first),) = workers.map(act, ["pid"])
    ((_, again),) = workers.map(act, ["pid"])
    assert first == again != os.getpid()
    os.kill(first, signal.SIGKILL)
    _wait_for([first])
    ((_, other),) = workers.map(act, ["pid"])
    workers.close()
    assert other != first


def test_nobody_is_left_behind() -> None:
    workers = Workers(3)
    pids = {answer for _, answer in workers.map(act, ["pid"] * 30)}
    workers.close()
    workers.close()
    assert [pid for pid in pids if _runs(pid)] == []


PARENT = """
import os, signal, sys
from rustfix_mem.workers import Workers
from test_workers import act
workers = Workers(3)
print(*{pid for _, pid in workers.map(act, ["pid"] * 30)}, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_they_end_when_the_parent_is_killed() -> None:
    command = [sys.executable, "-c", PARENT]
    here = Path(__file__).parent
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    pids = [int(word) for word in done.stdout.split()]
    assert pids
    _wait_for(pids)
    assert [pid for pid in pids if _runs(pid)] == []


def _wait_for(pids: list[int]) -> None:
    end = time.monotonic() + 5
    while time.monotonic() < end and any(map(_runs, pids)):
        time.sleep(0.01)


def _runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
