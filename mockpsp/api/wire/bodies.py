"""Request bodies: JSON or form, nested names, and what counts as absent. Answers a plain dict or Refused.

Clients differ: most send null for every option left out, some send empty strings; both mean absent here. Form bodies
nest by brackets (`metadata[key]=v`) or dots (`device.channel=web`).
"""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Request, current_app

from mockpsp.domain.card_numbers import is_card_number, is_like_number
from mockpsp.domain.codes import Refused

BAD_FORMAT = "request.bad-format"
_MAX_DEPTH = 32
#: Parts of a body that say themselves what a number in them means, and keep none.
_OWN_CHECKS = frozenset({"number", "source", "match"})
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


def read(request: Request) -> dict[str, Any]:
    """The request's body as a dict without absent values; {} when there is none."""
    limit = current_app.extensions["mockpsp"].settings.body_bytes
    if request.content_length is not None and request.content_length > limit:
        message = f"the body has {request.content_length} bytes; at most {limit} go (MOCKPSP_BODY_BYTES)"
        raise Refused("request.too-much", message, 413)
    raw = request.get_data(cache=True)
    stripped = raw.strip()
    if not stripped:
        return {}
    if request.mimetype == "application/x-www-form-urlencoded" and stripped[:1] not in (b"{", b"["):
        body = _present(_nested(_form_pairs(raw)))
        _refuse_card_numbers(body, "")
        return body
    body = _present(parse_json(raw))
    text = raw.decode("utf-8-sig")
    if is_like_number(text) or "\\u" in text:
        _refuse_card_numbers(body, "")
    return body


def _refuse_card_numbers(value: Any, name: str) -> None:
    """A card number goes where card numbers belong and nowhere else: what is kept as text would keep it."""
    if name in _OWN_CHECKS:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_card_numbers(str(key), f"{name or 'the body'}'s keys")
            _refuse_card_numbers(item, f"{name}.{key}"[-80:] if name else key[:80])
    elif isinstance(value, list):
        for item in value:
            _refuse_card_numbers(item, name)
    elif isinstance(value, str | int | Decimal) and is_card_number(str(value)):
        message = f"{name}: holds what looks like a card number, which belongs in POST /cards alone; nothing was kept"
        raise Refused("request.validation.error", message[:300], field=name)


def parse_json(raw: bytes) -> dict[str, Any]:
    """A JSON object; numbers with a fraction become Decimal, so that no amount passes through a float."""
    try:
        # Decoded here, strictly: `json.loads` would guess UTF-16 and let surrogates through.
        text = raw.decode("utf-8-sig")
        body = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
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


def _where(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return str(error)[:200]


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not a JSON value")


def _name(value: object) -> str:
    return {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}.get(type(value), "a number")


def _present(value: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """Without nulls and empty strings, at any depth."""
    if depth > _MAX_DEPTH:
        raise Refused(BAD_FORMAT, f"the body nests deeper than {_MAX_DEPTH} levels")
    return {key: _cleaned(item, depth) for key, item in value.items() if item is not None and item != ""}


def _cleaned(item: Any, depth: int) -> Any:
    if isinstance(item, dict):
        return _present(item, depth + 1)
    if isinstance(item, list):
        if depth > _MAX_DEPTH:
            raise Refused(BAD_FORMAT, f"the body nests deeper than {_MAX_DEPTH} levels")
        return [_cleaned(element, depth + 1) for element in item]
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
    body[path[-1] or str(len(body))] = value


def _listed(value: Any) -> Any:
    """Objects whose keys count 0, 1, 2 ... are lists."""
    if not isinstance(value, dict):
        return value
    values = {key: _listed(item) for key, item in value.items()}
    if values and list(values) == [str(n) for n in range(len(values))]:
        return list(values.values())
    return values
