"""Power cuts: behind every single sector write the machine is switched off and on again."""

from sim.host.disk import Disk
from tests.cocotb.computer.computer import computer_test
from tests.cocotb.computer.configs import KERNELS

OLD, NEW = "old contents", "new contents"


@computer_test(configs=KERNELS)
async def a_file_survives_any_power_cut(computer):
    """After each write of a replacement: the disk mounts, and the file is the old or the new."""
    await computer.boot()
    assert await computer.run(f"echo {OLD} > note") == ""
    before = computer.disk.disk.octets()
    images = []
    computer.disk.observe = lambda operation: images.append(computer.disk.disk.octets())
    assert await computer.run(f"echo {NEW} > note") == ""
    images.append(computer.disk.disk.octets())
    computer.disk.observe = lambda operation: None
    cuts = [image for n, image in enumerate(images) if n == 0 or image != images[n - 1]]
    assert cuts[0] == before and len(cuts) > 2, "hardly anything was written"
    computer.log.info("%d cuts", len(cuts))
    found = []
    for image in cuts:
        computer.disk.disk = Disk(image)
        await computer.boot()
        found.append(await computer.run("cat note"))
    assert set(found) == {OLD, NEW} and found[0] == OLD and found[-1] == NEW, found
    assert found == sorted(found, reverse=True), "old again after new"
