// measure WHAT [PATH]: work whose cost `make bench` measures.
//
// From outside, in cycles, between a '<' and a '>' that are printed around what counts: calls, system calls
// that do nothing; switch, two processes that only spin; yields, two that only yield; read, write,
// read_packed, write_packed, 32 KiB in blocks of 4 KiB.
//
// By itself, in instructions, whose count is printed: open, a file and close it again; find, as open, each
// time another file of a directory, file100, file291 and so on; seek, to a place in a file, going backwards,
// and read an octet; append, four octets to it; pack, 4 KiB to a file's end, four octets a word; create, a file
// in a directory; yield.

.constant global BLOCK: byte = 4096;
.constant global SPINS: byte = 1000000;
.constant global TURNS: byte = 50;
.constant global BLOCKS: byte = 8;

global block: byte[4096] = [0; 4096];

function spin(rounds: byte): void {
  for (var i = 0; i < rounds; i = i + 1) { }
}

function spin_twice(): void {
  var other = os::spawn("/test/measure", "spin", null);
  spin(SPINS);
  os::wait(other, null);
}

function take_turns(): void {
  for (var i = 0; i < TURNS; i = i + 1) { os::yield(); }
}

function take_turns_twice(): void {
  var other = os::spawn("/test/measure", "turns", null);
  take_turns();
  os::wait(other, null);
}

function read_all(packed: bool): byte {
  var handle = os::open("/tmp/measured", os::READING);
  if (handle == os::FAILED) { return 1; }
  os::say("<");
  for (var i = 0; i < BLOCKS; i = i + 1) {
    var count = packed ? os::read_packed(handle, &block[0], BLOCK / 4) : os::read(handle, block);
    if (count != BLOCK) { return 2; }
  }
  os::say(">");
  os::close(handle);
  return 0;
}

function write_all(packed: bool): byte {
  var handle = os::open("/tmp/measured", os::WRITING);
  if (handle == os::FAILED) { return 1; }
  os::say("<");
  for (var i = 0; i < BLOCKS; i = i + 1) {
    var count = packed ? os::write_packed(handle, &block[0], BLOCK) : os::write(handle, block);
    if (count != BLOCK) { return 2; }
  }
  os::say(">");
  return os::close(handle) == 0 ? 0 : 3;
}

// --- by itself: the counts of the machine around TIMES times the same -------------------------------

.constant global TIMES: byte = 16;

function open_once(path: string, i: byte): bool {
  var handle = os::open(path, os::READING);
  return handle != os::FAILED && os::close(handle) == 0;
}

// Each time another of the files that are called after their number.
function find_once(path: string, i: byte): bool {
  var digits: byte[12];
  var start = os::joined(path, "file");
  var name = std::str::concat(start, std::str::utoa(100 + i * 191, digits, 10));
  var good = open_once(name, i);
  delete start;
  delete name;
  return good;
}

global opened: byte = 0;               // what `seek_once` reads, and how long it is; what `pack_once` writes
global size: byte = 0;

function seek_once(path: string, i: byte): bool {
  var told: os::status;
  if (i == 0) {
    if (os::stat(path, &told.flags) != 0) { return false; }
    opened = os::open(path, os::READING);
    size = told.size;
  }
  return os::seek(opened, size / TIMES * (TIMES - 1 - i), os::FROM_START) != os::FAILED
      && os::read(opened, block[:1]) == 1;
}

function append_once(path: string, i: byte): bool {
  var handle = os::open(path, os::APPENDING);
  return os::write(handle, block[:4]) == 4 && os::close(handle) == 0;
}

function pack_once(path: string, i: byte): bool {
  if (i == 0) { opened = os::open(path, os::WRITING); }
  return os::write_packed(opened, &block[0], BLOCK) == BLOCK;
}

function create_once(path: string, i: byte): bool {
  var digits: byte[12];
  var name = os::joined(path, std::str::utoa(1000 + i, digits, 10));
  var good = os::create(name) == 0;
  delete name;
  return good;
}

function yield_once(path: string, i: byte): bool {
  return os::yield() == 0;
}

// Say the instructions of one time; the first time is not counted.
function count(once: (string, byte) => bool, path: string): byte {
  var before: byte[4];
  var after: byte[4];
  if (!once(path, 0)) { return os::complain("measure", "cannot", path); }
  os::counters(&before[0]);
  for (var i = 1; i < TIMES; i = i + 1) {
    if (!once(path, i)) { return os::complain("measure", "cannot", path); }
  }
  if (os::counters(&after[0]) != 0) { return os::complain("measure", "no counters", ""); }
  os::say_number((after[2] - before[2]) / (TIMES - 1));
  os::say(" instructions\n");
  return 0;
}

function main(text: string): byte {
  var words = os::arguments(text);
  var what: string = "";
  var path: string = "";
  if (len words != 0) { what = words[0]; }
  if (len words > 1) { path = words[1]; }
  if (std::str::equal(what, "calls")) {
    os::say("<");
    for (var i = 0; i < 50; i = i + 1) { os::own_pid(); }
    os::say(">");
  } else if (std::str::equal(what, "spin")) {
    spin(SPINS);
  } else if (std::str::equal(what, "turns")) {
    take_turns();
  } else if (std::str::equal(what, "yields")) {
    take_turns_twice();
  } else if (std::str::equal(what, "switch")) {
    spin_twice();
  } else if (std::str::equal(what, "read")) {
    return read_all(false);
  } else if (std::str::equal(what, "read_packed")) {
    return read_all(true);
  } else if (std::str::equal(what, "write")) {
    return write_all(false);
  } else if (std::str::equal(what, "write_packed")) {
    return write_all(true);
  } else if (std::str::equal(what, "open")) {
    return count(open_once, path);
  } else if (std::str::equal(what, "find")) {
    return count(find_once, path);
  } else if (std::str::equal(what, "seek")) {
    return count(seek_once, path);
  } else if (std::str::equal(what, "append")) {
    return count(append_once, path);
  } else if (std::str::equal(what, "pack")) {
    return count(pack_once, path);
  } else if (std::str::equal(what, "create")) {
    return count(create_once, path);
  } else if (std::str::equal(what, "yield")) {
    return count(yield_once, path);
  } else {
    return os::complain("measure", "what? calls, switch, yields, read, write, read_packed, write_packed, open, find, seek, append, pack, create, yield", "");
  }
  return 0;
}
