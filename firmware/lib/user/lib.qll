// lib.qll: the operating system, for programs under the kernel.
//
// Errors and counts share a word, which is unsigned: compare with `lib::error::GENERIC_ERROR`
// (-1); a test for `< 0` is never true.

namespace lib {
  type error = byte;

  namespace error {
    .constant global GENERIC_ERROR: error = -1;
  }

  type handle = byte;

  namespace handle {
    .constant global output: handle = 1;
    .constant global input: handle  = 2;
    .constant global errors: handle = 3;
  }

  // Writes to the standard output, as octets of UTF-8; returns the count of characters.
  function print(text: string): error {
    return _write_text(handle::output, text);
  }

  // A text of code points becomes octets on its way; the count is that of what was given.
  function _write_text(to: byte, text: string): byte {
    if (std::utf8::is_octets(text)) {
      return support::syscall2(support::WRITE_SYSCALL, to, <unsafe byte>&text);
    }
    var octets = std::utf8::encoded(text);
    if (!octets) {
      return -1;
    }
    var count = support::syscall2(support::WRITE_SYSCALL, to, <unsafe byte>&octets);
    var all = count == len octets;
    delete octets;
    return all ? len text : count;
  }

  // Reads a line from the standard input, at most `len buffer` characters; returns the count.
  function input(buffer: string): error {
    return read(handle::input, buffer);
  }

  // Reads at most `len buffer` characters; returns the count, 0 at the end.
  function read(handle: handle, buffer: string): error {
    return support::syscall2(support::READ_SYSCALL, handle, <unsafe byte>&buffer);
  }

  // Returns the count.
  function write(handle: handle, data: string): error {
    return support::syscall2(support::WRITE_SYSCALL, handle, <unsafe byte>&data);
  }

  // Opens a file for reading; -1 on failure.
  function open(filename: string): handle {
    var name: _name;
    if (!_terminate(filename, &name)) {
      return error::GENERIC_ERROR;
    }
    return support::syscall2(support::OPEN_SYSCALL, <unsafe byte>&name, 0);
  }

  function close(handle: handle): error {
    return support::syscall1(support::CLOSE_SYSCALL, handle);
  }

  // Makes an empty file; 0 or -1.
  function create(binary: string): error {
    var name: _name;
    if (!_terminate(binary, &name)) {
      return error::GENERIC_ERROR;
    }
    return support::syscall1(support::CREATE_SYSCALL, <unsafe byte>&name);
  }

  // Ends the process.
  function exit(code: byte): void {
    support::syscall1(support::EXIT_SYSCALL, code);
  }

  // Gives up the processor for now.
  function yield(): void {
    support::syscall(support::YIELD_SYSCALL);
  }

  // Raises interrupt 3.
  function debugger(): void {
    support::debugger();
  }

  // The kernel takes names up to a zero word, which strings do not have.
  type _name = byte[256];

  // Copies a name and ends it with zero; it may have a zero of its own, and ends there then.
  // False if it is too long.
  function _terminate(text: string, name: * _name): bool {
    for (var i = 0; i < len text; i = i + 1) {
      if (i == len *name - 1) {
        return false;
      }
      name->[i] = text[i];
      if (text[i] == 0) {
        return true;
      }
    }
    name->[len text] = 0;
    return true;
  }
}

// The raw interface, in assembly: the number goes to r0, arguments to r1 to r3; r0 is the result.
// The numbers are in calls.qll.
namespace lib::support {
  function syscall(syscall: byte): byte;
  function syscall1(syscall: byte, arg0: byte): byte;
  function syscall2(syscall: byte, arg0: byte, arg1: byte): byte;
  function syscall3(syscall: byte, arg0: byte, arg1: byte, arg2: byte): byte;
  function debugger(): void;
}
