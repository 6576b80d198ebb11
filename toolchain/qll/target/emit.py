"""Assembly text of functions whose values have registers.

A frame, from the stack pointer upwards: words for the arguments of calls, spilled values, slots,
then what was pushed at entry: preserved registers and the return address. It is made where it is
first needed, so that a quick way out of a function (``if (n < 2) { return n; }``) does without.

Each function has the label that assembly knows, with the stack convention of the language. If its
own convention is the one with registers, that label is in front of a few instructions that load the
arguments from the stack and put the return address where it belongs, and then fall into the
function proper, whose label ends in `$fast`: result and first argument in `r0`, further ones in
`r1`..., return address in `r31`. Where nobody enters by the stack these instructions are left out.
"""

from collections.abc import Callable
from functools import reduce
from typing import Any

from toolchain.dwarf.numbers import IP_COLUMN
from toolchain.qll.abi import (
    FIRST_PRESERVED,
    LINK,
    ONE,
    PRESERVED_REGISTERS,
    RESULT,
    STACK,
    STACK_LINK,
    TEMPORARY,
    TRAP_BASE,
)
from toolchain.qll.middle.cfg import meet, positions
from toolchain.qll.middle.ir import BINARY, LEAVES, UNARY, Block, Function, Ins, Memory
from toolchain.qll.middle.module import Module
from toolchain.qll.target.frame import may_start, needs_frame
from toolchain.qll.target.place import jump_targets, trap_label
from toolchain.qll.target.recorder import CodeRecord, NoRecorder, Recorder
from toolchain.qll.target.spill import SPILL_SLOT
from toolchain.qll.target.text import fast_label, number, reference

__all__ = ["emit_function"]

def emit_function(function: Function, used: int, module: Module, offsets: dict[str, set[int]],
                  comments: bool = True, has_stack_entry: bool = True) \
        -> tuple[list[str], CodeRecord | None]:
    """Lines of assembly, and what is known of the code if it has marks; notes in `offsets` which
    words inside globals the code names. Without a stack entry it is only called in registers."""
    emitter = _Emitter(function, used, module, offsets, comments, has_stack_entry)
    lines = emitter.run()
    note = emitter.note
    return lines, note.finish(emitter.frame) if isinstance(note, Recorder) else None


