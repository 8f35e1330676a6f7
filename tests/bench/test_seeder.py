"""Seeded payments are the ones the application would have stored."""

from pathlib import Path

from tests.bench.in_process import calling
from tests.bench.seeder import rows_by_table, seed

#: Where the columns of the project begin that are of the machine's clock.
_REAL_FROM = -2


def test_seeded_rows_are_those_of_real_payments(tmp_path: Path) -> None:
    with calling(tmp_path / "real.db") as caller:
        ids = [caller.pay_and_refund() for _ in range(7)]

    seeded = seed(tmp_path / "seeded.db", 7)

    seeded_rows, real_rows = (rows_by_table(tmp_path / name) for name in ("seeded.db", "real.db"))
    for rows in (seeded_rows, real_rows):
        rows["project"] = [row[:_REAL_FROM] for row in rows["project"]]
    assert seeded_rows == real_rows
    assert (seeded.first_id, seeded.last_id) == (ids[0], ids[-1])
