"""Who may see the live preview: requests for its own name, from whoever has the token.

Other programs and other people of the machine reach the port as well, and what is previewed is not
public: drafts, and mail with the addresses of people. So the address that is printed has a token in
it, as that of Jupyter has. It is exchanged for a cookie, which no page of another site is sent with
(`SameSite=Strict`); pages of this machine on other ports are of the same site, and are told by what
browsers say of where a request comes from (Fetch Metadata).
"""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STRICT = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
TEXT = "text/plain; charset=utf-8"


class KnownHosts:
    """Refuses requests whose Host header is not the name that the server listens on.

    Another site may point its own name to 127.0.0.1 (DNS rebinding) to read the page; the Host
    header then still has that name. Numeric addresses cannot be used so, and are accepted.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._names = {"localhost", host.casefold()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and not self._knows(scope):
            told = b"This page goes by the address that was printed.\n"
            await Response(told, 421, STRICT, TEXT)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _knows(self, scope: Scope) -> bool:
        named = _headers(scope, b"host")
        if len(named) != 1:
            return False
        try:
            name = urlsplit(f"//{named[0]}").hostname or ""
        except ValueError:
            return False
        return name in self._names or _is_address(name)


class WithToken:
    """Refuses requests that have neither the token in their address nor the cookie for it."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token
        # Cookies are shared by all ports of a machine.
        self._cookie = f"tidings-preview-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or self._has_cookie(scope):
            await self._app(scope, receive, send)
        elif self._has_token(scope):
            await self._app(scope, receive, self._giving_cookie(send))
        else:
            told = b"Open the address that was printed as a whole: it has a token in it.\n"
            await Response(told, 403, STRICT, TEXT)(scope, receive, send)

    def _has_token(self, scope: Scope) -> bool:
        asked = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=100)
        return any(self._is_token(each) for each in asked.get("token", ()))

    def _has_cookie(self, scope: Scope) -> bool:
        if not {*_headers(scope, b"sec-fetch-site")} <= {"same-origin", "none"}:
            return False
        for header in _headers(scope, b"cookie"):
            try:
                given = SimpleCookie(header).get(self._cookie)
            except CookieError:
                continue
            if given and self._is_token(given.value):
                return True
        return False

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())

    def _giving_cookie(self, send: Send) -> Send:
        cookie = f"{self._cookie}={self._token}; HttpOnly; SameSite=Strict; Path=/"

        async def giving(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], (b"set-cookie", cookie.encode("ascii"))]
                message = {**message, "headers": headers}
            await send(message)

        return giving


def _headers(scope: Scope, wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
