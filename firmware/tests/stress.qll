// stress [BLOCK]: carry out a script of operations on processes, and compare each with what it must give.
//
// The script is /tmp/script, written by the host (tests/support/process_script.py, which knows what
// each operation is and what must come of it): numbers, for each operation its block, its code, three
// operands, and what it must give, or ANY. A process carries out one block; `spawn` starts another.
// Without an argument it is the first: it runs block 0, and then memory and kernel heap must be as
// before. What is wrong is said as "BAD block code got wanted".

type operation = struct { block: byte; code: byte; a: byte; b: byte; c: byte; wanted: byte; };

.constant global ANY: byte = 0xFFFFFFFE;
.constant global SELF: string = "/test/stress";

global script: operation[] = null;
global block: byte = 0;
global children: byte[8] = [0; 8];   // pids by variable
global room: byte[] = null;
global failures: byte = 0;

// --- helpers ----------------------------------------------------------------------------------------

function add_text(to: * byte[], text: string): void {
  for (var i = 0; i < len text; i = i + 1) {
    len *to = len *to + 1;
    (*to)[len *to - 1] = text[i];
  }
}

function add_number(to: * byte[], number: byte): void {
  var digits: byte[12];
  add_text(to, " ");
  add_text(to, std::str::utoa(number, digits, 10));
}

// One write, so that lines of several processes do not mix.
function complain(code: byte, got: byte, wanted: byte): void {
  var store: byte[80];
  var line: byte[] = store;
  len line = 0;
  add_text(&line, "BAD");
  add_number(&line, block);
  add_number(&line, code);
  add_number(&line, got);
  add_number(&line, wanted);
  add_text(&line, "\n");
  os::write(1, line);
  failures = failures + 1;
}

// Start a block, or with a word in front something else; the pid.
function start(word: string, number: byte, handles: * byte): byte {
  var store: byte[40];
  var text: byte[] = store;
  len text = 0;
  add_text(&text, word);
  add_number(&text, number);
  return os::spawn(SELF, text, handles);
}

function pattern(seed: byte, at: byte): byte {
  return (seed + at * 7) & 0xFF;
}

function part(words: byte): byte[] {
  var some = room;
  len some = words;
  return some;
}

// --- operations -------------------------------------------------------------------------------------

// Two handles, one above the other in the answer.
function do_pipe(): byte {
  var pair: byte[2];
  if (os::pipe(&pair[0]) != 0) { return os::FAILED; }
  return pair[1] * 0x100 + pair[0];
}

function do_write(handle: byte, count: byte, seed: byte): byte {
  var words = part(count);
  for (var i = 0; i < count; i = i + 1) { words[i] = pattern(seed, i); }
  return os::write(handle, words);
}

// The count, and above it a sum over the octets and where they stand.
function do_read(handle: byte, count: byte): byte {
  var words = part(count);
  var got = os::read(handle, words);
  if (got == os::FAILED) { return got; }
  var sum = 0;
  for (var i = 0; i < got; i = i + 1) { sum = sum + words[i] * (i + 1); }
  return got + (sum & 0xFFFF) * 0x1000;
}

// A child with up to three of the handles; a and b are handles to pass on or 0.
function do_spawn(number: byte, variable: byte, handles: byte): byte {
  var map: byte[7] = [1, 1, 1, 0, 0, 0, 0];
  for (var i = 0; i < 2; i = i + 1) {
    var handle = handles >> i * 8 & 0xFF;
    if (handle != 0) {
      map[1 + map[0] * 2] = 0x10 + i;
      map[2 + map[0] * 2] = handle;
      map[0] = map[0] + 1;
    }
  }
  var pid = start("", number, &map[0]);
  children[variable] = pid;
  return pid == os::FAILED ? os::FAILED : 0;
}

// Wait for a child; its status, or FAILED.
function do_wait(variable: byte): byte {
  var status: byte = 0;
  var pid = children[variable];
  if (pid == 0 || os::wait(pid, &status) != pid) { return os::FAILED; }
  children[variable] = 0;
  return status;
}

