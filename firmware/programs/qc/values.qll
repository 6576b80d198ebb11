// values.qll: code for values of one word, and for the addresses of places.
//
// Registers from `r` on are free; what comes out is the register that has the value, which is `r` or
// one that must not be changed. Registers below `r` are in use: a call saves them.

namespace gen {
  .constant global MOST: byte = 18;      // registers in use, at most, before they are saved
  .constant global NULL_TRAP: byte = 0;
  .constant global BOUNDS_TRAP: byte = 1;
  .constant global CAPACITY_TRAP: byte = 2;

  global depth: byte = 0;                // words pushed since the function began
  global frame: byte = 0;                // words of the frame so far
  global frame_words: memory::list = memory::list { };  // words to which the frame's size is to be added
  global traps: byte[3] = [0; 3];        // labels, or NONE
  global is_static: bool = false;        // temporaries are in the data: in initialisers of globals

  function push(register: byte): void {
    code::op(code::SUB, code::STACK, code::STACK, code::ONE);
    code::store(code::STACK, register);
    depth = depth + 1;
  }

  function pop(register: byte): void {
    code::load(register, code::STACK);
    code::op(code::ADD, code::STACK, code::STACK, code::ONE);
    depth = depth - 1;
  }

  function drop(count: byte): void {
    if (count == 0) { return; }
    add_offset(code::STACK, code::STACK, count);
    depth = depth - count;
  }

  // d = a + offset
  function add_offset(d: byte, a: byte, offset: byte): void {
    if (offset == 1) {
      code::op(code::ADD, d, a, code::ONE);
    } else if (offset == 0) {
      if (d != a) { code::op(code::MOV, d, a, 0); }
    } else {
      code::constant(code::SCRATCH, offset);
      code::op(code::ADD, d, a, code::SCRATCH);
    }
  }

  function save(r: byte): void {
    for (var i = 1; i < r; i = i + 1) { push(i); }
  }

  function restore(r: byte): void {
    for (var i = r - 1; i != 0; i = i - 1) { pop(i); }
  }

  // Jump to a trap if a register is zero, or not.
  function trap(opcode: byte, register: byte, which: byte): void {
    if (traps[which] == code::NONE) { traps[which] = code::label(); }
    code::jump_if(opcode, register, traps[which]);
  }

  // --- storage ---------------------------------------------------------------------------------

  // Room for a temporary that lives as long as the function.
  function slot(size: byte): byte {
    if (is_static) { return code::reserve(size); }
    var at = frame;
    frame = frame + size;
    return at;
  }

  function slot_address(d: byte, at: byte): void {
    if (is_static) { code::address_of_data(d, at); }
    else { add_stack(d, depth + at); }
  }

  function add_stack(d: byte, offset: byte): void {
    if (offset == 1) {
      code::op(code::ADD, d, code::STACK, code::ONE);
    } else {
      code::constant(d, offset);
      code::op(code::ADD, d, code::STACK, d);
    }
  }

  // The address of what lies behind the frame.
  function argument_address(d: byte, offset: byte): void {
    code::constant(d, depth + offset);
    memory::add(&frame_words, code::here() - 1);
    code::op(code::ADD, d, code::STACK, d);
  }

  function local_address(d: byte, l: * names::local, offset: byte): void {
    if (l->is_parameter) { argument_address(d, l->offset + offset); }
    else { slot_address(d, l->offset + offset); }
  }

  // --- places ----------------------------------------------------------------------------------

