// types.qll: types, what agrees with what, and how a type is written.

namespace types {
  .constant global UNKNOWN: byte = 0;    // after a mistake: agrees with everything
  .constant global BYTE: byte = 1;
  .constant global INT: byte = 2;
  .constant global FLOAT: byte = 3;
  .constant global VOID: byte = 4;
  .constant global POINTER: byte = 5;
  .constant global SLICE: byte = 6;
  .constant global ARRAY: byte = 7;
  .constant global STRUCT: byte = 8;
  .constant global FUNCTION: byte = 9;
  .constant global NAMED: byte = 10;
  .constant global TAGGED: byte = 11;
  .constant global VARIABLE: byte = 12;  // stands for a type argument that is to be inferred

  .constant global MAX_WORDS: byte = 0x400000;

  type shape = struct {
    kind: byte;
    target: * shape;              // pointee, element, result, what a name stands for
    length: byte;
    members: * member;           // and parameters
    size: byte;                  // of a struct, or NOT_YET
    pointer: * shape; slice: * shape;   // types made of this one
    name: byte; at: byte;        // of a name or variable
    entity: * names::entity;     // a name's declaration, null for an instance of a template
    arguments: * names::env;     // of an instance
    state: byte;                 // of a name: 0, 1 while it is resolved, 2; of an instance: 4 if used meanwhile
    tags: byte;
    bound: * shape;               // of a variable
    mark: byte;
  };
  type member = struct { name: byte; shape: * shape; offset: byte; next: * member; };

  .constant global NOT_YET: byte = 0xFFFFFFFF;
  .constant global UNDER_WAY: byte = 0xFFFFFFFE;

  global unknown_type: * shape = null;
  global byte_type: * shape = null;
  global int_type: * shape = null;
  global float_type: * shape = null;
  global void_type: * shape = null;
  global bool_type: * shape = null;
  global string_type: * shape = null;

  function make(kind: byte, target: * shape): * shape {
    var t = <unsafe * shape>arena::take(sizeof shape);
    t->kind = kind;
    t->target = target;
    t->size = NOT_YET;
    return t;
  }

  function begin(): void {
    unknown_type = make(UNKNOWN, null);
    byte_type = make(BYTE, null);
    int_type = make(INT, null);
    float_type = make(FLOAT, null);
    void_type = make(VOID, null);
    bool_type = predeclared("bool", byte_type);
    string_type = predeclared("string", slice_of(byte_type));
  }

  function predeclared(text: string, target: * shape): * shape {
    var name = word::of_text(text);
    var e = names::make(names::NAMED, name, 0, names::root_block);
    var t = make(NAMED, target);
    t->name = name;
    t->entity = e;
    t->state = 2;
    e->shape = t;
    names::enter(names::root, name, names::TYPE, <unsafe byte>e);
    return t;
  }

  function pointer_to(t: * shape): * shape {
    if (!t->pointer) { t->pointer = make(POINTER, t); }
    return t->pointer;
  }

  function slice_of(t: * shape): * shape {
    if (!t->slice) { t->slice = make(SLICE, t); }
    return t->slice;
  }

  function array_of(t: * shape, length: byte): * shape {
    var made = make(ARRAY, t);
    made->length = length;
    return made;
  }

  // Without names and tags.
  function base(t: * shape): * shape {
    while (t->kind == NAMED || t->kind == TAGGED) {
      if (!t->target) { return unknown_type; }
      t = t->target;
    }
    return t;
  }

  function kind_of(t: * shape): byte { return base(t)->kind; }

  function untagged(t: * shape): * shape {
    while (t->kind == TAGGED) { t = t->target; }
    return t;
  }

  function tags_of(t: * shape): byte {
    var found = 0;
    while (t->kind == TAGGED) {
      found = found | t->tags;
      t = t->target;
    }
    return found;
  }

  // --- classes ---------------------------------------------------------------------------------

  function is_integer(t: * shape): bool {
    var k = kind_of(t);
    return k == BYTE || k == INT || k == UNKNOWN;
  }

  function is_numeric(t: * shape): bool { return kind_of(t) <= FLOAT; }

  function is_scalar(t: * shape): bool {
    var k = kind_of(t);
    return k <= FLOAT || k == POINTER || k == FUNCTION;
  }

  // One word that is no float.
  function is_word(t: * shape): bool { return is_scalar(t) && kind_of(t) != FLOAT; }

  function is_aggregate(t: * shape): bool {
    var k = kind_of(t);
    return k == SLICE || k == ARRAY || k == STRUCT;
  }

  function is_testable(t: * shape): bool {
    var k = kind_of(t);
    return k == BYTE || k == INT || k == POINTER || k == FUNCTION || k == SLICE || k == UNKNOWN;
  }

  // The element type of a slice, or of a struct that has the shape of one; null for others.
  function slice_element(t: * shape): * shape {
    var b = base(t);
    if (b->kind == SLICE) { return b->target; }
    if (b->kind != STRUCT) { return null; }
    var m = b->members;
    if (!m || m->name != pointer_word) { return null; }
    var element = base(m->shape);
    if (element->kind != POINTER) { return null; }
    m = m->next;
    if (!m || m->name != length_word || kind_of(m->shape) != BYTE) { return null; }
    m = m->next;
    if (!m || m->name != capacity_word || kind_of(m->shape) != BYTE || !!m->next) { return null; }
    return element->target;
  }

