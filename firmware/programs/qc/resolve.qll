// resolve.qll: from types as written to types: names, instances of templates.

namespace resolve {
  .constant global MAX_DEPTH: byte = 64;     // of instances of templates within each other
  global depth: byte = 0;

  function shape_of(n: * node::node, b: * names::block, env: * names::env): * types::shape {
    var k = n->kind;
    if (k == node::BUILT_IN) { return <unsafe * types::shape>n->x; }
    if (k == node::TYPE_NAME) { return name(n, b, env); }
    if (k == node::POINTER_TO) { return types::pointer_to(shape_of(n->a, b, env)); }
    if (k == node::SLICE_OF) {
      var element = shape_of(n->a, b, env);
      declare::reject_void(element, n->a->at, n->a->end, "an element", 0);
      return types::slice_of(element);
    }
    if (k == node::ARRAY_OF) { return array(n, b, env); }
    if (k == node::STRUCT_OF) { return structure(n, b, env); }
    if (k == node::FUNCTION_OF) { return function_type(n, b, env); }
    if (k == node::MEMBER_TYPE) { return member(n, b, env); }
    if (k == node::TAGGED) {
      var t = types::make(types::TAGGED, shape_of(n->a, b, env));
      t->tags = n->x;
      return t;
    }
    return types::unknown_type;
  }

  function array(n: * node::node, b: * names::block, env: * names::env): * types::shape {
    var element = shape_of(n->a, b, env);
    declare::reject_void(element, n->a->at, n->a->end, "an element", 0);
    var length = constants::length(n->b, b, env);
    return length == constants::NONE ? types::unknown_type : types::array_of(element, length);
  }

  function function_type(n: * node::node, b: * names::block, env: * names::env): * types::shape {
    var t = types::make(types::FUNCTION, null);
    var last: * types::member = null;
    for (var p = n->a; p; p = p->next) {
      var m = <unsafe * types::member>arena::take(sizeof types::member);
      m->shape = shape_of(p, b, env);
      declare::reject_void(m->shape, p->at, p->end, "a parameter", 0);
      if (last) { last->next = m; } else { t->members = m; }
      last = m;
    }
    t->target = shape_of(n->b, b, env);
    return t;
  }

  function structure(n: * node::node, b: * names::block, env: * names::env): * types::shape {
    if (!n->a) {
      report::begin("a struct needs at least one member");
      report::at_node(n);
      return types::unknown_type;
    }
    var t = types::make(types::STRUCT, null);
    var last: * types::member = null;
    for (var p = n->a; p; p = p->next) {
      var kind = shape_of(p->a, b, env);
      declare::reject_void(kind, p->a->at, p->a->end, "member", p->x);
      var known = false;
      for (var m = t->members; m; m = m->next) {
        if (m->name == p->x) { known = true; }
      }
      if (known) {
        report::begin("duplicate member ");
        report::quote_word(p->x);
        report::at_node(p);
      } else {
        var m = <unsafe * types::member>arena::take(sizeof types::member);
        m->name = p->x;
        m->shape = kind;
        if (last) { last->next = m; } else { t->members = m; }
        last = m;
      }
    }
    return t;
  }

  function member(n: * node::node, b: * names::block, env: * names::env): * types::shape {
    var kind = shape_of(n->a, b, env);
    ensure_base(kind);
    var base = types::base(kind);
    if (base->kind == types::STRUCT) {
      for (var m = base->members; m; m = m->next) {
        if (m->name == n->x) { return m->shape; }
      }
      report::begin("unknown member ");
      report::quote_word(n->x);
      report::say(" in ");
      types::say(kind);
      report::at_node(n->b);
    } else if (base->kind != types::UNKNOWN && base->kind != types::VARIABLE) {
      report::begin("expected struct type, actual ");
      types::say(kind);
      report::at_node(n->a);
    }
    return types::unknown_type;
  }

  function ensure_base(t: * types::shape): void {
    while (t->kind == types::NAMED || t->kind == types::TAGGED) {
      if (t->kind == types::NAMED) { ensure(t); }
      if (!t->target) { return; }
      t = t->target;
    }
  }

  // Find out what a name stands for.
  function ensure(t: * types::shape): void {
    if (t->state == 2 || !t->entity) { return; }
    if (t->state == 1) {
      depends_on_itself(t);
      return;
    }
    t->state = 1;
    var found = shape_of(t->entity->body, t->entity->block, null);
    if (!t->target) { t->target = found; }
    t->state = 2;
  }

  function depends_on_itself(t: * types::shape): void {
    report::begin("recursive type: ");
    report::quote_word(t->name);
    report::say(" depends on itself");
    report::end(t->at, t->at + word::at(t->name)->length);
    t->target = types::unknown_type;
  }

