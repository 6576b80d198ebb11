// names.qll: namespaces, what is declared in them, and how a name is looked up.

namespace names {
  type space = struct { name: byte; parent: * space; first: * space; next: * space; };
  type used = struct { space: * space; next: * used; };

  // One `namespace ... { }`, with its own usings. A function's instance has types of its own besides.
  type block = struct { space: * space; parent: * block; usings: * used; };

  .constant global SPACE: byte = 1;      // kinds of names
  .constant global TYPE: byte = 2;
  .constant global VALUE: byte = 3;

  // Kinds of what is declared.
  .constant global GLOBAL: byte = 1;
  .constant global FUNCTION: byte = 2;
  .constant global TEMPLATE: byte = 3;
  .constant global NAMED: byte = 4;
  .constant global TYPE_TEMPLATE: byte = 5;

  // Tags.
  .constant global EXPORT: byte = 1;
  .constant global INTERRUPT: byte = 2;
  .constant global EXTERN: byte = 4;
  .constant global ABORT: byte = 8;
  .constant global CONSTANT: byte = 16;

  type entity = struct {
    kind: byte; name: byte; at: byte; space: * space; block: * block; tags: byte;
    shape: * types::shape;
    parameters: * node::node;    // NAMED
    result: * node::node;
    body: * node::node;          // block, initialiser or type
    generics: * node::node;      // type parameters
    source: byte;                // of a template: where to parse it from
    env: * env;                  // of an instance
    depth: byte;                 // of instances within each other
    chain: string;               // notes on them
    locals: * local; last: * local;
    instances: * instance;
    pattern: * types::shape;      // of a template: its function type, with variables
    mentions: memory::list;      // entities
    is_indirect: bool;           // reads or writes what cannot be told
    state: byte;                 // of a global: 0, 1 while its type is being found, 2; see below
    folding: byte;               // of a constant: 0, 1 while it is worked out, 2 with `word`, 3 without
    word: byte;
    is_checked: bool;
    is_read: bool;               // by an initialiser that runs earlier
    is_wanted: bool;             // some code needs it
    is_placed: bool;             // it has an address
    address: byte;
    is_data: bool;
    next: * entity;
  };

  // What type parameters stand for.
  type env = struct { name: byte; shape: * types::shape; next: * env; };

  type instance = struct { env: * env; made: * entity; shape: * types::shape; next: * instance; };

  type local = struct {
    name: byte; shape: * types::shape; at: byte;
    is_parameter: bool; is_exposed: bool;
    height: byte;                // variables that were alive at its declaration
    register: byte;              // or 0
    offset: byte;                // in the frame, or behind it for a parameter
    next: * local;               // of the function
  };

  // --- the table -------------------------------------------------------------------------------

  type entry = struct { space: * space; name: byte; kind: byte; what: byte; next: * entry; };
  .constant global SLOTS: byte = 2048;
  global slots: * (* entry) = null;

  global root: * space = null;
  global root_block: * block = null;
  global first_global: * entity = null;
  global last_global: * entity = null;
  global first_function: * entity = null;
  global last_function: * entity = null;

  function begin(): void {
    slots = <unsafe * (* entry)>memory::take(SLOTS);
    root = <unsafe * space>arena::take(sizeof space);
    root->name = word::of_text("global");
    root_block = <unsafe * block>arena::take(sizeof block);
    root_block->space = root;
  }

  function slot_of(s: * space, name: byte): byte {
    return (<unsafe byte>s / 4 + name * 7) & (SLOTS - 1);
  }

  // What is declared in a namespace, or 0.
  function find(s: * space, name: byte, kind: byte): byte {
    for (var e = slots[unsafe slot_of(s, name)]; e; e = e->next) {
      if (e->name == name && e->space == s && e->kind == kind) { return e->what; }
    }
    return 0;
  }

  function enter(s: * space, name: byte, kind: byte, what: byte): void {
    var e = <unsafe * entry>arena::take(sizeof entry);
    var slot = slot_of(s, name);
    *e = entry { space = s, name = name, kind = kind, what = what, next = slots[unsafe slot] };
    slots[unsafe slot] = e;
  }

  function find_space(s: * space, name: byte): * space {
    return <unsafe * space>find(s, name, SPACE);
  }

  function open_space(s: * space, name: byte): * space {
    var found = find_space(s, name);
    if (found) { return found; }
    found = <unsafe * space>arena::take(sizeof space);
    found->name = name;
    found->parent = s;
    found->next = s->first;
    s->first = found;
    enter(s, name, SPACE, <unsafe byte>found);
    return found;
  }

  function open_block(s: * space, parent: * block): * block {
    var b = <unsafe * block>arena::take(sizeof block);
    b->space = s;
    b->parent = parent;
    return b;
  }

  function make(kind: byte, name: byte, at: byte, b: * block): * entity {
    var e = <unsafe * entity>arena::take(sizeof entity);
    e->kind = kind;
    e->name = name;
    e->at = at;
    e->block = b;
    e->space = b->space;
    return e;
  }

  // --- looking up ------------------------------------------------------------------------------

  // The namespace that parts of a name lead to, or null.
  function walk(s: * space, w: * word::word, from: byte, to: byte): * space {
    for (var i = from; i < to && !!s; i = i + 1) { s = find_space(s, w->parts[unsafe i]); }
    return s;
  }

