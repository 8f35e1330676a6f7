"""Request bodies: JSON or form, nested names, and what counts as absent. Answers a plain dict or Refused.

Clients differ: most send null for every option left out, some send empty strings; both mean absent here, but for an
amount or a list of lines that is to move money: who gives one and says nothing gets no guess. Form bodies nest by
brackets (`metadata[key]=v`) or dots (`device.channel=web`).
"""

import codecs
import json
import re
from collections import Counter
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import current_app

from mockpsp.api.wire.errors import error_type
from mockpsp.api.wire.request import Request
from mockpsp.domain.text.card_numbers import is_card_number, may_hold_number
from mockpsp.domain.text.codes import Refused
from mockpsp.domain.text.json_text import load

BAD_FORMAT = "request.bad-format"
_MAX_DEPTH = 32
_EMPTY_ARRAY = re.compile(rb"\[\s*\]")
#: Route -> the part of its body where a card's number belongs, or of which nothing is kept.
_NUMBERS_BELONG = {
    "/cards": ("number", "applepay_response", "payment_token"),
    "/sandbox/rules": ("match.card",),
    "/sandbox/reconcile": ("records", "key"),
    # Packed: what is in it is looked at when it is unpacked.
    "/sandbox/snapshots/file": ("snapshot_file.data",),
}
#: The same on ProcessOut's other routes: what is no source is refused there without being repeated.
_SOURCE = ("source",)
#: Numbers with a fraction or an exponent, and long ones; likenesses within texts cost nothing but time.
_ROUNDED = re.compile(r"[:,\[]\s*-?(?:\d+[.eE]|\d{18})", re.ASCII)
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_application = current_app._get_current_object  # type: ignore[attr-defined]