function do_kill(variable: byte): byte {
  return children[variable] == 0 ? os::FAILED : os::kill(children[variable]);
}

// Stop a child and what descends from it, let others run, and let it go on in front or behind, or end
// it. FAILED if it could not be stopped, as it has ended, or not be ended.
function do_rest(variable: byte, in_front: byte, ends: bool): byte {
  var pid = children[variable];
  if (pid == 0 || os::stop(pid) != 0) { return ends ? do_kill(variable) : os::FAILED; }
  for (var i = 0; i < 5; i = i + 1) {
    if (os::wait_or_stop(pid, null) != 0) { complain(21, i, 0); }
    os::yield();
  }
  return ends ? os::kill(pid) : os::resume(pid, in_front);
}

// Grow by so many words and touch them from the end or the beginning; all must be 0.
function do_grow(words: byte, backwards: byte): byte {
  var at = os::grow(words);
  if (at == os::FAILED) { return at; }
  var wrong = 0;
  for (var i = 0; i < words; i = i + 64) {
    var word = <unsafe * byte>(at + (backwards ? words - 1 - i : i));
    if (*word != 0) { wrong = wrong + 1; }
    *word = i + 1;
  }
  return wrong;
}

function do_fault(kind: byte): byte {
  if (kind == 0) { *(<unsafe * byte>0x45) = 1; }
  if (kind == 1) {
    var entry = <unsafe () => void>0x30000000;
    entry();
  }
  if (kind == 2) { lib::support::syscall1(1000, 0); }
  if (kind == 3) { os::kill(os::own_pid()); }
  return 0;
}

function do_directory(which: byte): byte {
  var names: string[4] = ["/tmp", "/none", "..", "/bin/ls"];
  return os::change_directory(names[which]);
}

// A file of one's own: written, read back, removed. The number of octets that differ.
function do_file(count: byte, seed: byte): byte {
  var store: byte[5 + os::NAME];  // "/tmp/" and a name
  var name: byte[] = store;
  len name = 0;
  add_text(&name, "/tmp/s");
  add_number(&name, os::own_pid());
  name[6] = 'p';
  var handle = os::open(name, os::WRITING);
  if (handle == os::FAILED) { return 0x10000; }
  if (do_write(handle, count, seed) != count || os::close(handle) != 0) { return 0x20000; }
  handle = os::open(name, os::READING);
  var words = part(4096);
  var got = os::read(handle, words);
  os::close(handle);
  os::destroy(name);
  var wrong = got == count ? 0 : 0x30000;
  for (var i = 0; i < got && i < 4096; i = i + 1) {
    if (words[i] != pattern(seed, i)) { wrong = wrong + 1; }
  }
  return wrong;
}

// A child writes so many octets in parts into a pipe and ends with a status; all must arrive. The
// status, and 0x1000 for each octet that is missing or wrong.
function do_stream(count: byte, chunk: byte, seed: byte): byte {
  var pair: byte[2];
  if (os::pipe(&pair[0]) != 0) { return 0x10000000; }
  var map: byte[5] = [2, 1, 1, 0x10, pair[1]];
  var pid = start("@produce", count * 0x10000 + chunk * 0x100 + (seed & 0xFF), &map[0]);
  os::close(pair[1]);
  var got = 0;
  var wrong = 0;
  while (true) {
    var words = part(chunk * 3);
    var some = os::read(pair[0], words);
    if (some == 0 || some == os::FAILED) { break; }
    for (var i = 0; i < some; i = i + 1) {
      if (words[i] != pattern(seed, got + i)) { wrong = wrong + 1; }
    }
    got = got + some;
  }
  os::close(pair[0]);
  var status: byte = 0;
  if (pid == os::FAILED || os::wait(pid, &status) != pid) { return 0x20000000; }
  if (got != count) { wrong = wrong + 1; }
  return status + wrong * 0x1000;
}

function produce(what: byte): byte {
  var count = what >> 16;
  var chunk = what >> 8 & 0xFF;
  var done = 0;
  while (done < count) {
    var words = part(std::math::min(chunk, count - done));
    for (var i = 0; i < len words; i = i + 1) { words[i] = pattern(what & 0xFF, done + i); }
    if (os::write(0x10, words) != len words) { return 9; }
    done = done + len words;
  }
  return what & 0x3F;
}

