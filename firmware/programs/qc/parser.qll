// parser.qll: declarations.
//
// After a mistake the lexer gives nothing but the end, so that all functions return; the loops over
// statements and declarations then find a place to go on from.

namespace parser {
  .constant global MAX_DEPTH: byte = 2000;

  global depth: byte = 0;
  global trying: byte = 0;             // attempts at type arguments
  global block: * names::block = null;

  function file(index: byte): void {
    var f = source::files[index];
    begin(<unsafe byte>f.begin, <unsafe byte>f.end - 1);     // without the newline that was added
    last_wrong = 0;
    while (lexer::kind != lexer::END) { next_declaration(NO_COLUMN); }
  }

  function begin(from: byte, to: byte): void {
    depth = 0;
    trying = 0;
    leaving = false;
    column = 0;
    block = names::root_block;
    lexer::open(from, to);
  }

  // Read a declaration, or skip it if it is wrong; `around` is the column of the namespace around.
  function next_declaration(around: byte): void {
    if (lexer::kind == '}' && last_wrong != 0) {
      lexer::next();                     // the mistake before may well be where its partner is
      return;
    }
    var start = lexer::at;
    var outer = depth;
    column = is_first_of_line() ? column_of(start) : 0;
    declaration();
    if (lexer::stopped) {
      note_opener();
      depth = outer;
      skip_declaration(start, around);
      if (lexer::at == start && lexer::kind != lexer::END) { lexer::next(); }
    }
    leaving = false;
  }

  function tags(): byte {
    var found = 0;
    while (lexer::kind == '.') {
      var dot = lexer::at;
      lexer::next();
      var good = lexer::at == dot + 1 && lexer::end != lexer::at;
      for (var p = lexer::at; p < lexer::end; p = p + 1) {
        if (lexer::octet(p) - 'a' >= 26) { good = false; }
      }
      if (!good) {
        fail("expected a tag, lower-case letters right after the '.'");
        return 0;
      }
      var text = memory::part(<unsafe * byte>lexer::at, lexer::end - lexer::at);
      if (std::str::equal(text, "export")) { found = found | names::EXPORT; }
      if (std::str::equal(text, "interrupt")) { found = found | names::INTERRUPT; }
      if (std::str::equal(text, "extern")) { found = found | names::EXTERN; }
      if (std::str::equal(text, "abort")) { found = found | names::ABORT; }
      if (std::str::equal(text, "constant")) { found = found | names::CONSTANT; }
      lexer::next();
    }
    return found;
  }

  function declaration(): void {
    var tagged = lexer::kind == '.';
    var found = tags();
    if (lexer::kind == lexer::FUNCTION) { function_declaration(found); }
    else if (lexer::kind == lexer::GLOBAL) { global_declaration(found); }
    else if (lexer::kind == lexer::TYPE) { type_declaration(); }
    else if (tagged) { fail("expected 'function', 'global' or 'type' after a tag"); }
    else if (lexer::kind == lexer::NAMESPACE) { namespace_declaration(); }
    else if (lexer::kind == lexer::USING) { using_declaration(); }
    else { no_declaration(); }
  }

  function no_declaration(): void {
    var kind = lexer::kind;
    var message: string = "expected a declaration";
    if (kind == lexer::VAR) {
      fail_note(message, "outside of functions variables are declared with 'global'");
    } else if (kind == '}') {
      fail_note(message, "there is a '}' too many");
    } else if (kind == ';') {
      fail_note(message, "no ';' follows the '}' of a function or namespace");
    } else if (kind == '/' && lexer::octet(lexer::end) == '*') {
      fail_note(message, "comments start with '//'");
    } else {
      fail(message);
    }
  }

  function generics(): * node::node {
    var found = node::chain { };
    if (lexer::kind != '<') { return null; }
    while (!found.first || lexer::kind == ',') {
      lexer::next();
      var n = node::make(node::NAMED, lexer::at, lexer::end);
      n->x = new_name("the name of a type parameter");
      node::append(&found, n);
    }
    expect('>', "after the type parameters");
    return found.first;
  }

  function type_declaration(): void {
    lexer::next();
    var at = lexer::at;
    var name = new_name("the name of a type");
    var parameters = generics();
    expect('=', "after the name of the type");
    var source = lexer::at;
    var target = whole_type();
    expect(';', "after the type");
    if (!lexer::stopped) { declare::of_type(block, name, at, parameters, source, target); }
  }

