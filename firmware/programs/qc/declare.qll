// declare.qll: entering declarations, and finding out what their types are.

namespace declare {
  type using_at = struct { block: * names::block; name: byte; at: byte; end: byte; next: * using_at; };
  type forward = struct { to: * names::entity; from: * names::entity; next: * forward; };
  // What is to be checked once all names stand for something: no void there.
  type later = struct { shape: * types::shape; at: byte; end: byte; what: string; name: byte; next: * later; };

  global usings: * using_at = null;
  global forwards: * forward = null;
  global postponed: * later = null;
  global are_known: bool = false;      // all names of types are resolved
  global named: memory::list = memory::list { };   // all names of types
  global init_word: byte = 0;

  function duplicate(name: byte, at: byte, earlier: byte): void {
    report::begin("duplicate declaration of ");
    report::quote_word(name);
    report::end(at, at + word::at(name)->length);
    if (earlier == 0) { report::note("it is predeclared"); } else { report::declared(earlier); }
  }

  function distinct(list: * node::node, what: string): void {
    for (var n = list; n; n = n->next) {
      var known = false;
      for (var m = list; m != n; m = m->next) {
        if (m->x == n->x) { known = true; }
      }
      if (known) {
        report::begin("duplicate ");
        report::say(what);
        report::say(" ");
        report::quote_word(n->x);
        report::end(n->at, n->at + word::at(n->x)->length);
      }
    }
  }

  function of_type(b: * names::block, name: byte, at: byte, parameters: * node::node, source: byte,
                   target: * node::node): void {
    var known = <unsafe * names::entity>names::find(b->space, name, names::TYPE);
    if (known) {
      duplicate(name, at, known->at);
      return;
    }
    var e = names::make(parameters ? names::TYPE_TEMPLATE : names::NAMED, name, at, b);
    e->generics = parameters;
    e->body = target;
    e->source = source;
    distinct(parameters, "type parameter");
    if (!parameters) {
      e->shape = types::make(types::NAMED, null);
      e->shape->name = name;
      e->shape->at = at;
      e->shape->entity = e;
      memory::add(&named, <unsafe byte>e->shape);
    }
    names::enter(b->space, name, names::TYPE, <unsafe byte>e);
  }

  function clashes_with_init(e: * names::entity): bool {
    if (e->space != names::root || e->name != init_word) { return false; }
    report::begin("duplicate declaration of 'global::_init'");
    report::end(e->at, e->at + 5);
    report::note("the compiler makes the function that initialises globals");
    return true;
  }

  function of_global(b: * names::block, name: byte, at: byte, tags: byte, target: * node::node,
                     value: * node::node): void {
    var e = names::make(names::GLOBAL, name, at, b);
    e->tags = tags;
    e->result = target;
    e->body = value;
    e->shape = types::unknown_type;
    e->is_data = true;
    var known = <unsafe * names::entity>names::find(b->space, name, names::VALUE);
    if (known) { duplicate(name, at, known->at); }
    else if (!clashes_with_init(e)) { names::enter(b->space, name, names::VALUE, <unsafe byte>e); }
    if (names::last_global) { names::last_global->next = e; } else { names::first_global = e; }
    names::last_global = e;
    if (!value && (tags & names::EXTERN) == 0) {
      report::begin("global ");
      report::quote_word(name);
      report::say(" without initialiser must be marked .extern");
      report::end(at, at + word::at(name)->length);
    }
  }

  function add_function(e: * names::entity): void {
    if (names::last_function) { names::last_function->next = e; } else { names::first_function = e; }
    names::last_function = e;
  }

  function of_function(e: * names::entity): void {
    distinct(e->generics, "type parameter");
    distinct(e->parameters, "parameter");
    if (clashes_with_init(e)) { return; }
    var known = <unsafe * names::entity>names::find(e->space, e->name, names::VALUE);
    if (e->generics) {
      e->kind = names::TEMPLATE;
      if (known) { duplicate(e->name, e->at, known->at); }
      else { names::enter(e->space, e->name, names::VALUE, <unsafe byte>e); }
      return;
    }
    if (!!known && known->kind == names::FUNCTION && (!e->body || !known->body)) {
      var pair = <unsafe * forward>arena::take(sizeof forward);
      pair->next = forwards;
      pair->to = known;
      pair->from = e;
      forwards = pair;
      if (e->body) { take_place(known, e); }
      return;
    }
    if (known) { duplicate(e->name, e->at, known->at); }
    else { names::enter(e->space, e->name, names::VALUE, <unsafe byte>e); }
    add_function(e);
  }

