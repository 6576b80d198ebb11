// calls.qll: checking names, calls, `new`, members and indices.

namespace check {
  function name(n: * node::node): * node::node {
    var w = word::at(n->x);
    if (w->count == 0) {
      var l = find_local(n->x);
      if (l) {
        if (n->b) { no_template(n); }
        n->kind = node::LOCAL;
        n->x = <unsafe byte>l;
        n->shape = l->shape;
        return is_unknown(l->shape) ? broken(n) : n;
      }
    }
    var e = entity_of(n);
    if (!e) { return broken(n); }
    if (e->kind == names::TEMPLATE) {
      report::begin("template function ");
      report::quote_word(n->x);
      report::say(" is not instantiated");
      report::at_node(n);
      report::declared(e->at);
      report::begin_note();
      report::say("give type arguments: ");
      report::say_word(n->x);
      report::say("<...>");
      report::end_note();
      return broken(n);
    }
    mention(e);
    n->kind = e->kind == names::GLOBAL ? node::GLOBAL : node::FUNCTION;
    n->x = <unsafe byte>e;
    n->shape = e->shape;
    return is_unknown(e->shape) ? broken(n) : n;
  }

  // What a name that is no variable stands for, instances made; null after a mistake.
  function entity_of(n: * node::node): * names::entity {
    var e = <unsafe * names::entity>names::lookup(now.block, n->x, names::VALUE);
    if (!e) {
      if (names::ambiguous) { names::say_ambiguous_at(n); } else { unknown_name(n); }
      return null;
    }
    if (e->kind == names::TEMPLATE) {
      if (!n->b) { return e; }
      var first: * names::env = null;
      var last: * names::env = null;
      for (var p = n->a; p; p = p->next) {
        var made = <unsafe * names::env>arena::take(sizeof names::env);
        made->shape = resolved(p);
        if (last) { last->next = made; } else { first = made; }
        last = made;
      }
      return templates::instance(e, first, n);
    }
    if (n->b) { no_template(n); }
    return e;
  }

  function no_template(n: * node::node): void {
    report::begin("unexpected type arguments; ");
    report::quote_word(n->x);
    report::say(" is no template");
    report::at_node(n);
  }

  function unknown_name(n: * node::node): void {
    if (report::is_lost(n->x)) { return; }
    report::begin("unknown identifier ");
    report::quote_word(n->x);
    report::end(n->at, n->at + word::at(n->x)->length);
    var is_type = names::lookup(now.block, n->x, names::TYPE) != 0;
    for (var e = now.env; e; e = e->next) { is_type = is_type || e->name == n->x; }
    if (is_type) {
      report::begin_note();
      report::quote_word(n->x);
      report::say(" is a type, not a value");
      report::end_note();
    } else {
      guess::note(n->x, names::VALUE, now.block, now.holder, null);
    }
  }

  // --- members and indices ---------------------------------------------------------------------

  function member(n: * node::node): * node::node {
    var is_arrow = n->a->kind == node::DEREF && n->a->x == 1;
    if (is_arrow) { return arrow_member(n); }
    n->a = expression(n->a, null);
    var base = types::base(n->a->shape);
    if (base->kind != types::STRUCT) {
      if (base->kind == types::UNKNOWN) { return broken(n); }
      wrong_type("struct type", n->a->shape, n->a);
      if (base->kind == types::POINTER && types::kind_of(base->target) == types::STRUCT) {
        report::begin_note();
        report::say("write -> to reach through a pointer: ->");
        report::say_word(n->x);
        report::end_note();
      }
      return broken(n);
    }
    return part(n);
  }

  function arrow_member(n: * node::node): * node::node {
    var d = n->a;
    d->x = 0;
    d->a = expression(d->a, null);
    var base = types::base(d->a->shape);
    var is_pointer = base->kind == types::POINTER;
    if (base->kind == types::UNKNOWN || (is_pointer && is_unknown(base->target))) { return broken(n); }
    if (!is_pointer || types::kind_of(base->target) != types::STRUCT) {
      wrong_type("pointer to struct type", d->a->shape, d->a);
      if (base->kind == types::STRUCT) {
        report::begin_note();
        report::say("write . to reach into a struct: .");
        report::say_word(n->x);
        report::end_note();
      }
      return broken(n);
    }
    indirect();
    d->shape = base->target;
    return part(n);
  }

  function part(n: * node::node): * node::node {
    var m = types::find_member(n->a->shape, n->x);
    if (!m) {
      unknown_member(n->x, n->c, n->a->shape);
      return broken(n);
    }
    n->kind = node::PART;
    n->x = m->offset;
    n->shape = m->shape;
    return is_unknown(m->shape) ? broken(n) : n;
  }

