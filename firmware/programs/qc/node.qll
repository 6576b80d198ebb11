// node.qll: the tree: of what is written, and, once that is checked, of what it means.
//
// Checking works in place: a node gets its type, and where one form has several meanings, another kind.

namespace node {
  // `a`, `b` and `c` are the parts, `x` a word or address, `next` the next one in a list.
  type node = struct {
    kind: byte; at: byte; end: byte; shape: * types::shape;
    a: * node; b: * node; c: * node; x: byte; next: * node;
  };

  // Types as written.
  .constant global BUILT_IN: byte = 1;     // x: the type
  .constant global TYPE_NAME: byte = 2;    // x: name, a: arguments, b: itself if it has any
  .constant global POINTER_TO: byte = 3;
  .constant global ARRAY_OF: byte = 4;     // b: length
  .constant global SLICE_OF: byte = 5;
  .constant global MEMBER_TYPE: byte = 6;  // x: name, b: place of the name
  .constant global STRUCT_OF: byte = 7;    // a: members
  .constant global FUNCTION_OF: byte = 8;  // a: parameters, b: result
  .constant global TAGGED: byte = 9;       // x: tags
  .constant global NAMED: byte = 10;       // a part with a name, x: member or parameter
  .constant global WRONG_TYPE: byte = 11;

  // Statements.
  .constant global BLOCK: byte = 15;       // a: statements
  .constant global VAR: byte = 16;         // x: name, then variable; a: type, b: value
  .constant global ASSIGN: byte = 17;
  .constant global EVALUATE: byte = 18;
  .constant global RETURN: byte = 19;
  .constant global BREAK: byte = 20;
  .constant global CONTINUE: byte = 21;
  .constant global DELETE: byte = 22;      // x: 1 for a slice
  .constant global IF: byte = 23;          // a: condition, b: block, c: block or IF
  .constant global WHILE: byte = 24;       // a: condition, b: block
  .constant global FOR: byte = 25;         // a: first, which has the condition as `next`; b: body, c: update

  // Expressions as written.
  .constant global INT: byte = 30;
  .constant global BOOL: byte = 31;
  .constant global NULL: byte = 32;
  .constant global NAME: byte = 33;        // x: name, a: type arguments, b: itself if it has any
  .constant global LIST: byte = 34;        // a: elements
  .constant global STRUCT: byte = 35;      // a: type, b: members
  .constant global SIZEOF: byte = 36;
  .constant global SIGN: byte = 37;        // x: 1 for '-'
  .constant global CAST: byte = 38;        // a: type, b: operand, x: 1 for unsafe
  .constant global NEW: byte = 39;         // a: type, b: value; x: 1 for '=', 2 for '...'
  .constant global NEW_ARRAY: byte = 40;   // a: type, b: count, c: value, x: the same
  .constant global INDEX: byte = 41;       // a: base, b: index, x: 1 for unsafe
  .constant global MEMBER: byte = 42;      // a: base, x: name, c: place of the name
  .constant global CALL: byte = 43;        // a: callee, b: arguments
  .constant global LEN: byte = 44;
  .constant global CAP: byte = 45;
  .constant global CHAR: byte = 46;
  .constant global FLOAT: byte = 47;
  .constant global WRONG: byte = 48;       // reported already

