"""The language server: requests of the protocol, turned into questions to a `View`."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from editors.lsp.analysis import Depth
from editors.lsp.places import Lines
from editors.lsp.programs import GENERATED
from editors.lsp.session import Session
from editors.lsp.view import Place, Problem, RenameError, Symbol, View
from editors.lsp.worker import Worker
from toolchain.source import SourceError
from toolchain.targets import TARGETS

__all__ = ["QuinceServer", "make_server"]

PAUSE_S = 0.3
"""Without a key, before the whole program is checked."""

MOST_PROBLEMS = 1000
"""Of a file that are shown; more would only slow the editor down."""

_T = TypeVar("_T")

_SYMBOLS = {
    "namespace": lsp.SymbolKind.Namespace, "function": lsp.SymbolKind.Function,
    "constant": lsp.SymbolKind.Constant, "global": lsp.SymbolKind.Variable,
    "struct": lsp.SymbolKind.Struct, "type": lsp.SymbolKind.Class,
    "member": lsp.SymbolKind.Field,
}

_ITEMS = {
    "namespace": lsp.CompletionItemKind.Module, "function": lsp.CompletionItemKind.Function,
    "constant": lsp.CompletionItemKind.Constant, "global": lsp.CompletionItemKind.Variable,
    "variable": lsp.CompletionItemKind.Variable, "type": lsp.CompletionItemKind.Class,
    "member": lsp.CompletionItemKind.Field, "keyword": lsp.CompletionItemKind.Keyword,
}


class QuinceServer(LanguageServer):
    """One editor's server."""

    def __init__(self) -> None:
        super().__init__("quince", "1")
        self.session = Session()
        self.worker = Worker()
        self._uris: dict[Path, str] = {}               # as the editor writes them
        self._checks: dict[str, asyncio.Task[None]] = {}
        self._published: dict[str, set[Path]] = {}      # by program, where problems are shown

    # --- files -----------------------------------------------------------------------------------

    def path(self, uri: str) -> Path:
        """The file of a URI; for a text that was never saved a path of its own."""
        name = to_fs_path(uri)
        if name is not None and uri.startswith("file:"):
            found = Path(name)
        else:
            language = self.workspace.get_text_document(uri).language_id
            suffix = ".qasm" if language == "qasm" else ".qll"
            found = Path("/", urlsplit(uri).scheme or "text",
                         unquote(urlsplit(uri).path).replace("/", "_") + suffix)
        self._uris[found] = uri
        return found

    def uri(self, path: Path) -> str:
        return self._uris.get(path) or from_fs_path(str(path)) or path.as_uri()

    def lines(self, text: str) -> Lines:
        return Lines(text, self.workspace.position_encoding or lsp.PositionEncodingKind.Utf16)

    def location(self, place: Place) -> lsp.Location:
        """Where a place is; a source that the build makes is put where one can look at it."""
        if place.path.parent == GENERATED:
            GENERATED.mkdir(parents=True, exist_ok=True)
            place.path.write_text(place.text, encoding="utf-8")
        return lsp.Location(self.uri(place.path),
                            self.lines(place.text).range(place.begin, place.end))

    # --- work ------------------------------------------------------------------------------------

    def take(self, uri: str) -> None:
        """Tell the session what the editor shows, in turn with all other work."""
        document = self.workspace.get_text_document(uri)
        path, text = self.path(uri), document.source
        self.session_soon(lambda: self.session.change(path, text))
        self.check_soon(uri)

    def session_soon(self, work: Callable[[], None]) -> None:
        """Do some work on the session past what was asked before."""
        _keep(asyncio.ensure_future(self.worker.run(work)))

    async def ask(self, uri: str, question: Callable[[View], _T],
                  depth: Depth = Depth.FILE) -> _T | None:
        """The answer about a file as it is when its turn comes; None if it is gone."""
        path = self.path(uri)

        def work() -> _T | None:
            try:
                return question(self.session.view(path, depth))
            except (OSError, SourceError):
                return None
        return await self.worker.run(work)

    # --- problems --------------------------------------------------------------------------------

    def check_soon(self, uri: str) -> None:
        """Show what is wrong with a file at once, and with its program after a pause."""
        earlier = self._checks.pop(uri, None)
        if earlier is not None:
            earlier.cancel()
        self._checks[uri] = asyncio.ensure_future(self._check(uri))
        _keep(self._checks[uri])

    async def _check(self, uri: str) -> None:
        path = self.path(uri)
        problems = await self.ask(uri, lambda view: view.problems())
        if problems is None:
            return
        self._publish(path, problems)
        await asyncio.sleep(PAUSE_S)
        found = await self.ask(uri, lambda view: (view.problems(), self.session.program(path).key),
                               Depth.WHOLE)
        if found is None:
            return
        problems, key = found
        paths = {problem.place.path for problem in problems} | {path}
        for other in paths | self._published.get(key, set()):
            self._publish(other, problems)
        self._published[key] = paths

    def _publish(self, path: Path, problems: list[Problem]) -> None:
        """Show the problems of one file, and take back those that were shown before."""
        own = [problem for problem in problems if problem.place.path == path]
        lines = self.lines(own[0].place.text) if own else self.lines("")
        shown = [lsp.Diagnostic(
            lines.range(problem.place.begin, problem.place.end), problem.message,
            lsp.DiagnosticSeverity.Warning if problem.is_warning else
            lsp.DiagnosticSeverity.Error, problem.kind or None, source="quince")
            for problem in own[:MOST_PROBLEMS]]
        if len(own) > MOST_PROBLEMS:
            shown.append(lsp.Diagnostic(lines.range(0, 0), f"... and {len(own) - MOST_PROBLEMS} "
                                        "more mistakes", lsp.DiagnosticSeverity.Error,
                                        source="quince"))
        self.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(self.uri(path), shown))

    def close(self, uri: str) -> None:
        """Forget a file that is not open any more, and what was said of it."""
        earlier = self._checks.pop(uri, None)
        if earlier is not None:
            earlier.cancel()
        path = self.path(uri)
        self.session_soon(lambda: self.session.close(path))
        self._publish(path, [])