  global pointer_word: byte = 0;
  global length_word: byte = 0;
  global capacity_word: byte = 0;

  // --- sizes -----------------------------------------------------------------------------------

  // In words; what is larger than the memory counts as one word more than that.
  function size(t: * shape): byte {
    var b = base(t);
    var k = b->kind;
    if (k <= FLOAT || k == POINTER || k == FUNCTION) { return 1; }
    if (k == SLICE) { return 3; }
    if (k == ARRAY) { return product(size(b->target), b->length); }
    if (k == STRUCT) {
      if (b->size == NOT_YET) { lay_out(b); }
      return b->size == UNDER_WAY ? 0 : b->size;
    }
    return 0;
  }

  function product(a: byte, b: byte): byte {
    if (a == 0 || b == 0) { return 0; }
    return a > MAX_WORDS / b ? MAX_WORDS + 1 : a * b;
  }

  function lay_out(b: * shape): void {
    b->size = UNDER_WAY;
    var at = 0;
    for (var m = b->members; m; m = m->next) {
      m->offset = at;
      at = std::math::min(at + size(m->shape), MAX_WORDS + 1);
    }
    b->size = at;
  }

  function find_member(t: * shape, name: byte): * member {
    var b = base(t);
    size(b);
    for (var m = b->members; m; m = m->next) {
      if (m->name == name) { return m; }
    }
    return null;
  }

  // --- agreement -------------------------------------------------------------------------------

  // How two types are compared: names count, they do not, or they count and equal nothing else.
  .constant global EQUAL: byte = 0;
  .constant global CONVERTIBLE: byte = 1;
  .constant global IDENTICAL: byte = 2;

  // Pairs of types that are being compared: they agree unless something else tells otherwise.
  type pair = struct { a: * shape; b: * shape; next: * pair; };

  function equal(a: * shape, b: * shape): bool { return a == b || agree(EQUAL, a, b, null); }

  function convertible(from: * shape, to: * shape): bool {
    return from == to || agree(CONVERTIBLE, from, to, null);
  }

  function identical(a: * shape, b: * shape): bool { return a == b || agree(IDENTICAL, a, b, null); }

  // Without tags and the names that instances of templates have.
  function bare(t: * shape): * shape {
    while (t->kind == TAGGED || (t->kind == NAMED && !t->entity)) {
      if (!t->target) { return t; }
      t = t->target;
    }
    return t;
  }

  function agree(how: byte, a: * shape, b: * shape, seen: * pair): bool {
    if (how == CONVERTIBLE) {
      a = base(a);
      b = base(b);
    } else {
      a = bare(a);
      b = bare(b);
    }
    if (a == b || a->kind == UNKNOWN || b->kind == UNKNOWN) { return true; }
    if (a->kind == NAMED || b->kind == NAMED) {
      if (how == IDENTICAL || (a->kind == NAMED && b->kind == NAMED)) { return false; }
      var other = a->kind == NAMED ? b : a;
      if (other->kind != STRUCT && other->kind != FUNCTION) { return false; }
      a = base(a);
      b = base(b);
      if (a == b) { return true; }
    }
    if (how == CONVERTIBLE && a->kind != b->kind && (a->kind == SLICE || b->kind == SLICE)) {
      var one = slice_element(a);
      var two = slice_element(b);
      return !!one && !!two && agree(how, one, two, seen);
    }
    if (a->kind != b->kind || a->kind <= VOID) { return false; }
    if (a->kind == POINTER || a->kind == SLICE) { return agree(how, a->target, b->target, seen); }
    if (a->kind == ARRAY) {
      return a->length == b->length && agree(how, a->target, b->target, seen);
    }
    if (a->kind != STRUCT && a->kind != FUNCTION) { return false; }
    for (var p = seen; p; p = p->next) {
      if (p->a == a && p->b == b) { return true; }
    }
    var here = pair { a = a, b = b, next = seen };
    if (a->kind == FUNCTION && !agree(how, a->target, b->target, &here)) { return false; }
    var m = a->members;
    var n = b->members;
    while (!!m && !!n) {
      if (m->name != n->name || !agree(how, m->shape, n->shape, &here)) { return false; }
      m = m->next;
      n = n->next;
    }
    return !m && !n;
  }

  // --- inference -------------------------------------------------------------------------------

  // Match a type with variables against one without; a whole value that is an array, or a pointer to
  // one, matches a slice.
  function match_whole(pattern: * shape, actual: * shape): bool {
    var wanted = base(pattern);
    var given = base(actual);
    if (wanted->kind == SLICE) {
      if (given->kind == POINTER && kind_of(given->target) == ARRAY) { given = base(given->target); }
      if (given->kind == ARRAY) { return match(wanted->target, given->target, null); }
    }
    return match(pattern, actual, null);
  }

