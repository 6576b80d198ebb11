// console.qll: the console devices of the bare machine, at their usual places.

namespace std::console {
  .constant global _OUTPUT_BASE: byte = _windows::CONSOLE_OUTPUT;
  .constant global _INPUT_BASE: byte  = _windows::CONSOLE_INPUT;

  // A word of a device's window.
  function _word(base: byte, offset: byte): * byte {
    return <unsafe * byte>(base + offset);
  }

  // True if the device is ready afterwards.
  function print(s: string): bool {
    return buffered::write(_word(_OUTPUT_BASE, 0), _word(_OUTPUT_BASE, 2), _word(_OUTPUT_BASE, 3),
                           s);
  }

  // Reads a line, without its newline, into the memory of `buffer`, whose length stays as it is.
  // Returns the number of characters, or -1 at the end of input.
  function input(buffer: string): byte {
    return buffered::read(_word(_INPUT_BASE, 0), _word(_INPUT_BASE, 2), _word(_INPUT_BASE, 3),
                          buffer);
  }
}
