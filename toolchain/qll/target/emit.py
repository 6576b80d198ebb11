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
from typing import TYPE_CHECKING, Any

from toolchain.qll.abi import (
    LINK,
    ONE,
    PRESERVED_REGISTERS,
    RESULT,
    STACK,
    STACK_LINK,
    TEMPORARY,
    TRAP_BASE,
)
from toolchain.qll.middle.cfg import positions
from toolchain.qll.middle.ir import (
    BINARY,
    LEAVES,
    OPERATIONS,
    UNARY,
    Block,
    Function,
    Ins,
    Memory,
)
from toolchain.qll.middle.module import Module
from toolchain.qll.target.frame import frame_start, lay_out
from toolchain.qll.target.listener import NoRecorder
from toolchain.qll.target.place import jump_targets, trap_label
from toolchain.qll.target.text import fast_label, number, reference

if TYPE_CHECKING:
    from toolchain.qll.target.recorder import CodeRecord

__all__ = ["emit_function"]

# Operations that nobody misses if their result is not used; so are most loads.
_PURE = OPERATIONS | LEAVES | {"mov", "reload"}

_Moves = list[tuple[int, Ins]]  # to registers, all at once

_RESERVE = f"  sub r{STACK} r{STACK} r{ONE}"  # a word of the stack
_RELEASE = f"  add r{STACK} r{STACK} r{ONE}"


def emit_function(function: Function, used: int, module: Module, offsets: dict[str, set[int]],
                  comments: bool = True, has_stack_entry: bool = True) \
        -> "tuple[list[str], CodeRecord | None]":
    """Lines of assembly, and what is known of the code if it has marks; notes in `offsets` which
    words inside globals the code names. Without a stack entry it is only called in registers."""
    emitter = _Emitter(function, used, module, offsets, comments, has_stack_entry)
    lines = emitter.run()
    return lines, emitter.note.finish(emitter.frame)


