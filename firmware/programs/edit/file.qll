// file.qll: from the disk and back.
//
// A text is written into a new file, which then takes the old one's name: whenever the power fails, the
// name leads to the whole old text or to the whole new one. Until then the new file is called `.edit-`
// and a number, in the same directory.

namespace file {
  .constant global BLOCK: byte = 512;
  .constant global LARGE: byte = 0x20000;    // octets that take a while to read

  // What the file was when it was read or written last, to see whether somebody else changed it.
  type state = struct { is_there: bool; size: byte; sum: byte; };
  global known: state = state { };

  function add_to(sum: byte, octets: byte[]): byte {
    for (var i = 0; i < len octets; i = i + 1) { sum = sum * 31 + octets[i]; }
    return sum;
  }

  // Read the file into the empty text; none is a new one. False after a complaint.
  function load(): bool {
    var told: os::status;
    if (os::stat(name, &told.flags) != 0) {
      screen::say("a new file; F1 for help");
      return true;
    }
    var handle = os::open_to_read("edit", name);
    if (handle == os::FAILED) { return false; }
    if (!pieces::fits(told.size)) {
      os::complain("edit", "the file is too large for the memory that is free", name);
      return false;
    }
    if (told.size > LARGE) { os::say("edit: reading\n"); }
    var good = read_all(handle);
    os::close(handle);
    screen::say("F1 for help");
    return good;
  }

  function read_all(handle: byte): bool {
    var block: byte[BLOCK];
    var sum = 0;
    while (true) {
      var count = os::read(handle, block);
      if (count == os::FAILED) {
        os::complain("edit", "cannot read", name);
        return false;
      }
      if (count == 0) {
        known = state { is_there = true, size = text.length, sum = sum };
        return true;
      }
      if (!pieces::insert(&text, text.length, block[:count])) {
        os::complain("edit", "the memory is full, and the file is longer", name);
        return false;
      }
      sum = add_to(sum, block[:count]);
    }
    return false;
  }

  // Whether the file on the disk is as it was.
  function is_as_known(): bool {
    var told: os::status;
    if (os::stat(name, &told.flags) != 0) { return true; }  // nothing would be lost
    if (!known.is_there || told.size != known.size) { return false; }
    var handle = os::open(name, os::READING);
    if (handle == os::FAILED) { return false; }
    var block: byte[BLOCK];
    var sum = 0;
    var count = os::read(handle, block);
    while (count != 0 && count != os::FAILED) {
      sum = add_to(sum, block[:count]);
      count = os::read(handle, block);
    }
    os::close(handle);
    return count == 0 && sum == known.sum;
  }

  // The name of the new file, in new memory.
  function temporary(): string {
    var digits: byte[12];
    var made = std::vector::create<byte>(len name + 24);
    var directory = name[:len name - len os::last_part(name)];
    for (var i = 0; i < len directory; i = i + 1) { std::vector::add(&made, directory[i]); }
    var prefix = ".edit-";
    for (var i = 0; i < len prefix; i = i + 1) { std::vector::add(&made, prefix[i]); }
    var number = std::str::utoa(os::own_pid(), digits, 10);
    for (var i = 0; i < len number; i = i + 1) { std::vector::add(&made, number[i]); }
    return made;
  }

  // Write the text; the last row tells how it went. False if it was not saved.
  function save(): bool {
    if (os::is_directory(name)) {
      screen::say("not saved: this name is a directory's");
      return false;
    }
    if (!is_as_known() && !commands::asks("somebody else changed the file: save over it? y/n ")) {
      screen::say("not saved");
      return false;
    }
    var made = temporary();
    var good = write_as(made);
    if (!good) { os::destroy(made); }
    delete made;
    if (good) {
      is_changed = false;
      screen::say("saved");
    }
    return good;
  }

  function write_as(made: string): bool {
    var handle = os::open(made, os::WRITING);
    if (handle == os::FAILED) {
      screen::say("not saved: no file can be made in this directory");
      return false;
    }
    var sum = 0;
    var good = write_all(handle, &sum);
    if (os::close(handle) != 0 || !good) {
      screen::say("not saved, the file is as it was: the disk is full, or broken");
      return false;
    }
    if (os::rename(made, name) != 0) {
      screen::say("not saved, the file is as it was: it cannot be replaced");
      return false;
    }
    known = state { is_there = true, size = text.length, sum = sum };
    return true;
  }

  function write_all(handle: byte, sum: * byte): bool {
    var block: byte[BLOCK];
    var at = 0;
    while (at < text.length) {
      var count = pieces::fetch(&text, at, block);
      if (os::write(handle, block[:count]) != count) { return false; }
      *sum = add_to(*sum, block[:count]);
      at = at + count;
    }
    return true;
  }
}
