"""What the command line takes."""

import pytest

from tests.bench.options import PARTS, parsed


def test_parts_come_in_their_own_order() -> None:
    assert parsed(["--only", "growth, traffic"]).only == ("traffic", "growth")
    assert parsed([]).only == PARTS


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "speed"], "'speed' is none of traffic, starts"),
        (["--record", "--quick"], "--record is for a whole run"),
        (["--record", "--stored", "1000000", "--only", "starts"], "--record is for a whole run"),
        (["--record"], "--record is for a whole run"),
        (["--stored", "2"], "--stored: at least 3"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_makes_no_sense_is_refused(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed(arguments)

    assert said in capsys.readouterr().err