class _Emitter:
    """Emits one function."""

    def __init__(self, function: Function, used: int, module: Module,
                 offsets: dict[str, set[int]], comments: bool, has_stack_entry: bool):
        self.function = function
        self.has_stack_entry = has_stack_entry or not function.fast
        self.module = module
        self.offsets = offsets
        self.comments = comments
        self.lines: list[Any] = []  # text, or a label as a tuple
        self._out = self.lines.append
        # Labels are as references show them, here and in what follows.
        self.label = reference(function.symbol)
        self.used_labels: set[str] = set()
        self.returns = 0
        self.line = 0
        # Of a line: its label, and a mark and a block of one of its checks.
        self.traps: dict[tuple[int, int], tuple[str, int, Block]] = {}
        self.stubs: list[tuple[str, _Moves, Block, Block]] = []
        self.has_calls = any(ins.op == "call" for block in function.blocks for ins in block.body)
        function.const(1).reg = ONE
        self.saved: list[int] = []
        if not function.interrupt:
            if self.has_calls:
                self.saved.append(LINK)
            self.saved += [reg for reg in PRESERVED_REGISTERS if used >> reg & 1]
        self.arriving = positions(function.blocks)
        self.size = lay_out(function)
        self.frame = self.size + len(self.saved)
        self.start = frame_start(function, self.arriving) if self.frame else function.blocks[0]
        self.inside: set[Block] = set()
        stack = [self.start]
        while stack:
            block = stack.pop()
            self.inside.add(block)
            stack.extend(block.kids)
        self.moves: dict[tuple[Block, Block], _Moves] = {}  # on the edges that have some
        self.targets: dict[Block, Block] = {}
        self.is_noted = module.marks is not None
        self.note = NoRecorder()
        if module.marks is not None:
            from toolchain.qll.target.recorder import Recorder  # which most programs do without
            self.note = Recorder(self.lines, module.marks)

    # --- text ---

    def _own_label(self, suffix: str) -> str:
        """A label that begins with that of the function."""
        label = self.label
        return f"{label[:-1]}${suffix}`" if label[-1] == "`" else f"{label}${suffix}"

    def _name(self, block: Block) -> str:
        """The label of a block, or of where a jump to it may go instead, which is needed then."""
        label = self.targets.get(block, block).label
        self.used_labels.add(label)
        return label

    def _remark(self, mark: int) -> None:
        """Show the source line when it changes."""
        line = self.module.line_of(mark)
        if line and line != self.line:
            self.line = line
            self._out(self.module.remark(line))

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
            self._out(f"  constant r{register} {self._name(leaf.value)}")
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

    def _move_all(self, moves: _Moves) -> None:
        """Registers get values, all at once."""
        if len(moves) == 1:
            target, value = moves[0]
            if value.block is None and value.op != "param":
                self._leaf(target, value)
            elif value.reg != target:
                self._out(f"  mov r{target} r{value.reg}")
            return
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
        blocks = function.blocks
        for index, block in enumerate(blocks):
            block.label = self._own_label(str(index))
        for block in blocks:
            if block.phis:
                self._note_moves(block)
        for block in blocks:
            self._find_target(block)
        self._out((self.label,))
        self.used_labels.add(self.label)
        if self.has_stack_entry:
            self.note.frame(0, -1 if function.interrupt else STACK_LINK, [])
        if function.fast:
            if self.has_stack_entry:
                self._stack_entry()
            else:
                self.note.frame(0, LINK, [])
            fast = reference(fast_label(function.symbol))
            self._out((fast,))
            self.used_labels.add(fast)
            if function.pinned:
                for leaf in function.pinned:
                    if leaf.op == "param":
                        self._out(f"  mov r{leaf.reg} r{leaf.value}")
                    else:
                        self._leaf(leaf.reg, leaf)
                self._out((self._own_label("self"),))
        elif not function.interrupt and not (self.start is blocks[0] and self.has_calls):
            self._out(f"  mov r{LINK} r{STACK_LINK}")
            self.note.frame(0, LINK, [])
        for index, block in enumerate(blocks):
            self._block(block, blocks[index + 1] if index + 1 < len(blocks) else None)
        for name, moves, target, source in self.stubs:
            self.note.node(name, source.term.line, source in self.inside)
            self._note_frame(source)
            self._out((name,))
            self._move_all(moves)
            self._out(f"  constant r{TEMPORARY} {self._name(target)}")
            self.note.edge(self.targets.get(target, target))
            self._out(f"  jmp r{TEMPORARY}")
        for (trap, line), (label, mark, source) in sorted(
                self.traps.items(), key=lambda one: one[0]):
            self.note.node((trap, line), mark, source in self.inside)
            self._note_frame(source)
            self._out((label,))
            self._out(f"  constant r{RESULT} {TRAP_BASE + trap:#x}")
            self._out("  halt")
        used = self.used_labels
        return [line if type(line) is str else f"{line[0]}:" for line in self.lines
                if type(line) is str or line[0] in used]

    def _note_moves(self, block: Block) -> None:
        """What must be moved on the edges to a block."""
        phis = [phi for phi in block.phis if phi.reg >= 0]
        for position, pred in enumerate(block.preds):
            moves: _Moves = []
            for phi in phis:
                arg = phi.args[position]
                if arg.reg != phi.reg or arg.block is None:
                    moves.append((phi.reg, arg))
            self.moves[pred, block] = moves

    def _block(self, block: Block, after: Block | None) -> None:
        function, note = self.function, self.note
        is_first = block is function.blocks[0]
        if not is_first:
            self._out((block.label,))
        if self.is_noted:
            self._note_start(block, is_first)
        if block is self.start:
            self._prologue()
        if is_first:
            self._move_all([(param.reg, _arrived(param)) for param in function.params
                            if param.reg >= 0])
        if self.is_noted:
            for index, ins in enumerate(block.body):
                note.instruction(block, index, ins)
                self._instruction(ins)
                if ins.reg >= 0 and ins.op not in ("call", "reload"):
                    note.define(ins.reg, ins)
        else:
            for ins in block.body:
                self._instruction(ins)
        self._terminator(block, after)

    def _note_start(self, block: Block, is_first: bool) -> None:
        """Note what holds where a block begins."""
        note = self.note
        note.node(block, (block.body or [block.term])[0].line, block in self.inside)
        if is_first:
            for param in self.function.params:
                if param.reg >= 0:
                    note.define(param.value, param)
        else:
            self._note_frame(None if block is self.start else block)
        for phi in block.phis:
            if phi.reg >= 0:
                note.define(phi.reg, phi)

    def _note_frame(self, block: Block | None) -> None:
        """What has been pushed where a block begins; None for one in front of the frame."""
        if self.function.interrupt:
            self.note.frame(self.frame if block in self.inside else 0, -1, [])
        elif block in self.inside:
            saved = [(register, depth) for depth, register in enumerate(self.saved, start=1)]
            self.note.frame(self.frame, -1 if LINK in self.saved else LINK, saved)
        else:
            self.note.frame(0, LINK, [])

    def _find_target(self, block: Block) -> None:
        """Where a jump to a block may go instead: what only jumps on need not be visited."""
        path = {block: None}
        at = block
        while (at not in self.targets and at.term.op == "jump" and at is not self.start
               and not self.moves.get((at, at.succs[0])) and not self._visible(at)):
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
            if register == LINK and entry and not self.function.fast:
                link = register = STACK_LINK
            self._out(_RESERVE)
            pushed += 1
            self.note.frame(pushed, link, saved)
            self._out(f"  store r{STACK} r{register}")
            saved.append((column, pushed))
            link = -1 if column == LINK else link
            self.note.frame(pushed, link, saved)
        if self.function.interrupt:
            link = -1
        self._adjust("sub", self.size, lambda done: self.note.frame(pushed + done, link, saved))

    def _epilogue(self) -> None:
        saved = [(register, depth) for depth, register in enumerate(self.saved, start=1)]
        link = -1 if LINK in self.saved else LINK
        self._adjust("add", self.size,
                     lambda done: self.note.frame(self.frame - done, link, saved))
        for register in reversed(self.saved):
            self._out(f"  load r{register} r{STACK}")
            saved.pop()
            link = LINK if register == LINK else link
            self.note.frame(len(saved) + 1, link, saved)
            self._out(_RELEASE)
            self.note.frame(len(saved), link, saved)

    def _adjust(self, op: str, words: int, note: Callable[[int], None]) -> None:
        """Move the stack pointer; `note` hears how far after each step."""
        if words <= 2:
            for done in range(words):
                self._out(_RESERVE if op == "sub" else _RELEASE)
                note(done + 1)
        else:
            self._out(f"  constant r{TEMPORARY} {words}")
            self._out(f"  {op} r{STACK} r{STACK} r{TEMPORARY}")
            note(words)

    def _instruction(self, ins: Ins) -> None:
        op, args, register = ins.op, ins.args, ins.reg
        if register < 0:
            if _is_pure(ins):
                return
            register = TEMPORARY
        if self.comments:
            self._remark(ins.line)
        if op in BINARY:
            self._out(f"  {op} r{register} r{args[0].reg} r{args[1].reg}")
        elif op in LEAVES:
            self._leaf(register, ins)
        elif op == "load":
            self._out(f"  load r{register} r{args[0].reg}")
        elif op == "store":
            self._out(f"  store r{args[0].reg} r{args[1].reg}")
        elif op == "guard" or op == "guardnot":
            jump = "jz" if op == "guard" else "jnz"
            self._trap(ins)
            self._out(f"  {jump} r{args[0].reg} r{args[1].reg}")
        elif op in UNARY or op == "mov":
            self._out(f"  {op} r{register} r{args[0].reg}")
        elif op == "call":
            self._call(ins)
        elif op == "spill" or op == "reload":
            offset = ins.value.offset
            address = STACK
            if offset:
                address = TEMPORARY
                self._stack_address(address, offset)
            if op == "spill":
                self._out(f"  store r{address} r{args[0].reg}")
                self.note.spill(ins.value, args[0].reg)
            else:
                self._out(f"  load r{register} r{address}")
                self.note.reload(register, ins.value)
        else:
            raise AssertionError(op)

    def _trap(self, ins: Ins) -> str:
        """The label that a failed check goes to."""
        line = self.module.line_of(ins.line)
        known = self.traps.get((ins.value, line))
        if known is None:
            label = reference(trap_label(self.function, ins.value, line))
            assert ins.block is not None
            known = self.traps[ins.value, line] = label, ins.line, ins.block
            self.used_labels.add(label)
        self.note.edge((ins.value, line))
        return known[0]

    def _call(self, ins: Ins) -> None:
        info = ins.value
        after = self._own_label(f"after{self.returns}")
        self.returns += 1
        self.used_labels.add(after)
        link = LINK if info.fast else STACK_LINK
        target = TEMPORARY
        is_inner = info.symbol == self.function.symbol
        if info.fast:
            # A pinned parameter that a recursion passes on in its own place is there already.
            self._move_all([(index, arg) for index, arg in enumerate(ins.args)
                            if not (is_inner and arg.op == "param" and arg.block is None
                                    and arg.value == index)])
        elif info.symbol is None:
            target = ins.args[0].reg
            if target == STACK_LINK:
                self._out(f"  mov r{TEMPORARY} r{STACK_LINK}")
                target = TEMPORARY
        label = None
        if is_inner and self.function.pinned:
            target = next((leaf.reg for leaf in self.function.pinned if leaf.op == "label"
                           and leaf.value[0] == f"{info.symbol}$self"), TEMPORARY)
            label = self._own_label("self")
            self.used_labels.add(label)
        if target == TEMPORARY and info.symbol is not None:
            if label is None:
                label = reference(fast_label(info.symbol) if info.fast else info.symbol)
            self._out(f"  constant r{TEMPORARY} {label}")
        self._out(f"  constant r{link} {after}")
        self._out(f"  jmp r{target}")
        self._out((after,))
        self.note.call(ins)
        if ins.reg >= 0 and ins.reg != RESULT:
            self._out(f"  mov r{ins.reg} r{RESULT}")

    # --- leaving a block ---

    def _terminator(self, block: Block, after: Block | None) -> None:
        term, note = block.term, self.note
        if term.op == "jump":
            target = block.succs[0]
            moves = self.moves.get((block, target))
            if moves:
                self._move_all(moves)
            note.instruction(block, len(block.body), term)
            if target is not after:
                if self.comments:
                    self._remark(term.line)
                self._jump(f"  jmp r{self._target(block, target, moves)}", target)
            else:
                note.edge(target)
            return
        note.instruction(block, len(block.body), term)
        if self.comments and term.op != "trap":
            self._remark(term.line)
        if term.op == "branch":
            self._branch(block, after)
        elif term.op == "ret":
            self._return(block)
        else:
            self._out(f"  constant r{TEMPORARY} {self._trap(term)}")
            self._out(f"  jmp r{TEMPORARY}")

    def _jump(self, text: str, target: Block) -> None:
        self.note.edge(self.targets.get(target, target))
        self._out(text)

    def _target(self, block: Block, target: Block, moved: _Moves | None) -> int:
        """A register with the address of a successor, when `moved` has been done."""
        for arg in block.term.args:
            if arg.op == "block" and arg.value is target and arg.reg >= 0 and not (
                    moved and any(arg.reg == register for register, _ in moved)):
                return arg.reg
        self._out(f"  constant r{TEMPORARY} {self._name(target)}")
        return TEMPORARY

    def _branch(self, block: Block, after: Block | None) -> None:
        condition = block.term.args[0].reg
        first, second = block.succs
        taken = jump_targets(block, after)[0]
        other = second if taken is first else first
        jump = "jnz" if taken is first else "jz"
        moves, stay = self.moves.get((block, taken)), self.moves.get((block, other))
        if moves and self._harmless(block, moves, other, stay, condition):
            self._move_all(moves)
            moves = None
        if not moves:
            self._jump(f"  {jump} r{condition} r{self._target(block, taken, None)}", taken)
            self._stay(block, other, stay, after)
        elif not stay and other is after:
            opposite = "jz" if taken is first else "jnz"
            self._jump(f"  {opposite} r{condition} r{self._target(block, other, None)}", other)
            self._move_all(moves)
            self._jump(f"  jmp r{self._target(block, taken, moves)}", taken)
        else:
            name = self._own_label(f"edge{len(self.stubs)}")
            self.used_labels.add(name)
            self.stubs.append((name, moves, taken, block))
            self._out(f"  constant r{TEMPORARY} {name}")
            self.note.edge(name)
            self._out(f"  {jump} r{condition} r{TEMPORARY}")
            self._stay(block, other, stay, after)

    def _stay(self, block: Block, other: Block, moves: _Moves | None,
              after: Block | None) -> None:
        """What comes behind the conditional jump of a branch."""
        if moves:
            self._move_all(moves)
        if other is not after:
            self._jump(f"  jmp r{self._target(block, other, moves)}", other)
        else:
            self.note.edge(other)

    def _harmless(self, block: Block, moves: _Moves, other: Block, stay: _Moves | None,
                  condition: int) -> bool:
        """Whether the moves of the taken edge may come in front of the jump."""
        needed = other.live | 1 << condition
        for _, value in stay or ():
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


def _is_pure(ins: Ins) -> bool:
    """Whether nobody misses the instruction if its result is not used."""
    return ins.op in _PURE or ins.op == "load" and ins.value is not Memory.POINTER
