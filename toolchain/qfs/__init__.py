"""QFS disk images on the host: make, look into, change, check and repair them."""

from toolchain.qfs.check import Problem, check, repair
from toolchain.qfs.image import Entry, Image, QfsError

__all__ = ["Entry", "Image", "Problem", "QfsError", "check", "repair"]
