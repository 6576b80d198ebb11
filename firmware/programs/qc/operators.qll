// operators.qll: checking operators, in front and between.

namespace check {
  function sign(n: * node::node, context: * types::shape): * node::node {
    var operand = expression(n->a, context);
    if (!types::is_numeric(operand->shape)) {
      wrong_type("numeric type", operand->shape, operand);
      return broken(n);
    }
    if (n->x == 0) { return operand; }
    var kind = types::untagged(operand->shape);
    if (operand->kind == node::CONST && types::kind_of(kind) != types::UNKNOWN) {
      var word = operand->x;
      if (types::kind_of(kind) != types::FLOAT) { return constant(n, kind, 0 - word); }
      if ((word & 0x7FFFFFFF) == 0) { return constant(n, kind, 0); }
      if ((word & 0x7FFFFFFF) <= 0x7F800000) { return constant(n, kind, word + 0x80000000); }
    }
    n->kind = node::NEGATE;
    n->a = operand;
    n->shape = kind;
    return n;
  }

  function dereferenced(n: * node::node): * node::node {
    n->a = expression(n->a, null);
    return through(n);
  }

  // The place that a checked pointer points to.
  function through(n: * node::node): * node::node {
    var base = types::base(n->a->shape);
    if (base->kind == types::UNKNOWN) { return broken(n); }
    if (base->kind != types::POINTER || types::kind_of(base->target) == types::VOID) {
      wrong_type("pointer type", n->a->shape, n->a);
      return broken(n);
    }
    indirect();
    n->shape = base->target;
    return n;
  }

  function address_of(n: * node::node): * node::node {
    n->a = expression(n->a, null);
    if (n->a->shape->kind == types::UNKNOWN) { return broken(n); }
    if (!is_assignable(n->a)) {
      report::begin("expected assignable expression after '&'");
      report::at_node(n->a);
      if (n->a->kind == node::FUNCTION) {
        report::note("the name of a function is its address already");
      }
      return broken(n);
    }
    expose(n->a);
    n->shape = types::pointer_to(types::untagged(n->a->shape));
    return n;
  }

  function measured(n: * node::node): * node::node {
    n->a = expression(n->a, null);
    var base = types::base(n->a->shape);
    if (base->kind == types::ARRAY) { return constant(n, types::byte_type, base->length); }
    if (base->kind == types::UNKNOWN) { return broken(n); }
    if (!types::slice_element(base)) {
      wrong_type("array or slice type", n->a->shape, n->a);
      return broken(n);
    }
    n->x = base->kind == types::SLICE ? 1 : 0;
    n->kind = n->kind == node::LEN ? node::SLICE_LEN : node::SLICE_CAP;
    n->shape = types::byte_type;
    return n;
  }

  // --- casts -----------------------------------------------------------------------------------

  // The first conversion that applies.
  function cast(n: * node::node): * node::node {
    var target = types::untagged(resolved(n->a));
    var base = types::base(target);
    var plain = base->kind >= types::BYTE && base->kind <= types::FLOAT;
    var given = expression(n->b, plain ? null : target);
    var kind = given->shape;
    var source = types::base(kind);
    if (base->kind == types::UNKNOWN || source->kind == types::UNKNOWN) { return broken(n); }
    if (types::convertible(kind, target)) {
      if (node::is_place(given) && !types::is_scalar(target)) { return retyped(n, node::RETYPED, target, given); }
      return retyped(n, node::RETYPE, target, given);
    }
    if (base->kind == types::FLOAT && (source->kind == types::BYTE || source->kind == types::INT)) {
      return retyped(n, node::TO_FLOAT, target, given);
    }
    if (source->kind == types::FLOAT && (base->kind == types::BYTE || base->kind == types::INT)) {
      return retyped(n, node::TO_INT, target, given);
    }
    var to_word = types::is_word(target);
    if ((types::is_word(kind) && (to_word || base->kind == types::ARRAY))
        || (source->kind == types::SLICE && to_word)) {
      if (n->x == 0) { return unsafe_cast(n, kind, target); }
      if (source->kind == types::SLICE) { return retyped(n, node::SLICE_POINTER, target, given); }
      if (to_word) { return retyped(n, node::RETYPE, target, given); }
      indirect();
      return retyped(n, node::AT_ADDRESS, target, given);
    }
    report::begin("");
    types::say(kind);
    report::say(" is not convertible to ");
    types::say(target);
    report::at_node(n);
    if (source->kind == types::ARRAY && base->kind == types::POINTER) {
      report::note("'&' gives the address of an array or of its first element");
    } else if (source->kind == types::ARRAY && base->kind == types::SLICE) {
      report::note("arrays become slices when they are assigned or passed, not by a cast");
    }
    return broken(n);
  }

  function retyped(n: * node::node, kind: byte, target: * types::shape, given: * node::node): * node::node {
    if (kind == node::RETYPE && given->kind == node::CONST) { return constant(n, target, given->x); }
    n->kind = kind;
    n->a = given;
    n->shape = target;
    return n;
  }

  function unsafe_cast(n: * node::node, kind: * types::shape, target: * types::shape): * node::node {
    report::begin("casting ");
    types::say(kind);
    report::say(" to ");
    types::say(target);
    report::say(" requires unsafe");
    report::at_node(n);
    report::begin_note();
    report::say("write <unsafe ");
    types::say(target);
    report::say("> if it is meant");
    report::end_note();
    return broken(n);
  }

