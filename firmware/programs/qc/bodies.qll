// bodies.qll: checking statements, bodies and initialisers, and instances of function templates.

namespace check {
  // The whole program, whose declarations are known.
  function program(): void {
    for (var g = names::first_global; g; g = g->next) {
      initialiser(g);
      templates::finish();
    }
    for (var f = names::first_function; f; f = f->next) {
      if (f->body) { body(f); }
      templates::finish();
    }
  }

  function initialiser(g: * names::entity): void {
    if (g->is_checked || !g->body) { return; }
    g->is_checked = true;
    var outer = now;
    var below = floor;
    floor = scopes.count;
    now = place { holder = g, block = g->block, scope = floor };
    var at = g->body->at;
    var end = g->body->end;
    g->body = converted(g->body, g->shape);
    if ((g->tags & names::EXTERN) != 0) {
      var k = g->body->kind;
      if (k != node::CONST && k != node::NULL_SLICE && k != node::VOID && k != node::WRONG) {
        report::begin("global ");
        report::quote_word(g->name);
        report::say(" is defined elsewhere (.extern) and cannot be initialised here");
        report::end(at, end);
      }
    }
    now = outer;
    floor = below;
  }

  function body(f: * names::entity): void {
    var outer = now;
    var below = floor;
    floor = scopes.count;
    now = place { holder = f, block = f->block, env = f->env, scope = floor };
    var n = f->parameters;
    for (var l = f->locals; !!l && !!n; l = l->next) {
      l->height = scopes.count - floor;
      memory::add(&scopes, <unsafe byte>l);
      n = n->next;
    }
    now.scope = scopes.count;
    var returns = statements(f->body);
    var result = f->shape->target;
    if (!returns && types::kind_of(result) != types::VOID && !is_unknown(result)) {
      report::begin("missing return: not all paths of ");
      report::quote_word(f->name);
      report::say(" return a value");
      report::end(f->body->end - 1, f->body->end);
      report::declared(f->at);
    }
    scopes.count = floor;
    now = outer;
    floor = below;
  }

  // The statements of a block, in a scope of their own; whether they always return.
  function statements(block: * node::node): bool {
    var outer = now.scope;
    now.scope = scopes.count;
    var returns = false;
    for (var n = block->a; n; n = n->next) {
      if (statement(n)) { returns = true; }
    }
    scopes.count = now.scope;
    now.scope = outer;
    return returns;
  }

  function statement(n: * node::node): bool {
    nesting::enter(n->at, n->end);
    var k = n->kind;
    if (k == node::EVALUATE) { return evaluate(n); }
    if (k == node::ASSIGN) {
      assign(n);
      return false;
    }
    if (k == node::VAR) {
      variable(n);
      return false;
    }
    if (k == node::IF) { return if_statement(n); }
    if (k == node::RETURN) {
      return_statement(n);
      return true;
    }
    if (k == node::FOR || k == node::WHILE) {
      loop(n);
      return false;
    }
    if (k == node::BLOCK) { return statements(n); }
    if (k == node::DELETE) {
      delete_statement(n);
      return false;
    }
    if (now.loops == 0) {
      report::begin("");
      report::say_either(k == node::BREAK, "break outside of a loop", "continue outside of a loop");
      report::at_node(n);
    }
    return false;
  }

  function evaluate(n: * node::node): bool {
    if (n->a->kind == node::WRONG) {
      broken(n->a);
      return true;                       // it may have been anything
    }
    n->a = expression(n->a, null);
    return (types::tags_of(n->a->shape) & names::ABORT) != 0;
  }