  // Resolve whatever the size of a type depends on; false if it cannot be known.
  function ensure_size(t: * types::shape): bool {
    var k = t->kind;
    if (k == types::VARIABLE || k == types::UNKNOWN) { return false; }
    if (k == types::NAMED) {
      if (t->state == 1 && !t->target) {
        if (t->entity) { depends_on_itself(t); }
        return false;
      }
      ensure(t);
      return !!t->target && ensure_size(t->target);
    }
    if (k == types::TAGGED || k == types::ARRAY) { return ensure_size(t->target); }
    if (k == types::STRUCT && t->size == types::NOT_YET) {
      for (var m = t->members; m; m = m->next) {
        if (!ensure_size(m->shape)) { return false; }
      }
    }
    return true;
  }

  // --- names -----------------------------------------------------------------------------------

  function name(n: * node::node, b: * names::block, env: * names::env): * types::shape {
    for (var e = env; e; e = e->next) {
      if (e->name == n->x) {
        if (n->b) { not_a_template(n); }
        return e->shape;
      }
    }
    var found = <unsafe * names::entity>names::lookup(b, n->x, names::TYPE);
    var ambiguous = names::ambiguous;
    if (!!found && found->kind == names::NAMED) {
      if (n->b) { not_a_template(n); }
      return found->shape;
    }
    var first: * names::env = null;
    var last: * names::env = null;
    for (var p = n->a; p; p = p->next) {
      var made = <unsafe * names::env>arena::take(sizeof names::env);
      made->shape = shape_of(p, b, env);
      if (last) { last->next = made; } else { first = made; }
      last = made;
    }
    if (found) { return instance(found, first, n); }
    if (ambiguous) {
      names::ambiguous = ambiguous;
      names::say_ambiguous_at(n);
    } else {
      unknown(n, b, env);
    }
    return types::unknown_type;
  }

  function not_a_template(n: * node::node): void {
    report::begin("unexpected type arguments; expected template type, actual ");
    report::say_word(n->x);
    report::at_node(n);
  }

  function unknown(n: * node::node, b: * names::block, env: * names::env): void {
    if (report::is_lost(n->x)) { return; }
    report::begin("unknown type identifier ");
    report::quote_word(n->x);
    report::end(n->at, n->at + word::at(n->x)->length);
    if (names::lookup(b, n->x, names::VALUE) != 0) {
      report::begin_note();
      report::quote_word(n->x);
      report::say(" is a value, not a type");
      report::end_note();
    } else {
      guess::note(n->x, names::TYPE, b, null, env);
    }
  }

  // --- templates -------------------------------------------------------------------------------

  function say_arity(e: * names::entity, actual: byte): void {
    report::begin("expected ");
    report::say_number(node::count(e->generics));
    report::say(" type arguments for ");
    report::quote_word(e->name);
    report::say(", actual ");
    report::say_number(actual);
  }

  // Give type arguments the names of the parameters.
  function bind(e: * names::entity, arguments: * names::env): bool {
    var n = e->generics;
    var a = arguments;
    while (!!n && !!a) {
      a->name = n->x;
      n = n->next;
      a = a->next;
    }
    return !n && !a;
  }

  function same(a: * names::env, b: * names::env): bool {
    while (!!a && !!b) {
      if (!types::identical(a->shape, b->shape)) { return false; }
      a = a->next;
      b = b->next;
    }
    return !a && !b;
  }

  // The type that a template stands for, parsed anew: checking lengths in it changes the tree.
  function parsed(e: * names::entity): * node::node {
    parser::begin(e->source, <unsafe byte>source::files[report::file_of(e->source)].end - 1);
    return parser::whole_type();
  }

  function instance(e: * names::entity, arguments: * names::env, n: * node::node): * types::shape {
    if (!bind(e, arguments)) {
      var actual = 0;
      for (var a = arguments; a; a = a->next) { actual = actual + 1; }
      say_arity(e, actual);
      report::at_node(n);
      report::declared(e->at);
      return types::unknown_type;
    }
    for (var i = e->instances; i; i = i->next) {
      if (same(i->env, arguments)) {
        if (i->shape->state == 1) { i->shape->mark = 0xFFFFFFFF; }
        return i->shape;
      }
    }
    if (e->state == 3) { return types::unknown_type; }
    if (depth >= MAX_DEPTH) {
      e->state = 3;
      report::begin("too many instantiations of ");
      report::quote_word(e->name);
      report::say(" within each other");
      report::at_node(n);
      return types::unknown_type;
    }
    var t = types::make(types::NAMED, null);
    t->name = e->name;
    t->at = e->at;
    t->arguments = arguments;
    t->state = 1;
    var made = <unsafe * names::instance>arena::take(sizeof names::instance);
    *made = names::instance { env = arguments, shape = t, next = e->instances };
    e->instances = made;
    depth = depth + 1;
    t->target = shape_of(parsed(e), e->block, arguments);
    depth = depth - 1;
    t->state = 2;
    if (t->mark == 0xFFFFFFFF) {
      t->mark = 0;
      memory::add(&declare::named, <unsafe byte>t);
      if (declare::are_known) { recursion::check_one(t); }
      return t;
    }
    made->shape = t->target;   // it does not mention itself: what it stands for serves as well
    return t->target;
  }
}

