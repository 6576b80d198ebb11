// more [FILE]: say a text a screen at a time. The blank shows the next screen, enter a line more, b the
// screen before, q ends.

.constant global KEYS_HANDLE: byte = os::TERMINAL;  // where the shell gives it, in a pipe
.constant global LITTLE: byte = 9;                  // rows for which no terminal is too low

global keys: byte = os::INPUT;

// The part of a text from a position on that fills a row; the row's end, a newline behind it included.
function end_of_row(text: string, begin: byte): byte {
  var at = begin;
  var used = 0;
  while (at < len text && text[at] != '\n') {
    var size = std::utf8::whole(text, at);
    used = used + (text[at] == '\t' ? 8 - used % 8 : std::utf8::columns(text[at:at + size]));
    if (used > terminal::columns) { return at; }
    at = at + size;
  }
  return at < len text ? at + 1 : at;
}

// Where so many rows from the beginning end.
function end_of_rows(text: string, count: byte): byte {
  var at = 0;
  for (var i = 0; i < count && at < len text; i = i + 1) { at = end_of_row(text, at); }
  return at;
}

// Where each row begins, and where the last one ends; null if there is no room.
function find_rows(text: string): byte[] {
  var count = 0;
  for (var at = 0; at < len text; at = end_of_row(text, at)) { count = count + 1; }
  var start = whole::take(count + 1);
  if (start == null) { return null; }
  var words = std::slice<byte> { pointer = start, length = count + 1, capacity = count + 1 };
  var rows = *<* byte[]>&words;
  var row = 0;
  for (var at = 0; at < len text; at = end_of_row(text, at)) {
    rows[row] = at;
    row = row + 1;
  }
  rows[row] = len text;
  return rows;
}

function show(text: string, rows: byte[], from: byte, to: byte): void {
  for (var i = from; i < to; i = i + 1) {
    var row = text[rows[i]:rows[i + 1]];
    os::say(row);
    if (len row == 0 || row[len row - 1] != '\n') { os::say("\n"); }
  }
}

function read_key(): byte {
  var one: byte[1];
  return os::read(keys, one) == 1 ? one[0] : 'q';
}

// The terminal's answer, or what a person types before it comes; the answer is waited for shortly.
function ask_size(): void {
  os::say(terminal::question());
  var answer: byte[32];
  var count = 0;
  while (count < len answer) {
    answer[count] = read_key();
    count = count + 1;
    if (answer[count - 1] == 'R') {
      terminal::take_size(answer[std::math::min(1, count):count]);
      return;
    }
    if (answer[0] != terminal::ESCAPE) { return; }  // a terminal that does not answer, and a key
  }
}

function page(text: string): byte {
  if (end_of_rows(text, LITTLE) != len text) { ask_size(); }
  var rows = find_rows(text);
  if (!rows) { return os::complain("more", "the text is too large", ""); }
  var last = len rows - 1;
  var screen = terminal::rows - 1;
  var from = 0;
  var to = std::math::min(screen, last);
  show(text, rows, 0, to);
  while (to < last) {
    os::say("\x1b[7m more: blank, enter, b, q\x1b[m");
    var key = read_key();
    for (var i = 0; i < 26; i = i + 1) { os::say("\x08"); }
    os::say("\x1b[K");
    if (key == 'q' || key == os::CONTROL_D || key == os::CONTROL_C) { return 0; }
    var next = to;
    if (key == ' ' || key == 'f') { next = std::math::min(to + screen, last); }
    if (key == '\r' || key == '\n' || key == 'j') { next = to + 1; }
    if (key == 'b' && to > screen) {
      next = std::math::max(to - screen, screen);
      to = next - screen;
    }
    show(text, rows, to, next);
    to = next;
  }
  return 0;
}

function main(text: string): byte {
  var names = os::begin(text, "more [FILE]", "");
  if (len names > 1) { return os::misused("more [FILE]"); }
  if (len names == 0) { std::vector::add<string>(&names, "-"); }
  var all = whole::file("more", names[0]);
  if (!all) { return 1; }
  var spare = os::duplicate(KEYS_HANDLE);
  if (spare != os::FAILED) { keys = spare; }
  if (os::is_console(os::OUTPUT) != 1 || os::is_console(keys) != 1
      || os::console_mode(os::RAW) == os::FAILED) {
    return os::write_text(os::OUTPUT, all) ? 0 : 1;
  }
  return page(all);
}
