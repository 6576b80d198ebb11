"""Random programs from seeds: which atoms there are, and how they are put together.

An atom may use what is around it only through `Next` and `Here`, so that any of them can be left
out. Registers r56 to r59 count loops, r60 announces a `wait` to the timer's handler and r61 says
where to go on after a wild jump; the rest is free. r48 to r52 hold operands where any instruction
may stand: an address, the number of an interrupt, a distance of one word.
"""

from collections.abc import Callable
from itertools import accumulate

from isa import BY_MNEMONIC, IP_FIELD, ISA
from isa.config import MachineConfig, PageTable
from isa.machine import (
    ENABLED,
    ENTRY_TABLE,
    FAULT_REASON,
    FRAME_IP,
    FRAME_REGISTERS,
    HIGHEST_INTERRUPT,
    Interrupt,
    window_addresses,
)
from sim.fuzz.devices import draw, use_device
from sim.fuzz.dice import Dice
from sim.fuzz.program import (
    DAWDLE,
    STORE_WORDS,
    Atom,
    Here,
    Item,
    Label,
    Next,
    Program,
    Setting,
    Table,
    constant,
    store_word,
)
from sim.fuzz.tables import (
    EDGE_VIRTUAL,
    LOW_CODE,
    POOL_VIRTUAL,
    SCRATCH,
    SCRATCH_WORDS,
    random_list_table,
    random_two_level_table,
)
from sim.fuzz.values import EDGES, FLOATS, encode, encode_fields

__all__ = ["generate"]

BUSY_REGISTERS = tuple(range(8))
FREE_REGISTERS = tuple(range(56)) + (62, 63)
REGISTERS = BUSY_REGISTERS * 29 + FREE_REGISTERS  # four of five times a busy one
SOURCES   = REGISTERS * 10 + (IP_FIELD,) * 90      # 3 of 100 times `ip`
LOOP_REGISTERS = (59, 58)
WAITING, LANDING = 60, 61
PLACE, NUMBER, ONE, TARGET = 48, 49, 50, 51

COMPUTE = tuple(insn for insn in ISA if insn.writes_d and insn.mnemonic not in ("load", "constant"))
FLOAT_COMPUTE = tuple(insn for insn in COMPUTE if insn.is_float)
ROUNDS        = (1, 2, 4, 8, 8, 16)
UNPRIVILEGED  = 1 / 3  # of all programs
MANY          = 1 / 4  # of these: page tables that no TLB holds, and accesses all over memory
HALT          = BY_MNEMONIC["halt"].opcode
BAD_OPCODES = tuple(set(range(256)) - {insn.opcode for insn in ISA})