function do_display(): byte {
  var answer: byte[3];
  if (os::display_open(&answer[0], 40, 20) != 0) { return os::FAILED; }
  os::display_flip();
  os::display_flip();
  return os::display_close();
}

function carry_out(o: * operation): byte {
  if (o->code == 1) { return do_pipe(); }
  if (o->code == 2) { return os::duplicate(o->a); }
  if (o->code == 3) { return os::close(o->a); }
  if (o->code == 4) { return do_write(o->a, o->b, o->c); }
  if (o->code == 5) { return do_read(o->a, o->b); }
  if (o->code == 6) { return do_spawn(o->a, o->b, o->c); }
  if (o->code == 7) { return do_kill(o->a); }
  if (o->code == 8) { return do_wait(o->a); }
  if (o->code == 9) { return os::sleep(o->a); }
  if (o->code == 10) { return os::yield(); }
  if (o->code == 11) { os::exit(o->a); }
  if (o->code == 12) { return do_grow(o->a, o->b); }
  if (o->code == 13) { return do_fault(o->a); }
  if (o->code == 14) { return do_directory(o->a); }
  if (o->code == 15) { while (true) { } }
  if (o->code == 16) { return do_file(o->a, o->b); }
  if (o->code == 17) { return do_stream(o->a, o->b, o->c); }
  if (o->code == 18) { return do_display(); }
  if (o->code == 19) { while (true) { os::yield(); } }
  if (o->code == 20) { return os::kill(1); }
  if (o->code == 21) { return do_rest(o->a, o->b, false); }
  if (o->code == 22) { return do_rest(o->a, 0, true); }
  return os::FAILED;
}

function run_block(number: byte): void {
  block = number;
  for (var i = 0; i < len script; i = i + 1) {
    var o = &script[i];
    if (o->block == number) {
      var got = carry_out(o);
      if (o->wanted != ANY && got != o->wanted) { complain(o->code, got, o->wanted); }
    }
  }
}

// --- the script -------------------------------------------------------------------------------------

function read_script(): bool {
  var handle = os::open("/tmp/script", os::READING);
  if (handle == os::FAILED) { return false; }
  var text = new byte[20000];
  var count = os::read(handle, text);
  os::close(handle);
  script = new operation[count / 12 + 1];
  var at = 0;
  var rows = 0;
  while (at < count) {
    var numbers: byte[6];
    for (var i = 0; i < 6; i = i + 1) {
      var number = 0;
      while (at < count && text[at] >= '0') {
        number = number * 10 + text[at] - '0';
        at = at + 1;
      }
      numbers[i] = number;
      at = at + 1;
    }
    script[rows] = operation {
      block = numbers[0], code = numbers[1], a = numbers[2], b = numbers[3], c = numbers[4],
      wanted = numbers[5]
    };
    rows = rows + 1;
  }
  len script = rows;
  delete text;
  return true;
}

function lead(): byte {
  os::wait(os::spawn("/bin/true", "", null), null);
  run_block(100);  // nothing: all memory that this needs has been touched
  var memory = os::free_space(0);
  var heap = os::free_space(1);
  run_block(0);
  while (os::wait(0, null) != os::FAILED) { }
  for (var handle = 0x10; handle < 0x20; handle = handle + 1) { os::close(handle); }
  if (os::free_space(0) != memory) { complain(100, os::free_space(0), memory); }
  if (os::free_space(1) != heap) { complain(101, os::free_space(1), heap); }
  os::say("stress: done\n");
  return failures;
}

function main(text: string): byte {
  room = new byte[4096];
  for (var i = 0; i < 4096; i = i + 1) { room[i] = 0; }
  var words = os::arguments(text);
  if (len words == 2) { return produce(os::number_of(words[1])); }
  if (!read_script()) { return os::complain("stress", "no script", ""); }
  if (len words == 0) { return lead(); }
  run_block(os::number_of(words[0]));
  return 0;
}