// What a name that is not known may have been meant to be.
namespace guess {
  global best: byte = 0;
  global found: byte = 0;
  global name: string = null;

  function consider(other: byte): void {
    if (word::at(other)->count == 0 && names::is_near(name, word::text(other), &best)) { found = other; }
  }

  function in_space(s: * names::space, kind: byte): void {
    for (var i = 0; i < names::SLOTS; i = i + 1) {
      for (var e = names::slots[unsafe i]; e; e = e->next) {
        if (e->space == s && e->kind == kind) { consider(e->name); }
      }
    }
  }

  // Note a like name among what is within reach: of a kind, variables, type parameters.
  function note(number: byte, kind: byte, b: * names::block, f: * names::entity,
                env: * names::env): void {
    names::hints = names::hints + 1;
    if (names::hints > names::MAX_HINTS) { return; }
    var w = word::at(number);
    name = word::text(w->count == 0 ? number : w->parts[unsafe w->count - 1]);
    best = names::first_best(name);
    found = 0;
    if (w->count == 0) {
      if (f) {
        for (var l = f->locals; l; l = l->next) { consider(l->name); }
      }
      for (var e = env; e; e = e->next) { consider(e->name); }
    }
    for (var at = b; at; at = at->parent) {
      var place = at->space;
      if (w->count != 0) { place = names::walk(at->space, w, 0, w->count - 1); }
      if (w->count != 0 && w->parts[unsafe 0] == names::root->name) {
        place = names::walk(names::root, w, 1, w->count - 1);
      }
      if (place) { in_space(place, kind); }
      for (var u = at->usings; u; u = u->next) {
        var used = w->count == 0 ? u->space : names::walk(u->space, w, 0, w->count - 1);
        if (used) { in_space(used, kind); }
      }
    }
    if (found == 0) {
      elsewhere(w->count == 0 ? number : w->parts[unsafe w->count - 1], kind, number, b);
      return;
    }
    report::begin_note();
    report::say("did you mean '");
    if (w->count != 0) { report::say(memory::part(w->text, w->length - len name)); }
    report::say_word(found);
    report::say("'?");
    report::end_note();
  }

  // Note the only thing of that name in the program, in full; else that there is no such namespace.
  function elsewhere(last: byte, kind: byte, number: byte, b: * names::block): void {
    var place: * names::space = null;
    var hits = 0;
    for (var i = 0; i < names::SLOTS; i = i + 1) {
      for (var e = names::slots[unsafe i]; e; e = e->next) {
        if (e->name == last && e->kind == kind) {
          place = e->space;
          hits = hits + 1;
        }
      }
    }
    var w = word::at(number);
    if (hits == 1 && place != names::root) {
      report::begin_note();
      report::say("did you mean '");
      types::say_below_root(place);
      report::say("::");
      report::say_word(last);
      report::say("'?");
      report::end_note();
    } else if (w->count != 0 && !reaches(w, b)) {
      report::begin_note();
      report::say("there is no namespace '");
      report::say(memory::part(w->text, w->length - len name - 2));
      report::say("'");
      report::end_note();
    }
  }

  // Whether the path of a name leads to a namespace.
  function reaches(w: * word::word, b: * names::block): bool {
    if (w->parts[unsafe 0] == names::root->name) {
      return !!names::walk(names::root, w, 1, w->count - 1);
    }
    for (var at = b; at; at = at->parent) {
      if (names::walk(at->space, w, 0, w->count - 1)) { return true; }
      for (var u = at->usings; u; u = u->next) {
        if (names::walk(u->space, w, 0, w->count - 1)) { return true; }
      }
    }
    return false;
  }

  // The same among the members of a struct.
  function member(number: byte, members: * types::member): void {
    name = word::text(number);
    best = names::first_best(name);
    found = 0;
    for (var m = members; m; m = m->next) { consider(m->name); }
    if (found == 0) { return; }
    report::begin_note();
    report::say("did you mean ");
    report::quote_word(found);
    report::say("?");
    report::end_note();
  }
}
