// support.qll: the routines of support.qasm as QLL sees them.

namespace support {
  function timer_entry(): void;
  function serial_entry(): void;
  function fault_entry(): void;
  function syscall_entry(): void;
  function switch_entry(): void;
  function debug_entry(): void;
  function idle(): void;
  function die(): void;

  // Begin again as after a reset.
  function restart(): .abort void;

  // Stop the machine.
  function halt(code: byte): .abort void;

  // Copy words in ascending order.
  function copy(to: * byte, from: * byte, words: byte): void;

  function fill(to: * byte, value: byte, words: byte): void;

  // A hash of a seed and of words up to a zero or so many.
  function hash(seed: byte, word: * byte, most: byte): byte;

  // Octets `first` ... of packed words, one a word.
  function unpack(to: * byte, from: * byte, first: byte, octets: byte): void;

  // One octet a word into octets `first` ... of packed words.
  function pack(to: * byte, first: byte, from: * byte, octets: byte): void;
}
