# amaranth: UnusedElaboratable=no
"""SD card: the phy with the simulated card at its pins, whatever kind of card that is."""

import random

import pytest

from rtl.peripherals.tokens import BlockFromHostKind as From
from rtl.peripherals.tokens import BlockToHostKind as To
from rtl.phy.sd_card import SdCard, SdStatus, SdTable
from sim.chips.sd_card import SdFault
from tests.support.sd_rig import (
    CARD_SECTORS,
    CLOCK_HZ,
    CYCLES_PER_MS,
    SdRig,
    partition_table,
    words_of,
)

# A card that is put in while the phy looks for one may be asked something before it had its clocks.
ASKED_TOO_EARLY = SdFault.NO_POWER_UP, SdFault.CUT, SdFault.FRAME
LOOK = 300 * CYCLES_PER_MS  # longer than between two looks for a card


def words(seed):
    return [random.Random(seed).getrandbits(32) for _ in range(128)]


@pytest.mark.slow
@pytest.mark.parametrize("quirks", [
    {},
    {"is_v1": 1, "is_standard": 1},
    {"is_standard": 1},
    {"is_standard": 1, "size_shift": 2},
    {"is_standard": 1, "size_shift": 11},
    {"starting": 60},
    {"check_misses": 3},
    {"reset_misses": 2},
    {"answer_octets": 0},
    {"answer_octets": 7, "access_octets": 200, "busy_octets": 3000},
    {"access_octets": 0, "busy_octets": 0},
    {"is_clinging": 1},
], ids=lambda quirks: " ".join(f"{name}={value}" for name, value in quirks.items()) or "plain")
def test_every_kind_of_card_is_read_and_written(quirks):
    rig = SdRig(**quirks)
    assert rig.size() == CARD_SECTORS and rig.status == SdStatus.READY
    assert rig.probe("period") == 2
    for sector in (5, 6, 7, 0, CARD_SECTORS - 1):
        assert rig.read(sector) == words_of(sector)
    for sector in (9, 10, 3, CARD_SECTORS - 1):
        assert rig.write(sector, words(sector))
        assert rig.sectors[sector] == words(sector)
    assert rig.flush()
    for sector in (9, 10, 11):
        assert rig.read(sector) == rig.sectors.get(sector, words_of(sector))
    rig.close()


@pytest.mark.parametrize("total, quirks", [
    (1024, {}), (31_116_288, {}), ((1 << 28) - 1024, {}), (1 << 28, {}), (1 << 31, {}),
    (4, {"is_standard": 1, "size_shift": 2}), (4096 * 512, {"is_standard": 1}),
    (3_862_528, {"is_standard": 1, "size_shift": 10}),
])
def test_sizes_are_told_as_far_as_the_machine_can_count(total, quirks):
    rig = SdRig(total=total, **quirks)
    assert rig.size() == min(total, (1 << 28) - 1)
    last = rig.sizes[-1] - 1
    assert rig.read(last) == words_of(last)
    assert rig.read(rig.sizes[-1]) is None
    rig.close()


def test_successive_sectors_are_one_command():
    rig = SdRig()
    rig.size()
    for sector in range(20, 30):
        assert rig.read(sector) == words_of(sector)
    for sector in range(30, 40):
        assert rig.write(sector, words(sector))
    assert To.FLUSH not in [kind for kind, _ in rig.log]
    assert rig.flush()
    assert rig.commands(To.FLUSH) == [0] and rig.log[-1] == (To.FLUSH, 0)
    # Each sector was read once; the card itself had begun with the one behind them.
    assert rig.commands(To.READ) == [0, *range(20, 31)]
    assert rig.commands(To.WRITE) == list(range(30, 40))
    rig.close()


def test_a_sector_takes_little_longer_than_its_bits():
    rig = SdRig(access_octets=1, busy_octets=0)
    rig.size()
    rig.read(99)
    rig.write(199, words(0))
    least = 2 * 8 * 512
    for name in ("read", "write"):
        begin = rig.cycles
        for sector in range(100, 164):
            assert rig.read(sector) if name == "read" else rig.write(sector + 100, words(0))
        assert least < (rig.cycles - begin) / 64 < least * 1.15  # in steps of a hundred cycles
    rig.close()