  function indexed(n: * node::node): * node::node {
    if (n->a->kind == node::DEREF && n->a->x == 1) { n->a->x = 0; }
    n->a = expression(n->a, null);
    n->b = index_word(n->b);
    var base = types::base(n->a->shape);
    if (base->kind == types::ARRAY) {
      expose(n->a);
      n->kind = node::ARRAY_INDEX;
    } else if (base->kind == types::SLICE) {
      indirect();
      n->kind = node::SLICE_INDEX;
    } else if (base->kind == types::UNKNOWN) {
      return broken(n);
    } else if (base->kind == types::POINTER && types::kind_of(base->target) != types::VOID) {
      if (n->x == 0) {
        report::begin("indexing a pointer requires unsafe");
        report::at_node(n);
        report::note("write [unsafe i] if it is meant; nothing checks the index");
        return broken(n);
      }
      indirect();
      n->kind = node::POINTER_INDEX;
    } else {
      wrong_type("array, slice or pointer type", n->a->shape, n->a);
      return broken(n);
    }
    n->shape = base->target;
    return n;
  }

  function subslice(n: * node::node): * node::node {
    if (n->a->kind == node::DEREF) { n->a->x = 0; }
    n->a = expression(n->a, null);
    if (n->b) { n->b = index_word(n->b); }
    if (n->c) { n->c = index_word(n->c); }
    var base = types::base(n->a->shape);
    if (base->kind == types::UNKNOWN) { return broken(n); }
    if (base->kind != types::ARRAY && base->kind != types::SLICE) {
      wrong_type("array or slice type", n->a->shape, n->a);
      return broken(n);
    }
    if (base->kind == types::ARRAY) { expose(n->a); }
    n->shape = types::slice_of(types::untagged(base->target));
    return n;
  }

  // --- calls -----------------------------------------------------------------------------------

  function call(n: * node::node, context: * types::shape): * node::node {
    var callee = n->a;
    if (callee->kind == node::NAME && (word::at(callee->x)->count != 0 || !find_local(callee->x))) {
      var e = entity_of(callee);
      if (!e) {
        hopeless(n->b);
        return broken(n);
      }
      if (e->kind == names::TEMPLATE) { return inferred_call(n, e, context); }
      mention(e);
      if (e->kind == names::FUNCTION) { return direct_call(n, e); }
      callee->kind = node::GLOBAL;
      callee->x = <unsafe byte>e;
      callee->shape = e->shape;
    } else {
      n->a = expression(callee, null);
    }
    return pointer_call(n);
  }

  function say_arity(wanted: byte, actual: byte, n: * node::node): void {
    report::begin("expected ");
    report::say_number(wanted);
    report::say(" arguments, actual ");
    report::say_number(actual);
    report::at_node(n);
  }

  // Check and convert the arguments; false after a mistake in their number.
  function arguments(n: * node::node, t: * types::shape, e: * names::entity): bool {
    var wanted = 0;
    for (var m = t->members; m; m = m->next) { wanted = wanted + 1; }
    var actual = node::count(n->b);
    if (wanted != actual) {
      say_arity(wanted, actual, n);
      if (e) { report::declared(e->at); }
      hopeless(n->b);
      return false;
    }
    var m = t->members;
    for (var p = &n->b; *p; p = &(*p)->next) {
      var next = (*p)->next;
      var made = converted(*p, m->shape);
      made->next = next;
      *p = made;
      m = m->next;
    }
    return true;
  }

  function direct_call(n: * node::node, e: * names::entity): * node::node {
    if (!arguments(n, e->shape, e)) { return broken(n); }
    n->kind = node::CALL_FUNCTION;
    n->x = <unsafe byte>e;
    n->shape = e->shape->target;
    return is_unknown(n->shape) ? broken(n) : n;
  }

  function pointer_call(n: * node::node): * node::node {
    var base = types::base(n->a->shape);
    if (base->kind != types::FUNCTION) {
      if (base->kind != types::UNKNOWN) { wrong_type("function type", n->a->shape, n->a); }
      hopeless(n->b);
      return broken(n);
    }
    indirect();
    if (!arguments(n, base, null)) { return broken(n); }
    n->kind = node::CALL_POINTER;
    n->shape = base->target;
    return is_unknown(n->shape) ? broken(n) : n;
  }

