// grep [-cinv] TEXT [FILE...]: say the lines that contain a text; -v those that do not, -i whatever the case
// of letters, -n with their numbers, -c only how many. Status 0 if there were any, 1 if not, 2 if something
// could not be read.

global found: byte = 0;
global names_files: bool = false;       // there are several

function lower(c: byte): byte {
  return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

// Whether a text stands at a place of a line, whatever the case of letters; it is in lower case.
function stands_at(line: string, at: byte, text: string): bool {
  var i = 0;
  while (i < len text && lower(line[at + i]) == text[i]) { i = i + 1; }
  return i == len text;
}

// Whether a line contains a text; with -i the text is in lower case. Most octets are asked no more than
// whether they are the first one of it.
function contains(line: string, text: string): bool {
  if (len text == 0) { return true; }
  if (len text > len line) { return false; }
  var end = len line - len text + 1;
  var first = text[0];
  if (os::given('i')) {
    for (var at = 0; at < end; at = at + 1) {
      if (lower(line[unsafe at]) == first && stands_at(line, at, text)) { return true; }
    }
    return false;
  }
  for (var at = 0; at < end; at = at + 1) {
    if (line[unsafe at] == first && std::str::starts_with(line[at:], text)) { return true; }
  }
  return false;
}

function say_name(name: string): void {
  if (!names_files) { return; }
  os::say(name);
  os::say(":");
}

function tell(name: string, number: byte, line: string): void {
  if (os::given('c')) { return; }
  say_name(name);
  if (os::given('n')) {
    os::say_number(number);
    os::say(":");
  }
  os::say_line(line);
}

// False after a complaint.
function search(handle: byte, name: string, text: string): bool {
  var lines = os::make_reader(handle);
  var before = found;
  var number = 0;
  while (true) {
    var line = os::line_in(&lines);
    number = number + 1;
    if (!line) {
      if (os::given('c')) {
        say_name(name);
        os::say_number(found - before);
        os::say("\n");
      }
      if (lines.failed) { os::complain("grep", "cannot read", name); }
      return !lines.failed;
    }
    if (contains(line, text) != os::given('v')) {
      found = found + 1;
      tell(name, number, line);
    }
  }
  return true;
}

function run(text: string): byte {
  var usage = "grep [-cinv] TEXT [FILE...]";
  var words = os::begin(text, usage, "cinv");
  if (len words == 0) { return os::misused(usage); }
  var good = true;
  if (os::given('i')) {
    for (var i = 0; i < len words[0]; i = i + 1) { words[0][i] = lower(words[0][i]); }
  }
  names_files = len words > 2;
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
  return !good ? 2 : found != 0 ? 0 : 1;
}

function main(text: string): byte {
  os::gather();
  return os::finish(run(text));
}