  // A definition takes the place of the declaration that was there; what it was is in `other` then.
  function take_place(known: * names::entity, other: * names::entity): void {
    var kept = *known;
    known->at = other->at;
    known->block = other->block;
    known->tags = other->tags;
    known->parameters = other->parameters;
    known->result = other->result;
    known->body = other->body;
    other->at = kept.at;
    other->block = kept.block;
    other->tags = kept.tags;
    other->parameters = kept.parameters;
    other->result = kept.result;
    other->body = null;
  }

  function of_using(b: * names::block, name: byte, at: byte, end: byte): void {
    var u = <unsafe * using_at>arena::take(sizeof using_at);
    *u = using_at { block = b, name = name, at = at, end = end };
    if (!usings) {
      usings = u;
    } else {
      var last = usings;
      while (last->next) { last = last->next; }
      last->next = u;
    }
  }

  function open_usings(): void {
    for (var u = usings; u; u = u->next) {
      var found = names::find_used(u->block->space, u->name);
      var known = false;
      for (var other = u->block->usings; other; other = other->next) {
        if (other->space == found) { known = true; }
      }
      if (!found) {
        if (!report::is_lost(u->name)) {
          report::begin("unknown namespace identifier ");
          report::quote_word(u->name);
          report::end(u->at, u->end);
        }
      } else if (known) {
        report::begin("duplicate using declaration of '");
        names::say_space(found);
        report::say("'");
        report::end(u->at, u->end);
      } else {
        var made = <unsafe * names::used>arena::take(sizeof names::used);
        made->space = found;
        if (!u->block->usings) {
          u->block->usings = made;
        } else {
          var last = u->block->usings;
          while (last->next) { last = last->next; }
          last->next = made;
        }
      }
    }
  }

  // --- what no type may be ---------------------------------------------------------------------

  function say_void(what: string, name: byte): void {
    report::begin("invalid void type: ");
    report::say(what);
    if (name != 0) {
      report::say(" ");
      report::quote_word(name);
    }
    report::say(" needs a value");
  }

  // `what` cannot be void. True if it is known to be.
  function reject_void(t: * types::shape, at: byte, end: byte, what: string, name: byte): bool {
    if (!are_known) {
      if (t->kind == types::NAMED || t->kind == types::VOID || t->kind == types::TAGGED) {
        var l = <unsafe * later>arena::take(sizeof later);
        *l = later { shape = t, at = at, end = end, what = arena::text(what), name = name, next = postponed };
        postponed = l;
      }
      return false;
    }
    if (types::kind_of(t) != types::VOID) { return false; }
    say_void(what, name);
    report::end(at, end);
    return true;
  }

  function reject_large(t: * types::shape, at: byte, end: byte, what: string, name: byte): bool {
    if (types::size(t) <= types::MAX_WORDS) { return false; }
    report::begin(what);
    if (name != 0) {
      report::say(" ");
      report::quote_word(name);
    }
    report::say(" is larger than the memory");
    report::end(at, end);
    return true;
  }

  // --- all declarations ------------------------------------------------------------------------

  function everything(): void {
    open_usings();
    for (var g = names::first_global; g; g = g->next) { settle(g); }
    for (var f = names::first_function; f; f = f->next) { signature(f); }
    for (var p = forwards; p; p = p->next) { signature(p->from); }
    for (var i = 0; i < named.count; i = i + 1) {
      resolve::ensure(<unsafe * types::shape>named.words[unsafe i]);
    }
    recursion::check(&named);
    are_known = true;
    for (var l = postponed; l; l = l->next) { reject_void(l->shape, l->at, l->end, l->what, l->name); }
    for (var p = forwards; p; p = p->next) { compare(p->to, p->from); }
    for (var g = names::first_global; g; g = g->next) {
      var end = g->at + word::at(g->name)->length;
      if (reject_large(g->shape, g->at, end, "global", g->name)) { g->shape = types::unknown_type; }
    }
    for (var f = names::first_function; f; f = f->next) { inspect(f); }
  }

  // The type of a global; false if it depends on itself.
  function settle(g: * names::entity): bool {
    if (g->state == 0) {
      g->state = 1;
      g->shape = resolve::shape_of(g->result, g->block, null);
      reject_void(g->shape, g->result->at, g->result->end, "global", g->name);
      g->state = 2;
    }
    return g->state == 2;
  }

