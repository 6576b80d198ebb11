"""Disk images in benches: what is on them, by the host's own tools."""

from array import array

from toolchain.qfs import Image, check

__all__ = ["contents", "image_of", "problems"]


def image_of(octets):
    """The file system in an image."""
    words = array("I")
    words.frombytes(octets)
    return Image(words)


def contents(octets, path):
    """A file's; None if it is not there."""
    image = image_of(octets)
    return image.read(path) if image.find(path) is not None else None


def problems(octets):
    """What the host's check finds wrong."""
    return [str(problem) for problem in check(image_of(octets))]
