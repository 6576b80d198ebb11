"""One thread that does all the analysis, in order, with a stack deep enough for the compiler."""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from toolchain.qll.front import with_deep_stack

__all__ = ["Worker"]

_T = TypeVar("_T")


class Worker:
    """Does what it is given, one after the other; what was cancelled meanwhile it leaves out."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="analysis", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            job()

    async def run(self, work: Callable[[], _T]) -> _T:
        """The result of some work, which is not begun if this is cancelled before its turn."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[_T] = loop.create_future()

        def finish(value: Any, error: BaseException | None) -> None:
            if not result.done():
                if error is not None:
                    result.set_exception(error)
                else:
                    result.set_result(value)

        def job() -> None:
            if result.cancelled():
                return
            value, error = None, None
            try:
                value = with_deep_stack(work)
            except BaseException as caught:
                error = caught
            if not loop.is_closed():
                loop.call_soon_threadsafe(finish, value, error)

        self._jobs.put(job)
        return await result

    def stop(self) -> None:
        """End once the work at hand is done."""
        self._jobs.put(None)
