"""`python -m tests.bench.false_alarms`: how often numbers that are no cards look like one, over a million of each kind.

Every text comes from one seed, so two runs print the same figures. Run it after a change of the rule for card numbers
(mockpsp/domain/text/card_numbers.py); the documentation states what it prints.
"""

import argparse
import hashlib
import random
import uuid
from collections.abc import Callable

from mockpsp.domain.text import ids
from mockpsp.domain.text.card_numbers import is_card_number
from mockpsp.domain.text.lookalikes import IBAN_LENGTHS
from mockpsp.domain.time.moments import rfc3339

_MILLION = 1_000_000
_KEY = ids.key_for(1)
_YEAR_MS = 365 * 86_400_000


def main() -> None:
    """Print a line for each kind of text."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.false_alarms", description=__doc__)
    parser.add_argument("--count", type=int, default=_MILLION, help=f"texts of each kind  [default: {_MILLION}]")
    count = parser.parse_args().count
    for kind, make in KINDS.items():
        chance = random.Random(kind)
        alarms = sum(is_card_number(make(chance)) for _ in range(count))
        example = make(random.Random(kind))
        print(f"{kind:34} {alarms:8} of {count}  {100 * alarms / count:8.4f} %   {example}")


def _digits(chance: random.Random, count: int) -> str:
    return str(chance.randrange(10 ** (count - 1), 10**count))


def _moment(chance: random.Random) -> str:
    return rfc3339(chance.randrange(0, 100 * _YEAR_MS))


def _local_moment(chance: random.Random) -> str:
    offset = f"{chance.choice('+-')}{chance.randrange(13):02}:{chance.choice(('00', '30'))}"
    return f"{_moment(chance)[:19].replace('T', chance.choice('T '))}.{chance.randrange(10**6):06}{offset}"


def _amount(chance: random.Random) -> str:
    minor = chance.randrange(10 ** chance.randrange(1, 12))
    return f"{minor // 100}.{minor % 100:02}"


def _iban(chance: random.Random) -> str:
    """Of digits alone after the country, which is where card numbers could be seen, its check digits right."""
    country = chance.choice(sorted(IBAN_LENGTHS))
    account = _digits(chance, IBAN_LENGTHS[country] - 4)
    number = int(account + "".join(str(int(letter, 36)) for letter in country) + "00")
    return f"{country}{98 - number % 97:02}{account}"


def _grouped_iban(chance: random.Random) -> str:
    text = _iban(chance)
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def _sevens(chance: random.Random) -> tuple[str, str]:
    return _digits(chance, 7), _digits(chance, 7)


def _phone(chance: random.Random) -> str:
    return f"+{chance.choice(('1', '31', '33', '34', '39', '44', '48', '49', '55', '57', '62', '63'))}" + _digits(
        chance, chance.randrange(9, 12)
    )


#: Kind of text -> one of them, by chance.
KINDS: dict[str, Callable[[random.Random], str]] = {
    "ids of ours": lambda chance: ids.encode(_KEY, "tr_", chance.randrange(1 << 40)),
    "our times": _moment,
    "times with microseconds and offset": _local_moment,
    "milliseconds since 1970": lambda chance: str(chance.randrange(10**12, 2 * 10**12)),
    "amounts": _amount,
    "IBANs": _iban,
    "IBANs in groups of four": _grouped_iban,
    "UUIDs": lambda chance: str(uuid.UUID(int=chance.getrandbits(128), version=4)),
    "SHA-256": lambda chance: hashlib.sha256(chance.randbytes(8)).hexdigest(),
    "UUIDs without dashes": lambda chance: f"{chance.getrandbits(128):032x}",
    "24 hexadecimal digits": lambda chance: f"{chance.getrandbits(96):024x}",
    "orders: 6 to 11 digits": lambda chance: _digits(chance, chance.randrange(6, 12)),
    "orders: ORD-2026-004512": lambda chance: f"ORD-{chance.randrange(2020, 2031)}-{chance.randrange(10**6):06}",
    "orders: 20260105-123456": lambda chance: f"{_moment(chance)[:10].replace('-', '')}-{chance.randrange(10**6):06}",
    "orders: 305-1234567-1234567": lambda chance: "-".join((str(chance.choice((114, 305, 408))), *_sevens(chance))),
    "phone numbers with a plus": _phone,
    **{f"random numbers of {n} digits": lambda chance, n=n: _digits(chance, n) for n in range(12, 21)},
}


if __name__ == "__main__":
    main()