def test_what_was_written_is_stored_soon_without_a_flush():
    rig = SdRig()
    rig.size()
    assert rig.write(3, words(3))
    rig.idle(30 * CYCLES_PER_MS)
    assert rig.log[-1][0] == To.FLUSH
    rig.close()


def test_random_operations_agree_with_a_disk():
    chance = random.Random(1)
    rig, model = SdRig(access_octets=9, busy_octets=40), {}
    rig.size()
    at = 0
    for n in range(150):
        at = chance.choice((at + 1, at + 1, at, chance.randrange(CARD_SECTORS))) % CARD_SECTORS
        match chance.randrange(8):
            case 0 | 1 | 2:
                model[at] = words(n)
                assert rig.write(at, model[at])
            case 3:
                assert rig.flush()
                assert all(rig.sectors[sector] == model[sector] for sector in model)
            case 4:
                rig.idle(chance.choice((100, 15 * CYCLES_PER_MS)))
            case _:
                assert rig.read(at) == model.get(at, words_of(at))
    assert rig.sectors == model
    rig.close()


# --- partitions ----------------------------------------------------------------------------------

@pytest.mark.parametrize("entries, table, first, size", [
    ([(0x51, 64, 100)], SdTable.OURS, 64, 100),
    ([(0x0C, 8, 50), (0, 0, 0), (0x83, 60, 9), (0x51, 100, CARD_SECTORS - 100)], SdTable.OURS,
     100, CARD_SECTORS - 100),
    ([(0x51, 300, 5), (0x51, 400, 6)], SdTable.OURS, 300, 5),
    ([(0x0C, 2, CARD_SECTORS - 2)], SdTable.FOREIGN, 0, CARD_SECTORS),
    ([], SdTable.FOREIGN, 0, CARD_SECTORS),
    ([(0x51, 100, CARD_SECTORS - 99)], SdTable.FOREIGN, 0, CARD_SECTORS),
    ([(0x51, 0xFFFFFFFF, 10)], SdTable.FOREIGN, 0, CARD_SECTORS),
    ([(0x51, 0, 10)], SdTable.FOREIGN, 0, CARD_SECTORS),
])
def test_the_disk_is_our_partition_or_the_whole_card(entries, table, first, size):
    rig = SdRig(sectors={0: partition_table(*entries)})
    assert (rig.size(), rig.table) == (size, table)
    assert rig.read(size - 1) == words_of(first + size - 1)
    assert rig.write(1, words(1)) and rig.sectors[first + 1] == words(1)
    assert rig.read(size) is None and not rig.write(size, words(2))
    rig.close()


def test_a_card_without_a_table_is_a_disk_and_so_is_one_that_is_to_be_shown_whole():
    rig = SdRig()
    assert (rig.size(), rig.table) == (CARD_SECTORS, SdTable.NONE)
    rig.close()
    rig = SdRig(sectors={0: partition_table((0x51, 64, 100))}, whole_card=True)
    assert (rig.size(), rig.table) == (CARD_SECTORS, SdTable.OURS)
    assert rig.read(0) == partition_table((0x51, 64, 100))
    rig.close()


# --- what goes wrong -----------------------------------------------------------------------------

def test_a_card_that_is_disturbed_at_a_fast_clock_gets_a_slower_one():
    rig = SdRig(weak_cycles=8)
    assert rig.size() == CARD_SECTORS and rig.probe("period") == 8
    for sector in (4, 5):
        assert rig.read(sector) == words_of(sector) and rig.write(sector, words(sector))
    assert rig.flush()
    rig.close()


def test_a_card_that_becomes_weak_later_loses_nothing():
    rig = SdRig()
    rig.size()
    assert rig.read(4) == words_of(4)
    rig.set(weak_cycles=4)
    assert rig.read(5) == words_of(5) and rig.probe("period") == 4
    rig.set(weak_cycles=8)
    assert rig.write(6, words(6)) and rig.write(7, words(7)) and rig.flush()
    assert rig.sectors == {6: words(6), 7: words(7)} and rig.probe("period") == 8
    rig.close()