  function variable(n: * node::node): void {
    var kind: * types::shape = null;
    if (n->a) {
      kind = resolved(n->a);
      if (declare::reject_void(kind, n->a->at, n->a->end, "variable", n->x)
          || declare::reject_large(kind, n->a->at, n->a->end, "variable", n->x)) {
        kind = types::unknown_type;
      }
      if (n->b) { n->b = converted(n->b, kind); }
    } else {
      n->b = expression(n->b, null);
      kind = types::untagged(n->b->shape);
      if (declare::reject_void(kind, n->b->at, n->b->end, "variable", n->x)) { kind = types::unknown_type; }
    }
    for (var i = now.scope; i < scopes.count; i = i + 1) {
      var other = <unsafe * names::local>scopes.words[unsafe i];
      if (other->name == n->x) {
        report::begin("redefinition of ");
        report::quote_word(n->x);
        report::say(" in the same scope");
        report::at_node(n->c);
        report::declared(other->at);
        i = scopes.count;
      }
    }
    var l = declare::add_local(now.holder, n->x, kind, n->c->at);
    l->height = scopes.count - floor;
    memory::add(&scopes, <unsafe byte>l);
    n->x = <unsafe byte>l;
  }

  function assign(n: * node::node): void {
    var is_length = n->a->kind == node::LEN;
    n->a = expression(n->a, null);
    var kind = n->a->shape;
    if (!is_unknown(kind)) {
      if (!is_assignable(n->a)) {
        report::begin("expected assignable expression");
        report::at_node(n->a);
        if (is_length) {
          report::note("the length of an array is fixed; a slice of it has a length of its own");
        } else if (n->a->kind == node::FUNCTION) {
          var f = <unsafe * names::entity>n->a->x;
          report::begin_note();
          report::quote_word(f->name);
          report::say(" is a function");
          report::end_note();
          report::declared(f->at);
        }
        kind = types::unknown_type;
      } else if ((types::tags_of(kind) & names::CONSTANT) != 0 || is_constant_global(n->a)) {
        report::begin("expected non-constant place to assign to");
        report::at_node(n->a);
        if (n->a->kind == node::GLOBAL) { report::declared((<unsafe * names::entity>n->a->x)->at); }
      }
    }
    n->b = converted(n->b, types::untagged(kind));
  }

  function is_constant_global(n: * node::node): bool {
    return n->kind == node::GLOBAL && ((<unsafe * names::entity>n->x)->tags & names::CONSTANT) != 0;
  }

  function if_statement(n: * node::node): bool {
    n->a = condition(n->a);
    var returns = statements(n->b);
    if (!n->c) { return false; }
    return statement(n->c) && returns;
  }

  function loop(n: * node::node): void {
    var outer = now.scope;
    now.scope = scopes.count;
    if (n->kind == node::FOR) {
      var test = n->a->next;
      statement(n->a);
      n->a->next = condition(test);
      now.loops = now.loops + 1;
      statement(n->c);
    } else {
      n->a = condition(n->a);
      now.loops = now.loops + 1;
    }
    statements(n->b);
    now.loops = now.loops - 1;
    scopes.count = now.scope;
    now.scope = outer;
  }

  function return_statement(n: * node::node): void {
    var f = now.holder;
    var result = f->shape->target;
    var is_void = types::kind_of(result) == types::VOID;
    if (!n->a) {
      if (!is_void && !is_unknown(result)) {
        report::begin("expected ");
        types::say(result);
        report::say(", actual void");
        report::at_node(n);
      }
      return;
    }
    if (!is_void) {
      n->a = returned(expression(n->a, result), result);
      return;
    }
    n->a = expression(n->a, null);
    var k = types::kind_of(n->a->shape);
    if (k == types::VOID || k == types::UNKNOWN) { return; }
    report::begin("expected void, actual ");
    types::say(n->a->shape);
    report::at_node(n->a);
    report::begin_note();
    report::quote_word(f->name);
    report::say(" returns nothing");
    report::end_note();
    report::declared(f->at);
  }

