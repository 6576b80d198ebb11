// check.qll: the state of checking, conversions, literals.
//
// Checking an expression gives the node that is to stand in its place.

namespace check {
  // Where we are. `holder` is the function or global whose code it is.
  type place = struct {
    holder: * names::entity; block: * names::block; env: * names::env; loops: byte; scope: byte;
  };
  global now: place = place { };
  global scopes: memory::list = memory::list { };   // variables that are visible, the innermost last
  global floor: byte = 0;                           // where those of this body begin

  function broken(n: * node::node): * node::node {
    n->kind = node::WRONG;
    n->shape = types::unknown_type;
    return n;
  }

  function constant(n: * node::node, shape: * types::shape, word: byte): * node::node {
    n->kind = node::CONST;
    n->shape = shape;
    n->x = word;
    return n;
  }

  function is_unknown(t: * types::shape): bool { return types::kind_of(t) == types::UNKNOWN; }

  function is_assignable(n: * node::node): bool {
    return node::is_place(n) && n->kind != node::RETYPED && n->kind != node::AT_ADDRESS;
  }

  // What code needs: a function, or a global that it reads.
  function mention(e: * names::entity): void {
    if (now.holder) { memory::add(&now.holder->mentions, <unsafe byte>e); }
  }

  function indirect(): void {
    if (now.holder) { now.holder->is_indirect = true; }
  }

  // Somebody may hold the address of the variable that a place is part of.
  function expose(n: * node::node): void {
    while (n->kind == node::PART || n->kind == node::ARRAY_INDEX || n->kind == node::RETYPED
           || n->kind == node::SLICE_LEN) {
      n = n->a;
    }
    if (n->kind == node::LOCAL) { (<unsafe * names::local>n->x)->is_exposed = true; }
  }

  function find_local(name: byte): * names::local {
    for (var i = scopes.count; i != floor; i = i - 1) {
      var l = <unsafe * names::local>scopes.words[unsafe i - 1];
      if (l->name == name) { return l; }
    }
    return null;
  }

  function resolved(n: * node::node): * types::shape {
    return resolve::shape_of(n, now.block, now.env);
  }

  // --- conversions -----------------------------------------------------------------------------

  // An expression where a value of a type is wanted.
  function converted(n: * node::node, target: * types::shape): * node::node {
    return convert(expression(n, target), target);
  }

  function convert(n: * node::node, target: * types::shape): * node::node {
    var kind = n->shape;
    if (kind == target || types::convertible(kind, target)) { return n; }
    var wanted = types::base(target);
    if (wanted->kind == types::SLICE) {
      var source = types::base(kind);
      if (source->kind == types::ARRAY && types::convertible(source->target, wanted->target)) {
        return slice_of(n, source->length, target);
      }
      if (source->kind == types::POINTER) {
        var array = types::base(source->target);
        if (array->kind == types::ARRAY && types::convertible(array->target, wanted->target)) {
          var made = node::around(node::POINTER_TO_SLICE, n, types::untagged(target));
          made->x = array->length;
          return made;
        }
      }
    }
    return mismatch(target, kind, n);
  }

  function slice_of(n: * node::node, length: byte, target: * types::shape): * node::node {
    expose(n);
    var made = node::around(node::TO_SLICE, n, types::untagged(target));
    made->x = length;
    return made;
  }

  function mismatch(wanted: * types::shape, given: * types::shape, n: * node::node): * node::node {
    report::begin("expected ");
    types::say(wanted);
    report::say(", actual ");
    types::say(given);
    report::at_node(n);
    var w = types::base(wanted);
    var g = types::base(given);
    var cast = types::is_numeric(wanted) && types::is_numeric(given) && w->kind != g->kind
               && (w->kind == types::FLOAT || g->kind == types::FLOAT);
    if (cast || (types::is_word(wanted) && types::is_word(given)
                 && !types::convertible(given, wanted))) {
      report::begin_note();
      report::say_either(cast, "a cast converts: <", "a cast makes it fit: <unsafe ");
      types::say(wanted);
      report::say(">");
      report::end_note();
    } else if (g->kind == types::POINTER && types::convertible(g->target, wanted)) {
      report::note("'*' in front gives what it points to");
    } else if (w->kind == types::POINTER && types::convertible(given, w->target)) {
      report::note("'&' in front gives its address");
    }
    return broken(n);
  }

  function wrong_type(wanted: string, kind: * types::shape, n: * node::node): void {
    report::begin("expected ");
    report::say(wanted);
    report::say(", actual ");
    types::say(kind);
    report::at_node(n);
  }

