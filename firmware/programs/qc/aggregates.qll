// aggregates.qll: code for values of several words: each is somewhere in memory.

namespace gen {
  // Copy words from one address to another; registers from `t` on are free.
  function copy(to: byte, from: byte, size: byte, t: byte): void {
    if (size <= 6) {
      for (var i = 0; i < size; i = i + 1) {
        var a = from;
        var b = to;
        if (i != 0) {
          code::op(code::ADD, t, i == 1 ? from : t, code::ONE);
          code::op(code::ADD, t + 1, i == 1 ? to : t + 1, code::ONE);
          a = t;
          b = t + 1;
        }
        code::load(code::SCRATCH, a);
        code::store(b, code::SCRATCH);
      }
      return;
    }
    code::constant(t + 2, size);
    code::op(code::ADD, t + 2, from, t + 2);
    code::op(code::MOV, t, from, 0);
    code::op(code::MOV, t + 1, to, 0);
    copy_to_end(t);
  }

  // Copy from the address in `t` to that in `t + 1`, up to the one in `t + 2`; at least one word.
  function copy_to_end(t: byte): void {
    var again = code::label();
    code::address_of_label(t + 3, again);
    code::place(again);
    code::load(code::SCRATCH, t);
    code::store(t + 1, code::SCRATCH);
    code::op(code::ADD, t, t, code::ONE);
    code::op(code::ADD, t + 1, t + 1, code::ONE);
    code::op(code::LT, code::SCRATCH, t, t + 2);
    code::op(code::JNZ, 0, code::SCRATCH, t + 3);
  }

  // Fill from the address in `t` up to the one in `t + 1` with a register; perhaps no word at all.
  function fill_to_end(t: byte, word: byte): void {
    var again = code::label();
    var test = code::label();
    code::address_of_label(t + 2, again);
    code::jump(test);
    code::place(again);
    code::store(t, word);
    code::op(code::ADD, t, t, code::ONE);
    code::place(test);
    code::op(code::LT, code::SCRATCH, t, t + 1);
    code::op(code::JNZ, 0, code::SCRATCH, t + 2);
  }

  // Zeros at an address; registers from `t` on are free.
  function clear(at: byte, size: byte, t: byte): void {
    if (size == 0) { return; }
    code::constant(t, 0);
    if (size > 6) {
      code::op(code::MOV, t + 1, at, 0);
      code::constant(t + 2, size);
      code::op(code::ADD, t + 2, at, t + 2);
      fill_to_end(t + 1, t);
      return;
    }
    code::store(at, t);
    for (var i = 1; i < size; i = i + 1) {
      code::op(code::ADD, t + 1, i == 1 ? at : t + 1, code::ONE);
      code::store(t + 1, t);
    }
  }

  // Store a value at an address.
  function store_value(n: * node::node, at: byte, r: byte): void {
    if (types::is_aggregate(n->shape)) {
      var from = aggregate(n, r);
      copy(at, from, types::size(n->shape), r + 1);
    } else if (types::kind_of(n->shape) != types::VOID) {
      code::store(at, value(n, r));
    }
  }

