"""Booting the operating system in the simulator: what the command line leaves open."""

import argparse

from sim.machine import ImageError
from system.disk import built, keep_disk
from toolchain.qfs import QfsError

__all__ = ["boot_options"]


def boot_options(options: argparse.Namespace) -> None:
    """Fill in the kernel, built if need be, and every device that it can use.

    Raises
    ------
    ImageError, SourceErrors
        With what is wrong in the sources.
    """
    try:
        paths = built()
    except QfsError as error:
        raise ImageError(str(error)) from None
    options.program = str(paths.kernel)
    if options.symbols is None:
        options.symbols, options.debug_file = str(paths.symbols), str(paths.debug(paths.kernel))
    options.program_symbols = paths.debug_folders
    options.serial = True
    options.display = options.display or "320x200"
    options.keyboard = options.keys is None
    if options.disk is None:
        options.disk = str(keep_disk(paths))
