"""Trace records: what the core's retire port and the peripherals tell about a run, in order.

A record is `RECORD_WORDS` words; a run is a sequence of them. The hardware makes them, the golden
model follows and checks them, traces and profiles read them.
"""

from enum import IntEnum, IntFlag

__all__ = ["Kind", "RECORD_WORDS", "Stop", "Word", "Wrote"]


class Kind(IntEnum):
    """What a record tells."""
    INSN      = 0  # the instruction at `ip` retired; an `int` includes the entry or return it made
    FAULT     = 1  # the instruction at `ip` faulted, reason in `code`; only these two are defined
    INTERRUPT = 2  # pending interrupt `code` was accepted before `ip`: entered, dropped, or fault 5
    DEVICE    = 3  # a peripheral (identifier in `code`) changed by itself what programs can read
    STOP      = 4  # the machine stopped, `Stop` in `code`; after the record of the cause


class Word(IntEnum):
    """Position of each word in a record; those a kind does not name are 0."""
    KIND    = 0
    IP      = 1   # virtual address
    INSN    = 2   # instruction word
    IMM     = 3   # second word of a `constant`
    WROTE   = 4   # `Wrote` flags
    D       = 5   # register written
    VALUE   = 6   # what was written to it
    ADDRESS = 7   # physical address of a load or store
    DATA    = 8   # the word loaded or stored
    CODE    = 9   # reason, interrupt number, peripheral identifier or `Stop`
    ARG     = 10  # DEVICE: what changed, as the peripheral defines it
    CYCLE   = 11  # cycles since reset, low 32 bits; for people, never compared


RECORD_WORDS = 12


class Wrote(IntFlag):
    """What an instruction did to the state besides `ip`."""
    REGISTER = 1
    MEMORY   = 2  # a store
    LOADED   = 4  # a load: ADDRESS and DATA are set


class Stop(IntEnum):
    """Why the machine stopped for good."""
    HALT         = 0
    NO_HANDLER   = 1  # a fault whose handler's entry is 0
    DOUBLE_FAULT = 2  # a fault between taking a fault and the return from its handler
