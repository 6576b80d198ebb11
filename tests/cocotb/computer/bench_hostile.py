"""A disk that is late, refuses sectors, or is told to write past the end of memory."""

from isa.machine import BlockCommand, BlockError, BlockStatus, window_addresses
from tests.cocotb.computer.computer import computer_test
from tests.cocotb.computer.configs import KERNELS
from tests.cocotb.computer.programs import assembled


@computer_test(configs=KERNELS)
async def a_late_disk_is_waited_for(computer):
    """Each answer late, at random: the boot takes its time, and a file is written all the same."""
    computer.disk.delay_cycles = lambda: computer.random.choice((0, 100, 3_000))
    await computer.boot()
    assert await computer.run("echo late > note", ms=4000) == ""
    assert await computer.run("cat note", ms=4000) == "late"
    await computer.run("/bench/calls", ms=4000)


@computer_test(configs=KERNELS)
async def a_bad_sector_is_an_error_of_one_call(computer):
    """Reads, writes and flushes that fail: the program is told, what was on the disk stays."""
    computer.put("tmp/precious", b"precious\n" * 100)
    await computer.boot()
    for verb, command in (("READ", "cat /tmp/precious"), ("WRITE", "echo x > /tmp/new"),
                          ("FLUSH", "echo x > /tmp/new")):
        for late in (0, 2_000):
            computer.disk.delay_cycles = lambda late=late: late
            computer.disk.fails = lambda operation, verb=verb: operation.kind.name == verb
            said = await computer.run(command)
            computer.disk.fails = lambda operation: False
            assert said not in ("", "precious"), f"{verb}: nobody was told"
    computer.disk.delay_cycles = lambda: 0
    assert (await computer.run("cat /tmp/precious")).split("\n") == ["precious"] * 100


@computer_test()
async def a_buffer_past_the_end_of_memory_is_refused(computer):
    """What fits is moved, then the operation ends with an error; nothing else is touched."""
    words = computer.machine.ram_words
    window = window_addresses(computer.machine.peripherals)["block"]
    for command in (BlockCommand.READ, BlockCommand.WRITE):
        await computer.reset(assembled("past_the_end", WINDOW=window, BUFFER=words - 100,
                                       COMMAND=int(command)))
        before = computer.link.ram[:0x1000].copy()
        status = await computer.stopped()
        assert status == BlockStatus.ERROR << 8 | BlockError.INPUT_OUTPUT
        assert (computer.link.ram[0x400:0x1000] == before[0x400:]).all()
        done = [operation for operation in computer.disk.operations if not operation.failed]
        assert [operation.kind.name for operation in done] == (
            ["READ"] if command == BlockCommand.READ else [])
        if command == BlockCommand.READ:
            assert computer.link.ram[-100:].tolist() == done[0].words[:100]