class _Emitter:
    """Emits one function."""

    def __init__(self, function: Function, used: int, module: Module,
                 offsets: dict[str, set[int]], comments: bool, has_stack_entry: bool):
        self.function = function
        self.has_stack_entry = has_stack_entry or not function.fast
        self.module = module
        self.offsets = offsets
        self.comments = comments
        self.lines: list[Any] = []  # text, or a label's name as a tuple
        self.used_labels: set[str] = set()
        self.returns = 0
        self.line = 0
        # Of a line: a mark and a block of one of its checks.
        self.traps: dict[tuple[int, int], tuple[int, Block]] = {}
        self.stubs: list[tuple[str, list[tuple[int, Ins]], Block, Block]] = []
        self.has_calls = any(ins.op == "call" for block in function.blocks for ins in block.body)
        self.saved: list[int] = []
        if not function.interrupt:
            if self.has_calls:
                self.saved.append(LINK)
            self.saved += [reg for reg in PRESERVED_REGISTERS if used >> reg & 1]
        self.arriving = positions(function.blocks)
        self.size = self._lay_out()
        self.frame = self.size + len(self.saved)
        self.start = self._frame_start()
        self.inside: set[Block] = set()
        stack = [self.start]
        while stack:
            block = stack.pop()
            self.inside.add(block)
            stack.extend(block.kids)
        self.moves: dict[tuple[Block, Block], list[tuple[int, Ins]]] = {}
        self.targets: dict[Block, Block] = {}
        self.note = NoRecorder() if module.marks is None else Recorder(
            self.lines, module.marks)

    # --- the frame ---

    def _lay_out(self) -> int:
        """Offsets of the slots; the number of words below what is pushed."""
        offset = self.function.out_words
        slots = self.function.slots
        for slot in slots:
            if slot.name == SPILL_SLOT:
                slot.offset = offset
                offset += slot.size
        for slot in sorted((slot for slot in slots if slot.name != SPILL_SLOT),
                           key=lambda one: one.size):
            slot.offset = offset
            offset += slot.size
        return offset

    def _frame_start(self) -> Block:
        """The last block from which everything that needs the frame is reached."""
        entry = self.function.blocks[0]
        if not self.frame or self.function.interrupt:
            return entry
        needing = [block for block in self.function.blocks if needs_frame(block, self.arriving)]
        if not needing or any(param.reg >= FIRST_PRESERVED for param in self.function.params):
            return entry
        at = reduce(meet, needing)
        places = may_start(entry)
        while at.idom is not None and at not in places:
            at = at.idom
        return at

    # --- text ---

    def _out(self, text: str) -> None:
        self.lines.append(text)

    def _label(self, name: str) -> None:
        self.lines.append((name,))

    def _name(self, block: Block) -> str:
        name = f"{self.function.symbol}${self.targets.get(block, block).label}"
        self.used_labels.add(name)
        return name

    def _remark(self, mark: int) -> None:
        """Show the source line when it changes."""
        line = self.module.line_of(mark)
        if line and line != self.line and self.comments:
            self.line = line
            self.lines.append(self.module.remark(line))

    def _leaf(self, register: int, leaf: Ins) -> None:
        """Put a leaf into a register."""
        op = leaf.op
        if op == "const":
            if leaf.value == 1:
                self._out(f"  mov r{register} r{ONE}")
            else:
                self._out(f"  constant r{register} {number(leaf.value)}")
        elif op == "label":
            name, offset = leaf.value
            if offset:
                self.offsets.setdefault(name, set()).add(offset)
                name = f"{name}${offset}"
            self._out(f"  constant r{register} {reference(name)}")
        elif op == "block":
            self._out(f"  constant r{register} {reference(self._name(leaf.value))}")
        else:
            if op == "slot":
                slot, offset = leaf.value
                offset += slot.offset
            elif op == "arg":
                offset = leaf.value + self.frame
            else:
                offset = leaf.value
            self._stack_address(register, offset)

    def _stack_address(self, register: int, offset: int) -> None:
        if offset == 0:
            self._out(f"  mov r{register} r{STACK}")
        elif offset == 1:
            self._out(f"  add r{register} r{STACK} r{ONE}")
        else:
            self._out(f"  constant r{register} {offset & 0xFFFFFFFF}")
            self._out(f"  add r{register} r{STACK} r{register}")

    def _move_all(self, moves: list[tuple[int, Ins]]) -> None:
        """Registers get values, all at once."""
        pending = {}
        leaves = []
        for target, value in moves:
            if value.block is None and value.op != "param":
                leaves.append((target, value))
            elif value.reg != target:
                pending[target] = value.reg
        while pending:
            sources = set(pending.values())
            ready = [target for target in pending if target not in sources]
            for target in ready:
                self._out(f"  mov r{target} r{pending.pop(target)}")
            if not ready:
                # A cycle: one value waits in the temporary register.
                target = next(iter(pending))
                self._out(f"  mov r{TEMPORARY} r{target}")
                pending = {to: TEMPORARY if source == target else source
                           for to, source in pending.items()}
        for target, leaf in leaves:
            self._leaf(target, leaf)

    # --- function ---

    def run(self) -> list[str]:
        function = self.function
        symbol = function.symbol
        blocks = function.blocks
        for index, block in enumerate(blocks):
            block.label = str(index)
        for block in blocks:
            for position, pred in enumerate(block.preds):
                moves = [(phi.reg, phi.args[position]) for phi in block.phis if phi.reg >= 0
                         and not (phi.args[position].block is not None
                                  and phi.args[position].reg == phi.reg)]
                self.moves[pred, block] = moves
        for block in blocks:
            self._find_target(block)
        self._label(symbol)
        self.used_labels.add(symbol)
        if self.has_stack_entry:
            self.note.frame(0, -1 if function.interrupt else STACK_LINK, [])
        if function.fast:
            if self.has_stack_entry:
                self._stack_entry()
            else:
                self.note.frame(0, LINK, [])
            self._label(fast_label(symbol))
            self.used_labels.add(fast_label(symbol))
            if function.pinned:
                for leaf in function.pinned:
                    if leaf.op == "param":
                        self._out(f"  mov r{leaf.reg} r{leaf.value}")
                    else:
                        self._leaf(leaf.reg, leaf)
                self._label(f"{symbol}$self")
        elif not function.interrupt and not (self.start is blocks[0] and self.has_calls):
            self._out(f"  mov r{LINK} r{STACK_LINK}")
            self.note.frame(0, LINK, [])
        for index, block in enumerate(blocks):
            self._block(block, blocks[index + 1] if index + 1 < len(blocks) else None)
        for name, moves, target, source in self.stubs:
            self.note.node(name, source.term.line, source in self.inside)
            self._note_frame(source)
            self._label(name)
            self._move_all(moves)
            self._out(f"  constant r{TEMPORARY} {reference(self._name(target))}")
            self.note.edge(self.targets.get(target, target))
            self._out(f"  jmp r{TEMPORARY}")
        for (trap, line), (mark, source) in sorted(self.traps.items(), key=lambda one: one[0]):
            self.note.node((trap, line), mark, source in self.inside)
            self._note_frame(source)
            self._label(trap_label(function, trap, line))
            self._out(f"  constant r{RESULT} {TRAP_BASE + trap:#x}")
            self._out("  halt")
        used = self.used_labels
        return [line if type(line) is str else f"{reference(line[0])}:" for line in self.lines
                if type(line) is str or line[0] in used]

    def _block(self, block: Block, after: Block | None) -> None:
        function, note = self.function, self.note
        is_first = block is function.blocks[0]
        note.node(block, (block.body or [block.term])[0].line, block in self.inside)
        if not is_first:
            self._label(f"{function.symbol}${block.label}")
            self._note_frame(None if block is self.start else block)
        if is_first:
            for param in function.params:
                if param.reg >= 0:
                    note.define(param.value, param)
        for phi in block.phis:
            if phi.reg >= 0:
                note.define(phi.reg, phi)
        if block is self.start:
            self._prologue()
        if is_first:
            self._move_all([(param.reg, _arrived(param)) for param in function.params
                            if param.reg >= 0])
        for index, ins in enumerate(block.body):
            note.instruction(block, index, ins)
            self._instruction(ins)
            if ins.reg >= 0 and ins.op not in ("call", "reload"):
                note.define(ins.reg, ins)
        self._terminator(block, after)

    def _note_frame(self, block: Block | None) -> None:
        """What has been pushed where a block begins; None for one in front of the frame."""
        if self.function.interrupt:
            self.note.frame(self.frame if block in self.inside else 0, -1, [])
        elif block in self.inside:
            saved = [(IP_COLUMN if register == LINK else register, depth)
                     for depth, register in enumerate(self.saved, start=1)]
            self.note.frame(self.frame, -1 if LINK in self.saved else LINK, saved)
        else:
            self.note.frame(0, LINK, [])

    def _find_target(self, block: Block) -> None:
        """Where a jump to a block may go instead: what only jumps on need not be visited."""
        path = {block: None}
        at = block
        while (at not in self.targets and at.term.op == "jump" and at is not self.start
               and not self.moves[at, at.succs[0]] and not self._visible(at)):
            if at.succs[0] in path:  # round and round
                self.targets[block] = at
                return
            at = at.succs[0]
            path[at] = None
        at = self.targets.get(at, at)
        for one in path:
            self.targets[one] = at

    def _visible(self, block: Block) -> bool:
        """Whether a block's body makes any code."""
        return any(ins.reg >= 0 or not _is_pure(ins) for ins in block.body)

    def _stack_entry(self) -> None:
        """From the language's convention to that with registers."""
        self._out(f"  mov r{LINK} r{STACK_LINK}")
        self.note.frame(0, LINK, [])
        at = 0
        offsets = self.function.stub_offsets
        params = [*self.function.params,
                  *(leaf for leaf in self.function.pinned if leaf.op == "param")]
        for param in sorted(params, key=lambda one: offsets[one.value]):
            offset = offsets[param.value]
            if param.reg < 0:
                continue  # not used
            if offset == 0:
                self._out(f"  load r{param.value} r{STACK}")
                continue
            if offset == at + 1:
                self._out(f"  add r{TEMPORARY} r{TEMPORARY if at else STACK} r{ONE}")
            else:
                self._stack_address(TEMPORARY, offset)
            at = offset
            self._out(f"  load r{param.value} r{TEMPORARY}")

    def _prologue(self) -> None:
        entry = self.start is self.function.blocks[0]
        link, pushed = LINK, 0
        saved: list[tuple[int, int]] = []
        for register in self.saved:
            column = register
            if register == LINK:
                column = IP_COLUMN
                if entry and not self.function.fast:
                    link = register = STACK_LINK
            self._out(f"  sub r{STACK} r{STACK} r{ONE}")
            pushed += 1
            self.note.frame(pushed, link, saved)
            self._out(f"  store r{STACK} r{register}")
            saved.append((column, pushed))
            link = -1 if column == IP_COLUMN else link
            self.note.frame(pushed, link, saved)
        if self.function.interrupt:
            link = -1
        self._adjust("sub", self.size, lambda done: self.note.frame(pushed + done, link, saved))

    def _epilogue(self) -> None:
        saved = [(IP_COLUMN if register == LINK else register, depth)
                 for depth, register in enumerate(self.saved, start=1)]
        link = -1 if LINK in self.saved else LINK
        self._adjust("add", self.size,
                     lambda done: self.note.frame(self.frame - done, link, saved))
        for register in reversed(self.saved):
            self._out(f"  load r{register} r{STACK}")
            saved.pop()
            link = LINK if register == LINK else link
            self.note.frame(len(saved) + 1, link, saved)
            self._out(f"  add r{STACK} r{STACK} r{ONE}")
            self.note.frame(len(saved), link, saved)

    def _adjust(self, op: str, words: int, note: Callable[[int], None]) -> None:
        """Move the stack pointer; `note` hears how far after each step."""
        if words <= 2:
            for done in range(words):
                self._out(f"  {op} r{STACK} r{STACK} r{ONE}")
                note(done + 1)
        else:
            self._out(f"  constant r{TEMPORARY} {words}")
            self._out(f"  {op} r{STACK} r{STACK} r{TEMPORARY}")
            note(words)

    def _instruction(self, ins: Ins) -> None:
        op, args = ins.op, ins.args
        if ins.reg < 0 and _is_pure(ins):
            return
        self._remark(ins.line)
        if op in BINARY:
            self._out(f"  {op} r{ins.reg} r{_register(args[0])} r{_register(args[1])}")
        elif op in LEAVES:
            self._leaf(ins.reg, ins)
        elif op == "load":
            register = ins.reg if ins.reg >= 0 else TEMPORARY
            self._out(f"  load r{register} r{_register(args[0])}")
        elif op == "store":
            self._out(f"  store r{_register(args[0])} r{_register(args[1])}")
        elif op == "guard" or op == "guardnot":
            jump = "jz" if op == "guard" else "jnz"
            self._trap(ins)
            self._out(f"  {jump} r{_register(args[0])} r{_register(args[1])}")
        elif op in UNARY or op == "mov":
            self._out(f"  {op} r{ins.reg} r{_register(args[0])}")
        elif op == "call":
            self._call(ins)
        elif op == "spill" or op == "reload":
            offset = ins.value.offset
            address = STACK
            if offset:
                address = TEMPORARY
                self._stack_address(address, offset)
            if op == "spill":
                self._out(f"  store r{address} r{_register(args[0])}")
                self.note.spill(ins.value, _register(args[0]))
            else:
                self._out(f"  load r{ins.reg if ins.reg >= 0 else TEMPORARY} r{address}")
                self.note.reload(ins.reg if ins.reg >= 0 else TEMPORARY, ins.value)
        else:
            raise AssertionError(op)

    def _trap(self, ins: Ins) -> str:
        """The label that a failed check goes to."""
        line = self.module.line_of(ins.line)
        assert ins.block is not None
        self.traps.setdefault((ins.value, line), (ins.line, ins.block))
        label = trap_label(self.function, ins.value, line)
        self.used_labels.add(label)
        self.note.edge((ins.value, line))
        return label

    def _call(self, ins: Ins) -> None:
        info = ins.value
        after = f"{self.function.symbol}$after{self.returns}"
        self.returns += 1
        self.used_labels.add(after)
        link = LINK if info.fast else STACK_LINK
        target = TEMPORARY
        if info.fast:
            # A pinned parameter that a recursion passes on in its own place is there already.
            inner = info.symbol == self.function.symbol
            self._move_all([(index, arg) for index, arg in enumerate(ins.args)
                            if not (inner and arg.op == "param" and arg.block is None
                                    and arg.value == index)])
        elif info.symbol is None:
            target = _register(ins.args[0])
            if target == STACK_LINK:
                self._out(f"  mov r{TEMPORARY} r{STACK_LINK}")
                target = TEMPORARY
        inner = f"{self.function.symbol}$self"
        if info.symbol == self.function.symbol and self.function.pinned:
            target = next((leaf.reg for leaf in self.function.pinned
                           if leaf.op == "label" and leaf.value[0] == inner), TEMPORARY)
            self.used_labels.add(inner)
        if target == TEMPORARY and info.symbol is not None:
            label = fast_label(info.symbol) if info.fast else info.symbol
            if info.symbol == self.function.symbol and self.function.pinned:
                label = inner
            self._out(f"  constant r{TEMPORARY} {reference(label)}")
        self._out(f"  constant r{link} {reference(after)}")
        self._out(f"  jmp r{target}")
        self._label(after)
        self.note.call(ins)
        if ins.reg >= 0 and ins.reg != RESULT:
            self._out(f"  mov r{ins.reg} r{RESULT}")

    # --- leaving a block ---

    def _terminator(self, block: Block, after: Block | None) -> None:
        term, note = block.term, self.note
        if term.op == "jump":
            target = block.succs[0]
            moves = self.moves[block, target]
            self._move_all(moves)
            note.instruction(block, len(block.body), term)
            if target is not after:
                self._remark(term.line)
                self._jump(f"  jmp r{self._target(block, target, moves)}", target)
            else:
                note.edge(target)
            return
        note.instruction(block, len(block.body), term)
        if term.op == "branch":
            self._branch(block, after)
        elif term.op == "ret":
            self._return(block)
        else:
            self._out(f"  constant r{TEMPORARY} {reference(self._trap(term))}")
            self._out(f"  jmp r{TEMPORARY}")

    def _jump(self, text: str, target: Block) -> None:
        self.note.edge(self.targets.get(target, target))
        self._out(text)

    def _target(self, block: Block, target: Block, moved: list[tuple[int, Ins]]) -> int:
        """A register with the address of a successor, when `moved` has been done."""
        for arg in block.term.args:
            if arg.op == "block" and arg.value is target and arg.reg >= 0 and not any(
                    arg.reg == register for register, _ in moved):
                return arg.reg
        self._out(f"  constant r{TEMPORARY} {reference(self._name(target))}")
        return TEMPORARY

    def _branch(self, block: Block, after: Block | None) -> None:
        self._remark(block.term.line)
        condition = _register(block.term.args[0])
        first, second = block.succs
        taken = jump_targets(block, after)[0]
        other = second if taken is first else first
        jump = "jnz" if taken is first else "jz"
        moves, stay = self.moves[block, taken], self.moves[block, other]
        if moves and self._harmless(block, moves, other, stay, condition):
            self._move_all(moves)
            moves = []
        if not moves:
            self._jump(f"  {jump} r{condition} r{self._target(block, taken, [])}", taken)
            self._stay(block, other, stay, after)
        elif not stay and other is after:
            opposite = "jz" if taken is first else "jnz"
            self._jump(f"  {opposite} r{condition} r{self._target(block, other, [])}", other)
            self._move_all(moves)
            self._jump(f"  jmp r{self._target(block, taken, moves)}", taken)
        else:
            name = f"{self.function.symbol}$edge{len(self.stubs)}"
            self.used_labels.add(name)
            self.stubs.append((name, moves, taken, block))
            self._out(f"  constant r{TEMPORARY} {reference(name)}")
            self.note.edge(name)
            self._out(f"  {jump} r{condition} r{TEMPORARY}")
            self._stay(block, other, stay, after)

    def _stay(self, block: Block, other: Block, moves: list[tuple[int, Ins]],
              after: Block | None) -> None:
        """What comes behind the conditional jump of a branch."""
        self._move_all(moves)
        if other is not after:
            self._jump(f"  jmp r{self._target(block, other, moves)}", other)
        else:
            self.note.edge(other)

    def _harmless(self, block: Block, moves: list[tuple[int, Ins]], other: Block,
                  stay: list[tuple[int, Ins]], condition: int) -> bool:
        """Whether the moves of the taken edge may come in front of the jump."""
        needed = other.live | 1 << condition
        for _, value in stay:
            if value.block is not None:
                needed |= 1 << value.reg
        for phi in other.phis:
            arg = phi.args[self.arriving[block, other]]
            if phi.reg >= 0 and arg.block is not None:
                needed |= 1 << arg.reg
        for arg in block.term.args[1:]:
            if arg.reg >= 0:
                needed |= 1 << arg.reg
        return not any(needed >> target & 1 for target, _ in moves)

    def _return(self, block: Block) -> None:
        self._remark(block.term.line)
        if self.function.interrupt:
            # The interrupt's return restores all registers, the stack pointer included.
            self._out("  constant r0 0")
            self._out("  int r0")
            return
        link = LINK
        if block.term.args:
            self._move_all([(RESULT, block.term.args[0])])
        if block in self.inside:
            self._epilogue()
        self._out(f"  jmp r{link}")


def _arrived(param: Ins) -> Ins:
    """The register that the caller put a parameter into, as the source of a move."""
    source = Ins("param", [], param.value)
    source.reg = param.value
    source.block = param.block
    return source


def _register(value: Ins) -> int:
    """The register of an operand; the constant 1 has one of its own."""
    if value.reg >= 0:
        return value.reg
    assert value.op == "const" and value.value == 1, value
    return ONE


def _is_pure(ins: Ins) -> bool:
    """Whether nobody misses the instruction if its result is not used."""
    return (ins.op in BINARY or ins.op in UNARY or ins.op in LEAVES or ins.op == "mov"
            or ins.op == "reload" or ins.op == "load" and ins.value is not Memory.POINTER)
