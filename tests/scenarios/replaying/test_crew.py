"""Processes that work side by side: results in order, errors as alone, and what is lost when one of them ends."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mockpsp.scenarios.language.errors import ReplayError
from mockpsp.scenarios.replaying.application import own_application
from mockpsp.scenarios.replaying.crew import Crew
from mockpsp.scenarios.replaying.worker import Opening
from tests.scenarios.replaying import work

pytestmark = pytest.mark.slow

HERE = "http://127.0.0.1:1"
OPENING = Opening(url=HERE)


def run(crew: Crew, what: Callable[..., Any], tasks: list[Any], universe: Callable[[Any], Any] = id) -> list[Any]:
    """What a crew makes of tasks; a lost one comes as (task, why)."""
    return crew.run(what, tasks, HERE, universe=universe, lost=lambda task, why: (task, why))


@contextmanager
def meeting(count: int, tell: Callable[[int], bytes]) -> Iterator[int]:
    """The port on which so many processes are waited for, before each is told what to do."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(work.PATIENCE_S)

        def wait_for_all() -> None:
            lines = [listener.accept()[0] for _ in range(count)]
            pids = [int(line.makefile().readline()) for line in lines]
            assert len(set(pids)) == count
            for line, pid in zip(lines, pids, strict=True):
                line.sendall(tell(pid))
            # Whatever comes later just goes on.
            while True:
                try:
                    lines.append(listener.accept()[0])
                except OSError:
                    break
                lines[-1].sendall(b"go\n")
            for line in lines:
                line.close()

        thread = threading.Thread(target=wait_for_all)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_results_come_in_the_order_of_the_tasks(jobs: int) -> None:
    with Crew(jobs, OPENING) as crew:
        assert run(crew, work.double, list(range(50))) == [2 * number for number in range(50)]


def test_a_crew_can_be_asked_again() -> None:
    with Crew(2, OPENING) as crew:
        assert [run(crew, work.double, [number]) for number in (1, 2, 3)] == [[2], [4], [6]]
        assert run(crew, work.double, []) == []


def test_they_work_at_the_same_time() -> None:
    with meeting(3, lambda _: b"go\n") as port, Crew(3, OPENING) as crew:
        pids = run(crew, work.meet, [port, port, port], universe=lambda _: object())

    assert os.getpid() in pids and len(set(pids)) == 3


def test_tasks_of_one_universe_are_done_by_one_process_in_order() -> None:
    tasks = [(name, number) for number in range(20) for name in "abc"]
    with Crew(3, OPENING) as crew:
        done = run(crew, work.whose, tasks, universe=lambda task: task[0])

    assert [task for *task, _ in done] == [list(task) for task in tasks]
    for name in "abc":
        assert len({pid for universe, _, pid in done if universe == name}) == 1


def test_each_has_an_application_of_its_own() -> None:
    with Crew(2, Opening()) as crew, own_application() as application:
        names = [f"test-proj_{number}" for number in range(6)]
        digests = crew.run(work.digest, names, application, universe=str, lost=lambda *_: None)

    assert all(isinstance(one["digest"], str) for one in digests)


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_first_error_is_raised_as_it_was(jobs: int) -> None:
    with Crew(jobs, OPENING) as crew, pytest.raises(ReplayError, match=r"^minus one$"):
        run(crew, work.double, [1, 2, -1, 3, -2, 4])


def test_an_error_that_cannot_be_taken_along_is_told_in_full() -> None:
    with Crew(2, OPENING) as crew, pytest.raises((work.Odd, RuntimeError), match="2 and 2"):
        run(crew, work.double, [-2] * 20)


@pytest.mark.parametrize(("told", "how"), [(b"die\n", "was ended by SIGKILL"), (b"exit", "ended with exit code 3")])
def test_a_worker_that_ends_costs_the_task_it_was_at(told: bytes, how: str) -> None:
    own = os.getpid()
    with meeting(2, lambda pid: b"go\n" if pid == own else told) as port, Crew(2, OPENING) as crew:
        results = run(crew, work.meet, [port] * 6, universe=lambda _: object())

    (lost,) = [one for one in results if isinstance(one, tuple)]
    assert lost[0] == port and lost[1].endswith(how), lost
    assert results.count(own) == 5


def test_what_else_a_lost_worker_had_to_do_is_done_by_others() -> None:
    own = os.getpid()
    with meeting(2, lambda pid: b"go\n" if pid == own else b"die\n") as port, Crew(2, OPENING) as crew:
        numbers = iter(range(8))
        results = run(crew, work.meet, [port] * 8, universe=lambda _: next(numbers) % 2)

    assert sum(isinstance(one, tuple) for one in results) == 1
    assert results.count(own) == 7


def test_a_worker_without_a_place_is_missing_and_the_work_is_done(tmp_path: Path) -> None:
    with Crew(2, Opening(psps=str(tmp_path / "nowhere"))) as crew:
        with meeting(1, lambda _: b"go\n") as port:
            crew._threads[0].join(work.PATIENCE_S)
            assert run(crew, work.meet, [port, port]) == [os.getpid()] * 2

        (why,) = crew.missing
    assert "nowhere" in why


def test_work_that_no_worker_knows_is_no_reason_to_wait_for_ever() -> None:
    with Crew(2, OPENING) as crew:
        results = run(crew, lambda _, number: number, list(range(50)))

    lost = [one for one in results if isinstance(one, tuple)]
    assert len(lost) <= 1 and all("can't be worked with" in why for _, why in lost)


def test_nobody_is_left_when_the_block_ends() -> None:
    with Crew(3, OPENING) as crew:
        workers = crew._workers

    assert [worker.poll() is None for worker in workers] == [False, False]


def test_nobody_is_left_when_it_ends_in_an_error() -> None:
    with pytest.raises(KeyboardInterrupt), Crew(3, OPENING) as crew:
        workers = crew._workers
        raise KeyboardInterrupt

    assert [worker.poll() is None for worker in workers] == [False, False]