  function not_testable(kind: * types::shape, n: * node::node): * node::node {
    wrong_type("a type for a boolean context", kind, n);
    if (types::kind_of(kind) == types::FLOAT) { report::note("compare it with 0.0f"); }
    return broken(n);
  }

  // An expression whose truth is asked for, as a word.
  function condition(n: * node::node): * node::node {
    n = expression(n, null);
    if (!types::is_testable(n->shape)) { return not_testable(n->shape, n); }
    var base = types::base(n->shape);
    if (base->kind != types::SLICE) { return n; }
    return node::around(node::SLICE_POINTER, n, types::pointer_to(base->target));
  }

  // An index, bound or count.
  function index_word(n: * node::node): * node::node {
    n = expression(n, null);
    if (types::is_integer(n->shape)) { return n; }
    wrong_type("integer type", n->shape, n);
    return broken(n);
  }

  // --- by kind ---------------------------------------------------------------------------------

  function expression(n: * node::node, context: * types::shape): * node::node {
    nesting::enter(n->at, n->end);
    var k = n->kind;
    if (k == node::NAME) { return name(n); }
    if (k == node::INT) { return number(n, context, types::byte_type); }
    if (k == node::MEMBER) { return member(n); }
    if (k == node::INDEX) { return indexed(n); }
    if (k == node::CALL) { return call(n, context); }
    if (k == node::BINARY || k == node::LOGICAL) { return binary(n, context); }
    if (k == node::DEREF) { return dereferenced(n); }
    if (k == node::CHAR) { return constant(n, types::byte_type, n->x); }
    if (k == node::FLOAT) { return constant(n, types::float_type, n->x); }
    if (k == node::STRING) {
      n->shape = types::array_of(types::byte_type, n->x);
      return n;
    }
    if (k == node::BOOL) { return number(n, context, types::bool_type); }
    if (k == node::NULL) { return null_value(n, context); }
    if (k == node::VOID) {
      n->shape = types::void_type;
      return n;
    }
    if (k == node::CAST) { return cast(n); }
    if (k == node::ADDRESS) { return address_of(n); }
    if (k == node::NOT) {
      n->a = condition(n->a);
      n->shape = types::bool_type;
      return n;
    }
    if (k == node::LEN || k == node::CAP) { return measured(n); }
    if (k == node::CONDITIONAL) { return conditional(n); }
    if (k == node::SUBSLICE) { return subslice(n); }
    if (k == node::SIGN) { return sign(n, context); }
    if (k == node::LIST) { return list(n, context); }
    if (k == node::REPEAT) { return repeat(n, context); }
    if (k == node::STRUCT) { return structure(n); }
    if (k == node::SIZEOF) {
      return constant(n, types::byte_type, types::size(resolved(n->a)));
    }
    if (k == node::NEW) { return new_object(n); }
    if (k == node::NEW_ARRAY) { return new_elements(n); }
    if (k == node::WRONG) { return broken(n); }
    return n;                            // checked already
  }

  // --- literals --------------------------------------------------------------------------------

  function number(n: * node::node, context: * types::shape, plain: * types::shape): * node::node {
    if (context) {
      var k = types::kind_of(context);
      if (k == types::BYTE || k == types::INT) { return constant(n, types::untagged(context), n->x); }
      if (k == types::FLOAT) {
        var f = float_of(n->x);
        return constant(n, types::untagged(context), *<unsafe * byte>&f);
      }
    }
    return constant(n, plain, n->x);
  }

  // A word as the nearest float: in two parts, as the machine converts signed words.
  function float_of(word: byte): float {
    if (word >> 31 == 0) { return <float>word; }
    // the lowest bit only matters for what it is not: a tie
    return <float>(word >> 1 | (word & 1)) * 2.0f;
  }

  function null_value(n: * node::node, context: * types::shape): * node::node {
    if (context) {
      var k = types::kind_of(context);
      if (k == types::POINTER) { return constant(n, types::untagged(context), 0); }
      if (k == types::SLICE) {
        n->kind = node::NULL_SLICE;
        n->shape = types::untagged(context);
        return n;
      }
      if (k == types::UNKNOWN) { return broken(n); }
    }
    report::begin("expected contextual pointer or slice type for null");
    if (context) {
      report::say("; ");
      types::say(context);
      report::say(" has no null");
    }
    report::at_node(n);
    return broken(n);
  }

