// usertests [NAME...]: every system call with good and bad arguments, on the machine itself.
//
// Says "ok NAME" or "FAILED NAME: WHY" for each test, and at the end how many failed. After each test
// memory, heap and disk must be as free as before. Some tests start this program again as a child,
// with a first word that begins with '@'.

type test = struct { name: string; run: () => void; };

global failures: byte = 0;
global failed: bool = false;
global why: string = null;

function check(good: bool, what: string): void {
  if (!good && !failed) {
    failed = true;
    why = new byte[len what];  // a literal ends with the test that has it
    for (var i = 0; i < len what; i = i + 1) { why[i] = what[i]; }
  }
}

// --- helpers ----------------------------------------------------------------------------------------

.constant global NOTHING: byte = 0x30000000;  // an address that no process has

function self(role: string): byte {
  return os::spawn("/test/usertests", role, null);
}

// Run a role to its end; its status.
function outcome(role: string): byte {
  var status: byte = 0;
  var pid = self(role);
  if (pid == os::FAILED) { return os::FAILED; }
  if (os::wait(pid, &status) != pid) { return os::FAILED; }
  return status;
}

function put(name: string, contents: string): bool {
  var handle = os::open(name, os::WRITING);
  if (handle == os::FAILED) { return false; }
  var good = os::write(handle, contents) == len contents;
  return os::close(handle) == 0 && good;
}

function holds(name: string, contents: string): bool {
  var handle = os::open(name, os::READING);
  if (handle == os::FAILED) { return false; }
  var room = new byte[len contents + 1];
  var count = os::read(handle, room);
  var good = count == len contents;
  for (var i = 0; good && i < count; i = i + 1) { good = room[i] == contents[i]; }
  os::close(handle);
  delete room;
  return good;
}

// A slice as the kernel sees it, made of any words.
type raw = struct { pointer: byte; length: byte; capacity: byte; };

function raw_call(number: byte, handle: byte, pointer: byte, length: byte): byte {
  var s = raw { pointer = pointer, length = length, capacity = length };
  return lib::support::syscall2(number, handle, <unsafe byte>&s);
}

// --- reading and writing ----------------------------------------------------------------------------

function bad_handles(): void {
  var room: byte[4];
  var handles: byte[8] = [0, 4, 15, 16, 31, 32, -1, 0x80000000];
  for (var i = 0; i < 8; i = i + 1) {
    check(os::read(handles[i], room) == os::FAILED, "read of a closed handle");
    check(os::write(handles[i], room) == os::FAILED, "write to a closed handle");
    check(os::close(handles[i]) == os::FAILED, "close of a closed handle");
    check(os::duplicate(handles[i]) == os::FAILED, "duplicate of a closed handle");
    check(os::seek(handles[i], 0, 0) == os::FAILED, "seek of a closed handle");
    check(os::read_directory(handles[i], &room[0]) == os::FAILED, "read_directory");
  }
  check(os::read(1, room) == os::FAILED, "read of console output");
  check(os::write(2, room) == os::FAILED, "write to console input");
}

function bad_slices(): void {
  put("/tmp/x", "0123456789");
  var handle = os::open("/tmp/x", os::READING);
  var target = os::open("/tmp/y", os::WRITING);
  var words: byte[8] = [0, 0x100, 0x3F000, 0x9000, 0x2B000, NOTHING, -1, 0x80000000];
  for (var i = 0; i < 8; i = i + 1) {
    check(raw_call(1, handle, words[i], 4) == os::FAILED, "read to a bad address");
    check(raw_call(2, target, words[i], 4) == os::FAILED, "write from a bad address");
    check(lib::support::syscall2(1, handle, words[i]) == os::FAILED, "slice at a bad address");
    check(lib::support::syscall2(2, target, words[i]) == os::FAILED, "slice at a bad address");
  }
  var own = <unsafe byte>&words;
  check(raw_call(1, handle, own, -1) == os::FAILED, "a length that wraps around");
  check(raw_call(2, target, own, 0x7FFFFFFF) == os::FAILED, "a length past the stack");
  check(raw_call(2, target, 0x1000, 0x8001) == os::FAILED, "a range with a gap at its end");
  check(raw_call(2, target, 0x1000, 0x20000) == os::FAILED, "a range with a gap inside");
  check(raw_call(1, handle, own, 0) == 0, "an empty read");
  check(raw_call(2, target, own, 0) == 0, "an empty write");
  os::close(handle);
  os::close(target);
  os::destroy("/tmp/x");
  os::destroy("/tmp/y");
}

