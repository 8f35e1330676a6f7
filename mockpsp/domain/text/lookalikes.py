"""Long numbers that are no card numbers, although one in ten of any digits passes a card's check digit.

IBANs by their own check digits, UUIDs, moments with fractions and offsets, and ids whose letters and digits mix, such
as hashes. Only asked about texts in which something looks like a card number.
"""

import re

_UUID = re.compile(r"(?i)(?<![0-9a-z])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-z])")
_MOMENT = re.compile(
    r"(?<![0-9])(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
    r"(?:[.,][0-9]{1,9})?(?: ?[+-][01][0-9]:?[0-5][0-9]|Z)?(?![0-9])"
)
#: A word of letters and digits that could be a hash or another id.
_WORD = re.compile(r"[0-9A-Za-z]{16,}")
_HEXADECIMAL = re.compile(r"[0-9a-f]+|[0-9A-F]+")
#: Where letters and digits meet: words such as `card4111...exp0127cvc123` have few such places, mixed ids many.
_CHANGE = re.compile(r"(?<=[0-9])(?=[A-Za-z])|(?<=[A-Za-z])(?=[0-9])")
_CHANGES_MIN = 8
#: No word that somebody writes beside a number has none but these letters and meets digits as often.
_CHANGES_OF_HEXADECIMAL_MIN = 3
_IBAN_START = re.compile(r"(?<![0-9A-Za-z])[A-Z]{2}[0-9]{2}(?=[ -]?[0-9A-Z]{4})")
#: Country and the length of its IBANs.
IBAN_LENGTHS = {
    row[:2]: int(row[2:])
    for row in (
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 "
        "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 "
        "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 "
        "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 "
        "YE30"
    ).split()
}


def without_lookalikes(text: str) -> str:
    """The text with a letter for each character of what only looks like a card number; as long as it was."""
    text = _UUID.sub(_letters, text)
    text = _MOMENT.sub(_letters, text)
    text = _without_ibans(text)
    return _WORD.sub(lambda found: _letters(found) if _is_mixed(found.group()) else found.group(), text)


def _letters(found: re.Match[str]) -> str:
    return "x" * len(found.group())


def _is_mixed(word: str) -> bool:
    least = _CHANGES_OF_HEXADECIMAL_MIN if _HEXADECIMAL.fullmatch(word) else _CHANGES_MIN
    return len(_CHANGE.findall(word)) >= least


def _without_ibans(text: str) -> str:
    parts, done = [], 0
    for found in _IBAN_START.finditer(text):
        end = _iban_end(text, found.start()) if found.start() >= done else 0
        if end:
            parts += [text[done : found.start()], "x" * (end - found.start())]
            done = end
    return "".join(parts) + text[done:]


def _iban_end(text: str, start: int) -> int:
    """Where the IBAN that starts here ends, single blanks or dashes between its groups; 0: it is none."""
    wanted = IBAN_LENGTHS.get(text[start : start + 2], 0)
    letters, at = "", start
    while len(letters) < wanted and at < len(text):
        letter = text[at]
        if letter.isascii() and letter.isalnum():
            letters += letter
        elif letter not in " -" or text[at - 1] in " -":
            return 0
        at += 1
    is_whole = len(letters) == wanted > 0 and not text[at : at + 1].isalnum()
    return at if is_whole and _passes_check(letters) else 0


def _passes_check(iban: str) -> bool:
    """ISO 13616: the first four characters moved to the end, letters as numbers, the rest of division by 97 is 1."""
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1
