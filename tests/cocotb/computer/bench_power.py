"""Power cuts: behind a sector write the machine is switched off and on again."""

from sim.host.disk import Disk
from tests.cocotb.computer.computer import computer_test
from tests.cocotb.computer.configs import KERNELS

OLD, NEW = "old contents", "new contents"
SAMPLE   = 2  # of the writes before the last; `--thorough` cuts behind all


@computer_test(configs=KERNELS)
async def a_file_survives_any_power_cut(computer):
    """After writes of a replacement: the disk mounts, and the file is the old or the new."""
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
    between = range(1, len(cuts) - 1)
    if not computer.is_thorough:
        between = sorted(computer.random.sample(between, min(SAMPLE, len(between))))
    computer.log.info("cuts behind writes %s of %d", [*between, len(cuts) - 1], len(cuts) - 1)
    found = []
    for n in (*between, -1):
        computer.disk.disk = Disk(cuts[n])
        await computer.boot()
        found.append(await computer.run("cat note"))
    assert set(found) <= {OLD, NEW} and found[-1] == NEW, found
    assert found == sorted(found, reverse=True), "old again after new"