@pytest.mark.parametrize("quirks", [{}, {"has_bad": 1, "bad_sector": 70}], ids=["host", "card"])
def test_a_bad_sector_fails_and_its_neighbours_do_not(quirks):
    rig = SdRig(**quirks)
    rig.size()
    rig.bad = set() if quirks else {70}
    assert rig.read(69) == words_of(69) and rig.read(70) is None and rig.read(71) == words_of(71)
    assert rig.write(69, words(1))
    written = rig.write(70, words(2))
    # A card may find out after it has taken the sector; the flush tells then.
    assert not (written and rig.flush())
    assert rig.write(71, words(3)) and rig.flush()
    assert rig.sectors == {69: words(1), 71: words(3)} and rig.status == SdStatus.READY
    rig.close()


def test_a_card_whose_first_sector_is_bad_has_no_table():
    rig = SdRig(has_bad=1, bad_sector=0)
    assert (rig.size(), rig.table) == (CARD_SECTORS, SdTable.NONE)
    assert rig.read(0) is None and rig.read(1) == words_of(1)
    rig.close()


def test_a_flush_that_the_card_cannot_do_fails_once():
    rig = SdRig()
    rig.size()
    assert rig.flush() and rig.write(5, words(5))
    rig.bad = {None}
    assert not rig.flush()
    rig.bad = set()
    assert rig.flush()
    rig.close()


def test_a_protected_card_is_read_and_never_written():
    rig = SdRig(is_protected=1)
    rig.size()
    assert rig.probe("protected")
    assert rig.read(5) == words_of(5) and not rig.write(5, words(1)) and rig.flush()
    assert rig.read(6) == words_of(6) and not rig.sectors
    rig.close()


def test_without_a_card_operations_fail_until_there_is_one():
    rig = SdRig(is_out=1)
    assert rig.size() == 0 and rig.status == SdStatus.NO_CARD
    assert rig.read(0) is None and not rig.write(0, words(0)) and not rig.flush()
    rig.idle(LOOK)
    assert rig.sizes == [0]
    rig.set(is_out=0)
    assert rig.size() == CARD_SECTORS and rig.read(7) == words_of(7)
    rig.close(*ASKED_TOO_EARLY)


def test_a_card_that_is_pulled_out_at_rest_is_missed_and_found_again():
    rig = SdRig()
    rig.size()
    assert rig.read(5) == words_of(5)
    rig.set(is_out=1)
    assert rig.size() == 0 and rig.status == SdStatus.NO_CARD
    rig.set(is_out=0)
    assert rig.size() == CARD_SECTORS and rig.read(5) == words_of(5)
    rig.close(*ASKED_TOO_EARLY)


def test_a_card_that_was_exchanged_between_two_looks_fails_once_and_is_set_up_anew():
    rig = SdRig()
    rig.size()
    rig.set(is_out=1)
    rig.idle(100)
    rig.set(is_out=0)
    assert rig.read(5) is None
    assert rig.size() == 0 and rig.size() == CARD_SECTORS
    assert rig.read(5) == words_of(5) and rig.write(6, words(6)) and rig.flush()
    rig.close(*ASKED_TOO_EARLY)


@pytest.mark.parametrize("words_before", [0, 40, 127, 128])
def test_a_card_that_is_pulled_while_it_is_written_keeps_what_was_flushed(words_before):
    rig = SdRig(busy_octets=400)
    rig.size()
    assert rig.write(5, words(5)) and rig.flush()
    rig.ask(To.WRITE, 6)
    rig.ask(To.WORD, *words(6)[:words_before])
    rig.idle(3000)
    rig.set(is_out=1)
    rig.ask(To.WORD, *words(6)[words_before:])
    assert rig.answer() == (From.FAIL, 0)
    assert rig.size() == 0 and not rig.flush()
    rig.set(is_out=0)
    assert rig.size() == CARD_SECTORS and rig.read(5) == words(5)
    assert rig.read(6) in (words_of(6), words(6))
    rig.close(*ASKED_TOO_EARLY)


