"""Command line: make, look into, change, check and repair QFS disk images."""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from toolchain.qfs.check import check, repair
from toolchain.qfs.image import Entry, Image, QfsError, split_path

__all__ = ["main"]

ELF_MAGIC = b"\x7fELF"


def _is_executable(path: Path, data: bytes) -> bool:
    return path.suffix in (".qbin", ".elf") or data.startswith(ELF_MAGIC) \
        or data.startswith(b"#!")


def _read_host(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise QfsError(f"{path}: {error.strerror}") from error


def add_tree(image: Image, folder: Path) -> int:
    """Add everything in a host folder to the root, in the order of names; returns the file count.

    Raises
    ------
    QfsError
        If the folder cannot be read, a name is too long or the disk is full.
    """
    if not folder.is_dir():
        raise QfsError(f"{folder}: not a folder")
    count = 0
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        if path.is_dir():
            if image.find(inside) is None:
                image.make_directory(inside)
        else:
            data = _read_host(path)
            image.write(inside, data, executable=_is_executable(path, data))
            count += 1
    return count


def _create(args: argparse.Namespace) -> int:
    image = Image.format(args.sectors, args.image)
    if args.from_dir:
        add_tree(image, Path(args.from_dir))
    image.save(args.image)
    return 0


def _walk(image: Image, first: int, prefix: str, deep: bool) -> Iterator[tuple[str, Entry]]:
    for entry in sorted(image.entries(first), key=lambda e: e.name):
        yield prefix + entry.name, entry
        if deep and entry.is_directory:
            yield from _walk(image, entry.first, f"{prefix}{entry.name}/", deep)


def _list(args: argparse.Namespace) -> int:
    image = Image.load(args.image)
    found = image.find(args.path)
    if found is not None and not found.is_directory:
        rows = [(args.path, found)]
    else:
        rows = list(_walk(image, image.directory(args.path), "", args.recursive))
    for name, entry in rows:
        kind = "d" if entry.is_directory else "x" if entry.is_executable else "-"
        print(f"{kind} {entry.size:>9} {name}{'/' if entry.is_directory else ''}")
    print(f"{image.free} of {image.sectors} sectors free", file=sys.stderr)
    return 0


def _add(args: argparse.Namespace) -> int:
    image = Image.load(args.image)
    source = Path(args.file)
    target = args.path or source.name
    entry = image.find(target)
    if not split_path(target) or (entry is not None and entry.is_directory):
        target = f"{target}/{source.name}"
    data = _read_host(source)
    image.write(target, data, executable=args.executable or _is_executable(source, data))
    image.save(args.image)
    return 0


def _extract(args: argparse.Namespace) -> int:
    data = Image.load(args.image).read(args.path)
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


def _mkdir(args: argparse.Namespace) -> int:
    image = Image.load(args.image)
    image.make_directory(args.path)
    image.save(args.image)
    return 0


def _remove(args: argparse.Namespace) -> int:
    image = Image.load(args.image)
    image.remove(args.path, args.recursive)
    image.save(args.image)
    return 0


def _check(args: argparse.Namespace) -> int:
    problems = check(Image.load(args.image))
    for problem in problems:
        print(problem)
    print(f"{args.image}: {len(problems) or 'no'} problem{'s' * (len(problems) != 1)}",
          file=sys.stderr)
    return 1 if problems else 0


def _repair(args: argparse.Namespace) -> int:
    image = Image.load(args.image)
    problems = repair(image)
    for problem in problems:
        print(f"mended: {problem}")
    if problems:
        image.save(args.image)
    print(f"{args.image}: {len(problems) or 'nothing'} mended", file=sys.stderr)
    return 0


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
    args = _parser().parse_args(argv)
    try:
        status: int = args.run(args)
        sys.stdout.flush()
    except QfsError as error:
        print(f"qfs: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    return status