class Maker:
    """Makes atoms for one program."""

    def __init__(self, rng: Dice, config: MachineConfig, *, is_user: bool,
                 has_timer: bool, is_chaotic: bool, addresses: tuple[int, ...], turn: int):
        self.rng = rng
        self.turn = turn  # which instruction comes next where any may stand
        self.config = config
        self.is_user = is_user
        self.windows = window_addresses(config.peripherals)
        self.addresses = addresses  # that loads and stores like
        kinds: list[tuple[int, Callable[[], list[Item]]]] = [
            (24, self.compute), (12, self.edge_pair), (6, self.immediate),
            (14, self.memory), (4, self.wild_memory), (12, self.skip), (6, self.jump_from_ip),
            (8, self.loop), (6, self.bad_word), (4, self.out_of_bounds),
            (6, self.software_interrupt), (7, self.patch), (4, self.pair_boundary),
            (2, self.wild_jump), (5, self.read_code),
            (300 if is_chaotic else 1, self.chaos),
        ]
        if config.fpu or rng.random() < 0.5:
            kinds.append((14, self.floating))
        if is_user:
            # Each of these has the TLB forget all it knows: the less there are, the more is done.
            kinds += [(5, self.edit_table), (2, self.switch_table), (2, self.privileged),
                      (4, self.edge)]
            if "timer" in config.peripherals:
                kinds += [(4, self.returned_to), (5, self.overtaken)]
        else:
            kinds += [(4, self.interrupt_table), (2, self.mask), (2, self.drop_privilege),
                      (4, self.device), (3, self.nested_fault), (2, self.end_of_ram),
                      (5, self.low_code)]
            if "timer" in config.peripherals:
                kinds.append((14, self.unmasked))
                if config.drops_masked:  # there nothing is pending that came while masked
                    kinds.append((14, self.overtaken))
            if "display" in config.peripherals:
                kinds.append((4, self.picture))
        if has_timer:
            kinds += [(5, self.wait)]
            if not is_user:
                kinds += [(3, self.timer)]
        self.makes   = [make for _, make in kinds]
        self.weights = list(accumulate(weight for weight, _ in kinds))

    def atom(self) -> Atom:
        make = self.rng.weighted(self.makes, self.weights)
        return Atom(make.__name__, tuple(make()))

    # --- values and registers

    def register(self) -> int:
        return REGISTERS[int(self.rng.random() * len(REGISTERS))]

    def source(self) -> int:
        """A register to read, now and then `ip`."""
        return SOURCES[int(self.rng.random() * len(SOURCES))]

    def value(self) -> int:
        kind = self.rng.random()
        if kind < 0.5:
            return self.rng.choice(EDGES)
        if kind < 0.6:
            return self.rng.choice(FLOATS)
        if kind < 0.8:
            return 1 << self.rng.randrange(32)
        return self.rng.getrandbits(32)

    def address(self) -> int:
        near = self.rng.choice(self.addresses) + self.rng.randrange(-2, 3)
        if self.rng.random() < 0.6:
            near = self.rng.choice(self.addresses[:1]) + self.rng.randrange(8)
        return near & 0xFFFFFFFF

    def operation(self, keep: tuple[int, ...] = ()) -> int:
        """A random instruction that computes; it leaves the registers `keep` alone."""
        d = self.register()
        while d in keep:
            d = self.register()
        return encode_fields(self.rng.choice(COMPUTE), d, self.source(), self.source())

    def filler(self, most: int = 3, keep: tuple[int, ...] = ()) -> list[Item]:
        """Some instructions to stand between two others."""
        return [self.operation(keep) for _ in range(self.rng.randrange(most + 1))]

    def each(self) -> tuple[list[Item], list[Item]]:
        """One instruction after the other of all there are; what sets it up, and it itself.

        Jumps go to the next word, by distance or to the address in `TARGET`.
        """
        insn = ISA[self.turn % len(ISA)]
        self.turn += 1
        if insn.mnemonic == "halt" and not self.is_user and self.rng.random() < 0.8:
            return self.each()  # it would be the end
        before: list[Item] = []
        operands = {name: self.register() for name in insn.fields}
        if insn.mnemonic in ("load", "store"):
            before = constant(PLACE, self.address())
            operands["s0" if insn.mnemonic == "load" else "d"] = PLACE
        elif insn.mnemonic == "int":
            before, operands["s0"] = constant(NUMBER, 8), NUMBER
        elif insn.mnemonic == "wait":
            before = constant(WAITING, 1)
        elif insn.mnemonic[0] in "jr":
            name = "s1" if "s1" in insn.fields else "s0"
            operands[name] = ONE if insn.mnemonic[0] == "r" else TARGET
            before = constant(ONE, 1)
        word = encode(insn.mnemonic, **operands)
        return before, [word, self.value()] if insn.words == 2 else [word]

    # --- atoms: whatever the mode

    def compute(self) -> list[Item]:
        words: list[Item] = []
        for _ in range(self.rng.randrange(3)):
            words += constant(self.register(), self.value())
        return words + [self.operation() for _ in range(self.rng.randrange(1, 6))]

    def edge_pair(self) -> list[Item]:
        """One or two operations on a pair of values from the edges."""
        a, b = self.register(), self.register()
        words = [*constant(a, self.rng.choice(EDGES)), *constant(b, self.rng.choice(EDGES))]
        for _ in range(self.rng.randrange(1, 4)):
            words.append(encode_fields(self.rng.choice(COMPUTE), self.register(), a, b))
        return words

    def floating(self) -> list[Item]:
        a, b = self.register(), self.register()
        pick = self.rng.choice
        words = [*constant(a, pick(FLOATS) if self.rng.random() < 0.7 else self.value()),
                 *constant(b, pick(FLOATS) if self.rng.random() < 0.7 else self.value())]
        for _ in range(self.rng.randrange(1, 5)):
            words.append(encode_fields(pick(FLOAT_COMPUTE), self.register(), pick((a, b)),
                                       pick((a, b))))
        return words

    def immediate(self) -> list[Item]:
        words: list[Item] = []
        for _ in range(self.rng.randrange(1, 4)):
            words += constant(self.register(), self.value())
        return words

    def memory(self) -> list[Item]:
        """Loads and stores near one place, at any distance from each other."""
        a, b = self.rng.sample(FREE_REGISTERS[:12], 2)
        words = [*constant(a, self.address()), *self.filler(2), *constant(b, self.address())]
        for _ in range(self.rng.randrange(1, 6)):
            at = self.rng.choice((a, a, b))
            if self.rng.random() < 0.5:
                words.append(encode("load", d=self.register(), s0=at))
            else:
                words.append(encode("store", d=at, s0=self.source()))
            words += self.filler(2)
        return words

    def wild_memory(self) -> list[Item]:
        """Through whatever a register holds."""
        if self.is_user or self.rng.random() < 0.9:
            return [encode("load", d=self.register(), s0=self.source())]
        return [encode("store", d=self.source(), s0=self.source())]

    def read_code(self) -> list[Item]:
        a = self.register()
        return [*constant(a, Here(self.rng.randrange(-4, 12))), *self.filler(2),
                encode("load", d=self.register(), s0=a)]

    def skip(self) -> list[Item]:
        """A jump forward, taken or not, by address or by distance."""
        rng = self.rng
        target, test = rng.sample(BUSY_REGISTERS, 2)
        words: list[Item] = []
        if rng.random() < 0.7:
            words += constant(test, rng.choice((0, 0, 1, self.value())))
        mnemonic = rng.choice(("jmp", "jz", "jnz", "rjmp", "rjz", "rjnz"))
        # A jump to a clobbered register would mostly be one in a circle.
        fill = self.filler(2, (target, test))
        minus = len(words) + 2 + len(fill) if mnemonic[0] == "r" else None
        words += constant(target, Next(rng.randrange(3), minus))
        words += fill
        if mnemonic in ("jmp", "rjmp"):
            words.append(encode(mnemonic, s0=target))
        else:
            words.append(encode(mnemonic, s0=test, s1=target))
        return [*constant(LANDING, Next()), *self._moved(words, 2)]

    @staticmethod
    def _moved(words: list[Item], by: int) -> list[Item]:
        """The same words `by` places further on in their atom."""
        return [Next(word.skip, word.minus + by)
                if isinstance(word, Next) and word.minus is not None else word for word in words]

    def jump_from_ip(self) -> list[Item]:
        """A jump whose target is reckoned from `ip`."""
        a = self.register()
        b = self.register()
        fill = self.filler(2)
        return [*constant(LANDING, Next()), *fill, *constant(a, 2),
                encode("add", d=b, s0=64, s1=a), encode("jmp", s0=b)]

    def loop(self) -> list[Item]:
        """Counted, perhaps with another inside; it ends whatever the counter holds."""
        inner = self.rng.random() < 0.3
        return self._loop(0, self._loop(1, self._body()) if inner else self._body())

    def _loop(self, depth: int, body: list[Item]) -> list[Item]:
        counter, back = LOOP_REGISTERS[depth], 57 - depth
        count = self.rng.randrange(1, 7 if depth == 0 else 4)
        tail: list[Item] = [*constant(55, 1), encode("sub", d=counter, s0=counter, s1=55),
                            *constant(55, 15), encode("and", d=counter, s0=counter, s1=55)]
        distance = len(body) + len(tail) + 2
        return [*constant(counter, count), *body, *tail, *constant(back, -distance),
                encode("rjnz", s0=counter, s1=back)]

    def _body(self) -> list[Item]:
        words: list[Item] = []
        for _ in range(self.rng.randrange(1, 4)):
            make = self.rng.choice((self.compute, self.memory, self.compute, self.floating))
            words += make()
        return words

    def bad_word(self) -> list[Item]:
        rng = self.rng
        kind = rng.random()
        insn = rng.choice(ISA)
        word = insn.opcode << 24 | rng.getrandbits(24)
        if kind < 0.3:
            word = rng.choice(BAD_OPCODES) << 24 | rng.getrandbits(24)
        elif kind < 0.9 and insn.fields:
            # Good fields but for one, which is on the edge.
            fields = {name: self.register() for name in insn.fields}
            fields[rng.choice(insn.fields)] = rng.choice((63, 64, 65, 127, 128, 192, 255))
            word = encode(insn.mnemonic, **fields)
            if insn.mnemonic == "int":
                word = encode("nop") | rng.getrandbits(24)
        elif insn.mnemonic in ("halt", "int", "wait"):
            word = encode("nop") | rng.getrandbits(24)
        words: list[Item] = [*constant(LANDING, Next()), *self.filler(1), word, *self.filler(1)]
        return words

    def chaos(self) -> list[Item]:
        """Words that may be anything but a stop; most have good fields."""
        words: list[Item] = [*constant(LANDING, Next())]
        for _ in range(self.rng.randrange(1, 6)):
            word = self.rng.getrandbits(32)
            if self.rng.random() < 0.8:
                word = word & 0x003F3F3F | self.rng.choice(ISA).opcode << 24
            if word >> 24 in (0, 1, 24):
                word |= 0x20000000
            words.append(word)
        return words

    def end_of_ram(self) -> list[Item]:
        """Run the last word of RAM: a `constant` has no immediate there, a `nop` no successor."""
        a, b = self.rng.sample(BUSY_REGISTERS, 2)
        word = self.rng.choice((encode("constant", d=a), encode("nop"), self.operation()))
        return [*constant(LANDING, Next()), *store_word(self.config.ram_words - 1, word, (a, b)),
                encode("jmp", s0=a)]

    def low_code(self) -> list[Item]:
        """Code below the program, where fetches are slow, that changes itself a few words ahead."""
        rng = self.rng
        a, b, c = rng.sample(BUSY_REGISTERS, 3)
        code: list[int] = [encode("div", d=c, s0=c, s1=ONE)] if rng.random() < 0.5 else []
        code += [self.operation((a, b)) for _ in range(rng.randrange(3))]
        code.append(encode("store", d=a, s0=b))
        patched = len(code) + rng.randrange(4)
        code += [*(self.operation((a, b)) for _ in range(4)), encode("jmp", s0=LANDING)]
        at = LOW_CODE + rng.randrange(32)
        words: list[Item] = [*constant(LANDING, Next()), *constant(ONE, 1)]
        for n, word in enumerate(code):
            words += store_word(at + n, word, (a, b))
        return [*words, *constant(a, at + patched), *constant(b, self.operation()),
                *constant(TARGET, at), encode("jmp", s0=TARGET)]

    def out_of_bounds(self) -> list[Item]:
        a, b = self.rng.sample(BUSY_REGISTERS, 2)
        end = self.config.ram_words
        where = self.rng.choice((end - 1, end, end + 1, 0x80000000, 0xFFFFFFFF))
        access = (encode("load", d=b, s0=a) if self.rng.random() < 0.5
                  else encode("store", d=a, s0=b))
        return [*constant(a, where), *self.filler(1), access, *self.filler(1)]

    def software_interrupt(self) -> list[Item]:
        a = self.register()
        number = self.rng.choice((1, 2, 3, 4, 8, 8, 9, 0x7F, 0x80, 0x80, 0x81, 0x200, 0x10000,
                                  0xFFFFFFBA, 0xFFFFFFBB, 0xFFFFFFFF))
        before: list[Item] = []
        if number > 0x80 and not self.is_user and self.rng.random() < 0.3:
            before = store_word(HIGHEST_INTERRUPT, 0xFFFFFFFF)
            if number == 0x200:  # a handler's entry that is a word of the peripheral table
                number = 0x180
        # The handler of faults goes on a word or two behind the instruction that is next.
        after = [encode("nop")] * 2 if number == Interrupt.FAULT else []
        return [*before, *constant(a, number), *self.filler(1), encode("int", s0=a), *after]

    def patch(self) -> list[Item]:
        """Store to a word 0 to 4 words ahead of the store, or into the code before it."""
        rng = self.rng
        a, b = rng.sample(BUSY_REGISTERS, 2)
        ahead = rng.randrange(5) if rng.random() < 0.85 else -rng.randrange(1, 5)
        fill = self.filler(2, () if rng.random() < 0.2 else (a, b))
        at = 5 + len(fill)  # of the word behind the store
        new = self.operation() if rng.random() < 0.8 else rng.choice((encode("nop"), 0xFF000000))
        behind = [self.operation() for _ in range(5)]
        if rng.random() < 0.3:
            behind[rng.randrange(4)] = encode("constant", d=self.register())
        return [*constant(LANDING, Next()), *constant(a, Here(at + 2 + ahead)), *constant(b, new),
                *fill, encode("store", d=a, s0=b), *behind]

    def pair_boundary(self) -> list[Item]:
        """A jump to the immediate of a `constant`, which is an instruction too."""
        target = self.register()
        inside = self.operation() if self.rng.random() < 0.7 else self.value()
        if inside >> 24 == HALT and not self.is_user and self.rng.random() < 0.9:
            inside |= encode("nop")
        return [*constant(LANDING, Next()), *constant(target, Here(6)), encode("jmp", s0=target),
                *constant(self.register(), inside)]

    def wild_jump(self) -> list[Item]:
        a = self.register()
        where = self.rng.choice((0xFFFFFFFF, 0xFFFFFFFE, self.config.ram_words,
                                 self.config.ram_words - 1, 0x80000000, self.value()))
        # Into memory that is all zero, a privileged program would only halt.
        if where < self.config.ram_words - 1 and not self.is_user:
            where = 0xFFFFFFFF
        jump = "rjmp" if 0x10000 < where < 0xFFFF0000 and self.is_user else "jmp"
        return [*constant(LANDING, Next()), *constant(a, where), encode(jump, s0=a)]

    def wait(self) -> list[Item]:
        return [*constant(WAITING, 1), encode("wait"), *self.filler(1)]

    # --- atoms: unprivileged

    def privileged(self) -> list[Item]:
        """What an unprivileged program may not do."""
        a = self.register()
        if self.rng.random() < 0.5:
            return [encode("halt")]
        return [*constant(a, 0), *self.filler(1), encode("int", s0=a)]

    def returned_to(self) -> list[Item]:
        """A system call during which the timer's interrupt becomes pending: it comes before the
        instruction that the call returns to, which finds nothing in the TLB."""
        before, words = self.each()
        words = [*constant(0, DAWDLE), encode("int", s0=0), *words]
        return [*constant(TARGET, Here(2 + len(before) + len(words))), *before, *words]

    def overtaken(self) -> list[Item]:
        """An instruction over and over, each behind one that takes long: so an interrupt mostly
        comes before it, amid code that is in the TLB."""
        before, words = self.each()
        slow = [*constant(54, 0xFFFFFFFF), *constant(53, 1)]
        body = [*before, *slow, encode("div", d=52, s0=54, s1=53), *words]
        first = [*constant(LANDING, Next()), *constant(56, 20), *constant(57, 1)]
        if not self.is_user:
            first += store_word(self.windows["timer"], max(1, 300 // self.config.cycles_per_ms),
                                (54, 53))
        tail = [encode("sub", d=56, s0=56, s1=57)]
        distance = 2 + len(body) + len(tail) + 2
        return [*first, *constant(TARGET, Here(len(first) + 2 + len(body))), *body, *tail,
                *constant(55, -distance), encode("rjnz", s0=56, s1=55)]

    def edge(self) -> list[Item]:
        """The end of RAM, and a word behind which nothing is mapped: run, read or written."""
        page = 0x1000 if self.config.page_table is PageTable.TWO_LEVEL else 2
        past_end = EDGE_VIRTUAL + page
        lonely = EDGE_VIRTUAL + 4 * page - 1
        a, b = self.rng.sample(BUSY_REGISTERS, 2)
        where = self.rng.choice((past_end, past_end - 1, lonely, lonely + 1))
        kind = self.rng.random()
        words: list[Item] = [*constant(LANDING, Next())]
        if where in (past_end - 1, lonely):
            words += store_word(where, encode("constant", d=b), (a, b))
        words += [*constant(a, where)]
        if kind < 0.6:
            return [*words, encode("jmp", s0=a)]
        return [*words, encode("load", d=b, s0=a) if kind < 0.8 else encode("store", d=a, s0=b)]

    def edit_table(self) -> list[Item]:
        """Have a word of the page table changed; the return makes it seen."""
        value = self.rng.choice((self.value(), self.rng.choice(POOL_VIRTUAL),
                                 self.rng.randrange(16), self.rng.randrange(0x800)))
        return [*constant(1, self.rng.randrange(64)), *constant(2, value), *constant(0, 6),
                encode("int", s0=0)]

    def switch_table(self) -> list[Item]:
        return [*constant(0, 7), encode("int", s0=0)]

    # --- atoms: privileged

    def mask(self) -> list[Item]:
        a, b = self.rng.sample(BUSY_REGISTERS, 2)
        words = store_word(ENABLED, 0, (a, b))
        for _ in range(self.rng.randrange(3)):
            words += self.rng.choice((self.compute, self.memory, self.software_interrupt))()
        return [*words, *store_word(ENABLED, self.rng.choice((1, 1, 2, 0x80000000)), (a, b))]

    def interrupt_table(self) -> list[Item]:
        """Read or write the interrupt table."""
        rng = self.rng
        a, b = rng.sample(BUSY_REGISTERS, 2)
        where = rng.choice((rng.randrange(FRAME_REGISTERS, FRAME_IP), FRAME_IP, FAULT_REASON,
                            HIGHEST_INTERRUPT, ENTRY_TABLE + rng.randrange(10), ENABLED, 1))
        if rng.random() < 0.6:
            return [*constant(a, where), *self.filler(1), encode("load", d=b, s0=a)]
        if where == HIGHEST_INTERRUPT:
            value: Item = rng.choice((3, 8, 0x80, 0x81, 0xFF, 0xFFFFFFFF))
        elif where >= ENTRY_TABLE:
            value = rng.choice((Label("back"), Label("back"), Label("timer"), 0))
            where = ENTRY_TABLE + rng.choice((2, 3, 4, 8, 9))
        elif where == FRAME_IP:
            value = Next()
        else:
            value = self.value() if where > FRAME_REGISTERS else 1
        return [*store_word(where, value, (a, b)), *self.filler(1),
                encode("load", d=self.register(), s0=a)]

    def drop_privilege(self) -> list[Item]:
        """A return from interrupt without an interrupt: a jump that loads all registers."""
        a, b = self.rng.sample(BUSY_REGISTERS, 2)
        words = [*store_word(FRAME_IP, Next(), (a, b)),
                 *store_word(FRAME_REGISTERS + self.rng.randrange(8), self.value(), (a, b)),
                 *store_word(FRAME_REGISTERS + LANDING, Next(), (a, b))]
        return [*words, *constant(a, 0), encode("int", s0=a)]

    def unmasked(self) -> list[Item]:
        """An interrupt is pending while masked: it comes before the instruction behind the store
        that lets it in."""
        before, words = self.each()
        period_ms = max(1, 300 // self.config.cycles_per_ms)
        spin = [*constant(56, 200), *constant(57, 1), *constant(55, -1),
                encode("sub", d=56, s0=56, s1=57), encode("rjnz", s0=56, s1=55)]
        head = [*store_word(ENABLED, 0, (54, 53)), *store_word(self.windows["timer"], period_ms),
                *spin, *before, *store_word(ENABLED, 1, (54, 53))]
        return [*constant(TARGET, Here(2 + len(head) + len(words))), *head, *words]

    def nested_fault(self) -> list[Item]:
        """A fault while masked, of any stage: the frame is left as it was."""
        a, b = self.rng.sample(BUSY_REGISTERS, 2)
        end = self.config.ram_words
        fault: list[Item]
        returns = True
        kind = self.rng.randrange(7)
        if kind == 0:
            fault = [self.rng.choice(BAD_OPCODES) << 24]
        elif kind == 1:
            fault = [*constant(a, end), encode("load", d=b, s0=a)]
        elif kind == 2:
            fault = [*constant(a, end), encode("store", d=a, s0=b)]
        elif kind == 3:
            fault = [*constant(a, end), encode("jmp", s0=a)]
        elif kind == 4:
            fault = [*store_word(end - 1, encode("constant", d=b), (a, b)), encode("jmp", s0=a)]
        elif kind == 5:  # a return to 0
            returns = False
            fault = [*constant(a, 0), encode("int", s0=a)]
        else:
            fault = [encode("fadd") if not self.config.fpu else encode("add", d=64)]
        before = [*store_word(FRAME_REGISTERS + LANDING, Next(), (a, b)),
                  *store_word(ENABLED, 0, (a, b)), *fault]
        # The handler adds a word or two.
        saved = Here(STORE_WORDS + len(before)) if returns else 0
        return [*store_word(FRAME_IP, saved, (a, b)), *before, *[encode("nop")] * 2]

    def timer(self) -> list[Item]:
        a, b = self.rng.sample(BUSY_REGISTERS, 2)
        period_ms = max(1, self.rng.choice((300, 500, 1000, 2000)) // self.config.cycles_per_ms)
        return store_word(self.windows["timer"], self.rng.choice((0, period_ms, period_ms)), (a, b))

    def device(self) -> list[Item]:
        return use_device(self.rng, self.config, self.filler)

    def picture(self) -> list[Item]:
        return draw(self.rng, self.config, self.windows["display"])


# --- programs ------------------------------------------------------------------------------------

def generate(seed: int, config: MachineConfig, atoms: int | None = None,
             rounds: int | None = None) -> Program:
    """The program of this seed for machines of this kind; with another number of atoms or of
    rounds, if they are given."""
    rng = Dice(f"{seed} {config!r}")
    is_user = rng.random() < UNPRIVILEGED and "mmu" in config.peripherals
    has_timer = rng.random() < 0.5 and "timer" in config.peripherals
    two_level = config.page_table is PageTable.TWO_LEVEL
    offset, has_many = 0, rng.random() < MANY
    tables: tuple[Table, ...] = ()
    if is_user:
        page = 0x1000 if two_level else 1
        offset = rng.choice((0, 0, 0x100000, 0x12345, 0x7FFF0000, 0xFFF00000)) // page * page
        tables = tuple(random_two_level_table(rng, config, offset, number) if two_level
                       else random_list_table(rng, config, offset, number, has_many)
                       for number in range(rng.choice((1, 2))))
    period_ms = max(1, rng.choice((120, 180, 400, 700, 1500)) // config.cycles_per_ms)
    setting = Setting(
        tables=tables,
        user_offset=offset,
        fault_step=rng.choice((1, 1, 2) if is_user else (1, 1, 1, 1, 1, 2)),
        fault_handler=rng.random() < 0.98,
        bad_handler=rng.random() < 0.01,
        timer_ms=period_ms if has_timer else 0,
        masked=rng.random() < 0.1 and not has_timer,
        rounds=rng.choice(ROUNDS) if rounds is None else rounds,
        highest=rng.choice((0x80,) * 12 + (0x84, 8, 8, 1, 1, 0xFFFFFFFF, 0xFFFFFFFF)),
        line=rng.randbytes(rng.randrange(6)) if "serial" in config.peripherals else b"",
        stdin=b"".join(rng.randbytes(rng.randrange(5)).replace(b"\n", b"") + b"\n"
                       for _ in range(rng.randrange(4))),
    )
    addresses: tuple[int, ...] = (SCRATCH, SCRATCH + SCRATCH_WORDS - 2)
    if is_user and has_many:
        addresses += POOL_VIRTUAL
    maker = Maker(rng, config, is_user=is_user, has_timer=has_timer,
                  is_chaotic=rng.random() < 0.05, addresses=addresses, turn=seed * 7)
    count = atoms if atoms is not None else rng.choice((20, 60, 120, 200))
    return Program(seed, config, setting, tuple(maker.atom() for _ in range(count)))
