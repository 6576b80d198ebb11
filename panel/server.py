"""The server: one page, and a WebSocket for each browser that looks at the machine.

Whoever has no token, or comes from another site's page, is refused. Each browser gets what has
changed since it was sent something last, when it is ready for it: a slow one sees fewer frames, and
costs the machine nothing.
"""

import asyncio
import hmac
import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from debug.reel import Reel
from panel.desk import Desk, Frame
from panel.octets import octets

__all__ = ["Panel", "STALE", "TEXT_OCTETS", "server_of"]

TEXT_OCTETS = 200_000  # of the terminal's past that a browser gets as it comes
STALE_CODE  = 4401
STALE = ("This address is of an earlier panel, or not complete. Open the one that 'make panel' has "
         "printed in its terminal.")
ELSEWHERE = "The panel talks to its own page alone: open the address that 'make panel' has printed."
SECURITY = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
                               "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; "
                               "base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class _Browser:
    """One that looks, and what it has been sent."""

    def __init__(self) -> None:
        self.views: frozenset[str] = frozenset()
        self.sections: dict[str, str] = {}
        self.length: int | None = None
        self.flip: int | None = None
        self.replies: list[dict[str, Any]] = []
        self.news = asyncio.Event()


class Panel:
    """The web application around a desk.

    Parameters
    ----------
    desk : Desk
    reel : Reel
    page : Path
        The folder of the built page.
    token : str
        Who has it may use the machine.
    port : int
        Where it is served on this computer.
    """

    def __init__(self, desk: Desk, reel: Reel, page: Path, token: str, port: int) -> None:
        self._desk, self._reel, self._page, self._token = desk, reel, page, token
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        self._browsers: set[_Browser] = set()
        self._frame: Frame | None = None
        self._picture: tuple[int, bytes] = (-1, b"")
        self._loop: asyncio.AbstractEventLoop | None = None
        desk.publish = self.publish
        self.app = Starlette(routes=[
            Route("/", self._index),
            WebSocketRoute("/machine", self._machine),
            Mount("/assets", StaticFiles(directory=page))])

    # --- who may come ----------------------------------------------------------------------------

    def _is_elsewhere(self, connection: HTTPConnection) -> bool:
        """Whether another site's page is behind a request, or a name that leads here by a trick."""
        origin = connection.headers.get("origin")
        return connection.headers.get("host") not in self._hosts or (
            origin is not None and origin not in {f"http://{host}" for host in self._hosts})

    def _has_token(self, connection: HTTPConnection) -> bool:
        given = connection.query_params.get("token", "")
        return hmac.compare_digest(given.encode(), self._token.encode())

    async def _index(self, request: Request) -> Response:
        if self._is_elsewhere(request):
            return HTMLResponse(f"<p>{ELSEWHERE}</p>", 403, SECURITY)
        if not self._has_token(request):
            return HTMLResponse(f"<title>Quince</title><p>{STALE}</p>", 403, SECURITY)
        text = (self._page / "index.html").read_text(encoding="utf-8")
        return HTMLResponse(text, headers=SECURITY)

    # --- a browser -------------------------------------------------------------------------------

    async def _machine(self, socket: WebSocket) -> None:
        if self._is_elsewhere(socket):
            await socket.close()  # not accepted: the browser sees status 403
            return
        await socket.accept()
        if not self._has_token(socket):
            await socket.close(STALE_CODE, STALE)
            return
        self._loop = asyncio.get_running_loop()
        browser = _Browser()
        self._browsers.add(browser)
        sender = asyncio.create_task(self._send(browser, socket))
        try:
            while True:
                self._hear(browser, await socket.receive_text())
        except (WebSocketDisconnect, KeyError):  # KeyError: octets where text is wanted
            pass
        finally:
            sender.cancel()
            self._browsers.discard(browser)
            self._want()

    def _hear(self, browser: _Browser, text: str) -> None:
        """A message from a browser."""
        try:
            request = json.loads(text)
            number = request.get("id")
        except (ValueError, AttributeError):
            self._reply(browser, {"error": "this message is not understood"})
            return
        if request.get("do") == "look":
            browser.views = frozenset(map(str, request.get("views") or ()))
            self._want()
            browser.news.set()
            return
        assert self._loop is not None
        loop = self._loop

        def reply(answer: dict[str, Any]) -> None:
            loop.call_soon_threadsafe(self._reply, browser, {"reply": number, **answer})

        self._desk.ask(request, reply)

    def _want(self) -> None:
        self._desk.want(frozenset().union(*(browser.views for browser in self._browsers)))

    def _reply(self, browser: _Browser, answer: dict[str, Any]) -> None:
        browser.replies.append(answer)
        browser.news.set()

    async def _send(self, browser: _Browser, socket: WebSocket) -> None:
        """Send what is new, one message after the other."""
        try:
            while True:
                await browser.news.wait()
                browser.news.clear()
                for message in self._new(browser):
                    if isinstance(message, bytes):
                        await socket.send_bytes(message)
                    else:
                        await socket.send_text(message)
        except (WebSocketDisconnect, RuntimeError, OSError):
            pass  # it has gone away; whoever reads from it hears so as well

    def _new(self, browser: _Browser) -> list[str | bytes]:
        """What a browser has not been sent yet."""
        messages: list[str | bytes] = []
        frame, parts = self._frame, []
        if frame is not None:
            for name, text in frame.sections.items():
                if name in browser.views | {"run"} and browser.sections.get(name) != text:
                    browser.sections[name] = text
                    parts.append(f"{json.dumps(name)}:{text}")
            said = self._said(browser, frame)
            if parts or said:
                messages.append('{"views":{' + ",".join(parts) + "}" + said + "}")
            if frame.flip != browser.flip:
                browser.flip = frame.flip
                messages.append(self._drawn(frame))
        replies, browser.replies = browser.replies, []
        messages += [json.dumps(reply) for reply in replies]
        return messages

    def _said(self, browser: _Browser, frame: Frame) -> str:
        """What the terminal says besides, as further members of a message; it begins anew where
        there is less to be seen than before."""
        had, browser.length = browser.length, frame.length
        if had == frame.length:
            return ""
        is_new = had is None or frame.length < had
        first = max(0, frame.length - TEXT_OCTETS) if had is None or is_new else had
        text = octets(self._reel.text(first, frame.length))
        return f',"text":{json.dumps(text)},"reset":{json.dumps(is_new)}'

    def _drawn(self, frame: Frame) -> bytes:
        """A picture: width, height, its number, then octets red, green, blue and 255 a pixel."""
        if self._picture[0] != frame.flip:
            pixels = self._reel.picture(frame.cycle)
            if pixels is None:
                pixels = np.zeros((0, 0), np.uint32)
            height, width = pixels.shape
            swapped = (pixels & 0xFF00FF00) | (pixels >> 16 & 0xFF) | ((pixels & 0xFF) << 16)
            body = (swapped | 0xFF000000).astype("<u4").tobytes()
            head = np.array([width, height, frame.flip], "<u4").tobytes()
            self._picture = frame.flip, head + body
        return self._picture[1]

    # --- from the machine's thread ---------------------------------------------------------------

    def publish(self, frame: Frame) -> None:
        """There is something new to see."""
        loop = self._loop
        if loop is not None and self._browsers:
            self._later(loop, lambda: self._take(frame))
        else:
            self._frame = frame

    def _later(self, loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
        try:
            loop.call_soon_threadsafe(work)
        except RuntimeError:
            pass  # the server has ended

    def _take(self, frame: Frame) -> None:
        self._frame = frame
        for browser in self._browsers:
            browser.news.set()


class _Server(uvicorn.Server):
    """Ends at ctrl-C or a signal, and lets the caller go on then."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        is_main = threading.current_thread() is threading.main_thread()
        numbers = (signal.SIGINT, signal.SIGTERM) if is_main else ()
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def server_of(panel: Panel) -> uvicorn.Server:
    """What serves a panel; its `run` takes a socket that listens."""
    return _Server(uvicorn.Config(
        panel.app, log_level="warning", lifespan="off", ws="websockets-sansio",
        ws_max_size=1 << 20, ws_per_message_deflate=False, timeout_graceful_shutdown=2))