def _keep(task: "asyncio.Task[None] | asyncio.Future[None]") -> None:
    """Hold on to a task until it is done, and say what went wrong with it."""
    _running.add(task)

    def done(ended: "asyncio.Future[None]") -> None:
        _running.discard(ended)
        if not ended.cancelled() and ended.exception() is not None:
            logging.getLogger(__name__).error("failed", exc_info=ended.exception())
    task.add_done_callback(done)


_running: "set[asyncio.Future[None]]" = set()


# --- the protocol --------------------------------------------------------------------------------


def make_server(target: str | None = None) -> QuinceServer:
    """A server, ready to be started; `target` as in `Session`."""
    server = QuinceServer()
    server.session.target = target
    _add_files(server)
    _add_questions(server)
    _add_typing(server)
    _add_changes(server)
    return server


def _add_files(server: QuinceServer) -> None:
    @server.feature(lsp.INITIALIZE)
    def started(params: lsp.InitializeParams) -> None:
        options = params.initialization_options
        target = options.get("target") if isinstance(options, dict) else None
        if target in TARGETS:
            server.session.target = target

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        server.session_soon(server.session.forget)
        server.take(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        server.take(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: lsp.DidSaveTextDocumentParams) -> None:
        server.session_soon(server.session.forget)
        server.check_soon(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def files_changed(params: lsp.DidChangeWatchedFilesParams) -> None:
        server.session_soon(server.session.forget)


def _add_questions(server: QuinceServer) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def hover(params: lsp.HoverParams) -> lsp.Hover | None:
        def answer(view: View) -> lsp.Hover | None:
            lines = server.lines(view.text)
            found = view.hover(lines.offset(params.position))
            return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, found[0]),
                             lines.range(*found[1:])) if found else None
        return await server.ask(params.text_document.uri, answer)

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: lsp.DefinitionParams) -> lsp.Location | None:
        def answer(view: View) -> lsp.Location | None:
            place = view.definition(server.lines(view.text).offset(params.position))
            return server.location(place) if place else None
        return await server.ask(params.text_document.uri, answer)

    @server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
    async def references(params: lsp.ReferenceParams) -> list[lsp.Location] | None:
        def answer(view: View) -> list[lsp.Location]:
            places = view.references(server.lines(view.text).offset(params.position),
                                     params.context.include_declaration)
            return [server.location(place) for place in places]
        return await server.ask(params.text_document.uri, answer)

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    async def highlight(params: lsp.DocumentHighlightParams) -> list[lsp.DocumentHighlight] | None:
        def answer(view: View) -> list[lsp.DocumentHighlight]:
            lines = server.lines(view.text)
            return [lsp.DocumentHighlight(lines.range(place.begin, place.end))
                    for place in view.references(lines.offset(params.position))
                    if place.path == view.path]
        return await server.ask(params.text_document.uri, answer)

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def symbols(params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol] | None:
        def answer(view: View) -> list[lsp.DocumentSymbol]:
            return _outline(view.symbols(), server.lines(view.text))
        return await server.ask(params.text_document.uri, answer)

    @server.feature(lsp.WORKSPACE_SYMBOL)
    async def all_symbols(params: lsp.WorkspaceSymbolParams) -> list[lsp.WorkspaceSymbol]:
        query, found = params.query.lower(), {}
        for uri in list(server.workspace.text_documents):
            for symbol, place, within in await server.ask(
                    uri, lambda view: view.all_symbols()) or []:
                if query in symbol.name.lower():
                    found[place] = (symbol, within)
        return [lsp.WorkspaceSymbol(server.location(place), symbol.name, _SYMBOLS[symbol.kind],
                                    container_name=within or None)
                for place, (symbol, within) in found.items()]


