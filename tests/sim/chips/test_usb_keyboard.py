# amaranth: UnusedElaboratable=no
"""The USB keyboard of simulations against a host that is made of single bits: what it answers, and
what it does not let pass."""

import pytest
from amaranth.sim import Simulator

from sim.chips.usb_keyboard import SimulatedUsbKeyboard, UsbDisturbance, UsbFault

CLOCK_HZ   = 6_000_000
BIT_CYCLES = 4
SETUP, IN, OUT = 0x2D, 0x69, 0xE1
DATA0, DATA1, ACK, NAK, STALL = 0xC3, 0x4B, 0xD2, 0x5A, 0x1E

ADDRESS       = [0x00, 0x05, 0x7F, 0, 0, 0, 0, 0]  # 127 has seven ones: a bit is stuffed
CONFIGURATION = [0x00, 0x09, 1, 0, 0, 0, 0, 0]
PROTOCOL      = [0x21, 0x0B, 0, 0, 0, 0, 0, 0]
IDLE          = [0x21, 0x0A, 0, 0, 0, 0, 0, 0]


def crc(bits, polynomial, width):
    """As the specification draws it: a register that bits are shifted into, inverted at the end,
    its highest bit sent first."""
    register, top = (1 << width) - 1, 1 << width - 1
    for bit in bits:
        feeds = bool(register & top) != bool(bit)
        register = register << 1 & (1 << width) - 1
        if feeds:
            register ^= polynomial
    return [1 - (register >> n & 1) for n in reversed(range(width))]


def bits_of(octets):
    return [octet >> n & 1 for octet in octets for n in range(8)]


def token(identifier, address, endpoint):
    value = [*(address >> n & 1 for n in range(7)), *(endpoint >> n & 1 for n in range(4))]
    return [*bits_of([identifier]), *value, *crc(value, 0b00101, 5)]


def packet(identifier, octets):
    return [*bits_of([identifier]), *bits_of(octets), *crc(bits_of(octets), 0x8005, 16)]


def stuffed(bits):
    """The levels of D- for bits, from those of the synchronisation on."""
    level, ones, levels = 1, 0, []
    for bit in [0, 0, 0, 0, 0, 0, 0, 1, *bits]:
        level ^= 1 - bit
        levels.append(level)
        ones = ones + 1 if bit else 0
        if ones == 6:
            level, ones = 1 - level, 0
            levels.append(level)
    return levels


