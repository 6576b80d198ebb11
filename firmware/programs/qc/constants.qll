// constants.qll: constant expressions: the length of an array may be made of them.

namespace constants {
  .constant global NONE: byte = 0xFFFFFFFF;    // no length: after a mistake

  // Of the array that is declared; NONE after a mistake, or if it depends on what is to be inferred.
  function length(n: * node::node, b: * names::block, env: * names::env): byte {
    if (n->kind == node::INT) { return n->x; }
    if (n->kind == node::CONST) { return n->x; }
    var outer = check::now;
    check::now.holder = null;
    check::now.block = b;
    check::now.env = env;
    var result = NONE;
    if (is_constant(n)) {
      var at = n->at;
      var end = n->end;
      var value = check::expression(n, types::byte_type);
      result = checked_length(value, at, end);
      // Whoever looks again finds the number.
      n->kind = result == NONE ? node::WRONG : node::CONST;
      n->x = result;
      n->shape = types::byte_type;
    }
    check::now = outer;
    return result;
  }

  function checked_length(value: * node::node, at: byte, end: byte): byte {
    if (check::is_unknown(value->shape) || !fold(value)) { return NONE; }
    var number = word;
    var kind = types::kind_of(value->shape);
    if (kind != types::BYTE && kind != types::INT) {
      check::wrong_type("integer type", value->shape, value);
    } else if (number == 0) {
      report::begin("the length of the array is 0");
      report::end(at, end);
      report::note("an open tail of a struct is written as [0]");
    } else if (kind == types::INT && number >> 31 != 0) {
      report::begin("the length of the array is -");
      report::say_number(0 - number);
      report::end(at, end);
    } else if (number > types::MAX_WORDS) {
      report::begin("an array of ");
      report::say_number(number);
      report::say(" elements is larger than the memory");
      report::end(at, end);
    } else {
      return number;
    }
    return NONE;
  }

  // --- before types are checked ----------------------------------------------------------------

  global inside: * names::entity = null;       // the constant that is being worked out

  function end_not_constant(n: * node::node): void {
    report::say("; the length of an array has to be constant");
    report::at_node(n);
  }

  function note_inside(): void {
    if (!inside) { return; }
    report::begin_note();
    report::say("the constant ");
    report::quote_word(inside->name);
    report::say(" is made of it");
    report::end_note();
  }

  // Whether an expression is constant, as far as its form tells; reports what is not.
  function is_constant(n: * node::node): bool {
    nesting::enter(n->at, n->end);
    var k = n->kind;
    if (k == node::INT || k == node::BOOL || k == node::CHAR || k == node::FLOAT
        || k == node::CONST) {
      return true;
    }
    if (k == node::SIGN || k == node::NOT) { return is_constant(n->a); }
    if (k == node::BINARY || k == node::LOGICAL) { return is_constant(n->a) && is_constant(n->b); }
    if (k == node::CONDITIONAL) {
      return is_constant(n->a) && is_constant(n->b) && is_constant(n->c);
    }
    if (k == node::CAST) {
      return resolve::ensure_size(check::resolved(n->a)) && is_constant(n->b);
    }
    if (k == node::SIZEOF) { return resolve::ensure_size(check::resolved(n->a)); }
    if (k == node::LEN && n->a->kind == node::NAME) { return has_length(n->a); }
    if (k == node::NAME) { return is_known(n); }
    if (k == node::WRONG) { return false; }
    report::begin("this is not a constant");
    end_not_constant(n);
    note_inside();
    return false;
  }

  function value_of(n: * node::node): * names::entity {
    return <unsafe * names::entity>names::lookup(check::now.block, n->x, names::VALUE);
  }

  function varies(n: * node::node): bool {
    report::begin("the length of ");
    report::quote_word(n->x);
    report::say(" varies");
    end_not_constant(n);
    note_inside();
    return false;
  }

  // Whether `len` of a name is constant: it is that of an array.
  function has_length(n: * node::node): bool {
    var l = check::find_local(n->x);
    if (l) { return types::kind_of(l->shape) == types::ARRAY || varies(n); }
    var e = value_of(n);
    if (!e || e->kind != names::GLOBAL) { return true; }
    if (!is_typed(e, n)) { return false; }
    return types::kind_of(e->shape) == types::ARRAY || varies(n);
  }

  function is_typed(e: * names::entity, n: * node::node): bool {
    if (!declare::settle(e)) {
      report::begin("the type of ");
      report::quote_word(e->name);
      report::say(" depends on itself");
      report::at_node(n);
      report::declared(e->at);
      return false;
    }
    return resolve::ensure_size(e->shape);
  }

  function say_is(n: * node::node, what: string, at: byte): void {
    report::begin("");
    report::quote_word(n->x);
    report::say(what);
    end_not_constant(n);
    if (at != 0) { report::declared(at); }
  }

  // Whether a name is that of a constant, which is worked out if need be.
  function is_known(n: * node::node): bool {
    var l = check::find_local(n->x);
    if (l) {
      say_is(n, " is a variable", l->at);
      note_inside();
      return false;
    }
    var e = value_of(n);
    if (!e) { return true; }                   // checking tells
    if (e->kind != names::GLOBAL) {
      say_is(n, " is a function", 0);
      note_inside();
      return false;
    }
    return e->folding == 2 || work_out(e, n);
  }

