// image.qll: values that are known before the program runs, and are in its data from the start.

namespace image {
  // Whether a value is known. Its own literals may be put in the data, too, if `takes_literals`.
  function is_static(n: * node::node, takes_literals: bool): bool {
    var k = n->kind;
    if (k == node::CONST || k == node::STRING || k == node::NULL_SLICE || k == node::FUNCTION
        || k == node::VOID) {
      return true;
    }
    if (k == node::GLOBAL || k == node::BINARY || k == node::TO_FLOAT || k == node::TO_INT
        || k == node::NEGATE || k == node::NOT) {
      return types::is_scalar(n->shape) && constants::fold(n);
    }
    if (k == node::RETYPE) { return is_static(n->a, takes_literals); }
    if (k == node::ADDRESS) { return n->a->kind == node::GLOBAL; }
    if (k == node::TO_SLICE) {
      if (n->a->kind == node::GLOBAL) { return true; }
      return takes_literals && !node::is_place(n->a) && is_static(n->a, true);
    }
    if (k == node::ARRAY || k == node::STRUCTURE) {
      for (var e = n->a; e; e = e->next) {
        if (!is_static(k == node::ARRAY ? e : e->a, takes_literals)) { return false; }
      }
      return true;
    }
    if (k == node::REPEAT) { return n->x < 0x10000 && is_static(n->a, false); }
    return false;
  }

  function word(at: byte, value: byte): void { lines::data.words[unsafe at] = value; }

  // Put a value into words of the data that are zero.
  function put(n: * node::node, at: byte): void {
    var k = n->kind;
    if (k == node::CONST) { word(at, n->x); }
    else if (k == node::STRING) { put_string(n, at); }
    else if (k == node::FUNCTION) { code::refer(&code::in_data, at, <unsafe * names::entity>n->x); }
    else if (k == node::RETYPE) { put(n->a, at); }
    else if (k == node::ADDRESS) { code::refer(&code::in_data, at, <unsafe * names::entity>n->a->x); }
    else if (k == node::TO_SLICE) { put_slice(n, at); }
    else if (k == node::ARRAY) {
      var size = types::size(types::base(n->shape)->target);
      for (var e = n->a; e; e = e->next) {
        put(e, at);
        at = at + size;
      }
    } else if (k == node::STRUCTURE) {
      for (var e = n->a; e; e = e->next) { put(e->a, at + e->x); }
    } else if (k == node::REPEAT) {
      var size = types::size(n->a->shape);
      for (var i = 0; i < n->x; i = i + 1) { put(n->a, at + i * size); }
    } else if (k != node::NULL_SLICE && k != node::VOID) {
      constants::fold(n);
      word(at, constants::word);
    }
  }

  function put_string(n: * node::node, at: byte): void {
    var p = <unsafe * byte>(n->at + 1);
    for (var i = 0; i < n->x; i = i + 1) {
      var length = lexer::element(p);
      word(at + i, lexer::code(p, length));
      p = &p[unsafe length];
    }
  }

  function put_slice(n: * node::node, at: byte): void {
    if (n->a->kind == node::GLOBAL) {
      code::refer(&code::in_data, at, <unsafe * names::entity>n->a->x);
    } else {
      var size = types::size(n->a->shape);
      var own = code::reserve(size == 0 ? 1 : size);
      put(n->a, own);
      word(at, own);
      memory::add(&code::in_data, at);
      memory::add(&code::in_data, 0);
    }
    word(at + 1, n->x);
    word(at + 2, n->x);
  }

  // --- globals ---------------------------------------------------------------------------------

  global reads_anything: bool = false;   // an initialiser that runs reads what cannot be told

  // What an initialiser, or a function that it calls, reads.
  function note_reads(e: * names::entity): void {
    if (e->is_read) { return; }
    e->is_read = true;
    if (e->kind == names::GLOBAL) { return; }
    if (!e->body || e->is_indirect) { reads_anything = true; }
    for (var i = 0; i < e->mentions.count && !reads_anything; i = i + 1) {
      note_reads(<unsafe * names::entity>e->mentions.words[unsafe i]);
    }
  }

  function is_plain(g: * names::entity): bool {
    var k = g->body->kind;
    return k == node::CONST || k == node::NULL_SLICE || k == node::VOID || k == node::STRING
           || constants::value(g);
  }

  // Give all globals their places, and those whose values are known their values. The others are left
  // with a body: it is to be evaluated before the program runs.
  function place_globals(): void {
    for (var g = names::first_global; g; g = g->next) {
      if ((g->tags & names::EXTERN) != 0) {
        g->body = null;
      } else {
        g->address = code::reserve(types::size(g->shape));
        g->is_placed = true;
      }
    }
    for (var g = names::first_global; g; g = g->next) {
      if (g->body) {
        if (is_static(g->body, true) && (is_plain(g) || (!reads_anything && !g->is_read))) {
          if (constants::value(g)) { word(g->address, constants::word); }
          else { put(g->body, g->address); }
          g->body = null;
        } else {
          if (g->is_indirect) { reads_anything = true; }
          for (var i = 0; i < g->mentions.count; i = i + 1) {
            note_reads(<unsafe * names::entity>g->mentions.words[unsafe i]);
          }
        }
      }
    }
  }
}
