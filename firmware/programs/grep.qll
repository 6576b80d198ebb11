// grep [-v] TEXT [FILE...]: say the lines that contain a text; -v those that do not. Status 0 if there
// were any, 1 if not, 2 if something could not be read.

global found: bool = false;

function contains(line: string, text: string): bool {
  if (len text > len line) { return false; }
  for (var at = 0; at <= len line - len text; at = at + 1) {
    if (std::str::equal(line[at:at + len text], text)) { return true; }
  }
  return false;
}

// False after a complaint.
function search(handle: byte, name: string, text: string): bool {
  var lines = os::make_reader(handle);
  while (true) {
    var line = os::next_line(&lines);
    if (!line) {
      if (lines.failed) { os::complain("grep", "cannot read", name); }
      return !lines.failed;
    }
    if (contains(line, text) != os::given('v')) {
      found = true;
      os::say_line(line);
    }
    delete line;
  }
  return true;
}

function main(text: string): byte {
  var usage = "grep [-v] TEXT [FILE...]";
  var words = os::begin(text, usage, "v");
  if (len words == 0) { return os::misused(usage); }
  var good = true;
  if (len words == 1) {
    os::console_mode(os::TEXT);
    good = search(os::INPUT, "", words[0]);
  }
  for (var i = 1; i < len words; i = i + 1) {
    var handle = os::open_to_read("grep", words[i]);
    if (handle == os::FAILED) {
      good = false;
    } else {
      good = search(handle, words[i], words[0]) && good;
      os::close(handle);
    }
  }
  return !good ? 2 : found ? 0 : 1;
}