  // The address of the memory that holds a value.
  function aggregate(n: * node::node, r: byte): byte {
    var k = n->kind;
    if (node::is_place(n)) { return address(n, r, 0); }
    if (r > MOST) { return aggregate_saved(n, r); }
    if (k == node::CALL_FUNCTION || k == node::CALL_POINTER) { return call(n, r); }
    if (k == node::RETYPE) { return aggregate(n->a, r); }
    if (k == node::CONDITIONAL) { return choose(n, r); }
    if (k == node::LOGICAL) { return decide_slice(n, r); }
    if (k == node::NEW_ELEMENTS) { return new_elements(n, r); }
    if (k == node::STRING) { return string_literal(n, r); }
    var size = types::size(n->shape);
    if (k == node::STRUCTURE || k == node::ARRAY || k == node::REPEAT) {
      if (size > 3 && image::is_static(n, false)) { return from_data(n, size, r); }
    }
    var own = slot(size);
    if (k == node::TO_SLICE) {
      var p = address(n->a, r, 0);
      var at = p == r ? r + 1 : r;
      slot_address(at, own);
      code::store(at, p);
      code::constant(code::SCRATCH, n->x);
      store_twice(at, at + 1);
      if (at != r) { slot_address(r, own); }
      else { slot_address(r, own); }
      return r;
    }
    if (k == node::POINTER_TO_SLICE) {
      var p = value(n->a, r);
      var at = p == r ? r + 1 : r;
      slot_address(at, own);
      code::store(at, p);
      code::constant(code::SCRATCH, n->x);
      store_twice(at, at + 1);
      slot_address(r, own);
      return r;
    }
    if (k == node::SUBSLICE) { return subslice(n, own, r); }
    if (k == node::STRUCTURE) { return structure(n, own, size, r); }
    if (k == node::ARRAY) { return array(n, own, r); }
    if (k == node::REPEAT) { return repeat(n, own, size, r); }
    slot_address(r, own);
    clear(r, size, r + 1);               // a null slice
    return r;
  }

  // Store the scratch register in the two words behind an address.
  function store_twice(at: byte, next: byte): void {
    code::op(code::ADD, next, at, code::ONE);
    code::store(next, code::SCRATCH);
    code::op(code::ADD, next, next, code::ONE);
    code::store(next, code::SCRATCH);
  }

  function aggregate_saved(n: * node::node, r: byte): byte {
    save(r);
    var at = aggregate(n, 1);
    code::op(code::MOV, r, at, 0);
    restore(r);
    return r;
  }

  function decide_slice(n: * node::node, r: byte): byte {
    var end = code::label();
    var at = aggregate(n->a, r);
    if (at != r) { code::op(code::MOV, r, at, 0); }
    code::load(r + 1, r);
    code::jump_if(n->x == lexer::AND ? code::JZ : code::JNZ, r + 1, end);
    at = aggregate(n->b, r);
    if (at != r) { code::op(code::MOV, r, at, 0); }
    code::place(end);
    return r;
  }

  // --- literals --------------------------------------------------------------------------------

  // A literal is written anew each time, from a copy in the data.
  function from_data(n: * node::node, size: byte, r: byte): byte {
    var at = code::reserve(size);
    image::put(n, at);
    code::address_of_data(r, at);
    if (is_static) { return r; }
    var own = slot(size);
    slot_address(r + 1, own);
    copy(r + 1, r, size, r + 2);
    slot_address(r, own);
    return r;
  }

  function string_literal(n: * node::node, r: byte): byte {
    if (n->c) {
      var at = code::reserve(n->x);
      image::put(n, at);
      code::address_of_data(r, at);
      return r;
    }
    if (n->x == 0) {
      slot_address(r, slot(1));
      return r;
    }
    return from_data(n, n->x, r);
  }

  function structure(n: * node::node, own: byte, size: byte, r: byte): byte {
    var covered = 0;
    for (var e = n->a; e; e = e->next) { covered = covered + types::size(e->shape); }
    if (covered != size) {
      slot_address(r, own);
      clear(r, size, r + 1);
    }
    for (var e = n->a; e; e = e->next) { store_part(e->a, own + e->x, r); }
    slot_address(r, own);
    return r;
  }

  // Store a value in a temporary: first the value, which may have temporaries, then the address.
  function store_part(n: * node::node, at: byte, r: byte): void {
    if (types::is_aggregate(n->shape)) {
      var from = aggregate(n, r);
      var to = from == r ? r + 1 : r;
      slot_address(to, at);
      copy(to, from, types::size(n->shape), to + 1);
    } else {
      var v = value(n, r);
      var to = v == r ? r + 1 : r;
      slot_address(to, at);
      code::store(to, v);
    }
  }