class Host:
    """Drives the lines, and hears what the keyboard sends."""
    def __init__(self, ctx, keyboard):
        self.ctx, self.keyboard = ctx, keyboard

    async def drive(self, dp, dm, bits):
        for port, level in (("host_dp", dp), ("host_dm", dm), ("host_oe", 1)):
            self.ctx.set(getattr(self.keyboard, port), level)
        await self.ctx.tick().repeat(round(bits * BIT_CYCLES))

    async def rest(self, bits):
        self.ctx.set(self.keyboard.host_oe, 0)
        await self.ctx.tick().repeat(round(bits * BIT_CYCLES))

    async def plug(self, reset_bits=100):
        self.ctx.set(self.keyboard.is_plugged, 1)
        await self.rest(8)
        await self.drive(0, 0, reset_bits)
        await self.rest(8)

    async def send(self, bits, *, levels=None, end_bits=2):
        for level in stuffed(bits) if levels is None else levels:
            await self.drive(1 - level, level, 1)
        await self.drive(0, 0, end_bits)
        await self.drive(0, 1, 1)
        await self.rest(0.25)

    async def hear(self):
        """The octets of the next packet; nothing if none comes."""
        ctx, lines, levels = self.ctx, [], []
        for _ in range(18 * BIT_CYCLES):
            if ctx.get(self.keyboard.dp):
                break
            await ctx.tick()
        else:
            return []
        await ctx.tick().repeat(BIT_CYCLES // 2)
        while True:
            lines = ctx.get(self.keyboard.dp), ctx.get(self.keyboard.dm)
            if lines == (0, 0):
                break
            levels.append(lines[1])
            await ctx.tick().repeat(BIT_CYCLES)
        await self.rest(6)
        bits = [int(a == b) for a, b in zip([1, *levels], levels, strict=False)]
        whole = [bit for n, bit in enumerate(bits) if bits[max(0, n - 6):n] != [1] * 6]
        assert stuffed(whole[8:]) == levels
        octets = [sum(bit << n for n, bit in enumerate(whole[at:at + 8]))
                  for at in range(8, len(whole), 8)]
        if octets[0] in (DATA0, DATA1):
            assert packet(octets[0], octets[1:-2]) == whole[8:]
            return octets[:-2]
        return octets

    async def request(self, address, octets, answer=(DATA1,)):
        await self.send(token(SETUP, address, 0))
        await self.rest(2)
        await self.send(packet(DATA0, octets))
        assert await self.hear() == [ACK]
        await self.send(token(IN, address, 0))
        assert tuple(await self.hear()) == answer
        if answer == (DATA1,):
            await self.send(bits_of([ACK]))
            await self.rest(4)

    async def set_up(self):
        await self.plug()
        await self.request(0, ADDRESS)
        await self.request(127, CONFIGURATION)
        await self.request(127, PROTOCOL)

    async def ask(self):
        await self.send(token(IN, 127, 1))
        return await self.hear()


def simulate(bench, fault=UsbFault.NONE):
    keyboard  = SimulatedUsbKeyboard(clock_hz=CLOCK_HZ, frame_us=500, reset_us=50)
    simulator = Simulator(keyboard)
    simulator.add_clock(1 / CLOCK_HZ)

    async def run(ctx):
        await ctx.tick().repeat(4)
        await bench(ctx, Host(ctx, keyboard))
        assert UsbFault(ctx.get(keyboard.fault)) == fault

    simulator.add_testbench(run)
    simulator.run()


def test_it_is_set_up_and_tells_its_keys():
    report = [0xFF, 0, 0x7E, 0xFF, 0xFF, 0x3F, 0, 0]  # stuffed in data, and across octets

    async def bench(ctx, host):
        await host.set_up()
        await host.request(127, IDLE)
        assert ctx.get(host.keyboard.is_ready) and ctx.get(host.keyboard.requests) == 4
        assert await host.ask() == [NAK]
        ctx.set(host.keyboard.reports.payload, int.from_bytes(bytes(report), "little"))
        ctx.set(host.keyboard.reports.valid, 1)
        assert await host.ask() == [DATA0, *report]  # its ACK does not come: it tells it once more
        await host.rest(20)
        for identifier in (DATA0, DATA1):
            assert await host.ask() == [identifier, *report]
            await host.send(bits_of([ACK]))
            await host.rest(4)
        ctx.set(host.keyboard.is_plugged, 0)
        await host.rest(2)
        assert not ctx.get(host.keyboard.is_ready)

    simulate(bench)


def test_what_is_wrong_with_a_line_can_be_asked_for():
    async def bench(ctx, host):
        keyboard = host.keyboard
        await host.set_up()
        ctx.set(keyboard.refuses_idle, 1)
        await host.request(127, IDLE, answer=(STALL,))
        ctx.set(keyboard.reports.valid, 1)
        ctx.set(keyboard.disturbance, UsbDisturbance.SILENT)
        assert await host.ask() == []
        ctx.set(keyboard.disturbance, UsbDisturbance.NAK)
        assert await host.ask() == [NAK]
        ctx.set(keyboard.disturbance, UsbDisturbance.CRC)
        with pytest.raises(AssertionError):
            await host.ask()
        await host.rest(20)
        ctx.set(keyboard.disturbance, UsbDisturbance.LOST_ACK)
        assert (await host.ask())[0] == DATA0
        await host.send(bits_of([ACK]))
        await host.rest(4)
        ctx.set(keyboard.disturbance, UsbDisturbance.NONE)
        assert (await host.ask())[0] == DATA0  # once more
        assert ctx.get(keyboard.questions) == 5

    simulate(bench)


async def is_short_of_a_reset(ctx, host):
    await host.plug(reset_bits=20)

async def drives_both_lines(ctx, host):
    await host.plug()
    await host.drive(1, 1, 1)

async def is_silent_for_too_long(ctx, host):
    await host.plug()
    await host.rest(2300)

async def begins_with_a_short_synchronisation(ctx, host):
    await host.plug()
    await host.send([], levels=stuffed(token(IN, 0, 0))[2:])

async def leaves_a_stuffed_bit_out(ctx, host):
    await host.plug()
    levels = [1]
    for bit in [0, 0, 0, 0, 0, 0, 0, 1, *token(IN, 127, 0)]:
        levels.append(levels[-1] ^ 1 - bit)
    await host.send([], levels=levels[1:])

async def sends_half_an_octet(ctx, host):
    await host.plug()
    await host.send(token(IN, 0, 0)[:-4])

async def ends_with_one_bit(ctx, host):
    await host.plug()
    await host.send(token(IN, 5, 0), end_bits=1)

async def spoils_an_identifier(ctx, host):
    await host.plug()
    await host.send(token(IN ^ 0x80, 5, 0))

async def sends_to_the_keyboard(ctx, host):
    await host.plug()
    await host.send(token(OUT, 5, 0))

async def spoils_a_token(ctx, host):
    await host.plug()
    bits = token(IN, 5, 0)
    await host.send([*bits[:10], 1 - bits[10], *bits[11:]])

async def spoils_a_request(ctx, host):
    await host.plug()
    await host.send(token(SETUP, 0, 0))
    await host.rest(2)
    bits = packet(DATA0, ADDRESS)
    await host.send([*bits[:10], 1 - bits[10], *bits[11:]])

async def sends_a_short_request(ctx, host):
    await host.plug()
    await host.send(token(SETUP, 0, 0))
    await host.rest(2)
    await host.send(packet(DATA0, ADDRESS[:7]))

async def asks_for_the_status_of_nothing(ctx, host):
    await host.plug()
    await host.send(token(IN, 0, 0))

async def does_not_wait_between_packets(ctx, host):
    await host.plug()
    await host.send(token(SETUP, 0, 0))
    await host.send(packet(DATA0, ADDRESS))

async def waits_too_long_with_a_request(ctx, host):
    await host.plug()
    await host.send(token(SETUP, 0, 0))
    await host.rest(24)

async def wants_a_descriptor(ctx, host):
    await host.plug()
    await host.request(0, [0x80, 0x06, 0, 1, 0, 0, 18, 0])

async def asks_for_keys_at_once(ctx, host):
    await host.plug()
    await host.request(0, ADDRESS)
    await host.ask()

async def talks_while_the_keyboard_does(ctx, host):
    await host.plug()
    await host.send(token(SETUP, 0, 0))
    await host.rest(2)
    await host.send(packet(DATA0, ADDRESS))
    await host.rest(6)
    await host.drive(0, 1, 1)


@pytest.mark.parametrize("host_that, fault", [
    (is_short_of_a_reset,                 UsbFault.RESET),
    (drives_both_lines,                   UsbFault.LINE),
    (is_silent_for_too_long,              UsbFault.KEEP_ALIVE),
    (begins_with_a_short_synchronisation, UsbFault.SYNC),
    (leaves_a_stuffed_bit_out,            UsbFault.STUFFING),
    (sends_half_an_octet,                 UsbFault.OCTETS),
    (ends_with_one_bit,                   UsbFault.END),
    (spoils_an_identifier,                UsbFault.IDENTIFIER),
    (sends_to_the_keyboard,               UsbFault.IDENTIFIER),
    (spoils_a_token,                      UsbFault.CRC5),
    (spoils_a_request,                    UsbFault.CRC16),
    (sends_a_short_request,               UsbFault.LENGTH),
    (asks_for_the_status_of_nothing,      UsbFault.ORDER),
    (does_not_wait_between_packets,       UsbFault.GAP),
    (waits_too_long_with_a_request,       UsbFault.GAP),
    (wants_a_descriptor,                  UsbFault.REQUEST),
    (asks_for_keys_at_once,               UsbFault.EARLY),
    (talks_while_the_keyboard_does,       UsbFault.CONTENTION),
])
def test_a_host_is_told_what_it_does_wrong(host_that, fault):
    simulate(host_that, fault)


@pytest.mark.parametrize("options, message", [
    ({"clock_hz": 1_000_000}, "clock_hz must be at least 6000000, not 1000000"),
    ({"bit_hz": 1_530_000}, "bit_hz must be within 1.5 % of 1500000, not 1530000"),
])
def test_bad_parameters_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        SimulatedUsbKeyboard(**{"clock_hz": CLOCK_HZ, **options})
