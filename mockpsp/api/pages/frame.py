"""The frame of the pages that a customer's browser meets: plain HTML, no script, nothing from elsewhere.

A page is given as parts made by the functions below, which escape what they are given.
"""

import base64
import hashlib
from html import escape

from flask import Response

_STYLE = """
:root { color-scheme: light dark; }
body { font: 17px/1.5 system-ui, sans-serif; margin: 4rem auto; max-width: 30rem; padding: 0 1.5rem; }
h1 { font-size: 1.4rem; }
ul { list-style: none; padding: 0; }
a, button { border: 1px solid; border-radius: .4rem; color: inherit; cursor: pointer; display: block; font: inherit;
  background: none; margin: .6rem 0; padding: .6rem 1rem; text-align: left; text-decoration: none; width: 100%;
  box-sizing: border-box; }
code { font-size: .85em; overflow-wrap: anywhere; }
footer { font-size: .85em; margin-top: 3rem; opacity: .7; }
"""
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
#: The page loads its own style and nothing else, and no other page shows it in a frame.
_POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; frame-ancestors 'none'"


def page(title: str, *parts: str, status: int = 200) -> Response:
    """The page of that title with these parts, which nobody keeps or frames."""
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(title)}</h1>{''.join(parts)}"
        "<footer>A sandbox: no money moves, and no bank is behind this page.</footer></body></html>"
    )
    response = Response(text, status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def paragraph(text: str) -> str:
    """A paragraph of text."""
    return f"<p>{escape(text)}</p>"


def links(targets: dict[str, str]) -> str:
    """A list of links, as what they say -> where they lead."""
    rows = "".join(f'<li><a href="{escape(url)}">{escape(text)}</a></li>' for text, url in targets.items())
    return f"<ul>{rows}</ul>"


def codes(texts: dict[str, str]) -> str:
    """A list of texts to copy, each under its heading."""
    return "".join(f"<p>{escape(name)}<br><code>{escape(text)}</code></p>" for name, text in texts.items())