  function global_declaration(tags: byte): void {
    lexer::next();
    var at = lexer::at;
    var name = new_name("the name of a global");
    if (lexer::kind == '=') {
      fail_note("expected ':' and a type", "a global needs a type");
      return;
    }
    expect(':', "and a type after the name of a global");
    var target = whole_type();
    var value: * node::node = null;
    if (lexer::kind == '=') {
      lexer::next();
      value = expression();
    }
    expect(';', "after the declaration of a global");
    if (!lexer::stopped) { declare::of_global(block, name, at, tags, target, value); }
  }

  function function_declaration(tags: byte): void {
    var start = lexer::at;
    lexer::next();
    var at = lexer::at;
    var name = new_name("the name of a function");
    var e = names::make(names::FUNCTION, name, at, block);
    e->tags = tags;
    e->generics = generics();
    e->source = lexer::at;
    head(e);
    if (lexer::stopped) {
      if (skip_to_block(start)) { body("function"); }     // for the mistakes in it
      return;
    }
    if (lexer::kind == '{') {
      e->body = body("function");
    } else if (e->generics) {
      fail("expected the body of the function template");
    } else if (lexer::kind == ';') {
      lexer::next();
    } else {
      fail("expected the body of the function, or ';'");
    }
    if (!lexer::stopped) { declare::of_function(e); }
  }

  // Parameters and result.
  function head(e: * names::entity): void {
    expect('(', "after the name of a function");
    var found = node::chain { };
    if (lexer::kind == ')') {
      lexer::next();
    } else {
      while (!lexer::stopped) {
        var n = node::make(node::NAMED, lexer::at, 0);
        n->x = new_name("the name of a parameter");
        expect(':', "and a type after the name of a parameter");
        n->a = whole_type();
        n->end = lexer::previous;
        node::append(&found, n);
        if (lexer::kind != ',') { break; }
        lexer::next();
        if (lexer::kind == ')') { fail("expected another parameter after ','"); }
      }
      expect(')', "or ',' after a parameter");
    }
    e->parameters = found.first;
    if (lexer::stopped) { return; }
    var behind = lexer::at;
    e->result = result_type();
    if (lexer::stopped && skip_to_block(behind)) {
      e->result = node::make(node::WRONG_TYPE, behind, behind);
    }
  }

  // ": type" behind the parameters.
  function result_type(): * node::node {
    var message: string = "expected ':' and the type of the result";
    if (lexer::kind == '{') {
      fail_note(message, "a function that returns nothing has the result type 'void'");
    } else if (lexer::kind == lexer::ARROW) {
      fail_note(message, "the type of the result follows ':', not '->'");
    } else if (lexer::kind == lexer::YIELDS) {
      fail_note(message, "the type of the result follows ':', not '=>'");
    }
    expect(':', "and the type of the result");
    return whole_type();
  }

  // Parse the head and the body of a template for a new instance.
  function again(e: * names::entity, from: byte): void {
    var file = report::file_of(from);
    begin(from, <unsafe byte>source::files[file].end - 1);
    head(e);
    e->body = body("function");
  }

  function namespace_declaration(): void {
    lexer::next();
    var outer = block;
    var name = lexer::value;
    if (lexer::kind != lexer::NAME && lexer::kind != lexer::GLOBAL) {
      fail("expected the name of a namespace");
      return;
    }
    lexer::next();
    expect('{', "after the name of a namespace");
    if (lexer::stopped) { return; }
    deeper();
    var w = word::at(name);
    if (w->count == 0) { block = names::open_block(names::open_space(block->space, name), block); }
    for (var i = 0; i < w->count; i = i + 1) {
      block = names::open_block(names::open_space(block->space, w->parts[unsafe i]), block);
    }
    var around = column;
    while (lexer::kind != '}') {
      if (lexer::kind == lexer::END) {
        fail("expected a declaration or '}'");
        break;
      }
      next_declaration(around);
    }
    if (lexer::kind == '}') { lexer::next(); }
    depth = depth - 1;
    block = outer;
  }

  function using_declaration(): void {
    var at = lexer::at;
    lexer::next();
    var name = lexer::value;
    if (lexer::kind != lexer::NAME && lexer::kind != lexer::GLOBAL) {
      fail("expected the name of a namespace");
      return;
    }
    lexer::next();
    expect(';', "after 'using'");
    if (!lexer::stopped) { declare::of_using(block, name, at, lexer::previous); }
  }
}