  function signature(f: * names::entity): void {
    var t = types::make(types::FUNCTION, null);
    var last: * types::member = null;
    f->locals = null;
    f->last = null;
    for (var n = f->parameters; n; n = n->next) {
      var kind = resolve::shape_of(n->a, f->block, f->env);
      reject_void(kind, n->a->at, n->a->end, "parameter", n->x);
      var m = <unsafe * types::member>arena::take(sizeof types::member);
      m->shape = kind;
      if (last) { last->next = m; } else { t->members = m; }
      last = m;
      var l = add_local(f, n->x, kind, n->at);
      l->is_parameter = true;
    }
    t->target = resolve::shape_of(f->result, f->block, f->env);
    f->shape = t;
  }

  function add_local(f: * names::entity, name: byte, kind: * types::shape, at: byte): * names::local {
    var l = <unsafe * names::local>arena::take(sizeof names::local);
    l->name = name;
    l->shape = kind;
    l->at = at;
    if (f->last) { f->last->next = l; } else { f->locals = l; }
    f->last = l;
    return l;
  }

  // A declaration of a function and its definition must agree.
  function compare(to: * names::entity, from: * names::entity): void {
    to->tags = to->tags | (from->tags & (names::EXPORT | names::INTERRUPT));
    if (types::equal(to->shape, from->shape)) { return; }
    report::begin("duplicate declaration of ");
    report::quote_word(to->name);
    report::say(" with another signature: expected ");
    types::say(to->shape);
    report::say(", actual ");
    types::say(from->shape);
    report::end(from->at, from->at + word::at(from->name)->length);
    report::declared(to->at);
  }

  function inspect(f: * names::entity): void {
    if ((f->tags & names::INTERRUPT) != 0
        && (!!f->parameters || types::kind_of(f->shape->target) != types::VOID)) {
      report::begin("interrupt expected to be () => void, actual ");
      types::say(f->shape);
      report::end(f->at, f->at + word::at(f->name)->length);
    }
    var n = f->parameters;
    for (var l = f->locals; !!l && !!n; l = l->next) {
      if (reject_large(l->shape, n->at, n->end, "parameter", 0)) { l->shape = types::unknown_type; }
      n = n->next;
    }
    if (reject_large(f->shape->target, f->result->at, f->result->end, "result", 0)) {
      f->shape->target = types::unknown_type;
    }
  }
}

// Types that contain themselves without a struct and an indirection between.
namespace recursion {
  .constant global STRUCT: byte = 1;
  .constant global INDIRECT: byte = 2;

  global sought: * types::shape = null;
  global stamp: byte = 0;

  function check(list: * memory::list): void {
    for (var i = 0; i < list->count; i = i + 1) { check_one(<unsafe * types::shape>list->words[unsafe i]); }
  }

  // Marks hold a number for this search, and for which flags a type was seen already.
  function check_one(t: * types::shape): void {
    sought = t;
    stamp = stamp + 16;
    if (!t->target || !reaches(t->target, 0)) { return; }
    report::begin("recursive type: ");
    report::quote_word(t->name);
    report::say(" contains itself");
    report::end(t->at, t->at + word::at(t->name)->length);
    report::note("between a type and itself there must be a struct, and a pointer, slice or function");
    t->target = types::unknown_type;
  }

  function reaches(t: * types::shape, flags: byte): bool {
    if (t == sought) { return flags != (STRUCT | INDIRECT); }
    var k = t->kind;
    if (k <= types::VOID || k == types::VARIABLE || flags == (STRUCT | INDIRECT)) { return false; }
    if (t->mark < stamp) { t->mark = stamp; }
    if ((t->mark >> flags & 1) != 0) { return false; }
    t->mark = t->mark | 1 << flags;
    if (k == types::POINTER || k == types::SLICE) { return reaches(t->target, flags | INDIRECT); }
    if (k == types::FUNCTION) {
      flags = flags | INDIRECT;
      if (reaches(t->target, flags)) { return true; }
    }
    if (k == types::STRUCT) { flags = flags | STRUCT; }
    if (k == types::STRUCT || k == types::FUNCTION) {
      for (var m = t->members; m; m = m->next) {
        if (reaches(m->shape, flags)) { return true; }
      }
      return false;
    }
    return !!t->target && reaches(t->target, flags);
  }
}
