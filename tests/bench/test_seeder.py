"""Seeded payments are the ones the application would have stored."""

from pathlib import Path

from tests.bench.in_process import calling
from tests.bench.seeder import rows_by_table, seed


def test_seeded_rows_are_those_of_real_payments(tmp_path: Path) -> None:
    with calling(tmp_path / "real.db") as caller:
        ids = [caller.pay_and_refund() for _ in range(7)]

    seeded = seed(tmp_path / "seeded.db", 7)

    assert rows_by_table(tmp_path / "seeded.db") == rows_by_table(tmp_path / "real.db")
    assert (seeded.first_id, seeded.last_id) == (ids[0], ids[-1])