  // The element type that a context has, or null.
  function element_of(context: * types::shape): * types::shape {
    if (!context) { return null; }
    var base = types::base(context);
    return base->kind == types::ARRAY || base->kind == types::SLICE
           ? types::untagged(base->target) : null;
  }

  function list(n: * node::node, context: * types::shape): * node::node {
    var element = element_of(context);
    if (!n->a) { return empty_list(n, context, element); }
    var count = 0;
    for (var p = &n->a; *p; p = &(*p)->next) {
      var next = (*p)->next;
      var made: * node::node = null;
      if (element) {
        made = converted(*p, element);
      } else {
        made = expression(*p, null);
        element = types::untagged(made->shape);
        if (types::kind_of(element) == types::VOID) {
          report::begin("invalid void type: an element needs a value");
          report::at_node(made);
          return broken(n);
        }
      }
      made->next = next;
      *p = made;
      count = count + 1;
    }
    if (is_unknown(element)) { return broken(n); }
    n->kind = node::ARRAY;
    n->shape = types::array_of(element, count);
    return n;
  }

  function empty_list(n: * node::node, context: * types::shape, element: * types::shape): * node::node {
    if (!element) {
      if (!!context && is_unknown(context)) { return broken(n); }
      report::begin("expected contextual array or slice type for []");
      report::at_node(n);
      return broken(n);
    }
    var base = types::base(context);
    if (base->kind == types::ARRAY && base->length == 0) {
      n->kind = node::ARRAY;
      n->shape = types::array_of(element, 0);
      return n;
    }
    n->kind = node::NULL_SLICE;
    n->shape = types::slice_of(element);
    return n;
  }

  function repeat(n: * node::node, context: * types::shape): * node::node {
    var element = element_of(context);
    var count = constants::length(n->b, now.block, now.env);
    if (element) {
      n->a = converted(n->a, element);
      var base = types::base(context);
      if (base->kind == types::ARRAY && count != constants::NONE && base->length != count) {
        report::begin("expected ");
        report::say_number(base->length);
        report::say(" elements, actual ");
        report::say_number(count);
        report::at_node(n);
        return broken(n);
      }
    } else {
      n->a = expression(n->a, null);
      element = types::untagged(n->a->shape);
    }
    if (types::kind_of(element) == types::VOID) {
      report::begin("invalid void type: an element needs a value");
      report::at_node(n->a);
      return broken(n);
    }
    if (is_unknown(element) || count == constants::NONE) { return broken(n); }
    n->x = count;
    n->shape = types::array_of(element, count);
    return declare::reject_large(n->shape, n->at, n->end, "array literal", 0) ? broken(n) : n;
  }

  // Check expressions that are part of what is wrong already.
  function hopeless(list: * node::node): void {
    for (var p = list; p; p = p->next) {
      var inner = p->kind == node::NAMED ? p->a : p;
      expression(inner, types::unknown_type);
    }
  }

  function structure(n: * node::node): * node::node {
    var kind = types::untagged(resolved(n->a));
    if (types::kind_of(kind) != types::STRUCT) {
      if (!is_unknown(kind)) { wrong_type("struct type", kind, n->a); }
      hopeless(n->b);
      return broken(n);
    }
    for (var p = n->b; p; p = p->next) {
      var m = types::find_member(kind, p->x);
      if (m) {
        p->a = converted(p->a, m->shape);
        for (var other = n->b; other != p; other = other->next) {
          if (other->x == p->x) {
            report::begin("duplicate member ");
            report::quote_word(p->x);
            report::at_node(p);
          }
        }
      } else {
        unknown_member(p->x, p, kind);
        expression(p->a, types::unknown_type);
      }
    }
    var found = node::chain { };
    for (var m = types::base(kind)->members; m; m = m->next) {
      for (var p = n->b; p; p = p->next) {
        if (p->x == m->name) {
          var e = node::make(node::ELEMENT, p->at, p->end);
          e->a = p->a;
          e->x = m->offset;
          e->shape = m->shape;
          node::append(&found, e);
        }
      }
    }
    n->kind = node::STRUCTURE;
    n->a = found.first;
    n->shape = kind;
    return n;
  }

  function unknown_member(name: byte, n: * node::node, kind: * types::shape): void {
    if (report::is_lost(name)) { return; }
    report::begin("unknown member ");
    report::quote_word(name);
    report::say(" in ");
    types::say(kind);
    report::at_node(n);
    guess::member(name, types::base(kind)->members);
  }
}