  function inferred_call(n: * node::node, e: * names::entity, context: * types::shape): * node::node {
    var good = true;
    for (var p = &n->b; *p; p = &(*p)->next) {
      var next = (*p)->next;
      var made = expression(*p, null);
      made->next = next;
      *p = made;
      good = good && !is_unknown(made->shape);
    }
    var wanted = node::count(e->parameters);
    var actual = node::count(n->b);
    if (wanted != actual) {
      say_arity(wanted, actual, n);
      report::declared(e->at);
      return broken(n);
    }
    if (!good) { return broken(n); }
    var f = templates::inferred(e, n, context);
    if (!f) { return broken(n); }
    mention(f);
    var m = f->shape->members;
    for (var p = &n->b; *p; p = &(*p)->next) {
      var next = (*p)->next;
      var made = convert(*p, m->shape);
      made->next = next;
      *p = made;
      m = m->next;
    }
    n->kind = node::CALL_FUNCTION;
    n->x = <unsafe byte>f;
    n->shape = f->shape->target;
    return is_unknown(n->shape) ? broken(n) : n;
  }

  // --- new -------------------------------------------------------------------------------------

  .constant global COPIED: byte = 1;
  .constant global REPEATED: byte = 2;

  function new_object(n: * node::node): * node::node {
    var kind = types::untagged(resolved(n->a));
    var base = types::base(kind);
    indirect();
    if (base->kind == types::UNKNOWN || base->kind == types::VOID) {
      declare::reject_void(kind, n->a->at, n->a->end, "an object", 0);
      if (n->b) { expression(n->b, types::unknown_type); }
      return broken(n);
    }
    if (base->kind == types::ARRAY) {
      var count = constant(node::make(node::CONST, n->at, n->end), types::byte_type, base->length);
      n->c = n->b;
      n->b = count;
      return new_array(n, base->target, kind);
    }
    var value = n->b;
    if (!!value && n->x == 1 && base->kind != types::STRUCT
        && (value->kind == node::STRING || value->kind == node::LIST || value->kind == node::REPEAT)) {
      if (base->kind != types::SLICE) {
        expression(value, types::unknown_type);
        wrong_type_new(kind, n->a);
        return broken(n);
      }
      value = expression(value, base);
      same_elements(value, base->target);
      var given = types::base(value->shape);
      n->c = value;
      n->b = constant(node::make(node::CONST, n->at, n->end), types::byte_type,
                      given->kind == types::ARRAY ? given->length : 0);
      n->kind = node::NEW_ELEMENTS;
      n->x = COPIED;
      n->shape = types::slice_of(types::untagged(base->target));
      return n;
    }
    n->shape = types::pointer_to(kind);
    n->kind = node::NEW_OBJECT;
    if (!value) { return n; }
    n->b = expression(value, kind);
    if (n->x == 2) {
      report::begin("new array expected before '...', actual ");
      types::say(kind);
      report::at_node(n->a);
      report::begin_note();
      report::say("write new ");
      types::say(kind);
      report::say("[n] ... e");
      report::end_note();
      return broken(n);
    }
    if (!types::equal(n->b->shape, kind)) { mismatch(kind, n->b->shape, n->b); }
    return n;
  }

  function wrong_type_new(kind: * types::shape, n: * node::node): void {
    report::begin("new array expected a slice type, actual ");
    types::say(kind);
    report::at_node(n);
  }

  function new_elements(n: * node::node): * node::node {
    var element = types::untagged(resolved(n->a));
    indirect();
    n->b = index_word(n->b);
    if (is_unknown(element) || types::kind_of(element) == types::VOID) {
      declare::reject_void(element, n->a->at, n->a->end, "an element", 0);
      if (n->c) { expression(n->c, types::unknown_type); }
      return broken(n);
    }
    return new_array(n, element, types::slice_of(element));
  }

  function new_array(n: * node::node, element: * types::shape, context: * types::shape): * node::node {
    element = types::untagged(element);
    n->kind = node::NEW_ELEMENTS;
    n->shape = types::slice_of(element);
    if (!n->c) {
      n->x = 0;
      return n;
    }
    if (n->x == REPEATED) {
      n->c = expression(n->c, element);
      if (!types::equal(n->c->shape, element)) { mismatch(element, n->c->shape, n->c); }
    } else {
      n->c = expression(n->c, context);
      same_elements(n->c, element);
    }
    return n;
  }

  // What fills new elements must be an array or slice of exactly them.
  function same_elements(value: * node::node, element: * types::shape): void {
    var base = types::base(value->shape);
    if (base->kind == types::UNKNOWN) { return; }
    if ((base->kind != types::ARRAY && base->kind != types::SLICE)
        || !types::equal(base->target, element)) {
      mismatch(types::slice_of(element), value->shape, value);
    }
  }
}