  // --- between two operands --------------------------------------------------------------------

  function is_comparison(op: byte): bool {
    return op == '<' || op == '>' || (op >= lexer::LE && op <= lexer::NE) || op == lexer::GE;
  }

  // An integer literal, perhaps with signs.
  function is_bare(n: * node::node): bool {
    while (n->kind == node::SIGN) { n = n->a; }
    return n->kind == node::INT;
  }

  function binary(n: * node::node, context: * types::shape): * node::node {
    if (is_comparison(n->x)) { context = null; }
    if (is_bare(n->a)) {
      n->b = expression(n->b, context);
      var peer = n->b->shape;
      n->a = expression(n->a, types::is_numeric(peer) && !is_unknown(peer) ? peer : null);
    } else if (n->a->kind == node::NULL && n->b->kind != node::NULL) {
      n->b = expression(n->b, context);
      n->a = expression(n->a, n->b->shape);
    } else {
      n->a = expression(n->a, context);
      n->b = expression(n->b, n->a->shape->kind == types::UNKNOWN ? null : n->a->shape);
    }
    return n->kind == node::LOGICAL ? logical(n) : operation(n);
  }

  function logical(n: * node::node): * node::node {
    if (!types::is_testable(n->a->shape)) { return not_testable(n->a->shape, n->a); }
    if (!types::is_testable(n->b->shape)) { return not_testable(n->b->shape, n->b); }
    return agree(n, n->a, n->b) ? n : broken(n);
  }

  // Both operands must be of equal types; the result is of the first one's.
  function agree(n: * node::node, a: * node::node, b: * node::node): bool {
    if (!types::equal(a->shape, b->shape)) {
      mismatch(a->shape, b->shape, b);
      return false;
    }
    n->shape = types::untagged(a->shape);
    return !is_unknown(a->shape) && !is_unknown(b->shape);
  }

  function operation(n: * node::node): * node::node {
    var op = n->x;
    var kind = n->a->shape;
    var base = types::base(kind);
    var compares = is_comparison(op);
    var fits = types::is_numeric(kind);
    var wanted: string = "numeric type";
    if (op == '%') {
      fits = types::is_integer(kind);
      wanted = "integer type";
    } else if (op == '|' || op == '&' || op == lexer::SHL || op == lexer::SHR) {
      fits = types::is_word(kind);
      wanted = "integer, pointer or function type";
    } else if (op == lexer::EQ || op == lexer::NE) {
      fits = fits || base->kind == types::POINTER;
      wanted = "numeric or pointer type";
    }
    if (!fits) {
      wrong_type(wanted, kind, n->a);
      if (base->kind == types::POINTER && (op == '+' || op == '-')) {
        report::note("pointers have no arithmetic; &p[unsafe n] steps, <unsafe byte>p is a number");
      } else if (base->kind != types::VOID && (op == lexer::EQ || op == lexer::NE)) {
        report::note("slices, arrays, structs and functions cannot be compared");
      }
      return broken(n);
    }
    if (!agree(n, n->a, n->b)) { return broken(n); }
    n->x = machine_operation(op, base->kind);
    if (compares) { n->shape = types::bool_type; }
    return n;
  }

  .constant global NEGATED: byte = 0x100;    // the machine has only the opposite

  function machine_operation(op: byte, kind: byte): byte {
    if (kind == types::FLOAT) {
      if (op == '+') { return code::FADD; }
      if (op == '-') { return code::FSUB; }
      if (op == '*') { return code::FMUL; }
      if (op == '/') { return code::FDIV; }
      if (op == '<') { return code::FLT; }
      if (op == '>') { return code::FGT; }
      if (op == lexer::LE) { return code::FGT | NEGATED; }
      if (op == lexer::GE) { return code::FLT | NEGATED; }
      return op == lexer::EQ ? code::FEQ : code::FEQ | NEGATED;
    }
    var signed = kind == types::INT;
    if (op == '+') { return code::ADD; }
    if (op == '-') { return code::SUB; }
    if (op == '*') { return code::MUL; }
    if (op == '/') { return signed ? code::SDIV : code::DIV; }
    if (op == '%') { return signed ? code::SMOD : code::MOD; }
    if (op == '&') { return code::AND; }
    if (op == '|') { return code::OR; }
    if (op == lexer::SHL) { return code::SHL; }
    if (op == lexer::SHR) { return signed ? code::SAR : code::SHR; }
    if (op == '<') { return signed ? code::SLT : code::LT; }
    if (op == '>') { return signed ? code::SGT : code::GT; }
    if (op == lexer::LE) { return (signed ? code::SGT : code::GT) | NEGATED; }
    if (op == lexer::GE) { return (signed ? code::SLT : code::LT) | NEGATED; }
    return op == lexer::EQ ? code::EQ : code::NEQ;
  }

  function conditional(n: * node::node): * node::node {
    n->a = condition(n->a);
    if (n->b->kind == node::NULL && n->c->kind != node::NULL) {
      n->c = expression(n->c, null);
      n->b = expression(n->b, n->c->shape);
    } else {
      var is_null = n->c->kind == node::NULL;
      n->b = expression(n->b, null);
      n->c = expression(n->c, is_null ? n->b->shape : null);
    }
    return agree(n, n->b, n->c) ? n : broken(n);
  }
}