  // The address of a place, or of the memory that holds a value of several words, plus an offset.
  function address(n: * node::node, r: byte, offset: byte): byte {
    if (r > MOST) { return address_saved(n, r, offset); }
    nesting::enter(n->at, n->end);
    var k = n->kind;
    if (k == node::LOCAL) {
      local_address(r, <unsafe * names::local>n->x, offset);
      return r;
    }
    if (k == node::GLOBAL) {
      code::address_of(r, <unsafe * names::entity>n->x, offset);
      return r;
    }
    if (k == node::PART) { return address(n->a, r, offset + n->x); }
    if (k == node::DEREF) {
      var p = value(n->a, r);
      trap(code::JZ, p, NULL_TRAP);
      return moved(r, p, offset);
    }
    if (k == node::SLICE_LEN) { return address(n->a, r, offset + 1); }
    if (k == node::RETYPED) { return address(n->a, r, offset); }
    if (k == node::AT_ADDRESS) { return moved(r, value(n->a, r), offset); }
    if (k == node::ARRAY_INDEX || k == node::SLICE_INDEX || k == node::POINTER_INDEX) {
      element(n, r);
      return moved(r, r, offset);
    }
    if (types::is_aggregate(n->shape)) {
      var at = aggregate(n, r);
      if (k == node::CONDITIONAL || k == node::LOGICAL) { at = own_copy(n, at, r); }
      return moved(r, at, offset);
    }
    return moved(r, value(n, r), offset);
  }

  // A register with an offset added.
  function moved(r: byte, from: byte, offset: byte): byte {
    if (offset == 0) { return from; }
    add_offset(r, from, offset);
    return r;
  }

  function own_copy(n: * node::node, from: byte, r: byte): byte {
    var size = types::size(n->shape);
    var own = slot(size);
    slot_address(r + 1, own);
    copy(r + 1, from, size, r + 2);
    code::op(code::MOV, r, r + 1, 0);
    return r;
  }

  function address_saved(n: * node::node, r: byte, offset: byte): byte {
    save(r);
    code::op(code::MOV, r, address(n, 1, offset), 0);
    restore(r);
    return r;
  }

  // The address of an element into `r`.
  function element(n: * node::node, r: byte): void {
    var k = n->kind;
    var size = types::size(n->shape);
    var base = k == node::POINTER_INDEX ? value(n->a, r) : address(n->a, r, 0);
    if (k == node::POINTER_INDEX) { trap(code::JZ, base, NULL_TRAP); }
    var free = base == r ? r + 1 : r;
    if (k != node::SLICE_INDEX && n->b->kind == node::CONST
        && (n->x != 0 || k == node::POINTER_INDEX || n->b->x < types::base(n->a->shape)->length)) {
      add_offset_to(r, base, n->b->x * size);
      return;
    }
    var i = value(n->b, free);
    var next = i == free ? free + 1 : free;
    if (n->x == 0 && k != node::POINTER_INDEX) {
      if (k == node::SLICE_INDEX) {
        code::op(code::ADD, next, base, code::ONE);
        code::load(next, next);
      } else {
        code::constant(next, types::base(n->a->shape)->length);
      }
      code::op(code::LT, next, i, next);
      trap(code::JZ, next, BOUNDS_TRAP);
    }
    if (k == node::SLICE_INDEX) {
      code::load(next, base);
      base = next;
    }
    if (size != 1) {
      code::constant(code::SCRATCH, size);
      code::op(code::MUL, code::SCRATCH, i, code::SCRATCH);
      i = code::SCRATCH;
    }
    code::op(code::ADD, r, base, i);
  }

  function add_offset_to(r: byte, base: byte, offset: byte): void {
    if (offset == 0) {
      if (base != r) { code::op(code::MOV, r, base, 0); }
    } else {
      add_offset(r, base, offset);
    }
  }

  // --- values ----------------------------------------------------------------------------------

