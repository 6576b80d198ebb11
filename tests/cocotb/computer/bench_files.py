"""Files: what a program writes is on the disk, in the file system's own format."""

from tests.cocotb.computer.computer import computer_test
from tests.cocotb.computer.configs import KERNELS
from tests.cocotb.computer.disks import contents, problems


@computer_test(configs=KERNELS)
async def what_is_written_is_on_the_disk(computer):
    """Made, replaced, appended, copied, renamed: the image holds it once the prompt is back."""
    await computer.boot()
    text = "".join(computer.random.choice("abcdefgh") for _ in range(60))
    for command in (f"echo {text} > note", f"echo {text} >> note", "mkdir box", "cp note box/copy",
                    "mv box/copy box/moved", "sync"):
        assert await computer.run(command) == ""
    image = computer.disk.disk.octets()
    assert contents(image, "note") == contents(image, "box/moved") == f"{text}\n{text}\n".encode()
    assert not problems(image)


@computer_test(configs=KERNELS)
async def what_is_on_the_disk_is_read(computer):
    """A file that the host put there, longer than a sector, comes out of `cat` as it is."""
    lines = [f"line {n} {computer.random.randrange(1000)}" for n in range(100)]
    computer.put("tmp/long", ("\n".join(lines) + "\n").encode())
    await computer.boot()
    assert (await computer.run("cat /tmp/long")).split("\n") == lines
    written = [operation for operation in computer.disk.operations
               if operation.kind.name == "WRITE"]
    assert not written, "reading wrote"
