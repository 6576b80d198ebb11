// card.qll: the program on the card.
//
// The card is a QFS disk from its first sector on, or has a partition that is one: then the hardware
// shows that partition alone. The program is the file /boot/kernel of the disk.

namespace card {
  .constant global RUN: byte = 32;                  // sectors read at once

  type window = struct {
    command: byte; status: byte; first: byte; count: byte; buffer: byte; total: byte;
    sector_words: byte; error: byte;
  };
  type entry = struct { flags: byte; first: byte; octets: byte; reserved: byte; name: byte; rest: byte[27]; };

  .constant global device: * window = <unsafe * window>board::BLOCK;
  .constant global sector: * byte = <unsafe * byte>board::SECTOR;   // the one that was read last
  .constant global table: * byte = <unsafe * byte>board::TABLE;     // a sector of the allocation table
  global table_sector: byte = 0;                    // which; 0 for none
  global found_first: byte = 0;
  global found_octets: byte = 0;
  global limit: byte = 0;                           // sectors of the disk

  // Read the program. Its size in words; 0 after a sentence about what is wrong.
  function load(): byte {
    *boot::light = boot::CARD;
    table_sector = 0;
    var total = await();
    if (!total) {
      return boot::complain(boot::NO_CARD, &text::NO_CARD, 0, 0);
    }
    line::tell(&text::CARD, total >> 11, 0, 0);
    limit = total;
    if (!get(0) || !check_disk()) { return 0; }
    return load_kernel();
  }

  // Sectors of the card, once it is there; 0 if it does not come.
  function await(): byte {
    var started = boot::now();
    while (device->total == 0 && boot::now() - started < board::CARD_MS) { }
    return device->total;
  }

  // Sectors of the disk to memory. False, after a sentence, if that fails.
  function read(first: byte, count: byte, to: byte): bool {
    if (first >= limit || count > limit - first) {
      return boot::complain(boot::BAD_CARD, &text::DAMAGED, 0, 0);
    }
    device->first = first;
    device->count = count;
    device->buffer = to;
    device->command = machine::BLOCK_READ;
    while (device->status == machine::BLOCK_BUSY) { }
    if (device->status == machine::BLOCK_READY) { return true; }
    return boot::complain(boot::BAD_READ, &text::CANNOT_READ, first, 0);
  }

  function get(number: byte): bool { return read(number, 1, board::SECTOR); }

  // The disk's first sector is in `sector`.
  function check_disk(): bool {
    if (sector[unsafe qfs::SUPER_MAGIC] != qfs::MAGIC) {
      // A partition table ends in 55 AA: then there is one, and none of its partitions is ours.
      return boot::complain(boot::BAD_CARD,
                            sector[unsafe 127] >> 16 == 0xAA55 ? &text::NO_PARTITION : &text::NO_DISK,
                            0, 0);
    }
    if (sector[unsafe qfs::SUPER_VERSION] != qfs::VERSION) {
      return boot::complain(boot::BAD_CARD, &text::BAD_VERSION, 0, 0);
    }
    if (sector[unsafe qfs::SUPER_SECTORS] > limit) {
      return boot::complain(boot::BAD_CARD, &text::TOO_SMALL, sector[unsafe qfs::SUPER_SECTORS],
                            limit);
    }
    limit = sector[unsafe qfs::SUPER_SECTORS];
    return true;
  }

  function load_kernel(): byte {
    if (!find(sector[unsafe qfs::SUPER_ROOT], &text::FOLDER)) { return 0; }
    if (!find(found_first, &text::FILE)) { return 0; }
    var words = found_octets / 4;
    if (words == 0 || found_octets % 4 != 0 || words > board::BUFFERS - machine::PROGRAM) {
      return boot::complain(boot::NO_SYSTEM, &text::BAD_KERNEL, 0, 0);
    }
    *boot::light = boot::READING;
    return read_file(found_first, words);
  }

  // Look a name up in a directory, for `found_first` and `found_octets`. False, after a sentence, if it
  // is not there.
  function find(first: byte, name: * byte): bool {
    for (var at = first; at != qfs::FAT_END; at = follow(at)) {
      if (!get(at)) { return false; }
      var candidate = <unsafe * entry>board::SECTOR;
      for (var i = 0; i < qfs::DIRECTORY_ENTRIES; i = i + 1) {
        if ((candidate->flags & (qfs::USED | qfs::DELETED)) == qfs::USED
            && is_name(&candidate->name, name)) {
          found_first = candidate->first;
          found_octets = candidate->octets;
          return true;
        }
        candidate = &candidate[unsafe 1];
      }
    }
    return boot::complain(boot::NO_SYSTEM, &text::NO_KERNEL, 0, 0);
  }

  // Whether an octet a word is the same as a text, four octets a word.
  function is_name(words: * byte, name: * byte): bool {
    for (var i = 0; true; i = i + 1) {
      var octet = name[unsafe i / 4] >> i % 4 * 8 & 0xFF;
      if (words[unsafe i] != octet) { return false; }
      if (octet == 0) { return true; }
    }
    return false;
  }

  // What follows a sector in its chain; one that no disk has if that cannot be known.
  function follow(number: byte): byte {
    var wanted = qfs::FAT_FIRST + number / machine::SECTOR_WORDS;
    if (wanted != table_sector) {
      table_sector = 0;
      if (!read(wanted, 1, board::TABLE)) { return -2; }
      table_sector = wanted;
    }
    return table[unsafe number % machine::SECTOR_WORDS];
  }

  // A file's words to where programs begin, sectors in a row at once. Their number, or 0.
  function read_file(first: byte, words: byte): byte {
    var left = (words + machine::SECTOR_WORDS - 1) / machine::SECTOR_WORDS;
    var to = machine::PROGRAM;
    var at = first;
    while (left != 0) {
      var count = 1;
      var next = left == 1 ? 0 : follow(at);
      while (next == at + count && count < RUN && count < left) {
        count = count + 1;
        next = count == left ? 0 : follow(next);
      }
      if (!read(at, count, to)) { return 0; }
      left = left - count;
      to = to + count * machine::SECTOR_WORDS;
      at = next;
      line::tell(&text::KERNEL, boot::min(to - machine::PROGRAM, words) * 4, words * 4, 0);
    }
    line::say(&text::END);
    for (var end = machine::PROGRAM + words; end != to; end = end + 1) { *(<unsafe * byte>end) = 0; }
    return words;
  }
}