  function value(n: * node::node, r: byte): byte {
    var k = n->kind;
    if (k == node::LOCAL) {
      var l = <unsafe * names::local>n->x;
      if (l->register != 0) { return l->register; }
      local_address(r, l, 0);
      code::load(r, r);
      return r;
    }
    if (k == node::CONST) {
      if (n->x == 1) { return code::ONE; }
      code::constant(r, n->x);
      return r;
    }
    if (r > MOST) { return value_saved(n, r); }
    nesting::enter(n->at, n->end);
    if (k == node::GLOBAL) {
      if (constants::value(<unsafe * names::entity>n->x)) {
        if (constants::word == 1) { return code::ONE; }
        code::constant(r, constants::word);
        return r;
      }
    }
    if (node::is_place(n)) {
      if (types::is_aggregate(n->shape)) { return address(n, r, 0); }
      if (types::kind_of(n->shape) == types::VOID) { return r; }
      if ((k == node::RETYPED || k == node::PART) && n->a->kind == node::LOCAL
          && (<unsafe * names::local>n->a->x)->register != 0) {
        return (<unsafe * names::local>n->a->x)->register;
      }
      var at = address(n, r, 0);
      code::load(r, at);
      return r;
    }
    if (k == node::BINARY) { return binary(n, r); }
    if (k == node::CALL_FUNCTION || k == node::CALL_POINTER) { return call(n, r); }
    if (k == node::RETYPE) { return value(n->a, r); }
    if (k == node::FUNCTION) {
      code::address_of(r, <unsafe * names::entity>n->x, 0);
      return r;
    }
    if (k == node::NEGATE) {
      var v = value(n->a, r);
      code::constant(code::SCRATCH, 0);
      code::op(types::kind_of(n->shape) == types::FLOAT ? code::FSUB : code::SUB, r, code::SCRATCH, v);
      return r;
    }
    if (k == node::NOT) {
      var v = value(n->a, r);
      code::constant(code::SCRATCH, 0);
      code::op(code::EQ, r, v, code::SCRATCH);
      return r;
    }
    if (k == node::TO_FLOAT || k == node::TO_INT) {
      code::op(k == node::TO_FLOAT ? code::ITOF : code::FTOI, r, value(n->a, r), 0);
      return r;
    }
    if (k == node::ADDRESS) { return address(n->a, r, 0); }
    if (k == node::SLICE_POINTER) {
      code::load(r, address(n->a, r, 0));
      return r;
    }
    if (k == node::SLICE_CAP) {
      code::load(r, address(n->a, r, 2));
      return r;
    }
    if (k == node::CONDITIONAL) { return choose(n, r); }
    if (k == node::LOGICAL) { return types::is_aggregate(n->shape) ? aggregate(n, r) : decide(n, r); }
    if (k == node::NEW_OBJECT) { return new_object(n, r); }
    if (k == node::VOID) { return r; }
    return aggregate(n, r);
  }

  function value_saved(n: * node::node, r: byte): byte {
    save(r);
    var v = value(n, 1);
    if (v >= 32) {
      restore(r);
      return v;
    }
    code::op(code::MOV, r, v, 0);
    restore(r);
    return r;
  }

  function value_into(n: * node::node, r: byte): void {
    var v = value(n, r);
    if (v != r) { code::op(code::MOV, r, v, 0); }
  }

  function binary(n: * node::node, r: byte): byte {
    var a = value(n->a, r);
    var b = value(n->b, a == r ? r + 1 : r);
    code::op(n->x & 0xFF, r, a, b);
    if ((n->x & check::NEGATED) != 0) { code::op(code::SUB, r, code::ONE, r); }
    return r;
  }

  function choose(n: * node::node, r: byte): byte {
    var other = code::label();
    var end = code::label();
    branch(n->a, other, false, r);
    arm(n->b, r);
    code::jump(end);
    code::place(other);
    arm(n->c, r);
    code::place(end);
    return r;
  }

  function arm(n: * node::node, r: byte): void {
    var v = types::is_aggregate(n->shape) ? aggregate(n, r) : value(n, r);
    if (v != r) { code::op(code::MOV, r, v, 0); }
  }

  function decide(n: * node::node, r: byte): byte {
    var end = code::label();
    value_into(n->a, r);
    code::jump_if(n->x == lexer::AND ? code::JZ : code::JNZ, r, end);
    value_into(n->b, r);
    code::place(end);
    return r;
  }