def _outline(symbols: list[Symbol], lines: Lines) -> list[lsp.DocumentSymbol]:
    return [lsp.DocumentSymbol(
        symbol.name, _SYMBOLS[symbol.kind], lines.range(symbol.begin, symbol.end),
        lines.range(symbol.name_begin, min(symbol.name_begin + len(symbol.name), symbol.end)),
        symbol.detail or None, children=_outline(symbol.inside, lines) or None)
        for symbol in symbols]


def _add_typing(server: QuinceServer) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_COMPLETION,
                    lsp.CompletionOptions(trigger_characters=[".", ">", ":", "@"]))
    async def complete(params: lsp.CompletionParams) -> lsp.CompletionList | None:
        def answer(view: View) -> lsp.CompletionList:
            lines = server.lines(view.text)
            offset = lines.offset(params.position)
            items, begin = view.complete(offset)
            return lsp.CompletionList(False, [lsp.CompletionItem(
                item.name, kind=_ITEMS[item.kind], detail=item.detail or None,
                sort_text=f"{'2' if item.kind == 'keyword' else '1'}{item.name}",
                text_edit=lsp.TextEdit(lines.range(begin, offset), item.name),
                additional_text_edits=[lsp.TextEdit(lines.range(begin - 1, begin), "->")]
                if item.arrow else None) for item in items])
        return await server.ask(params.text_document.uri, answer)

    @server.feature(lsp.TEXT_DOCUMENT_SIGNATURE_HELP,
                    lsp.SignatureHelpOptions(trigger_characters=["(", ",", " "]))
    async def call(params: lsp.SignatureHelpParams) -> lsp.SignatureHelp | None:
        def answer(view: View) -> lsp.SignatureHelp | None:
            found = view.call(server.lines(view.text).offset(params.position))
            if found is None:
                return None
            return lsp.SignatureHelp([lsp.SignatureInformation(
                found.label, found.comment or None,
                [lsp.ParameterInformation(each) for each in found.parameters])], 0, found.active)
        return await server.ask(params.text_document.uri, answer)


def _add_changes(server: QuinceServer) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
    async def prepare(params: lsp.PrepareRenameParams) -> lsp.PrepareRenamePlaceholder | None:
        def answer(view: View) -> lsp.PrepareRenamePlaceholder:
            lines = server.lines(view.text)
            name, begin, end = view.renamable(lines.offset(params.position))
            return lsp.PrepareRenamePlaceholder(lines.range(begin, end), name)
        return await _or_refused(server.ask(params.text_document.uri, answer))

    @server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
    async def rename(params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
        def answer(view: View) -> lsp.WorkspaceEdit:
            changes: dict[str, list[lsp.TextEdit]] = {}
            offset = server.lines(view.text).offset(params.position)
            for place, new in view.rename(offset, params.new_name):
                location = server.location(place)
                changes.setdefault(location.uri, []).append(lsp.TextEdit(location.range, new))
            return lsp.WorkspaceEdit(changes=changes)
        return await _or_refused(server.ask(params.text_document.uri, answer))

    @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
    async def formatting(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit] | None:
        def answer(view: View) -> list[lsp.TextEdit] | None:
            return _edits(view.text, view.formatted(), server.lines(view.text))
        return await server.ask(params.text_document.uri, answer)


async def _or_refused(answer: "asyncio.Future[_T] | object") -> _T:
    """An answer; a refusal becomes the error that the editor shows."""
    try:
        return await answer  # type: ignore[misc]
    except RenameError as error:
        raise JsonRpcInvalidParams(str(error)) from None


def _edits(old: str, new: str | None, lines: Lines) -> list[lsp.TextEdit] | None:
    """What to change, from the first line that differs to the last, so that cursors stay."""
    if new is None or new == old:
        return None if new is None else []
    before, after = old.split("\n"), new.split("\n")
    most = min(len(before), len(after)) - 1  # so that on both sides a line is left
    same = tail = 0
    while same < most and before[same] == after[same]:
        same += 1
    while tail < most - same and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    last = len(before) - tail
    begin = lines.starts[same]
    end = lines.starts[last] if tail else len(old)
    text = "\n".join(after[same:len(after) - tail]) + ("\n" if tail else "")
    return [lsp.TextEdit(lines.range(begin, end), text)]
