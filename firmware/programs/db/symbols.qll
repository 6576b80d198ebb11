// symbols.qll: what addresses are called: from a map such as `as -s` writes, or out of an ELF file.

namespace symbols {
  type symbol = struct { at: byte; name: string; is_code: bool; };

  .constant global ELF_MAGIC: byte = 0x464C457F;
  .constant global DYNAMIC: byte = 3;            // type of a file that the kernel places
  .constant global DYNAMIC_BASE: byte = 0x400000; // and where
  .constant global TABLE: byte = 2;              // kind of a section
  .constant global SECTION_WORDS: byte = 10;
  .constant global SYMBOL_WORDS: byte = 4;
  .constant global NAME: byte = 200;             // octets of a name that are kept

  global all: symbol[] = null;

  // Those of a program, if there are any, or of a file that must be there: false after a complaint.
  function load(program: string, file: string): bool {
    var told: os::status;
    var name = file;
    if (!all) { all = std::vector::create<symbol>(64); }
    if (!file) {
      name = std::str::concat(program, ".sym");
      if (os::stat(name, &told.flags) != 0) { return load_elf(program); }
    }
    var text = whole::file("db", name);
    if (!text) { return false; }
    var line = 1;
    var at = 0;
    while (at < len text) {
      if (!take_line(text, &at)) {
        os::out = os::errors;
        os::say(name);
        os::say(":");
        os::say_number(line);
        os::say(": no symbol: an address of 8 digits, T or D, and a name\n");
        os::out = os::OUTPUT;
        return false;
      }
      line = line + 1;
    }
    return true;
  }

  // "00001000 T _entrypoint".
  function take_line(text: string, position: * byte): bool {
    var at = *position;
    var end = at;
    while (end < len text && text[end] != '\n') { end = end + 1; }
    *position = end + 1;
    var address = 0;
    if (end < at + 12 || !hexadecimal(text[at:at + 8], &address)) { return false; }
    var kind = text[at + 9];
    if (text[at + 8] != ' ' || text[at + 10] != ' ' || (kind != 'T' && kind != 'D')) { return false; }
    std::vector::add(&all, symbol { at = address, name = text[at + 11:end], is_code = kind == 'T' });
    return true;
  }

  function hexadecimal(digits: string, value: * byte): bool {
    var number = 0;
    for (var i = 0; i < len digits; i = i + 1) {
      var c = digits[i];
      var digit = c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0';
      if (digit > 15 || (c > '9' && c < 'A')) { return false; }
      number = number << 4 | digit;
    }
    *value = number;
    return len digits != 0 && len digits <= 8;
  }

  // --- ELF ---------------------------------------------------------------------------------------

  global words: byte[] = null;                   // of the file

  function word(at: byte): byte {
    return at < len words ? words[at] : 0;
  }

  // The symbols of an ELF file; what is no such file, or makes no sense, has none.
  function load_elf(program: string): bool {
    var told: os::status;
    var handle = os::open(program, os::READING);
    if (handle == os::FAILED || os::stat(program, &told.flags) != 0 || told.size < 4) {
      os::close(handle);
      return true;
    }
    var start = whole::take(told.size / 4);
    if (start != null && os::read_packed(handle, start, 1) == 4 && *start == ELF_MAGIC) {
      os::seek(handle, 0, os::FROM_START);
      os::read_packed(handle, start, told.size / 4);
      words = whole::_slice(<unsafe byte>start, told.size / 4);
      take_tables();
    }
    os::close(handle);
    return true;
  }

  function take_tables(): void {
    var sections = word(8) / 4;
    var count = word(12) & 0xFFFF;
    var base = (word(4) & 0xFFFF) == DYNAMIC ? DYNAMIC_BASE : 0;
    for (var i = 0; i < count; i = i + 1) {
      var at = sections + i * SECTION_WORDS;
      if (word(at + 1) == TABLE && word(at + 6) < count) {
        var strings = word(sections + word(at + 6) * SECTION_WORDS + 4);
        var first = word(at + 4) / 4;
        var end = std::math::min(first + word(at + 5) / 4, len words);
        while (first + SYMBOL_WORDS <= end) {
          take_symbol(first, strings, base);
          first = first + SYMBOL_WORDS;
        }
      }
    }
  }

  function take_symbol(at: byte, strings: byte, base: byte): void {
    var kind = word(at + 3) & 0xF;
    if (kind != 1 && kind != 2) { return; }      // an object or a function
    var name = std::vector::create<byte>(16);
    var place = strings + word(at);
    while (len name < NAME && place / 4 < len words) {
      var octet = word(place / 4) >> place % 4 * 8 & 0xFF;
      if (octet == 0) { break; }
      std::vector::add(&name, octet);
      place = place + 1;
    }
    std::vector::add(&all, symbol { at = base + word(at + 1) / 4, name = name, is_code = kind == 2 });
  }

  // --- looking up --------------------------------------------------------------------------------

  // The address of a name, which may lack `global::`. False if nothing is called so.
  function find(name: string, at: * byte): bool {
    var whole_name = std::str::concat("global::", name);
    var found = false;
    for (var i = 0; i < len all; i = i + 1) {
      if (std::str::equal(all[i].name, name) || (!found && std::str::equal(all[i].name, whole_name))) {
        *at = all[i].at;
        found = true;
      }
    }
    delete whole_name;
    return found;
  }

  // The last symbol at or before an address, or null; places inside of a function have a `$`.
  function before(at: byte): * symbol {
    var best: * symbol = null;
    for (var i = 0; i < len all; i = i + 1) {
      var each = &all[i];
      if (each->at <= at && (best == null || each->at > best->at)
          && std::str::index_of(each->name, '$') == os::FAILED) {
        best = each;
      }
    }
    return best;
  }
}