  function array(n: * node::node, own: byte, r: byte): byte {
    var size = types::size(types::base(n->shape)->target);
    var at = own;
    for (var e = n->a; e; e = e->next) {
      store_part(e, at, r);
      at = at + size;
    }
    slot_address(r, own);
    return r;
  }

  // Evaluated as often as it says; how far that is, is in the memory, too.
  function repeat(n: * node::node, own: byte, size: byte, r: byte): byte {
    var each = types::size(n->a->shape);
    if (n->x == 0) {
      slot_address(r, own);
      return r;
    }
    if (n->a->kind == node::CONST) {
      slot_address(r, own);
      code::op(code::MOV, r + 1, r, 0);
      code::constant(r + 2, size);
      code::op(code::ADD, r + 2, r, r + 2);
      code::constant(r + 4, n->a->x);
      fill_to_end(r + 1, r + 4);
      return r;
    }
    var counter = slot(1);
    var again = code::label();
    code::constant(r, 0);
    slot_address(r + 1, counter);
    code::store(r + 1, r);
    code::place(again);
    var is_many = types::is_aggregate(n->a->shape);
    var from = is_many ? aggregate(n->a, r) : value(n->a, r);
    if (from != r) { code::op(code::MOV, r, from, 0); }
    slot_address(r + 1, counter);
    code::load(r + 2, r + 1);
    code::constant(r + 3, each);
    code::op(code::MUL, r + 3, r + 2, r + 3);
    slot_address(r + 4, own);
    code::op(code::ADD, r + 3, r + 3, r + 4);
    code::op(code::ADD, r + 2, r + 2, code::ONE);
    code::store(r + 1, r + 2);
    if (is_many) { copy(r + 3, r, each, r + 4); } else { code::store(r + 3, r); }
    slot_address(r + 1, counter);
    code::load(r + 2, r + 1);
    code::constant(r + 3, n->x);
    code::op(code::LT, r + 2, r + 2, r + 3);
    code::jump_if(code::JNZ, r + 2, again);
    slot_address(r, own);
    return r;
  }

  // --- slices ----------------------------------------------------------------------------------

  function subslice(n: * node::node, own: byte, r: byte): byte {
    var base = types::base(n->a->shape);
    var size = types::size(types::base(n->shape)->target);
    // r: lower bound; r + 1: upper bound; r + 2: base; r + 3: its capacity
    if (n->b) { value_into(n->b, r); } else { code::constant(r, 0); }
    if (n->c) { value_into(n->c, r + 1); }
    var at = address(n->a, r + 2, 0);
    if (base->kind == types::ARRAY) {
      if (at != r + 2) { code::op(code::MOV, r + 2, at, 0); }
      code::constant(r + 3, base->length);
      if (!n->c) { code::op(code::MOV, r + 1, r + 3, 0); }
    } else {
      code::op(code::ADD, r + 3, at, code::ONE);
      if (!n->c) { code::load(r + 1, r + 3); }
      code::op(code::ADD, r + 3, r + 3, code::ONE);
      code::load(r + 3, r + 3);
      code::load(r + 2, at);
    }
    code::op(code::SUB, r + 1, r + 1, r);
    code::op(code::SUB, r + 3, r + 3, r);
    if (size != 1) {
      code::constant(code::SCRATCH, size);
      code::op(code::MUL, r, r, code::SCRATCH);
    }
    code::op(code::ADD, r + 2, r + 2, r);
    slot_address(r, own);
    code::store(r, r + 2);
    code::op(code::ADD, r + 2, r, code::ONE);
    code::store(r + 2, r + 1);
    code::op(code::ADD, r + 2, r + 2, code::ONE);
    code::store(r + 2, r + 3);
    return r;
  }

  // --- new -------------------------------------------------------------------------------------

