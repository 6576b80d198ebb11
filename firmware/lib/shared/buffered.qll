// buffered.qll: the protocol of the buffered devices: console output and input, host file.
//
// A window has a control word, a size word and room for `_CAPACITY` words of data. A longer
// message travels in parts. Written, a size above the capacity says that the buffer is full and that
// more will follow; the first part that fits ends the message. Read, a full part may be the last:
// a read of the rest alone tells.
//
// Sleeps:  in `std::wait_while`, which the target supplies.

namespace std::buffered {
  .constant global READY: byte = 0;
  .constant global WRITE: byte = 1;
  .constant global READ: byte = 2;
  .constant global PENDING: byte = 3;
  .constant global ERROR: byte = 4;           // not what devices report: that is 0xFFFFFFFF

  .constant global _CAPACITY: byte = 253;     // of every device of this kind
  .constant global _REST: byte = 0xFFFFFFFF;  // size: this read is of the same message, or of nothing

  // Writes a message; true if the device is ready afterwards.
  function write(control: * byte, size: * byte, buffer: * byte, data: string): bool {
    while (len data > _CAPACITY) {
      if (!_write_part(control, size, buffer, data, _CAPACITY)) {
        return false;
      }
      data = data[_CAPACITY:];
    }
    return _write_part(control, size, buffer, data, len data);
  }

  // Announces all that is left, and hands over its first `count` words.
  function _write_part(control: * byte, size: * byte, buffer: * byte, data: string,
                       count: byte): bool {
    *size = len data;
    for (var i = 0; i < count; i = i + 1) {
      buffer[unsafe i] = data[i];
    }
    return _run(control, WRITE);
  }

  // Starts an operation and waits for its end; true if the device is ready then.
  function _run(control: * byte, operation: byte): bool {
    *control = operation;
    std::wait_while(control, PENDING);
    return *control == READY;
  }

  // Reads a message into the memory of `data`, whose length says how much of it may be written:
  // a longer message traps, unless the capacity ends there too, which cuts it off. Returns the
  // number of words, or -1 if the device is not ready afterwards.
  function read(control: * byte, size: * byte, buffer: * byte, data: byte[]): byte {
    var done = 0;
    while (true) {
      if (!_run(control, READ)) {
        return -1;
      }
      var part = *size;
      var count = std::math::min(part, cap data - done);
      for (var i = 0; i < count; i = i + 1) {
        data[done + i] = buffer[unsafe i];
      }
      done = done + count;
      if (part != _CAPACITY) {
        return done;
      }
      *size = _REST;
    }
    return done;
  }

  // Size of what is in the buffer: of one part of a message, at most the capacity.
  function read_size(control: * byte, size: * byte): byte {
    return *size;
  }
}