function bad_names(): void {
  var addresses: byte[5] = [0, 0x100, 0x9000, NOTHING, -1];
  for (var i = 0; i < 5; i = i + 1) {
    var at = addresses[i];
    check(lib::support::syscall2(3, at, 0) == os::FAILED, "open");
    check(lib::support::syscall1(5, at) == os::FAILED, "create");
    check(lib::support::syscall1(6, at) == os::FAILED, "destroy");
    check(lib::support::syscall3(7, at, 0, 0) == os::FAILED, "spawn");
    check(lib::support::syscall2(37, at, <unsafe byte>&addresses) == os::FAILED, "stat");
    check(lib::support::syscall1(39, at) == os::FAILED, "make_directory");
    check(lib::support::syscall2(40, at, at) == os::FAILED, "rename");
    check(lib::support::syscall1(43, at) == os::FAILED, "change_directory");
  }
  check(os::open("", os::READING) == os::FAILED, "open of an empty name");
  check(os::open("/none", os::READING) == os::FAILED, "open of a missing file");
  check(os::open("/none/x", os::WRITING) == os::FAILED, "open in a missing directory");
  check(os::open("/tmp/abcdefghijklmnopqrstuvwxy", os::WRITING) == os::FAILED, "a name too long");
  check(os::open("/bin", os::WRITING) == os::FAILED, "writing a directory");
  check(os::open("/bin/ls/x", os::READING) == os::FAILED, "a file as a directory");
}

// A path in /tmp with a name of these words, in memory of its own.
function path_of(name: byte[]): string {
  return std::str::concat("/tmp/", name);
}