  // Values, checked.
  .constant global CONST: byte = 50;       // x: the word
  .constant global STRING: byte = 51;      // x: count of its characters, c: 1 if it is static
  .constant global NULL_SLICE: byte = 52;
  .constant global VOID: byte = 53;
  .constant global ARRAY: byte = 54;       // a: elements
  .constant global REPEAT: byte = 55;      // a: element, b: count as written, x: count
  .constant global STRUCTURE: byte = 56;   // a: ELEMENTs in the order of the members
  .constant global ELEMENT: byte = 57;     // a: value, x: offset
  .constant global FUNCTION: byte = 58;    // x: the function
  .constant global NEGATE: byte = 59;
  .constant global NOT: byte = 60;
  .constant global BINARY: byte = 61;      // x: operator
  .constant global LOGICAL: byte = 62;     // x: operator
  .constant global CONDITIONAL: byte = 63; // a: condition, b, c: arms
  .constant global RETYPE: byte = 64;
  .constant global TO_FLOAT: byte = 65;
  .constant global TO_INT: byte = 66;
  .constant global SLICE_POINTER: byte = 67;
  .constant global SLICE_CAP: byte = 68;
  .constant global ADDRESS: byte = 69;
  .constant global TO_SLICE: byte = 70;    // of the array in a place, x: length
  .constant global POINTER_TO_SLICE: byte = 71;
  .constant global SUBSLICE: byte = 72;    // a: base, b: lower, c: upper
  .constant global CALL_FUNCTION: byte = 73;  // x: the function, b: arguments
  .constant global CALL_POINTER: byte = 74;
  .constant global NEW_OBJECT: byte = 75;  // b: value or null
  .constant global NEW_ELEMENTS: byte = 76;   // b: count, c: value, x: 1 copied from, 2 repeated

  // Places, checked.
  .constant global LOCAL: byte = 80;       // x: the variable
  .constant global GLOBAL: byte = 81;      // x: the global
  .constant global DEREF: byte = 82;       // a: pointer
  .constant global PART: byte = 83;        // a: base, x: offset
  .constant global ARRAY_INDEX: byte = 84; // a: base, b: index, x: 1 for unsafe
  .constant global SLICE_INDEX: byte = 85;
  .constant global POINTER_INDEX: byte = 86;
  .constant global SLICE_LEN: byte = 87;   // x: 1 if an assignment to it is checked
  .constant global RETYPED: byte = 88;     // another type for a place; not to be assigned
  .constant global AT_ADDRESS: byte = 89;  // an array at an address that is a word

  function make(kind: byte, at: byte, end: byte): * node {
    var n = <unsafe * node>arena::take(sizeof node);
    n->kind = kind;
    n->at = at;
    n->end = end;
    return n;
  }

  // A node that takes the place of another one, of which it makes something.
  function around(kind: byte, inner: * node, shape: * types::shape): * node {
    var n = make(kind, inner->at, inner->end);
    n->a = inner;
    n->shape = shape;
    return n;
  }

  function count(list: * node): byte {
    var sum = 0;
    for (var n = list; n; n = n->next) { sum = sum + 1; }
    return sum;
  }

  function is_place(n: * node): bool { return n->kind >= LOCAL; }

  // A list that grows at its end.
  type chain = struct { first: * node; last: * node; };

  function append(c: * chain, n: * node): void {
    if (!c->first) { c->first = n; } else { c->last->next = n; }
    c->last = n;
  }
}

// How deep the compiler may recurse: as far as its stack reaches.
namespace nesting {
  .constant global ROOM: byte = 0xE800;  // words of a stack of 0x10000; the rest is for what is called last

  global top: byte = 0;                  // of the stack

  function begin(): void {
    var here = 0;
    top = <unsafe byte>&here;
  }

  // Complain of what stands between two places, and end, if it cannot be gone into.
  function enter(at: byte, to: byte): void {
    var here = 0;
    if (top - <unsafe byte>&here <= ROOM) { return; }
    report::muted = 0;
    report::begin("nested too deeply");
    report::end(at, to);
    os::exit(fails());
  }
}

// What is wrong.
namespace report {
  global muted: byte = 0;
  global chain: string = null;         // notes on the instances around
  global pending: string = null;       // the same, to go behind the notes of the last mistake

  // Begin a message; the one before is complete.
  function begin(text: string): void {
    finish();
    source::begin_message();
    source::say(text);
  }

  function finish(): void {
    if (len pending != 0) { note(pending); }
    pending = null;
  }

  function say(text: string): void { source::say(text); }

  function say_either(first: bool, one: string, other: string): void {
    if (first) { say(one); } else { say(other); }
  }