  function match(pattern: * shape, actual: * shape, seen: * pair): bool {
    while (pattern->kind == TAGGED || pattern->kind == NAMED) {
      if (pattern == actual || !pattern->target) { return true; }
      pattern = pattern->target;
    }
    if (pattern->kind == VARIABLE) {
      actual = untagged(actual);
      if (!pattern->bound) {
        pattern->bound = actual;
        return true;
      }
      return convertible(actual, pattern->bound);
    }
    actual = base(actual);
    if (actual->kind == UNKNOWN || pattern->kind == UNKNOWN || pattern == actual) { return true; }
    var one = slice_element(pattern);
    var two = slice_element(actual);
    if (!!one && !!two) { return match(one, two, seen); }
    if (pattern->kind != actual->kind || pattern->kind <= VOID) { return false; }
    if (pattern->kind == POINTER) { return match(pattern->target, actual->target, seen); }
    if (pattern->kind == ARRAY) {
      return pattern->length == actual->length && match(pattern->target, actual->target, seen);
    }
    for (var p = seen; p; p = p->next) {
      if (p->a == pattern && p->b == actual) { return true; }
    }
    var here = pair { a = pattern, b = actual, next = seen };
    var m = pattern->members;
    var n = actual->members;
    while (!!m && !!n) {
      if (m->name != n->name || !match(m->shape, n->shape, &here)) { return false; }
      m = m->next;
      n = n->next;
    }
    if (!!m || !!n) { return false; }
    return pattern->kind != FUNCTION || match(pattern->target, actual->target, &here);
  }

  // --- writing ---------------------------------------------------------------------------------

  .constant global MOST_SHOWN: byte = 60;   // parts of a type
  global left: byte = 0;

  function say(t: * shape): void {
    left = MOST_SHOWN;
    say_part(t, false);
  }

  function part(text: string): bool {
    if (left == 0) { return false; }
    left = left - 1;
    report::say(text);
    if (left == 0) { report::say("..."); }
    return left != 0;
  }

  function say_part(t: * shape, is_full: bool): void {
    if (left == 0) { return; }
    var k = t->kind;
    if (k == BYTE) { part("byte"); }
    else if (k == INT) { part("int"); }
    else if (k == FLOAT) { part("float"); }
    else if (k == VOID) { part("void"); }
    else if (k == UNKNOWN) { part("unknown"); }
    else if (k == VARIABLE) { part(word::text(t->name)); }
    else if (k == TAGGED) { say_tagged(t, is_full); }
    else if (k == NAMED) { say_named(t, is_full); }
    else if (k == POINTER) {
      part("* ");
      say_part(t->target, is_full);
    } else if (k == SLICE || k == ARRAY) {
      say_elements(t, is_full);
    } else {
      say_members(t, is_full);
    }
  }

  function say_tagged(t: * shape, is_full: bool): void {
    if ((t->tags & names::ABORT) != 0) { part(".abort "); }
    if ((t->tags & names::CONSTANT) != 0) { part(".constant "); }
    if ((t->tags & names::EXPORT) != 0) { part(".export "); }
    if ((t->tags & names::EXTERN) != 0) { part(".extern "); }
    if ((t->tags & names::INTERRUPT) != 0) { part(".interrupt "); }
    say_part(t->target, is_full);
  }

  function say_named(t: * shape, is_full: bool): void {
    left = left - 1;
    if (!t->entity) {
      say_space_in_full(t->arguments, t);
      return;
    }
    if (is_full || t->entity->space != names::root) {
      if (is_full) { names::say_space(t->entity->space); }
      else { say_below_root(t->entity->space); }
      report::say("::");
    }
    report::say_word(t->name);
  }

  function say_below_root(s: * names::space): void {
    if (s->parent != names::root) {
      say_below_root(s->parent);
      report::say("::");
    }
    report::say_word(s->name);
  }

  // An instance of a template that mentions itself.
  function say_space_in_full(arguments: * names::env, t: * shape): void {
    report::say_word(t->name);
    report::say("<");
    for (var e = arguments; e; e = e->next) {
      say_part(e->shape, true);
      if (e->next) { report::say(", "); }
    }
    report::say(">");
  }

  function say_elements(t: * shape, is_full: bool): void {
    var k = t->target->kind;
    var grouped = k == POINTER || k == FUNCTION || k == TAGGED;
    if (grouped) { part("("); }
    say_part(t->target, is_full);
    if (grouped) { part(")"); }
    if (t->kind == SLICE) {
      part("[]");
      return;
    }
    if (left != 0) {
      report::say("[");
      report::say_number(t->length);
      part("]");
    }
  }

  function say_members(t: * shape, is_full: bool): void {
    var is_struct = t->kind == STRUCT;
    if (is_struct) { part("struct { "); } else { part("("); }
    for (var m = t->members; !!m && left != 0; m = m->next) {
      if (is_struct) {
        report::say_word(m->name);
        report::say(": ");
      }
      say_part(m->shape, is_full);
      if (is_struct) { part("; "); }
      else if (m->next) { part(", "); }
    }
    if (is_struct) {
      part("}");
    } else {
      part(") => ");
      say_part(t->target, is_full);
    }
  }
}
