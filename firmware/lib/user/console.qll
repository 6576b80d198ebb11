// console.qll: the console of a process: its handles for output and input.
//
// The results are always true: an error is a word, which is never less than 0.

namespace std::console {
  function print(s: string): bool {
    return lib::print(s) >= 0;
  }

  // Reads a line, without its newline, into `buffer`, whose length stays as it is and is the limit.
  function input(buffer: string): bool {
    return lib::input(buffer) >= 0;
  }
}
