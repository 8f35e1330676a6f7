"""Card numbers in texts that are kept: hidden, whoever wrote them there."""

import re

HIDDEN = "[hidden]"
#: What could be a card number: 12 to 19 digits, in groups perhaps.
_DIGITS = re.compile(r"\d(?:(?:[ +-]|%20)?\d){11,18}")

#: How the networks' own numbers begin and how long they are; other long numbers are orders, times or phones.
_NETWORKS = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2[2-7]\d{14}|6011\d{12}|6[245]\d{14}|35\d{14}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}"
)
_RUN = re.compile(r"\d(?:[ -]?\d){13,}")


def is_card_number(text: str) -> bool:
    """Whether a text holds what looks like a network's own card number: its beginning, length and check digit right."""
    runs = ("".join(letter for letter in found if letter.isdigit()) for found in _RUN.findall(text))
    return any(_NETWORKS.fullmatch(run) is not None and _has_check_digit(run) for run in runs)


def is_like_number(text: str) -> bool:
    """Whether a text holds enough digits in a row to be a card number, whatever its check digit."""
    return _DIGITS.search(text) is not None


def hide_card_numbers(text: str) -> str:
    """The text with everything hidden that could be a card number, its check digit right."""
    return _DIGITS.sub(lambda found: HIDDEN if _has_check_digit(found.group()) else found.group(), text)


def _has_check_digit(text: str) -> bool:
    """Luhn: from the right, every second digit counts twice, its own digits added."""
    digits = [int(letter) for letter in reversed(text.replace("%20", "")) if letter.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