  // Jump if an expression is true, or if it is false.
  function branch(n: * node::node, label: byte, sense: bool, r: byte): void {
    while (n->kind == node::NOT || n->kind == node::RETYPE) {
      if (n->kind == node::NOT) { sense = !sense; }
      n = n->a;
    }
    nesting::enter(n->at, n->end);
    if (n->kind == node::LOGICAL && !types::is_aggregate(n->shape)) {
      // `a && b` is false as soon as a is, `a || b` true as soon as a is.
      var early = n->x == lexer::OR;
      if (early == sense) {
        branch(n->a, label, sense, r);
        branch(n->b, label, sense, r);
      } else {
        var over = code::label();
        branch(n->a, over, !sense, r);
        branch(n->b, label, sense, r);
        code::place(over);
      }
      return;
    }
    if (n->kind == node::CONST) {
      if ((n->x != 0) == sense) { code::jump(label); }
      return;
    }
    if (n->kind == node::BINARY && r <= MOST) {
      var negated = (n->x & check::NEGATED) != 0;
      var op = n->x & 0xFF;
      if ((op == code::EQ || op == code::NEQ) && n->b->kind == node::CONST && n->b->x == 0) {
        var v = value(n->a, r);
        code::jump_if((op == code::NEQ) == sense ? code::JNZ : code::JZ, v, label);
        return;
      }
      var a = value(n->a, r);
      var b = value(n->b, a == r ? r + 1 : r);
      code::op(op, r, a, b);
      code::jump_if(negated == sense ? code::JZ : code::JNZ, r, label);
      return;
    }
    var v = value(n, r);
    if (types::is_aggregate(n->shape)) {
      code::load(r, v);
      v = r;
    }
    code::jump_if(sense ? code::JNZ : code::JZ, v, label);
  }

  // --- calls -----------------------------------------------------------------------------------

  function call(n: * node::node, r: byte): byte {
    save(r);
    var begin = depth;
    var is_pointer = n->kind == node::CALL_POINTER;
    if (is_pointer) {
      var p = value(n->a, 1);
      trap(code::JZ, p, NULL_TRAP);
      push(p);
    }
    var kept = depth;
    if (types::is_aggregate(n->shape)) {
      slot_address(1, slot(types::size(n->shape)));
      push(1);
    }
    for (var a = n->b; a; a = a->next) { push_value(a); }
    if (is_pointer) {
      if (depth == kept) { code::load(code::TARGET, code::STACK); }
      else {
        add_stack(code::TARGET, depth - kept);
        code::load(code::TARGET, code::TARGET);
      }
    }
    var back = code::label();
    code::address_of_label(0, back);
    if (!is_pointer) { code::address_of(code::TARGET, <unsafe * names::entity>n->x, 0); }
    code::op(code::JMP, 0, code::TARGET, 0);
    code::place(back);
    drop(depth - begin);
    restore(r);
    code::op(code::MOV, r, 0, 0);
    return r;
  }

  // Push an argument.
  function push_value(a: * node::node): void {
    if (!types::is_aggregate(a->shape)) {
      push(value(a, 1));
      return;
    }
    if (a->kind == node::TO_SLICE) {
      var p = address(a->a, 1, 0);
      code::constant(2, a->x);
      push(2);
      push(2);
      push(p);
      return;
    }
    var size = types::size(a->shape);
    var from = aggregate(a, 1);
    if (size == 0) { return; }
    if (size <= 4) {
      for (var i = size; i != 0; i = i - 1) {
        if (i == 1) {
          code::load(2, from);
        } else {
          add_offset(2, from, i - 1);
          code::load(2, 2);
        }
        push(2);
      }
      return;
    }
    code::constant(code::SCRATCH, size);
    code::op(code::SUB, code::STACK, code::STACK, code::SCRATCH);
    depth = depth + size;
    copy(code::STACK, from, size, 2);
  }

  // Call the allocator or the deallocator with the word in a register; the result is in `r`.
  function hook(name: string, argument: byte, r: byte): void {
    save(r);
    push(argument);
    var back = code::label();
    code::address_of_label(0, back);
    code::address_of(code::TARGET, hook_of(name), 0);
    code::op(code::JMP, 0, code::TARGET, 0);
    code::place(back);
    drop(1);
    restore(r);
    code::op(code::MOV, r, 0, 0);
  }

  // `system::alloc` or `dealloc`: the program's own, or one in assembly.
  function hook_of(name: string): * names::entity {
    var space = names::open_space(names::root, word::of_text("system"));
    var number = word::of_text(name);
    var e = <unsafe * names::entity>names::find(space, number, names::VALUE);
    if (!e || e->kind != names::FUNCTION) {
      e = names::make(names::FUNCTION, number, 0, names::open_block(space, names::root_block));
      names::enter(space, number, names::VALUE, <unsafe byte>e);
    }
    return e;
  }
}
