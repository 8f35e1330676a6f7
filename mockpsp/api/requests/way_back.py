"""Where a customer goes back to: the shop's own address, with more in its query."""

from urllib.parse import urlencode, urlsplit, urlunsplit


def with_query(url: str, **more: str) -> str:
    """The address with more behind its query, which stays as the shop wrote it: it may be signed."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(more))))
    return urlunsplit(parts._replace(query=query))
