"""QFS disk images on the host: make, look into, change, check and repair them."""

from toolchain.qfs.check import Problem, check, refuse_damage, repair
from toolchain.qfs.image import Entry
from toolchain.qfs.names import QfsError
from toolchain.qfs.tree import Image

__all__ = ["Entry", "Image", "Problem", "QfsError", "check", "refuse_damage", "repair"]