  // Convert what is returned. A string that becomes a slice gets storage that lives on, also in the
  // arms of `? :`.
  function returned(n: * node::node, target: * types::shape): * node::node {
    var wanted = types::base(target);
    var given = types::base(n->shape);
    if (wanted->kind == types::SLICE && given->kind == types::ARRAY
        && types::convertible(given->target, wanted->target)) {
      if (n->kind == node::STRING) {
        n->c = n;
        return slice_of(n, n->x, target);
      }
      if (n->kind == node::CONDITIONAL && has_string(n)) {
        n->b = returned(n->b, target);
        n->c = returned(n->c, target);
        n->shape = types::untagged(target);
        return n;
      }
    }
    return convert(n, target);
  }

  function has_string(n: * node::node): bool {
    if (n->kind == node::STRING) { return true; }
    return n->kind == node::CONDITIONAL && (has_string(n->b) || has_string(n->c));
  }

  function delete_statement(n: * node::node): void {
    n->a = expression(n->a, null);
    indirect();
    var k = types::kind_of(n->a->shape);
    n->x = k == types::SLICE ? 1 : 0;
    if (k == types::SLICE && !is_assignable(n->a)) {
      report::begin("expected assignable expression after 'delete'");
      report::at_node(n->a);
      report::note("delete clears the slice itself");
    } else if (k != types::SLICE && k != types::POINTER && k != types::UNKNOWN) {
      wrong_type("pointer or slice type", n->a->shape, n->a);
    }
  }
}

namespace templates {
  .constant global MAX_INSTANCES: byte = 10;   // new ones within each other

  global waiting: * names::entity = null;      // instances whose bodies are to be checked
  global last: * names::entity = null;         // of all instances
  global first: * names::entity = null;

  // The instance for type arguments; null after a mistake.
  function instance(e: * names::entity, arguments: * names::env, n: * node::node): * names::entity {
    if (!resolve::bind(e, arguments)) {
      var actual = 0;
      for (var a = arguments; a; a = a->next) { actual = actual + 1; }
      resolve::say_arity(e, actual);
      report::at_node(n);
      report::declared(e->at);
      return null;
    }
    for (var a = arguments; a; a = a->next) {
      if (a->shape->kind == types::UNKNOWN) { return null; }
    }
    for (var i = e->instances; i; i = i->next) {
      if (resolve::same(i->env, arguments)) { return i->made; }
    }
    var depth = check::now.holder ? check::now.holder->depth : 0;
    if (depth >= MAX_INSTANCES) {
      report::begin("too many instantiations within each other: ");
      report::quote_word(e->name);
      report::at_node(n);
      return null;
    }
    var f = names::make(names::FUNCTION, e->name, e->at, e->block);
    f->tags = e->tags;
    f->env = arguments;
    f->depth = depth + 1;
    f->chain = chain_of(e, arguments, n);
    var made = <unsafe * names::instance>arena::take(sizeof names::instance);
    *made = names::instance { env = arguments, made = f, next = e->instances };
    e->instances = made;
    parser::again(f, e->source);
    var outer = report::chain;
    report::chain = f->chain;
    declare::signature(f);
    declare::inspect(f);
    report::chain = outer;
    f->next = waiting;
    waiting = f;
    return f;
  }

  // "in the instance f<byte>, made at file:1:2", and what was around.
  function chain_of(e: * names::entity, arguments: * names::env, n: * node::node): string {
    source::begin_message();
    report::say("in the instance ");
    report::say_word(e->name);
    report::say("<");
    for (var a = arguments; a; a = a->next) {
      types::say(a->shape);
      if (a->next) { report::say(", "); }
    }
    report::say(">, made at ");
    var file = report::file_of(n->at);
    source::say_place(file, report::line_of(file, n->at), <unsafe * byte>n->at);
    if (len report::chain != 0) {
      report::say("\n    note: ");
      report::say(report::chain);
    }
    var count = source::words.count - source::message_at;
    var kept = arena::take(count);
    for (var i = 0; i < count; i = i + 1) {
      kept[unsafe i] = source::words.words[unsafe source::message_at + i];
    }
    source::words.count = source::message_at;
    return memory::part(kept, count);
  }

