// expressions.qll: parsing expressions.

namespace parser {
  function expression(): * node::node {
    deeper();
    var n = binary(2);
    if (lexer::kind == '?') {
      lexer::next();
      var c = node::make(node::CONDITIONAL, n->at, 0);
      c->a = n;
      c->b = expression();
      expect(':', "between the arms of '?:'");
      c->c = expression();
      c->end = c->c->end;
      n = c;
    }
    depth = depth - 1;
    return n;
  }

  // How tightly an operator binds; 0 for what is none. Two tokens `>` may be one operator.
  function level(): byte {
    var kind = lexer::kind;
    if (kind == ';' || kind == ')' || kind == ',' || kind == ']') { return 0; }
    if (kind == lexer::AND || kind == lexer::OR) { return 2; }
    if (kind == '|' || kind == '&') { return 3; }
    if (kind == lexer::EQ || kind == lexer::NE) { return 4; }
    if (kind == '>') {
      if (lexer::octet(lexer::end) == '>') { return 6; }
      return 5;
    }
    if (kind == '<' || kind == lexer::LE) { return 5; }
    if (kind == lexer::SHL) { return 6; }
    if (kind == '+' || kind == '-') { return 7; }
    if (kind == '*' || kind == '/' || kind == '%') { return 8; }
    return 0;
  }

  function take_operator(): byte {
    var kind = lexer::kind;
    if (kind == '>') {
      var c = lexer::octet(lexer::end);
      if (c == '>') { kind = lexer::SHR; }
      // `>==` is `>` `==`, as the lexer takes the longest token.
      if (c == '=' && lexer::octet(lexer::end + 1) != '=' && lexer::octet(lexer::end + 1) != '>') {
        kind = lexer::GE;
      }
      if (kind != '>') { lexer::next(); }
    }
    lexer::next();
    return kind;
  }

  function binary(lowest: byte): * node::node {
    var left = prefix();
    var highest = 8;
    while (true) {
      var bound = level();
      if (bound == 0 || bound < lowest) { return left; }
      if (bound > highest) {
        fail_note("expected an operator that binds less tightly",
                  "comparisons do not chain; use parentheses or '&&'");
        return left;
      }
      var n = node::make(node::BINARY, left->at, 0);
      n->c = node::make(0, lexer::at, lexer::end);
      n->x = take_operator();
      n->a = left;
      n->b = binary(bound + 1);
      n->end = n->b->end;
      if (bound == 2) { n->kind = node::LOGICAL; }
      left = n;
      highest = bound == 4 || bound == 5 ? bound - 1 : bound;
    }
    return left;
  }

  function begins_expression(): bool {
    var k = lexer::kind;
    return k <= lexer::STRING || k == lexer::WRONG || k == '(' || k == '[' || k == '-' || k == '+'
           || k == '!' || k == '*' || k == '&' || k == lexer::AND || k == '<' || k == '.'
           || k == lexer::LEN || k == lexer::CAP || k == lexer::NEW || k == lexer::NULL
           || k == lexer::VOID || k == lexer::SIZEOF || k == lexer::BYTE || k == lexer::INT_TYPE
           || k == lexer::FLOAT_TYPE || k == lexer::GLOBAL;
  }

  function prefix(): * node::node {
    var kind = lexer::kind;
    if (kind == lexer::NAME || kind == lexer::GLOBAL) { return name(); }
    if (kind == lexer::INT || kind == lexer::CHAR || kind == lexer::FLOAT) {
      var n = node::make(kind == lexer::INT ? node::INT : kind == lexer::CHAR ? node::CHAR : node::FLOAT,
                         lexer::at, lexer::end);
      n->x = lexer::value;
      lexer::next();
      return suffixes(n);
    }
    if (kind == lexer::STRING) { return suffixes(string_literal()); }
    if (kind == '(') { return parenthesis(); }
    if (kind == '-' || kind == '+') {
      var n = operator(node::SIGN);
      n->x = kind == '-' ? 1 : 0;
      return n;
    }
    if (kind == '!') { return operator(node::NOT); }
    if (kind == '*') { return operator(node::DEREF); }
    if (kind == '&') { return operator(node::ADDRESS); }
    if (kind == lexer::AND) {
      var inner = operator(node::ADDRESS);
      inner->at = inner->at + 1;
      var n = node::make(node::ADDRESS, inner->at - 1, inner->end);
      n->a = inner;
      return n;
    }
    if (kind == lexer::LEN) { return operator(node::LEN); }
    if (kind == lexer::CAP) { return operator(node::CAP); }
    if (kind == '<') { return cast(); }
    if (kind == '[') { return suffixes(array()); }
    if (kind == lexer::NEW) { return new_expression(); }
    return other_prefix(kind);
  }

