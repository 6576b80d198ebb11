"""Command line: make, look into, change, check and repair QFS disk images."""

import argparse
import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from toolchain.lock import InUseError, exclusive, lock
from toolchain.qfs.check import check, refuse_damage, repair
from toolchain.qfs.layout import SECTOR_OCTETS
from toolchain.qfs.names import QfsError, shown, split_path
from toolchain.qfs.tree import Image

__all__ = ["main"]

ELF_MAGIC = b"\x7fELF"


def _is_executable(path: Path, data: bytes) -> bool:
    return path.suffix in (".qbin", ".elf") or data.startswith(ELF_MAGIC) \
        or data.startswith(b"#!")


def _read_host(path: Path, image: Image) -> bytes:
    """A file of the host that may fit on a disk; standard input for ``-``."""
    most = image.sectors * SECTOR_OCTETS
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(most + 1)
        else:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise QfsError(f"{path}: not an ordinary file")
            if status.st_size > most:
                raise QfsError(f"{path}: {status.st_size} octets are more than the whole disk has")
            data = path.read_bytes()
    except OSError as error:
        raise QfsError(f"{path}: {error.strerror}") from error
    if len(data) > most:
        raise QfsError(f"{path}: more than the {most} octets that the whole disk has")
    return data


def add_tree(image: Image, folder: Path) -> int:
    """Add everything in a host folder to the root, in the order of names; returns the file count.

    Links to folders are not followed.

    Raises
    ------
    QfsError
        If the folder cannot be read, something in it is neither folder nor file, a name is too long
        or the disk is full.
    """
    if not folder.is_dir():
        raise QfsError(f"{folder}: not a folder")
    count = 0
    for path, is_folder in _host_tree(folder):
        inside = path.relative_to(folder).as_posix()
        if is_folder:
            if image.find(inside) is None:
                image.make_directory(inside)
        else:
            data = _read_host(path, image)
            image.write(inside, data, executable=_is_executable(path, data))
            count += 1
    return count


def _host_tree(folder: Path) -> Iterator[tuple[Path, bool]]:
    """What is below a folder, parents first, and whether it is a folder itself."""
    def fail(error: OSError) -> None:
        raise QfsError(f"{error.filename}: {error.strerror}") from error

    for parent, folders, files in os.walk(folder, onerror=fail):
        folders.sort()
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        if links:
            raise QfsError(f"{os.path.join(parent, links[0])}: a link to a folder is not followed")
        yield from ((Path(parent, name), True) for name in folders)
        yield from ((Path(parent, name), False) for name in sorted(files))


def _say(text: str) -> None:
    print(f"qfs: {shown(text)}", file=sys.stderr)


# --- jobs that change an image: under its lock ---------------------------------------------------

def _change(args: argparse.Namespace, job: Callable[[Image], None]) -> int:
    """Load an image, change it and save it, all or nothing."""
    with exclusive(args.image):
        image = Image.load(args.image)
        refuse_damage(image)
        job(image)
        image.save(args.image)
    for note in image.notes:
        _say(note)
    return 0


def _create(args: argparse.Namespace) -> int:
    with exclusive(args.image):
        if os.path.exists(args.image) and not os.path.isfile(args.image):
            raise QfsError(f"{args.image}: not an ordinary file")
        image = Image.format(args.sectors, args.image)
        if args.from_dir:
            add_tree(image, Path(args.from_dir))
        image.save(args.image)
    return 0


def _add(args: argparse.Namespace) -> int:
    source = Path(args.file)

    def job(image: Image) -> None:
        target = args.path or source.name
        entry = image.find(target)
        if not split_path(target) or (entry is not None and entry.is_directory):
            target = f"{target}/{source.name}"
        data = _read_host(source, image)
        image.write(target, data, executable=args.executable or _is_executable(source, data))
    return _change(args, job)


def _mkdir(args: argparse.Namespace) -> int:
    return _change(args, lambda image: image.make_directory(args.path))


def _remove(args: argparse.Namespace) -> int:
    return _change(args, lambda image: image.remove(args.path, args.recursive))