  function say_number(number: byte): void { source::say_digits(number, 10); }

  function say_word(number: byte): void { source::say(word::text(number)); }

  function quote_word(number: byte): void {
    source::say("'");
    say_word(number);
    source::say("'");
  }

  // The file of a place.
  function file_of(at: byte): byte {
    for (var i = 0; i < len source::files; i = i + 1) {
      if (at >= <unsafe byte>source::files[i].begin && at <= <unsafe byte>source::files[i].end) {
        return i;
      }
    }
    return 0;
  }

  // Where lines begin, in the file asked for last.
  global lines: memory::list = memory::list { };
  global lined: byte = 0xFFFFFFFF;

  function line_of(file: byte, at: byte): byte {
    if (lined != file) {
      lined = file;
      lines.count = 0;
      memory::add(&lines, <unsafe byte>source::files[file].begin);
      for (var p = source::files[file].begin; p != source::files[file].end; p = &p[unsafe 1]) {
        if (*p == '\n') { memory::add(&lines, <unsafe byte>p + 1); }
      }
    }
    var low = 0;
    var high = lines.count;
    while (high - low > 1) {
      var middle = (low + high) / 2;
      if (lines.words[unsafe middle] <= at) { low = middle; } else { high = middle; }
    }
    return low + 1;
  }

  // The mistakes at each place, so that none is told twice.
  type said = struct { at: byte; number: byte; next: * said; };
  .constant global SLOTS: byte = 512;
  global slots: (* said)[SLOTS] = [null; SLOTS];

  function is_said(at: byte): bool {
    var length = source::words.count - source::message_at;
    var slot = at & (SLOTS - 1);
    for (var s = slots[slot]; s; s = s->next) {
      var m = source::number(s->number);
      if (s->at == at && m->length == length
          && word::same(&source::words.words[unsafe m->text],
                        &source::words.words[unsafe source::message_at], length)) {
        return true;
      }
    }
    var made = <unsafe * said>arena::take(sizeof said);
    *made = said { at = at, number = source::count(), next = slots[slot] };
    slots[slot] = made;
    return false;
  }

  global is_dropped: bool = false;     // the last message was not kept; nor are notes on it

  // What was said since `begin` is wrong with what stands between two places.
  function end(at: byte, to: byte): void {
    is_dropped = muted != 0 || is_said(at);
    if (is_dropped) {
      source::words.count = source::message_at;
      return;
    }
    var file = file_of(at);
    var span = to > at ? source::characters_of(<unsafe * byte>at, <unsafe * byte>to) : 1;
    source::end_message(file, line_of(file, at), <unsafe * byte>at, span == 0 ? 1 : span);
    pending = chain;
  }

  // Whether a name, or a part of it, may be declared in what could not be read.
  function is_lost(number: byte): bool {
    var w = word::at(number);
    for (var i = 0; i < w->count; i = i + 1) {
      if (word::at(w->parts[unsafe i])->is_lost) { return true; }
    }
    return w->is_lost;
  }

  function at_node(n: * node::node): void { end(n->at, n->end); }

  // Begin a note on the mistake that was reported last; `end_note` ends it.
  function begin_note(): void {
    source::begin_message();
    if (is_dropped) { return; }
    var m = source::number(source::count() - 1);
    if (m->note_length != 0) {
      source::say(memory::part(&source::words.words[unsafe m->note], m->note_length));
      source::say("\n    note: ");
    }
  }

  function end_note(): void {
    if (is_dropped) {
      source::words.count = source::message_at;
      return;
    }
    source::end_note();
  }

  function note(text: string): void {
    begin_note();
    source::say(text);
    end_note();
  }

  // "declared at file:1:2"; nothing for what is predeclared.
  function declared(at: byte): void {
    if (at == 0) { return; }
    begin_note();
    say("declared at ");
    var file = file_of(at);
    source::say_place(file, line_of(file, at), <unsafe * byte>at);
    end_note();
  }
}