  function other_prefix(kind: byte): * node::node {
    var n = node::make(node::NULL, lexer::at, lexer::end);
    if (kind == lexer::NULL) {
      lexer::next();
      return suffixes(n);
    }
    if (kind == lexer::VOID) {
      n->kind = node::VOID;
      lexer::next();
      return suffixes(n);
    }
    if (kind == lexer::SIZEOF) {
      n->kind = node::SIZEOF;
      lexer::next();
      n->a = whole_type();
      n->end = lexer::previous;
      return suffixes(n);
    }
    if (kind == lexer::BYTE || kind == lexer::INT_TYPE || kind == lexer::FLOAT_TYPE || kind == '.') {
      return type_literal();
    }
    if (kind == lexer::WRONG) {
      wrong_literal();
      n->kind = node::WRONG;
      lexer::next();
      return suffixes(n);
    }
    no_operand();
    n->kind = node::WRONG;
    return n;
  }

  function wrong_literal(): void {
    if (!is_reporting()) { return; }
    report::begin("");
    explain(lexer::at);
    var c = lexer::octet(lexer::at);
    var whole = c - '0' < 10 && (lexer::octet(lexer::end - 1) == 'f'
                || std::str::index_of(memory::part(<unsafe * byte>lexer::at, lexer::end - lexer::at), '.')
                   == 0xFFFFFFFF);
    report::end(lexer::at, whole ? lexer::end : lexer::at + 1);
  }

  function no_operand(): void {
    var message: string = "expected an expression";
    if (lexer::kind == '{') {
      fail_note(message,
                "a list of elements stands in '[' and ']'; in front of the '{' of a struct stands its type");
    } else if (is_reporting() && lexer::kind >= lexer::KEYWORDS) {
      report::begin(message);
      var at = lexer::at;
      var end = lexer::end;
      if (end_fail(true)) {
        report::begin_note();
        report::say("'");
        report::say(memory::part(<unsafe * byte>at, end - at));
        report::say("' is a keyword");
        report::end_note();
      }
    } else {
      operand_note(message);
    }
  }

  // What stands before a place, without blanks: its last octet's place.
  function octet_before(at: byte): byte {
    at = at - 1;
    while (at > lexer::begin && (lexer::octet(at) == ' ' || lexer::octet(at) == '\n')) { at = at - 1; }
    return at;
  }

  // Complain of what is no operand, perhaps because of an operator that there is not.
  function operand_note(message: string): void {
    var last = octet_before(lexer::at);
    var c = lexer::octet(last);
    var is_assigned = lexer::kind == '=';
    var is_double = (c == '+' || c == '-') && lexer::octet(octet_before(last)) == c;
    var is_combined = c == '+' || c == '-' || c == '*' || c == '/' || c == '%' || c == '&' || c == '|';
    if (!fail(message)) { return; }
    if (is_double) { say_no_operator(c, c, true); }
    else if (is_assigned && is_combined) { say_no_operator(c, '=', true); }
    else if (is_assigned && (c == '<' || c == '>')) { say_no_operator(c, '=', false); }
  }

  // "there is no '++'; write x = x + 1"
  function say_no_operator(first: byte, second: byte, has_other: bool): void {
    report::begin_note();
    report::say("there is no '");
    memory::add(&source::words, first);
    memory::add(&source::words, second);
    report::say("'");
    if (has_other) {
      report::say("; write x = x ");
      memory::add(&source::words, first);
      report::say_either(second == '=', " ...", " 1");
    }
    report::end_note();
  }

  // An operator in front, and what it applies to.
  function operator(kind: byte): * node::node {
    var n = node::make(kind, lexer::at, 0);
    lexer::next();
    deeper();
    n->a = prefix();
    depth = depth - 1;
    n->end = n->a->end;
    return n;
  }

  function cast(): * node::node {
    var n = node::make(node::CAST, lexer::at, 0);
    lexer::next();
    if (lexer::kind == lexer::UNSAFE) {
      n->x = 1;
      lexer::next();
    }
    n->a = whole_type();
    expect('>', "after the type of a cast");
    deeper();
    n->b = prefix();
    depth = depth - 1;
    n->end = n->b->end;
    return n;
  }

  function string_literal(): * node::node {
    var n = node::make(node::STRING, lexer::at, lexer::end);
    n->x = lexer::value;
    lexer::next();
    return n;
  }

  // --- new -------------------------------------------------------------------------------------

