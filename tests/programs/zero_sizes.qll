// Result: 31
// Objects without words take no space and copy nothing.
type buffer = struct { size: byte; words: byte[0]; };
global empty: byte[0] = [];
function take(nothing: byte[0], last: byte): byte { return last; }
function main(): byte {
  var a: byte[0];
  var b = a;
  empty = b;
  var s: byte[] = "";
  var head = buffer { size = 2, words = a };
  var list = [head, head];
  return take(empty, 3) * 10 + len s + sizeof buffer * (s ? 1 : 5) + len list - 2;
}
