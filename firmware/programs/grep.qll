// grep [-v] TEXT [FILE...]: say the lines that contain a text; -v those that do not.

global inverted: bool = false;
global found: bool = false;

function contains(line: string, text: string): bool {
  if (len text > len line) { return false; }
  for (var at = 0; at <= len line - len text; at = at + 1) {
    if (std::str::equal(line[at:at + len text], text)) { return true; }
  }
  return false;
}

function search(handle: byte, text: string): void {
  var lines = os::make_reader(handle);
  while (true) {
    var line = os::next_line(&lines);
    if (!line) { return; }
    if (contains(line, text) != inverted) {
      found = true;
      os::say_line(line);
    }
    delete line;
  }
}

function main(text: string): byte {
  var words = os::arguments(text);
  var from = 0;
  if (len words != 0 && std::str::equal(words[0], "-v")) {
    inverted = true;
    from = 1;
  }
  if (from == len words) { return os::complain("grep", "usage: grep [-v] TEXT [FILE...]", ""); }
  if (from + 1 == len words) {
    os::console_mode(os::TEXT);
    search(2, words[from]);
  }
  for (var i = from + 1; i < len words; i = i + 1) {
    var handle = os::open(words[i], os::READING);
    if (handle == os::FAILED) {
      os::complain("grep", "cannot open", words[i]);
      return 2;
    }
    search(handle, words[from]);
    os::close(handle);
  }
  return found ? 0 : 1;
}