def test_a_card_that_is_pulled_while_it_is_read_fails_and_comes_back():
    rig = SdRig(access_octets=200)
    rig.size()
    rig.ask(To.READ, 5)
    rig.idle(4000)
    rig.set(is_out=1)
    assert rig.answer() == (From.FAIL, 0) and rig.size() == 0
    rig.set(is_out=0)
    assert rig.size() == CARD_SECTORS and rig.read(5) == words_of(5)
    rig.close(*ASKED_TOO_EARLY)


def test_what_a_pulled_card_had_taken_and_not_stored_fails_the_next_flush():
    rig = SdRig()
    rig.size()
    assert rig.write(5, words(5))
    rig.set(is_out=1)
    assert rig.size() == 0
    rig.set(is_out=0)
    assert rig.size() == CARD_SECTORS
    assert not rig.flush() and rig.flush()
    rig.close(*ASKED_TOO_EARLY)


@pytest.mark.parametrize("quirks", [{"reset_misses": 15}, {"starting": 255, "answer_octets": 7}])
def test_a_card_that_cannot_be_set_up_is_no_disk(quirks):
    rig = SdRig(**quirks)
    assert rig.size() == 0
    rig.close()


def test_a_card_that_is_busy_for_good_is_given_up():
    rig = SdRig(busy_octets=60_000)
    rig.size()
    assert not rig.write(5, words(5))
    assert rig.sizes[-1] in (0, CARD_SECTORS)


def test_a_machine_that_was_reset_gets_answers_to_what_it_asks_then():
    rig = SdRig()
    rig.size()
    rig.ask(To.READ, 5)
    rig.ask(To.READ, 9)  # nobody waits for the first one any more
    told = [rig.answer() for _ in range(128)]
    rig.until(lambda: len(rig._told) >= 1 or told[-1][1] == words_of(9)[-1])
    rig.idle(20_000)
    told += rig._told
    rig._told.clear()
    assert [value for _, value in told[-128:]] == words_of(9)
    rig.ask(To.WRITE, 11)
    rig.ask(To.WORD, *range(50))
    assert rig.read(12) == words_of(12) and 11 not in rig.sectors
    rig.close()


@pytest.mark.parametrize("cycles", [200, 6_000, 9_100, 9_300])
@pytest.mark.parametrize("kind", [To.READ, To.WRITE])
def test_a_phy_that_is_reset_gets_the_card_out_of_whatever_it_is_in(kind, cycles):
    rig = SdRig(access_octets=20, busy_octets=20)
    rig.size()
    rig.ask(kind, 5)
    if kind == To.WRITE:
        rig.ask(To.WORD, *words(5))
    rig.idle(cycles)
    rig.reset()
    rig.idle(10)
    rig._told.clear()
    assert rig.size() == CARD_SECTORS
    assert rig.read(6) == words_of(6) and rig.write(7, words(7)) and rig.flush()
    rig.close(SdFault.CUT, SdFault.FRAME, SdFault.TOKEN, SdFault.FAST_START, SdFault.OVERLAP)


@pytest.mark.parametrize("options, error, message", [
    ({"clock_hz": 999_999}, ValueError, "clock_hz must be at least 1000000, not 999999"),
    ({"spi_hz": 50_000_000}, ValueError, "spi_hz must be from 400000 to 25000000, not 50000000"),
    ({"spi_hz": 1e6}, TypeError, "spi_hz must be an integer, not 1000000.0"),
    ({"pin_cycles": 9}, ValueError, "pin_cycles must be from 0 to 8, not 9"),
    ({"cycles_per_ms": 1}, ValueError, "cycles_per_ms must be at least 2, not 1"),
])
def test_bad_parameters_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        SdCard(**{"clock_hz": CLOCK_HZ, **options})


@pytest.mark.parametrize("clock_hz, spi_hz, half", [
    (50_000_000, 25_000_000, 1), (62_500_000, 25_000_000, 2), (125_000_000, 25_000_000, 3),
    (25_000_000, 25_000_000, 1), (50_000_000, 400_000, 63)])
def test_the_cards_clock_is_never_faster_than_it_may_be(clock_hz, spi_hz, half):
    assert SdCard(clock_hz=clock_hz).half_cycles(spi_hz) == half
    assert clock_hz / (2 * half) <= spi_hz
