// written_types.qll: parsing types.

namespace parser {
  function whole_type(): * node::node {
    var at = lexer::at;
    if (lexer::kind == '.') {
      var found = tags();
      var inner = pointer_type();
      var n = node::make(node::TAGGED, at, inner->end);
      n->a = inner;
      n->x = found;
      return n;
    }
    return pointer_type();
  }

  function pointer_type(): * node::node {
    if (lexer::kind != '*') { return suffixed_type(); }
    var n = node::make(node::POINTER_TO, lexer::at, 0);
    lexer::next();
    deeper();
    n->a = pointer_type();
    depth = depth - 1;
    n->end = n->a->end;
    return n;
  }

  function suffixed_type(): * node::node {
    var n = base_type();
    while (true) {
      if (lexer::kind == '[') {
        lexer::next();
        var made = node::make(node::SLICE_OF, n->at, 0);
        made->a = n;
        if (lexer::kind != ']') {
          made->kind = node::ARRAY_OF;
          made->b = expression();
        }
        expect(']', "after the length of an array");
        made->end = lexer::previous;
        n = made;
      } else if (lexer::kind == '.') {
        n = member_type(n);
      } else {
        return n;
      }
    }
    return n;
  }

  function member_type(base: * node::node): * node::node {
    lexer::next();
    var n = node::make(node::MEMBER_TYPE, base->at, 0);
    n->a = base;
    n->b = node::make(node::NAME, lexer::at, lexer::end);
    n->x = new_name("the name of a member");
    n->end = lexer::previous;
    return n;
  }

  function built_in(shape: * types::shape): * node::node {
    var n = node::make(node::BUILT_IN, lexer::at, lexer::end);
    n->x = <unsafe byte>shape;
    lexer::next();
    return n;
  }

  function base_type(): * node::node {
    if (lexer::kind == lexer::BYTE) { return built_in(types::byte_type); }
    if (lexer::kind == lexer::INT_TYPE) { return built_in(types::int_type); }
    if (lexer::kind == lexer::FLOAT_TYPE) { return built_in(types::float_type); }
    if (lexer::kind == lexer::VOID) { return built_in(types::void_type); }
    var n = node::make(node::TYPE_NAME, lexer::at, lexer::end);
    if (lexer::kind == lexer::NAME || lexer::kind == lexer::GLOBAL) {
      n->x = lexer::value;
      var is_struct = lexer::value == struct_word;
      lexer::next();
      if (is_struct && lexer::kind == '{') { return struct_type(n); }
      if (lexer::kind == '<') {
        n->a = attempt_types();
        if (n->a) { n->b = n; }
        n->end = lexer::previous;
      }
      return n;
    }
    if (lexer::kind == '(') { return parenthesised_type(); }
    if (is_reporting() && lexer::kind >= lexer::KEYWORDS) {
      report::begin("expected a type; '");
      report::say(memory::part(<unsafe * byte>lexer::at, lexer::end - lexer::at));
      report::say("' is a keyword");
      end_fail(false);
    } else {
      fail("expected a type");
    }
    n->kind = node::WRONG_TYPE;
    return n;
  }

  global struct_word: byte = 0;

  function struct_type(n: * node::node): * node::node {
    n->kind = node::STRUCT_OF;
    lexer::next();
    deeper();
    var is_wrong = false;
    var found = node::chain { };
    while (lexer::kind != '}' && !lexer::stopped) {
      var member = node::make(node::NAMED, lexer::at, lexer::end);
      var start = lexer::at;
      member->x = new_name("the name of a member");
      expect(':', "and a type after the name of a member");
      member->a = whole_type();
      expect(';', "after a member");
      if (!lexer::stopped) {
        node::append(&found, member);
      } else {
        is_wrong = true;
        skip_member(start);
      }
    }
    expect('}', "or another member");
    depth = depth - 1;
    if (is_wrong && !found.first) { n->kind = node::WRONG_TYPE; }
    n->a = found.first;
    n->end = lexer::previous;
    return n;
  }

  // "<type, type>", where a comma may stand at the end.
  function type_arguments(): * node::node {
    var found = node::chain { };
    lexer::next();
    deeper();
    while (!lexer::stopped) {
      node::append(&found, whole_type());
      if (lexer::kind != ',') { break; }
      lexer::next();
      if (lexer::kind == '>') { break; }
    }
    depth = depth - 1;
    if (lexer::kind != '>') { fail("expected '>' or ',' after a type argument"); }
    lexer::next();
    return found.first;
  }

  // Places where type arguments were sought and not found, as far as they are remembered: what nests
  // would else be read over and over.
  .constant global REMEMBERED: byte = 1024;
  global no_types: byte[REMEMBERED] = [0; REMEMBERED];

  // Type arguments, or null, and no token taken, if what follows is none.
  function attempt_types(): * node::node {
    var at = lexer::at;
    var previous = lexer::previous;
    var outer = depth;
    if (no_types[at & (REMEMBERED - 1)] == at) { return null; }
    trying = trying + 1;
    var found = type_arguments();
    trying = trying - 1;
    if (lexer::stopped) {
      no_types[at & (REMEMBERED - 1)] = at;
      depth = outer;
      back(at, previous);
      return null;
    }
    return found;
  }

  function parenthesised_type(): * node::node {
    var n = node::make(node::FUNCTION_OF, lexer::at, 0);
    lexer::next();
    deeper();
    var found = node::chain { };
    var comma = false;
    while (lexer::kind != ')' && !lexer::stopped) {
      node::append(&found, whole_type());
      if (lexer::kind != ',') { break; }
      comma = true;
      lexer::next();
    }
    if (lexer::kind != ')') {
      if (!!found.first && !found.first->next) { expect(')', "after a type in parentheses"); }
      else { fail("expected ')' or ',' after a parameter's type"); }
    }
    lexer::next();
    depth = depth - 1;
    if (lexer::kind != lexer::YIELDS && !!found.first && !found.first->next && !comma) {
      return found.first;
    }
    if (lexer::kind != lexer::YIELDS) {
      fail("expected '=>' after '()'");
      return n;
    }
    lexer::next();
    n->a = found.first;
    deeper();
    n->b = whole_type();
    depth = depth - 1;
    n->end = n->b->end;
    return n;
  }
}
