// functions.qll: code for statements, functions and the routine that initialises globals.
//
// A frame, from the stack pointer upwards: the return address, the preserved registers that are used,
// variables in memory and temporaries; behind it the arguments.

namespace gen {
  .constant global FIRST_KEPT: byte = 32;
  .constant global LAST_KEPT: byte = 61;

  global function_at: * names::entity = null;
  global leave: byte = 0;                // label of the way out
  global on_break: byte = 0;
  global on_continue: byte = 0;
  global kept: byte = 0;                 // preserved registers in use
  global result_at: byte = 0;            // behind the frame: where the address of the result is

  // --- where variables are ---------------------------------------------------------------------

  global next_free: memory::list = memory::list { };   // by the number of variables alive: next register

  function wants_register(l: * names::local): bool {
    return !l->is_exposed && types::is_scalar(l->shape);
  }

  function place_variables(f: * names::entity): void {
    kept = 0;
    next_free.count = 0;
    memory::add(&next_free, FIRST_KEPT);
    for (var l = f->locals; l; l = l->next) {
      var register = next_free.words[unsafe l->height];
      next_free.count = l->height + 1;
      l->register = 0;
      if (wants_register(l) && register <= LAST_KEPT) {
        l->register = register;
        register = register + 1;
        kept = std::math::max(kept, register - FIRST_KEPT);
      }
      memory::add(&next_free, register);
    }
    frame = 1 + kept;
    var behind = 0;
    for (var l = f->locals; l; l = l->next) {
      if (l->is_parameter) {
        behind = behind + types::size(l->shape);
      } else if (l->register == 0) {
        l->offset = frame;
        frame = frame + types::size(l->shape);
      }
    }
    result_at = behind;
    for (var l = f->locals; l; l = l->next) {
      if (l->is_parameter) {
        behind = behind - types::size(l->shape);
        l->offset = behind;
      }
    }
  }

  // --- functions -------------------------------------------------------------------------------

  function begin_frame(): void {
    depth = 0;
    frame_words.count = 0;
    for (var i = 0; i < len traps; i = i + 1) { traps[i] = code::NONE; }
    leave = code::label();
    code::constant(1, 0);
    memory::add(&frame_words, code::here() - 1);
    code::op(code::SUB, code::STACK, code::STACK, 1);
    code::store(code::STACK, 0);
    for (var i = 0; i < kept; i = i + 1) {
      code::op(code::ADD, 1, i == 0 ? code::STACK : 1, code::ONE);
      code::store(1, FIRST_KEPT + i);
    }
  }

  function end_frame(is_interrupt: bool): void {
    code::place(leave);
    if (is_interrupt) {
      code::constant(1, 0);
      code::op(code::INT, 0, 1, 0);
    } else {
      code::load(code::TARGET, code::STACK);
      for (var i = 0; i < kept; i = i + 1) {
        code::op(code::ADD, 1, i == 0 ? code::STACK : 1, code::ONE);
        code::load(FIRST_KEPT + i, 1);
      }
      code::constant(1, 0);
      memory::add(&frame_words, code::here() - 1);
      code::op(code::ADD, code::STACK, code::STACK, 1);
      code::op(code::JMP, 0, code::TARGET, 0);
    }
    for (var i = 0; i < len traps; i = i + 1) {
      if (traps[i] != code::NONE) {
        code::place(traps[i]);
        code::constant(0, 0xE0000000 + i);
        code::op(0, 0, 0, 0);
      }
    }
    for (var i = 0; i < frame_words.count; i = i + 1) {
      var at = frame_words.words[unsafe i];
      lines::code.words[unsafe at] = lines::code.words[unsafe at] + frame;
    }
    code::end_function();
  }

  function function_code(f: * names::entity): void {
    f->address = code::here();
    f->is_placed = true;
    function_at = f;
    is_static = false;
    place_variables(f);
    begin_frame();
    for (var l = f->locals; l; l = l->next) {
      if (l->is_parameter && l->register != 0) {
        argument_address(1, l->offset);
        code::load(l->register, 1);
      }
    }
    block(f->body);
    if (types::kind_of(f->shape->target) == types::VOID && f->space == names::root && f->name == main_word) {
      code::constant(0, 0);
    }
    end_frame((f->tags & names::INTERRUPT) != 0);
  }

  global main_word: byte = 0;

  // The routine that sets the globals that are not constant; where it is.
  function initialisers(): byte {
    var at = code::here();
    kept = 0;
    frame = 1;
    is_static = true;
    begin_frame();
    for (var g = names::first_global; g; g = g->next) {
      if (g->body) {
        if (types::is_aggregate(g->shape)) {
          var from = aggregate(g->body, 1);
          code::address_of(2, g, 0);
          copy(2, from, types::size(g->shape), 3);
        } else {
          var v = value(g->body, 1);
          code::address_of(2, g, 0);
          code::store(2, v);
        }
      }
    }
    end_frame(false);
    is_static = false;
    return at;
  }

