"""An editor for tests: a client that starts the language server and speaks with it."""

import asyncio
import sys
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

__all__ = ["Editor"]

PATIENCE_S = 60


class Editor:
    """A running server; use it as a context. Positions are a line and a column, both from 0."""

    def __init__(self, *arguments, options=None, encodings=None):
        self.loop = asyncio.new_event_loop()
        self.client = LanguageClient("tests", "1")
        self.problems = {}
        self.versions = {}
        self._arguments = arguments
        self._options = options
        self._encodings = encodings
        self._news = None

        @self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params):
            self.problems[params.uri] = params.diagnostics
            self._news.set()

    def __enter__(self):
        self.run(self._start())
        return self

    def __exit__(self, *_):
        self.run(self._stop())
        self.loop.close()

    def run(self, answer):
        async def bounded():
            return await asyncio.wait_for(answer, PATIENCE_S)
        return self.loop.run_until_complete(bounded())

    async def _start(self):
        self._news = asyncio.Event()
        await self.client.start_io(sys.executable, "-m", "editors.lsp.cli", *self._arguments)
        general = lsp.GeneralClientCapabilities(position_encodings=self._encodings) \
            if self._encodings else None
        self.started = await self.client.initialize_async(lsp.InitializeParams(
            lsp.ClientCapabilities(general=general), initialization_options=self._options))
        self.client.initialized(lsp.InitializedParams())

    async def _stop(self):
        if self.client._server is not None and self.client._server.returncode is None:
            await self.client.shutdown_async(None)
            self.client.exit(None)
            await self.client._server.wait()
        await self.client.stop()

    # --- documents ---

    @staticmethod
    def uri(path):
        return path if isinstance(path, str) else Path(path).as_uri()

    def open(self, path, text=None):
        """Open a file, with its text on the disk or another one."""
        text = Path(path).read_text() if text is None else text
        uri = self.uri(path)
        self.versions[uri] = 1
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(
            lsp.TextDocumentItem(uri, "qasm" if uri.endswith("qasm") else "qll", 1, text)))
        return self._settle()

    def change(self, path, text, begin=None, end=None):
        """Replace what stands between two positions, or all."""
        uri = self.uri(path)
        self.versions[uri] += 1
        change = lsp.TextDocumentContentChangeWholeDocument(text) if begin is None else \
            lsp.TextDocumentContentChangePartial(
                lsp.Range(lsp.Position(*begin), lsp.Position(*end or begin)), text)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(
            lsp.VersionedTextDocumentIdentifier(self.versions[uri], uri), [change]))
        return self._settle()

    def close(self, path):
        self.client.text_document_did_close(
            lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(self.uri(path))))
        return self._settle()

    def _settle(self):
        """Let what was written go out."""
        self.run(asyncio.sleep(0))

    def wait_for(self, path, is_it):
        """The problems of a file once they are as asked for."""
        uri = self.uri(path)

        async def wait():
            while uri not in self.problems or not is_it(self.problems[uri]):
                self._news.clear()
                await self._news.wait()
            return self.problems[uri]
        return self.run(wait())

    # --- questions ---

    def ask(self, method, path, line=0, column=0, **more):
        """The answer to `textDocument/...` about a position."""
        kind = {"documentSymbol": lsp.DocumentSymbolParams,
                "formatting": lsp.DocumentFormattingParams}.get(method)
        identifier = lsp.TextDocumentIdentifier(self.uri(path))
        if kind is lsp.DocumentFormattingParams:
            params = kind(identifier, lsp.FormattingOptions(2, True))
        elif kind is not None:
            params = kind(identifier)
        else:
            params = getattr(lsp, _PARAMS[method])(
                text_document=identifier, position=lsp.Position(line, column), **more)
        return self.request(f"textDocument/{method}", params)

    def request(self, method, params):
        async def asked():
            return await self.client.protocol.send_request_async(method, params)
        return self.run(asked())


_PARAMS = {
    "hover": "HoverParams", "definition": "DefinitionParams", "references": "ReferenceParams",
    "completion": "CompletionParams", "signatureHelp": "SignatureHelpParams",
    "prepareRename": "PrepareRenameParams", "rename": "RenameParams",
    "documentHighlight": "DocumentHighlightParams",
}
