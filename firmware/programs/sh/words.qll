// words.qll: taking a line apart: words, operators, and the commands of a pipeline.

.constant global WORD: byte = 0;
.constant global PIPE: byte = 1;
.constant global INTO: byte = 2;      // >
.constant global ONTO: byte = 3;      // >>
.constant global FROM: byte = 4;      // <
.constant global LIKE: byte = 5;      // >& and a handle
.constant global BEHIND: byte = 6;    // &
.constant global THEN: byte = 7;      // ;
.constant global AND: byte = 8;       // &&
.constant global OR: byte = 9;        // ||

// An operator, or a word's text. `handle` is what a redirection is about.
type token = struct { operator: byte; handle: byte; text: string; };

// The operator at a position, which moves behind it; of kind WORD if there is none.
function operator_at(text: string, position: * byte): token {
  var at = *position;
  var found = token { operator = WORD, handle = os::OUTPUT, text = null };
  if (at + 1 < len text && text[at + 1] == '>' && (text[at] == '1' || text[at] == '2')) {
    if (text[at] == '2') { found.handle = os::ERROR_OUTPUT; }
    at = at + 1;
  }
  var c = text[at];
  var following = at + 1 < len text ? text[at + 1] : 0;
  var width = following == c && c != ';' && c != '<' ? 2 : 1;
  if (c == ';') {
    found.operator = THEN;
  } else if (c == '<') {
    found.operator = FROM;
    found.handle = os::INPUT;
  } else if (c == '|') {
    found.operator = width == 2 ? OR : PIPE;
  } else if (c == '&') {
    found.operator = width == 2 ? AND : BEHIND;
  } else if (c == '>' && following == '&') {
    found.operator = LIKE;
    width = 2;
  } else if (c == '>') {
    found.operator = width == 2 ? ONTO : INTO;
  }
  if (found.operator != WORD) { *position = at + width; }
  return found;
}

function ends_word(c: byte): bool {
  return os::is_blank(c) || std::str::index_of(";<>|&", c) != os::FAILED;
}

function add_number(word: * string, number: byte): void {
  var digits: byte[12];
  var text = std::str::utoa(number, digits, 10);
  for (var i = 0; i < len text; i = i + 1) { std::vector::add(word, text[i]); }
}

// The word that begins at a position, with its quotes resolved and $? put in; null if a quote is
// not closed.
function take_word(text: string, position: * byte): string {
  var word = std::vector::create<byte>(16);
  var quote = 0;
  var i = *position;
  while (i < len text && (quote != 0 || !ends_word(text[i]))) {
    var c = text[i];
    i = i + 1;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '$' && quote != '\'' && i < len text && text[i] == '?') {
      add_number(&word, last_status);
      i = i + 1;
    } else {
      if (c == '\\' && quote != '\'' && i < len text) {
        c = text[i];
        i = i + 1;
      }
      std::vector::add(&word, c);
    }
  }
  *position = i;
  if (quote != 0) {
    delete word;
    return null;
  }
  return word;
}

// The tokens from a position up to what ends a pipeline, which is passed: its operator, or FAILED
// after a complaint. The end of the line counts as ';'. Taken one pipeline at a time, so that $? is
// the status of the one before.
function scan(text: string, position: * byte, tokens: * token[]): byte {
  *tokens = std::vector::create<token>(8);
  while (true) {
    while (*position < len text && os::is_blank(text[*position])) { *position = *position + 1; }
    if (*position == len text || text[*position] == '#') {
      *position = len text;
      return THEN;
    }
    var found = operator_at(text, position);
    if (found.operator >= BEHIND) { return found.operator; }
    if (found.operator == WORD) {
      found.text = take_word(text, position);
      if (!found.text) { return complain("a quote is not closed"); }
    }
    std::vector::add(tokens, found);
  }
  return THEN;
}

function complain(what: string): byte {
  os::complain("sh", what, "");
  return os::FAILED;
}

// --- commands ---------------------------------------------------------------------------------------

// Where a handle of a command leads: to a file, or (LIKE) to where another handle leads.
type redirection = struct { operator: byte; handle: byte; name: string; };

type command = struct {
  words: string[];
  redirections: redirection[];
};

function make_command(): command {
  return command {
    words = std::vector::create<string>(4), redirections = std::vector::create<redirection>(2)
  };
}

// The commands of a pipeline; null after a complaint. Their words are those of the tokens.
function parse(tokens: token[]): command[] {
  var commands = std::vector::create<command>(4);
  var current = make_command();
  var good = true;
  var i = 0;
  while (good && i < len tokens) {
    var t = tokens[i];
    i = i + 1;
    if (t.operator == WORD) {
      std::vector::add(&current.words, t.text);
    } else if (t.operator == PIPE) {
      if (is_empty(&current) || i == len tokens) {
        complain("a command is missing beside |");
        good = false;
      }
      std::vector::add(&commands, current);
      current = make_command();
    } else {
      var name: string = "";
      if (i < len tokens && tokens[i].operator == WORD) { name = tokens[i].text; }
      good = is_target(t.operator, name);
      std::vector::add(&current.redirections,
                       redirection { operator = t.operator, handle = t.handle, name = name });
      i = i + 1;
    }
  }
  std::vector::add(&commands, current);
  if (good) { return commands; }
  forget_commands(commands);
  return null;
}

function is_empty(c: * command): bool {
  return len c->words == 0 && len c->redirections == 0;
}

function is_target(operator: byte, name: string): bool {
  if (operator == LIKE && !std::str::equal(name, "1") && !std::str::equal(name, "2")) {
    complain("behind >& comes 1 or 2");
    return false;
  }
  if (len name == 0) {
    complain("a file name is missing");
    return false;
  }
  return true;
}

function forget_commands(commands: command[]): void {
  for (var i = 0; i < len commands; i = i + 1) {
    delete commands[i].words;
    delete commands[i].redirections;
  }
  delete commands;
}

function forget(tokens: token[]): void {
  for (var i = 0; i < len tokens; i = i + 1) { delete tokens[i].text; }
  delete tokens;
}