  function new_object(n: * node::node, r: byte): byte {
    var element = types::base(n->shape)->target;
    var size = types::size(element);
    code::constant(r, size);
    hook("alloc", r, r);
    var none = code::label();
    code::jump_if(code::JZ, r, none);
    if (n->b) { store_value(n->b, r, r + 1); } else { clear(r, size, r + 1); }
    code::place(none);
    return r;
  }

  function new_elements(n: * node::node, r: byte): byte {
    var size = types::size(types::base(n->shape)->target);
    var own = slot(3);
    value_into(n->b, r);
    code::constant(r + 1, size);
    code::op(code::MUL, r + 1, r, r + 1);
    hook("alloc", r + 1, r + 1);
    var none = code::label();
    var end = code::label();
    code::jump_if(code::JZ, r + 1, none);
    // r: count; r + 1: where
    if (n->x == check::REPEATED) { repeated(n, size, r); }
    else if (n->x == check::COPIED) { copied(n, size, r); }
    else {
      words_end(size, r, r + 1, r + 3);
      code::op(code::MOV, r + 2, r + 1, 0);
      code::constant(r + 5, 0);
      fill_to_end(r + 2, r + 5);
    }
    code::jump(end);
    code::place(none);
    code::constant(r, 0);
    code::place(end);
    slot_address(r + 2, own);
    code::store(r + 2, r + 1);
    code::op(code::MOV, code::SCRATCH, r, 0);
    store_twice(r + 2, r + 3);
    slot_address(r, own);
    return r;
  }

  // d = begin + count * size
  function words_end(size: byte, count: byte, begin: byte, d: byte): void {
    code::constant(d, size);
    code::op(code::MUL, d, count, d);
    code::op(code::ADD, d, begin, d);
  }

  function repeated(n: * node::node, size: byte, r: byte): void {
    var is_many = types::is_aggregate(n->c->shape);
    var from = is_many ? aggregate(n->c, r + 2) : value(n->c, r + 2);
    if (from != r + 2) { code::op(code::MOV, r + 2, from, 0); }
    words_end(size, r, r + 1, r + 4);
    code::op(code::MOV, r + 3, r + 1, 0);
    if (!is_many) {
      fill_to_end(r + 3, r + 2);
      return;
    }
    // r + 2: from; r + 3: to; r + 4: end
    var again = code::label();
    var test = code::label();
    code::jump(test);
    code::place(again);
    copy(r + 3, r + 2, size, r + 5);
    add_offset(r + 3, r + 3, size);
    code::place(test);
    code::op(code::LT, code::SCRATCH, r + 3, r + 4);
    code::jump_if(code::JNZ, code::SCRATCH, again);
  }

  function copied(n: * node::node, size: byte, r: byte): void {
    var base = types::base(n->c->shape);
    var at = aggregate(n->c, r + 2);
    // r + 3: its count, or ours if that is less; then the end of what is copied
    if (base->kind == types::ARRAY) {
      if (at != r + 2) { code::op(code::MOV, r + 2, at, 0); }
      code::constant(r + 3, base->length);
    } else {
      code::op(code::ADD, r + 3, at, code::ONE);
      code::load(r + 3, r + 3);
      code::load(r + 2, at);
    }
    var fits = code::label();
    code::op(code::LT, code::SCRATCH, r + 3, r);
    code::jump_if(code::JNZ, code::SCRATCH, fits);
    code::op(code::MOV, r + 3, r, 0);
    code::place(fits);
    // r + 4: from; r + 5: to; r + 6: end of from
    words_end(size, r + 3, r + 2, r + 6);
    code::op(code::MOV, r + 4, r + 2, 0);
    code::op(code::MOV, r + 5, r + 1, 0);
    var nothing = code::label();
    code::op(code::LT, code::SCRATCH, r + 4, r + 6);
    code::jump_if(code::JZ, code::SCRATCH, nothing);
    copy_to_end(r + 4);
    code::place(nothing);
    // zeros where it is too short
    words_end(size, r, r + 1, r + 6);
    code::constant(r + 4, 0);
    fill_to_end(r + 5, r + 4);
  }
}