  function new_expression(): * node::node {
    var n = node::make(node::NEW, lexer::at, 0);
    lexer::next();
    var at = lexer::at;
    var previous = lexer::previous;
    n->a = element_type();
    if (lexer::kind == '[') {
      lexer::next();
      if (lexer::kind != ']') {
        n->kind = node::NEW_ARRAY;
        n->b = expression();
        expect(']', "after the number of elements");
        if (lexer::kind == '[') {
          n->x = 1;
          n->c = array();
        } else if (lexer::kind == '=' || lexer::kind == lexer::DOTS) {
          n->x = lexer::kind == '=' ? 1 : 2;
          lexer::next();
          n->c = expression();
        }
        n->end = lexer::previous;
        return n;
      }
      back(at, previous);
      n->a = whole_type();
    }
    if (lexer::kind == '=' || lexer::kind == lexer::DOTS) {
      n->x = lexer::kind == '=' ? 1 : 2;
      lexer::next();
      if (n->x == 1 && lexer::kind == lexer::STRING) { n->b = string_literal(); }
      else if (n->x == 1 && lexer::kind == '[') { n->b = array(); }
      else { n->b = expression(); }
    }
    n->end = lexer::previous;
    return n;
  }

  // A type without array suffixes: a bracket behind `new T` holds a count.
  function element_type(): * node::node {
    var at = lexer::at;
    if (lexer::kind == '.') {
      var found = tags();
      var n = node::make(node::TAGGED, at, 0);
      n->x = found;
      n->a = element_type();
      n->end = n->a->end;
      return n;
    }
    if (lexer::kind == '*') {
      var n = node::make(node::POINTER_TO, at, 0);
      lexer::next();
      deeper();
      n->a = element_type();
      depth = depth - 1;
      n->end = n->a->end;
      return n;
    }
    var n = base_type();
    while (lexer::kind == '.') { n = member_type(n); }
    return n;
  }

  // --- primaries -------------------------------------------------------------------------------

  global true_word: byte = 0;
  global false_word: byte = 0;
  global infinity_word: byte = 0;
  global nan_word: byte = 0;

  // Whether type suffixes from here on lead to the `{` of a struct literal; the place stays.
  function is_head(): bool {
    var at = lexer::at;
    var previous = lexer::previous;
    var good = true;
    while (good && lexer::kind != '{') {
      if (lexer::kind == '.') {
        lexer::next();
        good = lexer::kind == lexer::NAME;
        lexer::next();
      } else if (lexer::kind == '[') {
        lexer::next();
        if (lexer::kind == lexer::INT) { lexer::next(); }
        good = lexer::kind == ']';
        lexer::next();
      } else {
        good = false;
      }
    }
    back(at, previous);
    return good;
  }

  function is_behind_arguments(kind: byte): bool {
    return kind == '(' || kind == ')' || kind == '[' || kind == ']' || kind == '{' || kind == '}'
           || kind == ',' || kind == ';' || kind == ':' || kind == '.' || kind == lexer::ARROW
           || kind == '?' || kind == '=' || kind == lexer::EQ || kind == lexer::NE
           || kind == lexer::AND || kind == lexer::OR || kind == '&' || kind == '|';
  }

  // The type arguments behind a name, or null if what follows is none.
  function attempt_arguments(): * node::node {
    var at = lexer::at;
    var previous = lexer::previous;
    var outer = depth;
    var found = attempt_types();
    var good = !!found && is_behind_arguments(lexer::kind)
               && (lexer::kind != '=' || lexer::at != lexer::previous);
    if (!good) {
      depth = outer;
      back(at, previous);
      return null;
    }
    return found;
  }

  function name(): * node::node {
    var n = node::make(node::NAME, lexer::at, lexer::end);
    var at = lexer::at;
    var previous = lexer::previous;
    n->x = lexer::value;
    lexer::next();
    var following = lexer::kind;
    if (following == ')' || following == ';' || following == ',') { return plain_name(n); }
    if (following == '{' || ((following == '.' || following == '[') && is_head())) {
      back(at, previous);
      return suffixes(struct_literal(whole_type()));
    }
    if (following == '<') {
      var arguments = attempt_arguments();
      if (arguments) {
        if (lexer::kind == '{' || ((lexer::kind == '.' || lexer::kind == '[') && is_head())) {
          back(at, previous);
          return suffixes(struct_literal(whole_type()));
        }
        n->a = arguments;
        n->b = n;
        n->end = lexer::previous;
        return suffixes(n);
      }
    }
    return suffixes(plain_name(n));
  }

  function plain_name(n: * node::node): * node::node {
    if (n->x == true_word || n->x == false_word) {
      n->kind = node::BOOL;
      n->x = n->x == true_word ? 1 : 0;
    } else if (n->x == infinity_word || n->x == nan_word) {
      n->kind = node::FLOAT;
      n->x = n->x == infinity_word ? 0x7F800000 : 0x7FC00000;
    }
    return n;
  }

  // Whether a type in parentheses begins a struct literal here; the place stays.
  function is_type_in_parentheses(): bool {
    var at = lexer::at;
    var previous = lexer::previous;
    lexer::next();
    var level = 1;
    while (level != 0 && lexer::kind != lexer::END) {
      if (lexer::kind == '(') { level = level + 1; }
      if (lexer::kind == ')') { level = level - 1; }
      lexer::next();
    }
    var found = lexer::kind != lexer::END
                && (lexer::kind == '{' || ((lexer::kind == '[' || lexer::kind == '.') && is_head()));
    back(at, previous);
    return found;
  }