  function find_path(s: * space, name: byte, w: * word::word, from: byte, kind: byte): byte {
    if (w->count == 0) { return find(s, name, kind); }
    var place = walk(s, w, from, w->count - 1);
    return place ? find(place, w->parts[unsafe w->count - 1], kind) : 0;
  }

  global ambiguous: * used = null;     // the namespaces in which the last name was found, if several

  // What a name means in a block: an address, or 0; then `ambiguous` may tell.
  function lookup(b: * block, name: byte, kind: byte): byte {
    ambiguous = null;
    var w = word::at(name);
    if (w->count != 0 && w->parts[unsafe 0] == root->name) {
      return find_path(root, name, w, 1, kind);
    }
    while (b) {
      var found = find_path(b->space, name, w, 0, kind);
      if (found != 0) { return found; }
      var hits = 0;
      for (var u = b->usings; u; u = u->next) {
        var other = find_path(u->space, name, w, 0, kind);
        if (other != 0) {
          found = other;
          hits = hits + 1;
          var note = <unsafe * used>arena::take(sizeof used);
          note->space = u->space;
          note->next = ambiguous;
          ambiguous = note;
        }
      }
      if (hits == 1) {
        ambiguous = null;
        return found;
      }
      if (hits > 1) { return 0; }
      b = b->parent;
    }
    return 0;
  }

  // The namespace that `using` names, from within one.
  function find_used(from: * space, name: byte): * space {
    var w = word::at(name);
    if (w->count != 0 && w->parts[unsafe 0] == root->name) {
      var found = walk(root, w, 1, w->count);
      if (found) { return found; }
    }
    if (name == root->name) { return root; }
    for (var s = from; s; s = s->parent) {
      var found = w->count == 0 ? find_space(s, name) : walk(s, w, 0, w->count);
      if (found) { return found; }
    }
    return null;
  }

  // --- names in full ---------------------------------------------------------------------------

  // Append "global::a::b" to a list.
  function append_space(to: * memory::list, s: * space): void {
    if (s->parent) {
      append_space(to, s->parent);
      append(to, "::");
    }
    append(to, word::text(s->name));
  }

  function append(to: * memory::list, text: string): void {
    for (var i = 0; i < len text; i = i + 1) { memory::add(to, text[i]); }
  }

  function append_label(to: * memory::list, e: * entity): void {
    append_space(to, e->space);
    append(to, "::");
    append(to, word::text(e->name));
  }

  function say_space(s: * space): void {
    if (s->parent) {
      say_space(s->parent);
      report::say("::");
    }
    report::say_word(s->name);
  }

  function say_ambiguous_at(n: * node::node): void {
    report::begin("ambiguous identifier ");
    report::quote_word(n->x);
    say_found();
    report::at_node(n);
  }

  // "in 'a' and 'b'", in the order of the usings.
  function say_found(): void {
    report::say(": in ");
    say_found_list(ambiguous);
  }

  function say_found_list(u: * used): void {
    if (u->next) {
      say_found_list(u->next);
      report::say(" and ");
    }
    report::say("'");
    say_space(u->space);
    report::say("'");
  }

  // --- what was meant --------------------------------------------------------------------------

  .constant global MAX_HINTS: byte = 200;
  global hints: byte = 0;              // given so far

  function is_near(name: string, other: string, best: * byte): bool {
    if (len name < 3 && !same_but_case(name, other)) { return false; }
    if (std::str::equal(name, other)) { return false; }
    var more = len name > len other ? len name - len other : len other - len name;
    if (more >= *best) { return false; }
    var distance = same_but_case(name, other) ? 0 : distance_of(name, other, *best);
    if (distance >= *best) { return false; }
    *best = distance;
    return true;
  }

  function small(c: byte): byte { return c - 'A' < 26 ? c | 32 : c; }

  function same_but_case(a: string, b: string): bool {
    if (len a != len b) { return false; }
    for (var i = 0; i < len a; i = i + 1) {
      if (small(a[i]) != small(b[i])) { return false; }
    }
    return true;
  }

  .constant global LONGEST: byte = 62;
  global rows: byte[192] = [0; 192];

  // Insertions, deletions, replacements and swaps of neighbours; `limit` if there are as many.
  function distance_of(a: string, b: string, limit: byte): byte {
    if (len a > LONGEST || len b > LONGEST) { return limit; }
    var before = 0;
    var last = 64;
    var row = 128;
    for (var j = 0; j <= len b; j = j + 1) { rows[row + j] = j; }
    for (var i = 1; i <= len a; i = i + 1) {
      var kept = before;
      before = last;
      last = row;
      row = kept;
      rows[row] = i;
      var least = i;
      for (var j = 1; j <= len b; j = j + 1) {
        var cost = rows[last + j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
        cost = std::math::min(cost, std::math::min(rows[row + j - 1], rows[last + j]) + 1);
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
          cost = std::math::min(cost, rows[before + j - 2] + 1);
        }
        rows[row + j] = cost;
        least = std::math::min(least, cost);
      }
      if (least >= limit) { return limit; }
    }
    return std::math::min(rows[row + len b], limit);
  }

  function first_best(name: string): byte { return len name < 3 ? 1 : (len name + 1) / 3 + 1; }
}
