// block.qll: the block device, and a cache of its sectors.
//
// Owns:        the device's window, `buffers` and `unsettled`.
// Invariants:  sector s is in buffer s mod BUFFERS or in none; what is in a buffer is what is on the
//              disk, for writes go through at once. So the order of writes is the order of calls.
// Interrupts:  call masked.
// Sleeps:      never: the device has no interrupt, so a transfer is waited for. It takes microseconds
//              with the simulator's disk and about a millisecond with an SD card.

namespace block {
  type buffer = struct { sector: byte; data: byte[machine::SECTOR_WORDS]; };

  global sectors: byte = 0;
  global buffers: * buffer = null;
  global unsettled: bool = false;  // a barrier has failed, and nobody was told

  // False if there is no disk, or no memory for the cache.
  function start(): bool {
    if (peripherals::block == null) { return false; }
    sectors = peripherals::block->total;
    var memory = memory::take(sizeof buffer * limits::BUFFERS);
    if (memory == 0) { return false; }
    buffers = <unsafe * buffer>memory;
    for (var i = 0; i < limits::BUFFERS; i = i + 1) { buffers[unsafe i].sector = -1; }
    return true;
  }

  // One command, to its end. False if the device reports an error.
  function command(what: byte, sector: byte, count: byte, memory: * byte): bool {
    var device = peripherals::block;
    device->first = sector;
    device->count = count;
    device->buffer = memory;
    device->command = what;
    while (device->status == machine::BLOCK_BUSY) { }
    return device->status == machine::BLOCK_READY;
  }

  // Sectors straight into memory, past the cache (which holds nothing newer).
  function read(sector: byte, count: byte, memory: * byte): bool {
    return command(machine::BLOCK_READ, sector, count, memory);
  }

  // Sectors straight from memory; the cache forgets them.
  function write(sector: byte, count: byte, memory: * byte): bool {
    for (var i = 0; i < count && i < limits::BUFFERS; i = i + 1) {
      var cached = slot(sector + i);
      if (cached->sector - sector < count) { cached->sector = -1; }
    }
    return command(machine::BLOCK_WRITE, sector, count, memory);
  }

  // All that was written is on the disk for good, and before all that will be.
  function barrier(): bool {
    if (command(machine::BLOCK_FLUSH, 0, 0, null)) { return true; }
    unsettled = true;
    return false;
  }

  // Whether every barrier since this was last asked has held. Each operation on files asks at its
  // end, so that a failure is told to the one whose writes it concerns.
  function settled(): bool {
    var good = !unsettled;
    unsettled = false;
    return good;
  }

  function slot(sector: byte): * buffer {
    return &buffers[unsafe sector & (limits::BUFFERS - 1)];
  }

  // The contents of a sector, valid until the next call; null if the disk fails.
  function get(sector: byte): * byte {
    var cached = slot(sector);
    if (cached->sector != sector) {
      cached->sector = -1;
      if (!read(sector, 1, &cached->data[0])) { return null; }
      cached->sector = sector;
    }
    return &cached->data[0];
  }

  // Write a sector whose contents, as `get` gave them, have been changed.
  function put(sector: byte): bool {
    var cached = slot(sector);
    if (command(machine::BLOCK_WRITE, sector, 1, &cached->data[0])) { return true; }
    cached->sector = -1;
    return false;
  }
}
