// Lengths of arrays that are constant expressions: names from anywhere, operators, sizes, lengths.
// Result: 25531054

type row = struct { cells: byte[limits::N]; last: byte[2 * limits::N + 1][limits::deep::M]; };
type roomy<T> = struct { words: byte[sizeof T + 1]; value: T; };

function first(x: byte[limits::N]): byte { return x[0] + len x; }
function sizes<T>(x: T[limits::N]): byte { return len x * 100 + sizeof T; }

global table: int[HALF] = [-1; HALF];
.constant global HALF: byte = <byte>(<float>limits::deep::M / <float>2) + (<byte>limits::FLAG && 0);

namespace limits {
  .constant global N: byte = 3;
  .constant global FLAG: bool = N != 3 || !(N >= 3);
  namespace deep { .constant global M: byte = <byte>WORDS * 2 + LATER; }
  .constant global LATER: byte = N > 2 ? 1 : ('x' - 1) << 2;
  .constant global WORDS: word = <word>N;
  type word = byte;
}

function main(): byte {
  var r: row;
  var ones: byte[limits::N] = [1; limits::N];
  var room: roomy<row>;
  var copy: byte[len table * 2];
  var negative: int = -(table[2] * 5);
  var fresh = new_length(<unsafe * byte[limits::deep::M]>&copy);
  if (copy[limits::LATER] < limits::N && fresh > (3)) { copy[0] = 4; }
  return sizeof row + first(ones) * 100 + (sizes<byte>(ones) + sizes(ones))
       + len room.words * 10000 + len table * 1000000
       + (copy[0] + <unsafe byte>negative + limits::N + 10) * 1000000 + (fresh - limits::deep::M);
}

function new_length(p: * byte[limits::deep::M]): byte { return len *p; }
