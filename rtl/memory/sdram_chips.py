"""SDR SDRAM chips: sizes and times, as their data sheets have them."""

from dataclasses import dataclass
from math import ceil

__all__ = ["CHIPS", "SdramChip"]


@dataclass(frozen=True, kw_only=True)
class SdramChip:
    """A chip of 16 data lines.

    Parameters
    ----------
    row_bits, column_bits, bank_bits : int
        Of an address. A column is 16 bits.
    cas_cycles : int
        From a read to its first data, in clock cycles; `clock_hz` is the fastest clock for it.
    clock_hz : int
    trcd_ns : float
        From the activation of a row to a read or write of it.
    trp_ns : float
        From a precharge to the next activation of the bank.
    tras_ns, tras_most_ns : float
        From an activation to the precharge of the bank, at least and at most.
    trc_ns : float
        From an activation to the next one of the bank, and to a refresh.
    trrd_ns : float
        From an activation to that of another bank.
    trfc_ns : float
        From a refresh to the next command.
    twr_ns : float
        From the last word written to the precharge of the bank.
    tmrd_cycles : int
        From the setting of the mode to the next command.
    refresh_ms : float
        In which time every row must be refreshed.
    power_up_us : float
        With a steady clock, before the first command.
    access_ns, held_ns : float
        How long after an edge of its clock its data are there, at most, and the last ones still
        are, at least.
    setup_ns, hold_ns : float
        How long before and after an edge it wants everything to be steady.
    """
    row_bits:     int = 13
    column_bits:  int = 9
    bank_bits:    int = 2
    cas_cycles:   int
    clock_hz:     int
    trcd_ns:      float
    trp_ns:       float
    tras_ns:      float
    tras_most_ns: float = 100_000.0
    trc_ns:       float
    trrd_ns:      float
    trfc_ns:      float
    twr_ns:       float
    tmrd_cycles:  int   = 2
    refresh_ms:   float = 64.0
    power_up_us:  float = 200.0
    access_ns:    float = 6.0
    held_ns:      float = 2.5
    setup_ns:     float = 1.5
    hold_ns:      float = 1.0

    @property
    def words(self):
        """Size in 32-bit words."""
        return 1 << self.row_bits + self.column_bits + self.bank_bits - 1

    def cycles(self, ns, clock_hz):
        """The fewest clock cycles that last at least so long."""
        return ceil(ns * clock_hz / 1e9 - 1e-9)

    def refresh_cycles(self, clock_hz):
        """The most clock cycles between two refreshes of one row each."""
        return int(self.refresh_ms * 1e-3 * clock_hz / (1 << self.row_bits))


# By the figures of the -7 grades; column bits of the smallest size fitted, 32 MB.
CHIPS = {
    # ULX3S: Micron MT48LC16M16A2-7E or ISSI IS42S16160; the slower of both in each figure.
    "mt48lc16m16": SdramChip(cas_cycles=2, clock_hz=100_000_000, trcd_ns=20, trp_ns=20, tras_ns=45,
                             trc_ns=67.5, trrd_ns=15, trfc_ns=67.5, twr_ns=20),
    # Icepi Zero, iCESugar-pro and others: Winbond W9825G6KH-6.
    "w9825g6kh":   SdramChip(cas_cycles=2, clock_hz=133_000_000, trcd_ns=15, trp_ns=15, tras_ns=42,
                             trc_ns=60, trrd_ns=12, trfc_ns=60, twr_ns=15),
}