// Names are 1 to 24 octets of UTF-8, one a word.
function names(): void {
  var good: byte[][] = [[0xC3, 0xBC], [0xE2, 0x82, 0xAC], [0xF0, 0x9F, 0x98, 0x80], [1], [0x7F]];
  var bad: byte[][] = [
    [0xFF], [0xC3], [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0x80], [0xED, 0xA0, 0x80],
    [0xE2, 0x82], [0xF0, 0x8F, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
    [0x100], [0x20AC], ['a', 0xC3, 'b']
  ];
  for (var i = 0; i < len good; i = i + 1) {
    var path = path_of(good[i]);
    check(os::create(path) == 0 && os::destroy(path) == 0, "a good name");
    check(os::make_directory(path) == 0 && os::destroy(path) == 0, "a good directory");
    delete path;
  }
  os::create("/tmp/plain");
  for (var i = 0; i < len bad; i = i + 1) {
    var path = path_of(bad[i]);
    check(os::create(path) == os::FAILED, "create of a bad name");
    check(os::open(path, os::WRITING) == os::FAILED, "open of a bad name");
    check(os::make_directory(path) == os::FAILED, "make_directory of a bad name");
    check(os::rename("/tmp/plain", path) == os::FAILED, "rename to a bad name");
    delete path;
  }
  check(os::destroy("/tmp/plain") == 0, "destroy");
}

function bad_answers(): void {
  var addresses: byte[4] = [0, 0x100, NOTHING, -1];
  for (var i = 0; i < 4; i = i + 1) {
    var at = addresses[i];
    var handle = os::open("/bin", os::READING);
    check(lib::support::syscall1(41, at) == os::FAILED, "pipe");
    check(lib::support::syscall2(38, handle, at) == os::FAILED, "read_directory");
    check(lib::support::syscall2(37, <unsafe byte>os::terminated("/bin"), at) == os::FAILED, "stat");
    check(lib::support::syscall1(44, at) == os::FAILED, "get_directory");
    check(lib::support::syscall2(47, at, 64) == os::FAILED, "list_processes");
    check(lib::support::syscall3(9, at, 8, 8) == os::FAILED, "display_open");
    os::close(handle);
  }
}

// --- files ------------------------------------------------------------------------------------------

function contents(): void {
  check(put("/tmp/a", "first"), "write");
  check(holds("/tmp/a", "first"), "read back");
  check(put("/tmp/a", "second, longer"), "replace");
  check(holds("/tmp/a", "second, longer"), "read replaced");
  var handle = os::open("/tmp/a", os::APPENDING);
  check(os::write(handle, "!!") == 2, "append");
  check(holds("/tmp/a", "second, longer"), "others see what was closed");
  check(os::close(handle) == 0, "close");
  check(holds("/tmp/a", "second, longer!!"), "read appended");
  check(os::destroy("/tmp/a") == 0, "destroy");
  check(os::open("/tmp/a", os::READING) == os::FAILED, "open destroyed");
  check(os::destroy("/tmp/a") == os::FAILED, "destroy again");
}

function octet(i: byte): byte {
  return i * 7 + (i >> 8) & 0xFF;
}

// 40,000 octets in pieces that fit no sector, and back in other pieces.
function large_file(): void {
  var size = 40000;
  var piece = new byte[777];
  var handle = os::open("/tmp/large", os::WRITING);
  var done = 0;
  while (done < size) {
    var part = std::math::min(777, size - done);
    len piece = 777;
    for (var i = 0; i < part; i = i + 1) { piece[i] = octet(done + i); }
    len piece = part;
    check(os::write(handle, piece) == part, "write");
    done = done + part;
  }
  check(os::close(handle) == 0, "close");
  var told: os::status;
  check(os::stat("/tmp/large", &told.flags) == 0 && told.size == size, "size");
  handle = os::open("/tmp/large", os::READING);
  done = 0;
  len piece = 613;
  var count = os::read(handle, piece);
  while (count != 0 && count != os::FAILED) {
    for (var i = 0; i < count; i = i + 1) {
      if (piece[i] != octet(done + i)) { check(false, "contents"); }
    }
    done = done + count;
    count = os::read(handle, piece);
  }
  check(done == size, "length read");
  check(os::seek(handle, 12345, 0) == 12345, "seek");
  check(os::read(handle, piece) == 613 && piece[0] == octet(12345), "read there");
  check(os::seek(handle, -13, 1) == 12345 + 600, "seek back");
  check(os::seek(handle, -1, 2) == size - 1, "seek from the end");
  check(os::seek(handle, 1, 2) == os::FAILED, "seek past the end");
  check(os::seek(handle, 0, 3) == os::FAILED, "seek from nowhere");
  os::close(handle);
  os::destroy("/tmp/large");
  delete piece;
}

function directories(): void {
  check(os::make_directory("/tmp/d") == 0, "make");
  check(os::make_directory("/tmp/d") == os::FAILED, "make again");
  check(os::make_directory("/tmp/none/d") == os::FAILED, "make in nothing");
  check(put("/tmp/d/f", "x"), "file in it");
  check(os::destroy("/tmp/d") == os::FAILED, "destroy full");
  check(os::change_directory("/tmp/d") == 0, "change");
  check(holds("f", "x") && holds("./f", "x") && holds("../d/f", "x"), "relative names");
  check(os::change_directory("..") == 0 && holds("d/f", "x"), "up");
  check(os::change_directory("/tmp/d/f") == os::FAILED, "change to a file");
  check(os::change_directory("/../..") == 0, "above the root");
  check(os::destroy("/tmp/d/f") == 0 && os::destroy("/tmp/d") == 0, "destroy");
  check(os::destroy("/") == os::FAILED, "destroy the root");
}

function deep_directories(): void {
  os::change_directory("/tmp");
  for (var i = 0; i < 60; i = i + 1) {
    check(os::make_directory("deep") == 0 && os::change_directory("deep") == 0, "down");
  }
  var room: byte[400];
  check(os::get_directory(room) == 4 + 60 * 5, "where");
  check(put("f", "at the bottom") && holds("f", "at the bottom"), "a file there");
  os::destroy("f");
  for (var i = 0; i < 60; i = i + 1) {
    check(os::change_directory("..") == 0 && os::destroy("deep") == 0, "up");
  }
  os::change_directory("/");
}

function many_entries(): void {
  var name: byte[3] = ['m', '0', '0'];
  os::make_directory("/tmp/many");
  os::change_directory("/tmp/many");
  for (var i = 0; i < 40; i = i + 1) {
    name[1] = '0' + i / 10;
    name[2] = '0' + i % 10;
    check(put(name, "m"), "make");
  }
  var handle = os::open(".", os::READING);
  var each: os::listed;
  var count = 0;
  while (os::read_directory(handle, &each.flags) == 1) { count = count + 1; }
  check(count == 40, "list");
  os::close(handle);
  for (var i = 0; i < 40; i = i + 1) {
    name[1] = '0' + i / 10;
    name[2] = '0' + i % 10;
    check(os::destroy(name) == 0, "destroy");
  }
  os::change_directory("/");
  check(os::destroy("/tmp/many") == 0, "destroy the directory");
}

function renames(): void {
  put("/tmp/a", "a");
  put("/tmp/b", "b");
  os::make_directory("/tmp/d");
  check(os::rename("/tmp/a", "/tmp/c") == 0 && holds("/tmp/c", "a"), "in place");
  check(os::rename("/tmp/c", "/tmp/b") == 0 && holds("/tmp/b", "a"), "over a file");
  check(os::rename("/tmp/b", "/tmp/d/b") == 0 && holds("/tmp/d/b", "a"), "elsewhere");
  check(os::rename("/tmp/none", "/tmp/x") == os::FAILED, "of nothing");
  check(os::rename("/tmp/d", "/tmp/d/e") == os::FAILED, "below itself");
  check(os::rename("/tmp/d/b", "/tmp/d") == os::FAILED, "over a directory");
  check(os::rename("/tmp/d", "/tmp/e") == 0 && holds("/tmp/e/b", "a"), "of a directory");
  check(os::rename("/", "/tmp/x") == os::FAILED, "of the root");
  os::destroy("/tmp/e/b");
  os::destroy("/tmp/e");
}

// A file that is removed or replaced while somebody reads it stays what it was for him.
function open_files(): void {
  put("/tmp/f", "old");
  var handle = os::open("/tmp/f", os::READING);
  check(put("/tmp/f", "newer"), "replace");
  var room: byte[8];
  check(os::read(handle, room) == 3 && room[0] == 'o', "the reader has the old one");
  check(holds("/tmp/f", "newer"), "others the new one");
  os::close(handle);
  handle = os::open("/tmp/f", os::READING);
  os::destroy("/tmp/f");
  check(os::read(handle, room) == 5 && room[0] == 'n', "destroyed");
  os::close(handle);
  handle = os::open("/tmp/f", os::WRITING);
  check(os::open("/tmp/f", os::WRITING) == os::FAILED, "a second writer");
  os::write(handle, "x");
  os::destroy("/tmp/f");
  os::close(handle);
  check(os::open("/tmp/f", os::READING) == os::FAILED, "destroyed while written");
}

function full_disk(): void {
  put("/tmp/keep", "kept");
  var block = new byte[4096];
  var handle = os::open("/tmp/fill", os::WRITING);
  while (os::write(handle, block) == 4096) { }
  check(os::close(handle) == os::FAILED, "close tells");
  check(holds("/tmp/fill", ""), "nothing of it is kept");
  handle = os::open("/tmp/fill", os::APPENDING);
  while (os::write(handle, block) == 4096) { }
  os::close(handle);
  check(os::make_directory("/tmp/d") == os::FAILED, "no room for a directory");
  var other = os::open("/tmp/keep", os::WRITING);
  check(os::write(other, block) == os::FAILED, "no room to replace");
  os::close(other);
  check(holds("/tmp/keep", "kept"), "the old contents stay");
  os::destroy("/tmp/fill");
  os::destroy("/tmp/keep");
  delete block;
}

// --- handles and pipes ------------------------------------------------------------------------------

function all_handles(): void {
  var handles: byte[16];
  for (var i = 0; i < 16; i = i + 1) { handles[i] = os::open("/bin/ls", os::READING); }
  check(handles[0] == 0x10 && handles[15] == 0x1F, "sixteen");
  check(os::open("/bin/ls", os::READING) == os::FAILED, "not one more");
  check(os::duplicate(handles[0]) == os::FAILED, "nor a duplicate");
  var pair: byte[2];
  check(os::pipe(&pair[0]) == os::FAILED, "nor a pipe");
  os::close(handles[15]);
  check(os::pipe(&pair[0]) == os::FAILED, "nor half a pipe");
  for (var i = 0; i < 15; i = i + 1) { os::close(handles[i]); }
}

function duplicates(): void {
  put("/tmp/f", "abcdef");
  var one = os::open("/tmp/f", os::READING);
  var two = os::duplicate(one);
  var room: byte[3];
  os::read(one, room);
  os::close(one);
  check(os::read(two, room) == 3 && room[0] == 'd', "one position for both");
  os::close(two);
  os::destroy("/tmp/f");
}

function pipes(): void {
  var pair: byte[2];
  var room: byte[8];
  check(os::pipe(&pair[0]) == 0, "make");
  check(os::write(pair[1], "hello") == 5 && os::read(pair[0], room) == 5, "through it");
  check(os::read(pair[1], room) == os::FAILED && os::write(pair[0], "x") == os::FAILED, "ends");
  os::close(pair[1]);
  check(os::read(pair[0], room) == 0, "end of file");
  os::close(pair[0]);
  os::pipe(&pair[0]);
  os::close(pair[0]);
  check(os::write(pair[1], "x") == os::FAILED, "nobody reads");
  os::close(pair[1]);
}

// 20,000 octets through a pipe from a child: more than it holds, so both must wait.
function long_pipe(): void {
  var pair: byte[2];
  os::pipe(&pair[0]);
  var map: byte[3] = [1, 1, pair[1]];
  var pid = os::spawn("/test/usertests", "@pour", &map[0]);
  check(pid != os::FAILED, "spawn");
  os::close(pair[1]);
  var room = new byte[333];
  var done = 0;
  var good = true;
  var count = os::read(pair[0], room);
  while (count != 0 && count != os::FAILED) {
    for (var i = 0; i < count; i = i + 1) {
      if (room[i] != octet(done + i)) { good = false; }
    }
    done = done + count;
    count = os::read(pair[0], room);
  }
  check(good && done == 20000, "contents");
  os::close(pair[0]);
  os::wait(pid, null);
  delete room;
}

function pour(): byte {
  var text = new byte[20000];
  for (var i = 0; i < 20000; i = i + 1) { text[i] = octet(i); }
  return os::write(1, text) == 20000 ? 0 : 1;
}

// --- processes --------------------------------------------------------------------------------------

function statuses(): void {
  check(outcome("@exit 7") == 7, "exit");
  check(outcome("@fault") == 0x80, "fault");
  check(outcome("@number") == 0x80, "unknown call");
  check(os::wait(0, null) == os::FAILED, "no child");
  check(os::wait(os::own_pid(), null) == os::FAILED, "not a child");
  check(os::wait(12345678, null) == os::FAILED, "nobody");
  var pid = self("@exit 3");
  check(lib::support::syscall2(32, pid, NOTHING) == os::FAILED, "a bad address");
  var status: byte = 9;
  check(os::wait(0, &status) == pid && status == 3, "any child");
}

function bad_spawns(): void {
  check(os::spawn("/none", "", null) == os::FAILED, "nothing");
  check(os::spawn("/bin", "", null) == os::FAILED, "a directory");
  put("/tmp/empty", "");
  put("/tmp/odd", "abc");
  check(os::spawn("/tmp/empty", "", null) == os::FAILED, "an empty file");
  check(os::spawn("/tmp/odd", "", null) == os::FAILED, "three octets");
  check(lib::support::syscall3(7, <unsafe byte>os::terminated("/bin/true"), NOTHING, 0)
        == os::FAILED, "bad arguments");
  check(lib::support::syscall3(7, <unsafe byte>os::terminated("/bin/true"), 0, NOTHING)
        == os::FAILED, "a bad map");
  var map: byte[5] = [2, 1, 1, 1, 1];
  check(os::spawn("/bin/true", "", &map[0]) == os::FAILED, "a handle twice");
  map[0] = 1;
  map[2] = 0x10;
  check(os::spawn("/bin/true", "", &map[0]) == os::FAILED, "a closed handle");
  map[0] = 1000000;
  check(os::spawn("/bin/true", "", &map[0]) == os::FAILED, "a huge map");
  os::destroy("/tmp/empty");
  os::destroy("/tmp/odd");
}

function arguments_arrive(): void {
  check(outcome("@count one 'two three' \"\"") == 3, "three words");
}

function many_processes(): void {
  var pids = new byte[70];
  var count = 0;
  while (count < 70) {
    var pid = self("@sleep");
    pids[count] = pid;
    if (pid == os::FAILED) {
      len pids = count;
      count = 70;
    } else {
      count = count + 1;
    }
  }
  check(len pids >= 61 && len pids < 64, "as many as the manual says");
  for (var i = 0; i < len pids; i = i + 1) {
    check(os::kill(pids[i]) == 0, "kill");
    check(os::wait(pids[i], null) == pids[i], "wait");
  }
  delete pids;
}

function kills(): void {
  check(os::kill(0) == os::FAILED && os::kill(-1) == os::FAILED, "nobody");
  check(os::kill(1) == os::FAILED, "the shell");
  var status: byte = 0;
  var pid = self("@spin");
  os::sleep(25);
  check(os::kill(pid) == 0 && os::wait(pid, &status) == pid && status == 143, "a spinning child");
  pid = self("@parent");
  os::sleep(40);
  check(os::kill(pid) == 0 && os::wait(pid, &status) == pid, "a child with children");
  check(outcome("@suicide") == 143, "itself");
  pid = self("@exit 0");
  os::sleep(25);
  check(os::kill(pid) == os::FAILED, "a zombie");
  os::wait(pid, null);
}

// Stopped children run no more until they go on, with all that descend from them.
function stops(): void {
  var status: byte = 0;
  check(os::stop(0) == os::FAILED && os::stop(-1) == os::FAILED, "stop of nobody");
  check(os::stop(1) == os::FAILED && os::resume(1, 0) == os::FAILED, "the shell");
  check(os::resume(os::own_pid(), 1) == os::FAILED, "itself");
  check(os::wait_or_stop(os::own_pid(), null) == os::FAILED
        && os::wait_or_stop(0, null) == os::FAILED, "wait for who is no child");
  var pid = self("@exit 5");
  check(lib::support::syscall2(57, pid, NOTHING) == os::FAILED, "a status nowhere");
  check(os::wait_or_stop(pid, &status) == pid && status == 5, "one that ends");
  pid = self("@spin");
  os::sleep(25);
  check(os::stop(pid) == 0 && os::stop(pid) == 0 && os::wait_or_stop(pid, null) == 0, "stop");
  var before = ticks(pid);
  os::sleep(50);
  check(ticks(pid) == before, "one that is stopped runs");
  check(os::resume(pid, 0) == 0 && os::resume(pid, 0) == 0, "resume");
  os::sleep(50);
  check(ticks(pid) > before, "one that goes on does not run");
  os::stop(pid);
  check(os::kill(pid) == 0 && os::wait(pid, &status) == pid && status == 143, "killed while stopped");
  check(os::stop(pid) == os::FAILED && os::resume(pid, 0) == os::FAILED, "who is gone");
  pid = self("@rest");
  check(os::wait_or_stop(pid, &status) == 0 && os::resume(pid, 0) == 0
        && os::wait_or_stop(pid, &status) == pid && status == 7, "one that stops itself");
  pid = self("@parent");
  os::sleep(40);
  check(os::stop(pid) == 0, "a child with children");
  check(os::kill(pid) == 0 && os::wait(pid, &status) == pid, "a stopped child with children");
}

// A child is stopped before it begins, looked into and changed, and only by who may.
function debugs(): void {
  var state: os::traced;
  var at = <unsafe byte>&state;
  var word: byte = 0;
  var status: byte = 0;
  check(os::debug(1, os::DEBUG_ATTACH, 0) == os::FAILED, "the shell");
  check(os::debug(os::own_pid(), os::DEBUG_ATTACH, 0) == os::FAILED, "itself");
  check(os::debug(0, os::DEBUG_WAIT, 0) == os::FAILED, "nobody");
  os::debug(0, os::DEBUG_SPAWNED, 1);
  var pid = self("@exit 5");
  os::debug(0, os::DEBUG_SPAWNED, 0);
  var asked = os::piece { at = 0x1000, words = 1, buffer = <unsafe byte>&word };
  var piece_at = <unsafe byte>&asked;
  check(os::debug(pid, os::DEBUG_WAIT, 0) == 0 && os::debug(pid, os::DEBUG_STATE, at) == 0, "state");
  check(state.ip == 0x1000 && state.reason == 0 && state.registers[32] != 0, "at its beginning");
  check(os::debug(pid, os::DEBUG_READ, piece_at) == 0 && word == *(<unsafe * byte>0x1000), "its code");
  check(os::debug(pid, 10, 0) == os::FAILED && os::debug(pid, -1, at) == os::FAILED, "requests");
  check(os::debug(pid, os::DEBUG_STATE, NOTHING) == os::FAILED, "a state nowhere");
  check(os::debug(pid, os::DEBUG_SET, NOTHING) == os::FAILED, "registers from nowhere");
  check(os::debug(pid, os::DEBUG_READ, NOTHING) == os::FAILED, "a piece nowhere");
  asked.words = 257;
  check(os::debug(pid, os::DEBUG_READ, piece_at) == os::FAILED, "too much");
  asked = os::piece { at = 0x1000, words = 1, buffer = NOTHING };
  check(os::debug(pid, os::DEBUG_READ, piece_at) == os::FAILED, "into nothing");
  check(os::debug(pid, os::DEBUG_WRITE, piece_at) == os::FAILED, "from nothing");
  asked = os::piece { at = 0x300, words = 1, buffer = <unsafe byte>&word };
  check(os::debug(pid, os::DEBUG_WRITE, piece_at) == os::FAILED, "into the kernel");
  asked = os::piece { at = 0xFFFFFFFF, words = 2, buffer = <unsafe byte>&word };
  check(os::debug(pid, os::DEBUG_READ, piece_at) == os::FAILED, "around the end");
  state.ip = 0x45;
  check(os::debug(pid, os::DEBUG_SET, at) == 0 && os::debug(pid, os::DEBUG_GO, 0) == 0
        && os::debug(pid, os::DEBUG_WAIT, 0) == 0 && os::debug(pid, os::DEBUG_STATE, at) == 0
        && state.reason != 0 && state.ip == 0x45, "a fault stops it");
  state.ip = 0x1000;
  check(os::debug(pid, os::DEBUG_SET, at) == 0 && os::debug(pid, os::DEBUG_GO, 0) == 0
        && os::debug(pid, os::DEBUG_WAIT, 0) == os::FAILED && os::wait(pid, &status) == pid && status == 5,
        "and it goes on where it was");
  pid = self("@spin");
  check(os::debug(pid, os::DEBUG_STATE, at) == os::FAILED, "who is not traced");
  check(os::debug(pid, os::DEBUG_ATTACH, 0) == 0, "attach");
  check(os::debug(pid, os::DEBUG_STATE, at) == os::FAILED, "who runs");
  check(os::debug(pid, os::DEBUG_STOP, 0) == 0 && os::resume(pid, 0) == 0
        && os::debug(pid, os::DEBUG_STATE, at) == 0, "who is debugged goes on for its debugger alone");
  check(os::debug(pid, os::DEBUG_DETACH, 0) == 0
        && os::debug(pid, os::DEBUG_GO, 0) == os::FAILED && os::resume(pid, 0) == 0, "detach");
  os::kill(pid);
  os::wait(pid, null);
}

// This is no first process; the machine may have counters.
function counts(): void {
  check(os::restart() == os::FAILED, "restart");
  check(lib::support::syscall1(58, NOTHING) == os::FAILED, "an answer nowhere");
  var early: byte[4];
  var late: byte[4];
  if (os::counters(&early[0]) == os::FAILED) { return; }
  check(os::counters(&late[0]) == 0, "counters");
  check(late[0] - early[0] < 100000 && late[2] - early[2] <= late[0] - early[0], "between two calls");
}

function sleeps(): void {
  var from = os::clock();
  os::sleep(50);
  var took = os::clock() - from;
  check(took >= 50 && took < 90, "50 ms");
  for (var i = 0; i < 3; i = i + 1) {
    from = os::clock();
    os::sleep(1);
    check(os::clock() != from, "1 ms");
  }
  from = os::clock();
  for (var i = 0; i < 5; i = i + 1) { os::sleep(0); }
  check(os::clock() - from < 40, "nothing");  // not a tick each
  os::yield();
}

// For how many ticks a process has run.
function ticks(pid: byte): byte {
  var rows = new os::process_status[64];
  var count = os::list_processes(&rows[0].pid, 64);
  var found = 0;
  for (var i = 0; i < count; i = i + 1) {
    if (rows[i].pid == pid) { found = rows[i].ticks; }
  }
  delete rows;
  return found;
}

// Two that spin get about the same share, once both do: from a slow disk the second one comes late.
function fairness(): void {
  var one = self("@spin");
  var two = self("@spin");
  os::sleep(50);
  var a = ticks(one);
  var b = ticks(two);
  os::sleep(400);
  a = ticks(one) - a;
  b = ticks(two) - b;
  check(a > 10 && b > 10 && a < b + 5 && b < a + 5, "equal shares");
  os::kill(one);
  os::kill(two);
  os::wait(one, null);
  os::wait(two, null);
}

// --- memory -----------------------------------------------------------------------------------------

function demand(): void {
  check(outcome("@touch") == 0, "heap and stack, far ends first");
  check(outcome("@deep") == 0x80, "a stack overflow ends");
  check(outcome("@null") == 0xE0000000 || outcome("@null") == 0x80, "a null pointer");
}

function grows(): void {
  check(outcome("@grow") == 0, "grow");
  check(os::grow(-1) == os::FAILED && os::grow(0x80000000) == os::FAILED, "too much");
}

function out_of_memory(): void {
  check(outcome("@eat") == 0x80, "ends for want of memory");
}

// --- the rest ---------------------------------------------------------------------------------------

function modes(): void {
  check(os::console_mode(4) == os::FAILED && os::console_mode(-1) == os::FAILED, "no such mode");
  check(os::console_mode(os::TEXT) == os::LINE && os::console_mode(os::LINE) == os::TEXT, "modes");
  check(os::set_foreground(1, 1) == os::FAILED, "the shell is no child");
  check(os::free_space(3) == os::FAILED, "no such space");
  check(os::interrupted() == 0, "nobody typed ctrl-C");
  check(os::typed(os::INPUT) != os::FAILED && os::typed(os::OUTPUT) == os::FAILED
        && os::typed(99) == os::FAILED, "what was typed");
  var pair: byte[2];
  os::pipe(&pair[0]);
  check(os::is_console(os::OUTPUT) == 1 && os::is_console(os::INPUT) == 1, "handles of a person");
  check(os::is_console(pair[0]) == 0 && os::is_console(pair[1]) == 0, "a pipe is no console");
  os::close(pair[0]);
  os::close(pair[1]);
  check(os::is_console(pair[0]) == os::FAILED && os::is_console(0) == os::FAILED, "no such handle");
  check(os::sync() == 0, "sync");
  check(os::key_held(128) == 0, "no such key");
}

// --- roles of children ------------------------------------------------------------------------------

function recurse(n: byte): byte {
  var room: byte[64];
  room[n & 63] = n;
  return recurse(n + 1) + room[n & 7];
}

function role(words: string[]): byte {
  var name = words[0];
  if (std::str::equal(name, "@exit")) { return os::number_of(words[1]); }
  if (std::str::equal(name, "@count")) { return len words - 1; }
  if (std::str::equal(name, "@pour")) { return pour(); }
  if (std::str::equal(name, "@fault")) { return *(<unsafe * byte>NOTHING); }
  if (std::str::equal(name, "@number")) { return lib::support::syscall(31); }
  if (std::str::equal(name, "@sleep")) { return os::sleep(100000); }
  if (std::str::equal(name, "@rest")) { return os::stop(os::own_pid()) == 0 ? 7 : 8; }
  if (std::str::equal(name, "@suicide")) { return os::kill(os::own_pid()); }
  if (std::str::equal(name, "@deep")) { return recurse(0); }
  if (std::str::equal(name, "@null")) {
    var nothing: * byte = null;
    return *nothing;
  }
  if (std::str::equal(name, "@parent")) {
    for (var i = 0; i < 3; i = i + 1) { self("@spin"); }
    return os::wait(0, null);
  }
  if (std::str::equal(name, "@touch")) {
    var far = <unsafe * byte>0x1B000;   // the far end of the stack
    *far = 5;
    far = <unsafe * byte>0x19FFF;       // and of the heap
    return *far + *(<unsafe * byte>0x1B000) - 5;
  }
  if (std::str::equal(name, "@grow")) {
    var start = os::grow(10);
    var next = os::grow(100000);
    if (next < start + 10 || next > start + 0x1000) { return 1; }
    var end = <unsafe * byte>(next + 99999);
    *end = 77;
    return *end - 77;
  }
  if (std::str::equal(name, "@eat")) {
    var at = os::grow(0);
    while (true) {
      if (os::grow(0x4000) == os::FAILED) { return *(<unsafe * byte>NOTHING); }
      for (var i = 0; i < 0x4000; i = i + 0x100) { *(<unsafe * byte>(at + i)) = 1; }
      at = at + 0x4000;
    }
  }
  while (true) { }   // @spin
  return 1;
}

// --- running ----------------------------------------------------------------------------------------

type space = struct { words: byte; heap: byte; sectors: byte; };

function now_free(): space {
  return space {
    words = os::free_space(0), heap = os::free_space(1), sectors = os::free_space(2)
  };
}

function run(t: test): void {
  failed = false;
  os::change_directory("/");
  var before = now_free();
  t.run();
  var after = now_free();
  // This process itself may have touched more of its own heap and stack.
  check(after.words + 0x8000 > before.words, "memory was lost");
  check(after.heap + 0x100 > before.heap, "kernel heap was lost");
  check(after.sectors == before.sectors, "sectors were lost");
  if (failed) {
    failures = failures + 1;
    os::say("FAILED ");
    os::say(t.name);
    os::say(": ");
    os::say_line(why);
    delete why;
  } else {
    os::say("ok ");
    os::say_line(t.name);
  }
}

global tests: test[] = [
  test { name = "bad_handles", run = bad_handles },
  test { name = "bad_slices", run = bad_slices },
  test { name = "bad_names", run = bad_names },
  test { name = "names", run = names },
  test { name = "bad_answers", run = bad_answers },
  test { name = "contents", run = contents },
  test { name = "large_file", run = large_file },
  test { name = "directories", run = directories },
  test { name = "deep_directories", run = deep_directories },
  test { name = "many_entries", run = many_entries },
  test { name = "renames", run = renames },
  test { name = "open_files", run = open_files },
  test { name = "full_disk", run = full_disk },
  test { name = "all_handles", run = all_handles },
  test { name = "duplicates", run = duplicates },
  test { name = "pipes", run = pipes },
  test { name = "long_pipe", run = long_pipe },
  test { name = "statuses", run = statuses },
  test { name = "bad_spawns", run = bad_spawns },
  test { name = "arguments_arrive", run = arguments_arrive },
  test { name = "many_processes", run = many_processes },
  test { name = "kills", run = kills },
  test { name = "stops", run = stops },
  test { name = "counts", run = counts },
  test { name = "debugs", run = debugs },
  test { name = "sleeps", run = sleeps },
  test { name = "fairness", run = fairness },
  test { name = "demand", run = demand },
  test { name = "grows", run = grows },
  test { name = "out_of_memory", run = out_of_memory },
  test { name = "modes", run = modes },
];

function wanted(name: string, words: string[]): bool {
  for (var i = 0; i < len words; i = i + 1) {
    if (std::str::equal(words[i], name)) { return true; }
  }
  return len words == 0;
}

function main(text: string): byte {
  var words = os::arguments(text);
  if (len words != 0 && words[0][0] == '@') { return role(words); }
  for (var i = 0; i < len tests; i = i + 1) {
    if (wanted(tests[i].name, words)) { run(tests[i]); }
  }
  os::say_number(failures);
  os::say_line(" failed");
  return failures;
}
