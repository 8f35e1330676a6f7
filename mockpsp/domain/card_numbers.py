"""Card numbers in texts that are kept: hidden, whoever wrote them there."""

import re

HIDDEN = "[hidden]"
#: What could be a card number: 12 to 19 digits, in groups perhaps.
_DIGITS = re.compile(r"\d(?:(?:[ +-]|%20)?\d){11,18}")


def is_like_number(text: str) -> bool:
    """Whether a text holds enough digits in a row to be a card number, whatever its check digit."""
    return _DIGITS.search(text) is not None


def without_numbers(text: str) -> str:
    """The text with everything hidden that could be a card number, its check digit right."""
    return _DIGITS.sub(lambda found: HIDDEN if _has_check_digit(found.group()) else found.group(), text)


def _has_check_digit(text: str) -> bool:
    """Luhn: from the right, every second digit counts twice, its own digits added."""
    digits = [int(letter) for letter in reversed(text.replace("%20", "")) if letter.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
