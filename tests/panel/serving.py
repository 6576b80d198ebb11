"""A panel that is served to a test, and a browser's side of its WebSocket."""

import json
import socket
import threading
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace

from websockets.sync.client import connect

from panel.cli import open_desk, options_of
from panel.server import Panel, server_of

TOKEN     = "a-token"
TIMEOUT_S = 60  # for what is expected to come; the machine may be busy


class Browser:
    """What a page knows of the machine, by the messages that it gets."""

    def __init__(self, socket_):
        self._socket, self._number = socket_, 0
        self.views, self.text, self.picture = {}, b"", None
        self.resets = 0

    def look(self, *views):
        self._socket.send(json.dumps({"do": "look", "views": views}))

    def send(self, text):
        self._socket.send(text)

    def ask(self, do, **rest):
        """The answer to a request."""
        self._number += 1
        self._socket.send(json.dumps({"do": do, "id": self._number, **rest}))
        while True:
            answer = self.take()
            if answer.get("reply") == self._number:
                return answer

    def command(self, line):
        answer = self.ask("command", line=line)
        return answer.get("error") or answer.get("text", "")

    def until(self, holds):
        """Take messages until something holds of this browser."""
        while not holds(self):
            self.take()

    def take(self):
        from base64 import b64decode
        message = self._socket.recv(timeout=TIMEOUT_S)
        if isinstance(message, bytes):
            self.picture = message
            return {}
        message = json.loads(message)
        self.views |= message.get("views", {})
        if "text" in message and "reset" in message:
            self.resets += message["reset"]
            self.text = (b"" if message["reset"] else self.text) + b64decode(message["text"])
        return message

    @property
    def run(self):
        return self.views.get("run", {"state": "", "cycle": -1})


@contextmanager
def served(*arguments, runs=False, page=None):
    """A panel for the arguments of the command line, at `address`."""
    with ExitStack() as stack:
        desk, reel = open_desk(options_of([str(one) for one in arguments]), stack)
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = listening.getsockname()[1]
        panel = Panel(desk, reel, page or stack.enter_context(_no_page()), TOKEN, port)
        server = server_of(panel)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        desk.start(runs=runs)
        thread.start()
        try:
            yield SimpleNamespace(desk=desk, reel=reel, port=port, host=f"127.0.0.1:{port}",
                                  address=f"http://127.0.0.1:{port}/?token={TOKEN}")
        finally:
            server.should_exit = True
            thread.join()
            desk.leave()


@contextmanager
def _no_page():
    from pathlib import Path
    from tempfile import TemporaryDirectory
    with TemporaryDirectory() as folder:
        Path(folder, "index.html").write_text("<p>the page</p>")
        yield Path(folder)


@contextmanager
def browser(panel, token=TOKEN, **options):
    """Somebody who looks at a panel."""
    with connect(f"ws://{panel.host}/machine?token={token}", open_timeout=TIMEOUT_S,
                 **options) as socket_:
        yield Browser(socket_)