  function work_out(e: * names::entity, n: * node::node): bool {
    if ((e->tags & names::CONSTANT) == 0) {
      say_is(n, " is a variable", e->at);
      report::note("a constant is declared .constant");
      note_inside();
      return false;
    }
    if ((e->tags & names::EXTERN) != 0 || !e->body) {
      say_is(n, " is defined elsewhere", e->at);
      note_inside();
      return false;
    }
    if (e->folding == 1) {
      report::begin("the constant ");
      report::quote_word(e->name);
      report::say(" depends on itself");
      report::at_node(n);
      return false;
    }
    if (e->folding == 3 || !is_typed(e, n)) { return false; }
    if (!types::is_scalar(e->shape)) {
      check::wrong_type("integer type", e->shape, n);
      return false;
    }
    var outer = inside;
    var place = check::now;
    inside = e;
    e->folding = 1;
    check::now.block = e->block;
    check::now.env = null;
    check::now.holder = null;
    var good = e->is_checked || is_constant(e->body);
    if (good) {
      check::initialiser(e);
      good = !check::is_unknown(e->body->shape) && fold(e->body);
    }
    e->folding = good ? 2 : 3;
    e->word = word;
    check::now = place;
    inside = outer;
    return good;
  }

  // The value of a constant, without a word about what is none; `word` has it.
  function value(e: * names::entity): bool {
    if ((e->tags & names::CONSTANT) == 0 || (e->tags & names::EXTERN) != 0) { return false; }
    if (e->folding == 0 && e->is_checked && types::is_scalar(e->shape)) {
      e->folding = 1;
      e->folding = fold(e->body) ? 2 : 3;
      e->word = word;
    }
    word = e->word;
    return e->folding == 2;
  }

  // --- after they are --------------------------------------------------------------------------

  global word: byte = 0;

  // Work out a checked expression: `word` has its value if it has one.
  function fold(n: * node::node): bool {
    nesting::enter(n->at, n->end);
    var k = n->kind;
    if (k == node::CONST) {
      word = n->x;
      return true;
    }
    if (k == node::GLOBAL) { return value(<unsafe * names::entity>n->x); }
    if (k == node::RETYPE) { return fold(n->a); }
    if (k == node::NEGATE || k == node::NOT || k == node::TO_FLOAT || k == node::TO_INT) {
      if (!fold(n->a)) { return false; }
      word = unary(n, word);
      return true;
    }
    if (k == node::BINARY) {
      if (!fold(n->a)) { return false; }
      var left = word;
      if (!fold(n->b)) { return false; }
      word = computed(n->x & 0xFF, left, word);
      if ((n->x & check::NEGATED) != 0) { word = 1 - word; }
      return true;
    }
    if (k == node::LOGICAL) {
      if (!fold(n->a)) { return false; }
      return (word != 0) == (n->x == lexer::AND) ? fold(n->b) : true;
    }
    if (k == node::CONDITIONAL) {
      if (!fold(n->a)) { return false; }
      return word != 0 ? fold(n->b) : fold(n->c);
    }
    return false;
  }

  function as_float(word: byte): float { return *<unsafe * float>&word; }
  function as_word(value: float): byte { return *<unsafe * byte>&value; }

  function unary(n: * node::node, a: byte): byte {
    if (n->kind == node::NOT) { return a == 0 ? 1 : 0; }
    if (n->kind == node::TO_FLOAT) { return as_word(<float>a); }
    if (n->kind == node::TO_INT) { return <byte>as_float(a); }
    return types::kind_of(n->shape) == types::FLOAT ? as_word(0.0f - as_float(a)) : 0 - a;
  }

  function computed(op: byte, a: byte, b: byte): byte {
    var i = <unsafe int>a;
    var j = <unsafe int>b;
    if (op == code::ADD) { return a + b; }
    if (op == code::SUB) { return a - b; }
    if (op == code::MUL) { return a * b; }
    if (op == code::DIV) { return a / b; }
    if (op == code::MOD) { return a % b; }
    if (op == code::AND) { return a & b; }
    if (op == code::OR) { return a | b; }
    if (op == code::SHL) { return a << b; }
    if (op == code::SHR) { return a >> b; }
    if (op == code::EQ) { return a == b ? 1 : 0; }
    if (op == code::NEQ) { return a != b ? 1 : 0; }
    if (op == code::LT) { return a < b ? 1 : 0; }
    if (op == code::GT) { return a > b ? 1 : 0; }
    if (op == code::SLT) { return i < j ? 1 : 0; }
    if (op == code::SGT) { return i > j ? 1 : 0; }
    if (op == code::SDIV) { return <unsafe byte>(i / j); }
    if (op == code::SMOD) { return <unsafe byte>(i % j); }
    if (op == code::SAR) { return <unsafe byte>(i >> j); }
    var f = as_float(a);
    var g = as_float(b);
    if (op == code::FADD) { return as_word(f + g); }
    if (op == code::FSUB) { return as_word(f - g); }
    if (op == code::FMUL) { return as_word(f * g); }
    if (op == code::FDIV) { return as_word(f / g); }
    if (op == code::FEQ) { return f == g ? 1 : 0; }
    if (op == code::FLT) { return f < g ? 1 : 0; }
    return f > g ? 1 : 0;
  }
}