  // Check the bodies of instances, and of those made on the way.
  function finish(): void {
    while (waiting) {
      var f = waiting;
      waiting = f->next;
      f->next = null;
      if (last) { last->next = f; } else { first = f; }
      last = f;
      report::chain = f->chain;
      check::body(f);
      report::chain = null;
    }
  }

  // The instance for a call without type arguments, whose arguments are checked; null after a mistake.
  function inferred(e: * names::entity, n: * node::node, context: * types::shape): * names::entity {
    var pattern = pattern_of(e);
    if (context) {
      if (!check::is_unknown(context) && !types::match_whole(pattern->target, context)) {
        report::begin("unable to infer type arguments of ");
        report::quote_word(e->name);
        report::say(": its result is ");
        types::say(pattern->target);
        report::say(", expected ");
        types::say(context);
        report::at_node(n);
        report::declared(e->at);
        return null;
      }
    }
    var number = 0;
    var p = n->b;
    for (var m = pattern->members; m; m = m->next) {
      number = number + 1;
      if (!types::match_whole(m->shape, p->shape)) {
        no_match(e, number, m->shape, p);
        return null;
      }
      p = p->next;
    }
    var begin: * names::env = null;
    var end: * names::env = null;
    for (var v = variables; v; v = v->next) {
      if (!v->shape->bound) {
        report::begin("unable to infer type argument ");
        report::say_word(v->name);
        report::say(" of ");
        report::quote_word(e->name);
        report::at_node(n);
        report::begin_note();
        report::say("give it: ");
        report::say_word(e->name);
        report::say("<...>(...)");
        report::end_note();
        report::declared(e->at);
        return null;
      }
      var made = <unsafe * names::env>arena::take(sizeof names::env);
      made->shape = v->shape->bound;
      if (end) { end->next = made; } else { begin = made; }
      end = made;
    }
    return instance(e, begin, n);
  }

  function no_match(e: * names::entity, number: byte, wanted: * types::shape, n: * node::node): void {
    report::begin("unable to infer type arguments of ");
    report::quote_word(e->name);
    report::say(": argument ");
    report::say_number(number);
    report::say(" is expected to be ");
    types::say(wanted);
    report::say(", actual ");
    types::say(n->shape);
    report::at_node(n);
    var some = false;
    for (var v = variables; v; v = v->next) { some = some || !!v->shape->bound; }
    if (some) {
      report::begin_note();
      report::say("so far: ");
      some = false;
      for (var v = variables; v; v = v->next) {
        if (v->shape->bound) {
          if (some) { report::say(", "); }
          some = true;
          report::say_word(v->name);
          report::say(" = ");
          types::say(v->shape->bound);
        }
      }
      report::end_note();
    }
    report::declared(e->at);
  }

  global variables: * names::env = null;       // of the template at hand, unbound

  // The type of a template's function with variables in it.
  function pattern_of(e: * names::entity): * types::shape {
    if (!e->pattern) {
      var f = names::make(names::FUNCTION, e->name, e->at, e->block);
      f->parameters = e->parameters;
      f->result = e->result;
      var end: * names::env = null;
      for (var g = e->generics; g; g = g->next) {
        var made = <unsafe * names::env>arena::take(sizeof names::env);
        made->name = g->x;
        made->shape = types::make(types::VARIABLE, null);
        made->shape->name = g->x;
        if (end) { end->next = made; } else { f->env = made; }
        end = made;
      }
      e->env = f->env;
      report::muted = report::muted + 1;
      declare::signature(f);
      report::muted = report::muted - 1;
      e->pattern = f->shape;
    }
    variables = e->env;
    for (var v = variables; v; v = v->next) { v->shape->bound = null; }
    return e->pattern;
  }
}