def read(request: Request, never_empty: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The request's body as a dict without absent values; {} when there is none.

    Keys of `never_empty` are refused where they are given and empty, since leaving them out means all there is.
    """
    for key in never_empty & request.args.keys():
        message = (
            f"{key}: belongs in the body; in the address nothing reads it, and the request would be about all there is"
        )
        raise Refused(error_type(key, is_missing=False), message, field=key)
    raw = request.body
    limit = _application().extensions["mockpsp"].settings.body_bytes
    if len(raw) > limit:
        message = f"the body has {len(raw)} bytes; at most {limit} go (MOCKPSP_BODY_BYTES)"
        raise Refused("request.too-much", message, 413)
    stripped = raw.strip()
    # An empty map of PHP's is `[]`. Where leaving all out means all there is, it is refused like what is empty.
    if not stripped or (not never_empty and _EMPTY_ARRAY.fullmatch(stripped)):
        return {}
    if stripped[:1] not in (b"{", b"["):
        _refuse_packed(request)
        if request.mimetype == "application/x-www-form-urlencoded":
            body = _present(_nested(_form_pairs(raw)), never_empty)
            refuse_card_numbers(body, "", _belong(request.path))
            return body
    body = _present(parse_json(raw), never_empty)
    if may_hold_number(raw.decode()):
        refuse_card_numbers(body, "", _belong(request.path))
    return body


def _refuse_packed(request: Request) -> None:
    """Refuse a body by the header that says it is written in a way nothing here reads."""
    packed = request.environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if packed not in ("", "identity"):
        message = f"Content-Encoding is {packed[:40]!r}; bodies go as they are, without that header"
        raise Refused(BAD_FORMAT, message)
    if request.mimetype.startswith("multipart/"):
        kind = request.mimetype[:40]
        message = f"Content-Type is {kind!r}; what goes is application/json or application/x-www-form-urlencoded"
        raise Refused(BAD_FORMAT, message)


def refuse_card_number(name: str, text: str) -> None:
    """Refuse a text that holds a card number, which goes where card numbers belong and nowhere else."""
    if is_card_number(text):
        raise Refused(
            "request.validation.error",
            f"{name[:80]}: holds what looks like a card number, which belongs in POST /cards alone; nothing was kept. "
            "A number that is none passes with a letter among its digits",
            field=name[:80],
        )


def _belong(path: str) -> tuple[str, ...]:
    return _NUMBERS_BELONG.get(path.rstrip("/"), () if path.startswith("/sandbox") else _SOURCE)


def refuse_card_numbers(value: Any, name: str = "", belong: tuple[str, ...] = ()) -> None:
    """What is kept as text would keep a number in it; `belong` names the parts where it may be."""
    if name in belong:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            refuse_card_number(f"{name or 'the body'}'s keys", key)
            refuse_card_numbers(item, f"{name}.{key}"[-80:] if name else key[:80], belong)
    elif isinstance(value, list):
        for item in value:
            refuse_card_numbers(item, name, belong)
    elif isinstance(value, str):
        refuse_card_number(name, value)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        refuse_card_number(name, _written_out(value))


def _written_out(number: int | Decimal) -> str:
    """A number as it is kept and, where that has an exponent, as it is meant."""
    text = str(number)
    is_short = isinstance(number, Decimal) and number.is_finite() and abs(number.adjusted()) < 40
    return f"{text} and {number:f}" if "E" in text and is_short else text


def parse_json(raw: bytes) -> dict[str, Any]:
    """A JSON object; numbers with a fraction become Decimal, so that no amount passes through a float."""
    try:
        # Decoded here, strictly: `json.loads` would guess UTF-16 and let surrogates through.
        # `utf-8-sig` would be four times as slow.
        text = raw.removeprefix(codecs.BOM_UTF8).decode()
        body = _parse(text)
        if "\\u" in text:
            json.dumps(body, ensure_ascii=False, default=str).encode()
    except RecursionError:
        raise Refused(BAD_FORMAT, f"the body nests deeper than {_MAX_DEPTH} levels") from None
    except UnicodeError:
        raise Refused(BAD_FORMAT, "the body is not valid Unicode text (UTF-8, no lone surrogates)") from None
    except ValueError as error:
        raise Refused(BAD_FORMAT, f"the body is not valid JSON: {_where(error)}") from None
    except InvalidOperation:
        raise Refused(BAD_FORMAT, "the body holds a number with an exponent beyond all reason") from None
    if not isinstance(body, dict):
        raise Refused(BAD_FORMAT, f"the body must be a JSON object, not {_name(body)}")
    return body


def _parse(text: str) -> Any:
    """By orjson where the text holds JSON, no number that orjson would round, and no name twice in one object."""
    if "\\" not in text and not _ROUNDED.search(text):
        with suppress(ValueError):
            body = load(text)
            if 2 * _count_texts(body) == text.count('"'):
                return body
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_once_each)


def _count_texts(value: Any) -> int:
    """How many names and texts a value has; a name that was given twice is fewer than were written."""
    if type(value) is str:
        return 1
    if type(value) is dict:
        return len(value) + sum(map(_count_texts, value.values()))
    return sum(map(_count_texts, value)) if type(value) is list else 0


def _where(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return str(error)[:200]


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different: of two amounts nobody knows which one was meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = times.most_common(1)[0][0]
        raise Refused(BAD_FORMAT, f"the body gives {twice[:80]!r} twice", field=twice[:80])
    return found


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not a JSON value")


def _name(value: object) -> str:
    return {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}.get(type(value), "a number")


def _present(value: dict[str, Any], never_empty: frozenset[str], depth: int = 0) -> dict[str, Any]:
    """Without nulls and empty strings, at any depth."""
    if depth > _MAX_DEPTH:
        raise Refused(BAD_FORMAT, f"the body nests deeper than {_MAX_DEPTH} levels")
    for key in never_empty & value.keys():
        if value[key] in ("", [], {}):
            raise Refused(
                error_type(key, is_missing=False),
                f"{key}: is given but empty; say how much, which or when, or leave it out (null is absent too)",
                field=key,
            )
    return {key: _cleaned(item, never_empty, depth) for key, item in value.items() if item is not None and item != ""}


def _cleaned(item: Any, never_empty: frozenset[str], depth: int) -> Any:
    if isinstance(item, dict):
        return _present(item, never_empty, depth + 1)
    if isinstance(item, list):
        if depth > _MAX_DEPTH:
            raise Refused(BAD_FORMAT, f"the body nests deeper than {_MAX_DEPTH} levels")
        return [_cleaned(element, never_empty, depth + 1) for element in item]
    return item


def _form_pairs(raw: bytes) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl

    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=1_000)
    except UnicodeDecodeError:
        raise Refused(BAD_FORMAT, "the form is not valid UTF-8 text") from None
    except ValueError as error:
        raise Refused(BAD_FORMAT, f"the form could not be read: {error}") from None


def _nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, value in pairs:
        path = _path(name)
        if len(path) > _MAX_DEPTH:
            raise Refused(BAD_FORMAT, f"the form nests deeper than {_MAX_DEPTH} levels")
        _put(body, path, value)
    return {key: _listed(value) for key, value in body.items()}


def _path(name: str) -> list[str]:
    if "[" in name:
        head, _, _ = name.partition("[")
        return [head, *_BRACKETS.findall(name)]
    return name.split(".")


def _put(body: dict[str, Any], path: list[str], value: str) -> None:
    for key in path[:-1]:
        inner = body.setdefault(key or str(len(body)), {})
        if not isinstance(inner, dict):
            raise Refused(BAD_FORMAT, f"the form gives {key[:80]!r} both a value and parts")
        body = inner
    key = path[-1] or str(len(body))
    if key in body:
        raise Refused(BAD_FORMAT, f"the form gives {key[:80]!r} twice", field=key[:80])
    body[key] = value


def _listed(value: Any) -> Any:
    """Objects whose keys count 0, 1, 2 ... are lists."""
    if not isinstance(value, dict):
        return value
    values = {key: _listed(item) for key, item in value.items()}
    if values and list(values) == [str(n) for n in range(len(values))]:
        return list(values.values())
    return values