  function parenthesis(): * node::node {
    if (depth < 50 && is_type_in_parentheses()) { return suffixes(struct_literal(whole_type())); }
    lexer::next();
    var n = expression();
    if (lexer::kind != ')') {
      var assigned = lexer::kind == '=';
      if (fail("expected ')'") && assigned) {
        report::note("assignment is a statement, not an operator");
      }
      return n;
    }
    lexer::next();
    return suffixes(n);
  }

  function type_literal(): * node::node {
    var at = lexer::at;
    var target = whole_type();
    if (lexer::kind != '{') {
      if (is_reporting()) {
        back(at, at);
        fail("expected an expression");
      }
      stop();
      return target;
    }
    return suffixes(struct_literal(target));
  }

  function struct_literal(target: * node::node): * node::node {
    var n = node::make(node::STRUCT, target->at, 0);
    n->a = target;
    if (lexer::kind != '{') {
      fail("expected '{' and members after the type of a struct literal");
      return n;
    }
    lexer::next();
    var found = node::chain { };
    while (lexer::kind != '}' && !lexer::stopped) {
      var member = node::make(node::NAMED, lexer::at, lexer::end);
      member->x = new_name("the name of a member");
      expect('=', "after the name of a member");
      member->a = expression();
      node::append(&found, member);
      if (lexer::kind != ',') { break; }
      lexer::next();
    }
    expect('}', "or ',' after a member");
    n->b = found.first;
    n->end = lexer::previous;
    return n;
  }

  function array(): * node::node {
    var n = node::make(node::LIST, lexer::at, 0);
    lexer::next();
    var found = node::chain { };
    while (lexer::kind != ']' && !lexer::stopped) {
      var element = expression();
      if (lexer::kind == ';' && !found.first) {
        n->kind = node::REPEAT;
        n->a = element;
        lexer::next();
        n->b = expression();
        break;
      }
      node::append(&found, element);
      if (lexer::kind != ',') { break; }
      lexer::next();
    }
    if (n->kind == node::REPEAT) {
      expect(']', "after the number of elements");
    } else {
      expect(']', "or ',' after an element");
      n->a = found.first;
    }
    n->end = lexer::previous;
    return n;
  }

  // --- suffixes --------------------------------------------------------------------------------

  function suffixes(n: * node::node): * node::node {
    while (true) {
      var kind = lexer::kind;
      if (kind == '.') { n = member(n); }
      else if (kind == '[') { n = index(n); }
      else if (kind == '(') { n = call(n); }
      else if (kind == lexer::ARROW) {
        lexer::next();
        var through = node::make(node::DEREF, n->at, n->end);
        through->a = n;
        through->x = 1;                // written as an arrow
        if (lexer::kind == '[') { n = index_behind(through); }
        else { n = member_behind(through); }
      } else {
        return n;
      }
    }
    return n;
  }

  function member(base: * node::node): * node::node {
    lexer::next();
    return member_behind(base);
  }

  function member_behind(base: * node::node): * node::node {
    var n = node::make(node::MEMBER, base->at, 0);
    n->a = base;
    n->c = node::make(node::NAME, lexer::at, lexer::end);
    n->x = new_name("the name of a member");
    n->end = lexer::previous;
    return n;
  }

  function index(base: * node::node): * node::node {
    var n = index_behind(base);
    return n;
  }

  function index_behind(base: * node::node): * node::node {
    var n = node::make(node::INDEX, base->at, 0);
    n->a = base;
    lexer::next();
    if (lexer::kind == lexer::UNSAFE) {
      lexer::next();
      n->x = 1;
      n->b = expression();
    } else {
      if (lexer::kind != ':') { n->b = expression(); }
      if (lexer::kind == ':') {
        lexer::next();
        n->kind = node::SUBSLICE;
        if (lexer::kind != ']') { n->c = expression(); }
      }
    }
    if (n->kind == node::SUBSLICE) { expect(']', "after the bounds of a subslice"); }
    else { expect(']', "after an index"); }
    n->end = lexer::previous;
    return n;
  }

  function call(callee: * node::node): * node::node {
    var n = node::make(node::CALL, callee->at, 0);
    n->a = callee;
    lexer::next();
    var found = node::chain { };
    while (lexer::kind != ')' && !lexer::stopped) {
      node::append(&found, expression());
      if (lexer::kind != ',') { break; }
      lexer::next();
    }
    expect(')', "or ',' after an argument");
    n->b = found.first;
    n->end = lexer::previous;
    return n;
  }
}