  // --- statements ------------------------------------------------------------------------------

  function block(b: * node::node): void {
    for (var n = b->a; n; n = n->next) { statement(n); }
  }

  function statement(n: * node::node): void {
    nesting::enter(n->at, n->end);
    var k = n->kind;
    if (k == node::EVALUATE) { evaluate(n->a); }
    else if (k == node::ASSIGN) { assign(n); }
    else if (k == node::VAR) { variable(n); }
    else if (k == node::IF) { if_statement(n); }
    else if (k == node::RETURN) { return_statement(n); }
    else if (k == node::WHILE || k == node::FOR) { loop(n); }
    else if (k == node::BLOCK) { block(n); }
    else if (k == node::BREAK) { code::jump(on_break); }
    else if (k == node::CONTINUE) { code::jump(on_continue); }
    else if (k == node::DELETE) { delete_statement(n); }
  }

  function evaluate(n: * node::node): void {
    if (types::is_aggregate(n->shape)) { aggregate(n, 1); } else { value(n, 1); }
  }

  function variable(n: * node::node): void {
    var l = <unsafe * names::local>n->x;
    if (l->register != 0) {
      if (n->b) {
        set_register(l->register, n->b);
      } else {
        code::constant(l->register, 0);
      }
      return;
    }
    var size = types::size(l->shape);
    if (!n->b) {
      local_address(1, l, 0);
      clear(1, size, 2);
    } else if (types::is_aggregate(l->shape)) {
      var from = aggregate(n->b, 1);
      var to = from == 1 ? 2 : 1;
      local_address(to, l, 0);
      copy(to, from, size, 3);
    } else {
      var v = value(n->b, 1);
      var to = v == 1 ? 2 : 1;
      local_address(to, l, 0);
      code::store(to, v);
    }
  }

  function set_register(d: byte, n: * node::node): void {
    if (n->kind == node::CONST) {
      code::constant(d, n->x);
      return;
    }
    code::move(d, value(n, 1));
  }

  function assign(n: * node::node): void {
    if (n->a->kind == node::LOCAL && (<unsafe * names::local>n->a->x)->register != 0) {
      set_register((<unsafe * names::local>n->a->x)->register, n->b);
      return;
    }
    var at = address(n->a, 1, 0);
    var free = at == 1 ? 2 : 1;
    if (types::is_aggregate(n->a->shape)) {
      var from = aggregate(n->b, free);
      copy(at, from, types::size(n->a->shape), free + 1);
      return;
    }
    var v = value(n->b, free);
    if (n->a->kind == node::SLICE_LEN && n->a->x == 1) {
      var next = v == free ? free + 1 : free;
      code::op(code::ADD, next, at, code::ONE);
      code::load(next, next);
      code::op(code::GT, next, v, next);
      trap(code::JNZ, next, CAPACITY_TRAP);
    }
    code::store(at, v);
  }

  function if_statement(n: * node::node): void {
    var other = code::label();
    branch(n->a, other, false, 1);
    block(n->b);
    if (!n->c) {
      code::place(other);
      return;
    }
    var end = code::label();
    code::jump(end);
    code::place(other);
    statement(n->c);
    code::place(end);
  }

  function loop(n: * node::node): void {
    var outer_break = on_break;
    var outer_continue = on_continue;
    on_break = code::label();
    on_continue = code::label();
    var again = code::label();
    var is_for = n->kind == node::FOR;
    var test = is_for ? code::label() : on_continue;
    if (is_for) { statement(n->a); }
    code::jump(test);
    code::place(again);
    block(n->b);
    if (is_for) {
      code::place(on_continue);
      statement(n->c);
    }
    code::place(test);
    branch(is_for ? n->a->next : n->a, again, true, 1);
    code::place(on_break);
    on_break = outer_break;
    on_continue = outer_continue;
  }

  function return_statement(n: * node::node): void {
    if (n->a) {
      if (types::is_aggregate(n->a->shape)) {
        var from = aggregate(n->a, 1);
        argument_address(2, result_at);
        code::load(2, 2);
        copy(2, from, types::size(n->a->shape), 3);
        code::op(code::MOV, 0, 2, 0);
      } else if (types::kind_of(n->a->shape) == types::VOID) {
        evaluate(n->a);
      } else {
        set_register(0, n->a);
      }
    } else if (function_at->space == names::root && function_at->name == main_word) {
      code::constant(0, 0);
    }
    code::jump(leave);
  }

  function delete_statement(n: * node::node): void {
    if (n->x == 0) {
      hook("dealloc", value(n->a, 1), 2);
      return;
    }
    var at = address(n->a, 1, 0);
    if (at != 1) { code::op(code::MOV, 1, at, 0); }
    code::load(2, 1);
    hook("dealloc", 2, 2);
    clear(1, 3, 2);
  }
}
