// statements.qll: parsing statements.

namespace parser {
  function body(what: string): * node::node {
    var n = node::make(node::BLOCK, lexer::at, 0);
    if (lexer::kind != '{') {
      if (is_reporting()) {
        report::begin("expected '{' for the body of the ");
        report::say(what);
        if (end_fail(true)) {
          report::note("a body is always a block, even if it is one statement");
        }
      }
      stop();
      return n;
    }
    lexer::next();
    deeper();
    var found = node::chain { };
    var outer = depth;
    while (lexer::kind != '}') {
      var begin = lexer::at;
      var s = statement();
      if (lexer::stopped) {
        depth = outer;
        if (trying != 0) { return n; }
        note_opener();
        skip_statement(begin);
        s = wrong_statement(begin);
      }
      node::append(&found, s);
      if (leaving) {
        node::append(&found, wrong_statement(begin));
        depth = depth - 1;
        n->a = found.first;
        return n;
      }
    }
    if (lexer::kind == '}') { lexer::next(); }
    depth = depth - 1;
    n->a = found.first;
    n->end = lexer::previous;
    return n;
  }

  function wrong_statement(at: byte): * node::node {
    var n = node::make(node::EVALUATE, at, at);
    n->a = node::make(node::WRONG, at, at);
    return n;
  }

  function statement(): * node::node {
    if (lexer::kind == lexer::IF) { return if_statement(); }
    if (lexer::kind == lexer::WHILE) { return while_statement(); }
    if (lexer::kind == lexer::FOR) { return for_statement(); }
    var n = simple();
    expect(';', "after a statement");
    return n;
  }

  function simple(): * node::node {
    var kind = lexer::kind;
    var n = node::make(node::EVALUATE, lexer::at, lexer::end);
    if (kind == lexer::VAR) { return var_statement(n); }
    if (kind == lexer::RETURN) {
      n->kind = node::RETURN;
      lexer::next();
      if (lexer::kind != ';' && lexer::kind != ')') { n->a = expression(); }
      n->end = lexer::previous;
      return n;
    }
    if (kind == lexer::BREAK || kind == lexer::CONTINUE) {
      n->kind = kind == lexer::BREAK ? node::BREAK : node::CONTINUE;
      lexer::next();
      return n;
    }
    if (kind == lexer::DELETE) {
      n->kind = node::DELETE;
      lexer::next();
      n->a = expression();
      n->end = n->a->end;
      return n;
    }
    if (!begins_expression()) {
      no_statement();
      return n;
    }
    n->a = expression();
    if (lexer::kind == '=') {
      n->kind = node::ASSIGN;
      lexer::next();
      n->b = expression();
    }
    n->end = lexer::previous;
    return n;
  }

  function no_statement(): void {
    var message: string = "expected a statement";
    var kind = lexer::kind;
    if (kind == ';') { fail_note(message, "there is no empty statement"); }
    else if (kind == '{') { fail_note(message, "a block is not a statement by itself"); }
    else if (kind == lexer::ELSE) { fail_note(message, "'else' follows the '}' of an 'if'"); }
    else if (kind == lexer::FUNCTION) { fail_note(message, "there are no local functions"); }
    else if (kind == lexer::TYPE) { fail_note(message, "there are no local types"); }
    else if (kind == '/' && (lexer::octet(lexer::end) == '*' || lexer::octet(lexer::end) == '/')) {
      fail_note(message, "comments start with '//'");
    }
    else { fail(message); }
  }

  function var_statement(n: * node::node): * node::node {
    n->kind = node::VAR;
    lexer::next();
    n->c = node::make(node::NAME, lexer::at, lexer::end);
    n->x = new_name("the name of a variable");
    if (lexer::kind == ':') {
      lexer::next();
      n->a = whole_type();
      if (lexer::kind == '=') {
        lexer::next();
        n->b = expression();
      }
    } else if (lexer::kind == '=') {
      lexer::next();
      n->b = expression();
    } else {
      fail("expected ':' and a type, or '=' and a value, after the name of a variable");
    }
    n->end = lexer::previous;
    return n;
  }

  // The condition in its parentheses; what is wrong with it does not hide the body.
  function condition(what: string): * node::node {
    var start = lexer::at;
    var outer = depth;
    if (lexer::kind == '(') {
      lexer::next();
    } else if (is_reporting()) {
      report::begin("expected '(' after '");
      report::say(what);
      report::say("'");
      end_fail(true);
    } else {
      stop();
    }
    var n = expression();
    if (lexer::kind == '=') { fail_note("expected ')' after the condition", "'==' compares"); }
    expect(')', "after the condition");
    if (lexer::stopped && skip_to_block(start)) {
      depth = outer;
      n = node::make(node::WRONG, start, start);
    }
    return n;
  }

  function if_statement(): * node::node {
    var n = node::make(node::IF, lexer::at, 0);
    lexer::next();
    n->a = condition("if");
    n->b = body("if");
    if (lexer::kind == lexer::ELSE) {
      lexer::next();
      deeper();
      n->c = lexer::kind == lexer::IF ? if_statement() : body("else");
      depth = depth - 1;
    }
    n->end = lexer::previous;
    return n;
  }

  function while_statement(): * node::node {
    var n = node::make(node::WHILE, lexer::at, 0);
    lexer::next();
    n->a = condition("while");
    n->b = body("while");
    n->end = n->b->end;
    return n;
  }

  function for_part(): * node::node {
    if (lexer::kind == ';' || lexer::kind == ')') {
      fail_note("expected a statement", "all three parts of 'for' must be there");
    }
    return simple();
  }

  function for_statement(): * node::node {
    var n = node::make(node::FOR, lexer::at, 0);
    lexer::next();
    var start = lexer::at;
    var outer = depth;
    expect('(', "after 'for'");
    n->a = for_part();
    expect(';', "after the first part of 'for'");
    if (lexer::kind == ';') {
      fail_note("expected a condition", "all three parts of 'for' must be there");
    }
    n->a->next = expression();
    expect(';', "after the condition of 'for'");
    n->c = for_part();
    expect(')', "after the last part of 'for'");
    if (lexer::stopped && skip_to_block(start)) {
      depth = outer;
      n->a = wrong_statement(start);
      n->a->next = node::make(node::WRONG, start, start);
      n->c = wrong_statement(start);
    }
    n->b = body("for");
    n->end = n->b->end;
    return n;
  }
}