def _repair(args: argparse.Namespace) -> int:
    with exclusive(args.image):
        image = Image.load(args.image)
        problems = repair(image)
        if problems:
            image.save(args.image)
    for problem in problems:
        print(f"mended: {shown(str(problem))}")
    print(f"{shown(args.image)}: {len(problems) or 'nothing'} mended")
    return 0


# --- jobs that only look -------------------------------------------------------------------------

def _look(args: argparse.Namespace) -> Image:
    """An image as it is now; says so if that may be half of a change."""
    try:
        fd = os.open(args.image, os.O_RDONLY | os.O_NONBLOCK)
        try:
            lock(fd, args.image, shared=True)
        finally:
            os.close(fd)
    except InUseError as error:
        _say(f"{error}; what is read may be half written")
    except OSError:
        pass  # `load` reports why
    return Image.load(args.image)


def _list(args: argparse.Namespace) -> int:
    image = _look(args)
    found = image.find(args.path)
    if found is not None and not found.is_directory:
        rows = iter([(args.path, found)])
    else:
        rows = image.walk(args.path, args.recursive)
    for name, entry in rows:
        kind = "d" if entry.is_directory else "x" if entry.is_executable else "-"
        print(f"{kind} {entry.size:>9} {shown(name)}{'/' if entry.is_directory else ''}")
    sys.stdout.flush()
    print(f"{image.free} of {image.sectors} sectors free", file=sys.stderr)
    return 0


def _extract(args: argparse.Namespace) -> int:
    data = _look(args).read(args.path)
    if args.file == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        target = args.file or split_path(args.path)[-1]
        try:
            Path(target).write_bytes(data)
        except OSError as error:
            raise QfsError(f"{target}: {error.strerror}") from error
    return 0


def _check(args: argparse.Namespace) -> int:
    problems = check(_look(args))
    for problem in problems:
        print(shown(str(problem)))
    print(f"{shown(args.image)}: {len(problems) or 'no'} problem{'s' * (len(problems) != 1)}")
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="qfs", description="make and change QFS disk images")
    jobs = parser.add_subparsers(dest="job", required=True, metavar="JOB")

    def job(name: str, run: Callable[[argparse.Namespace], int],
            text: str) -> argparse.ArgumentParser:
        sub = jobs.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        sub.add_argument("image", help="disk image file")
        return sub

    sub = job("create", _create, "make an empty disk, or one with a folder's contents")
    sub.add_argument("--sectors", type=int, default=4096,
                     help="size in sectors of 512 octets (default: %(default)s)")
    sub.add_argument("--from", dest="from_dir", metavar="DIR", help="folder to put on it")
    sub = job("list", _list, "list a directory")
    sub.add_argument("path", nargs="?", default="/", help="default: /")
    sub.add_argument("-r", "--recursive", action="store_true", help="list what is below, too")
    sub = job("add", _add, "put a file of the host on the disk, replacing one of that name")
    sub.add_argument("file", help="file on the host, - for standard input")
    sub.add_argument("path", nargs="?", help="file or directory on the disk (default: the root)")
    sub.add_argument("-x", "--executable", action="store_true",
                     help="mark it executable (.qbin, .elf and scripts are anyway)")
    sub = job("extract", _extract, "copy a file from the disk to the host")
    sub.add_argument("path", help="file on the disk")
    sub.add_argument("file", nargs="?", help="file on the host, - for standard output "
                                             "(default: the same name, here)")
    sub = job("mkdir", _mkdir, "make a directory")
    sub.add_argument("path")
    sub = job("remove", _remove, "remove a file or an empty directory")
    sub.add_argument("path")
    sub.add_argument("-r", "--recursive", action="store_true", help="remove what is in it, too")
    job("check", _check, "look for damage; status 1 if there is any")
    job("repair", _repair, "mend damage, keeping everything that can be reached")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run the tool: 0 done, 1 the input was wrong, 2 the command line was."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # names are of any characters, terminals are not
            stream.reconfigure(errors="backslashreplace")
    args = _parser().parse_args(argv)
    try:
        status: int = args.run(args)
        sys.stdout.flush()
    except (QfsError, InUseError) as error:
        _say(str(error))
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    return status
