// measure WHAT: work whose cost is measured from outside, in cycles, by `make bench`.
//
// calls: system calls that do nothing. switch: two processes that only spin. read, write, read_packed,
// write_packed: 32 KiB, in blocks of 4 KiB. Each prints '<' and '>' around what counts.

.constant global BLOCK: byte = 4096;
.constant global BLOCKS: byte = 8;

global block: byte[4096] = [0; 4096];

function spin(rounds: byte): void {
  for (var i = 0; i < rounds; i = i + 1) { }
}

function spin_twice(): void {
  var other = os::spawn("/test/measure", "spin", null);
  spin(100000);
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

function main(what: string): byte {
  if (std::str::equal(what, "calls")) {
    os::say("<");
    for (var i = 0; i < 50; i = i + 1) { os::own_pid(); }
    os::say(">");
  } else if (std::str::equal(what, "spin")) {
    spin(100000);
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
  } else {
    return os::complain("measure", "what? calls, switch, read, write, read_packed, write_packed", "");
  }
  return 0;
}
