// Result: 11111
// Operators follow the type of the left operand.
type count = byte;
function main(): byte {
  var i: int = -7; var two: int = 2; var b: byte = -7; var c: count = 5;
  var r = 0;
  if (i / two == -3 && i % two == -1) { r = r + 1; }
  if (b / 2 == 0x7FFFFFFC && b % 2 == 1) { r = r + 10; }
  if (i >> 1 == -4 && b >> 1 == 0x7FFFFFFC) { r = r + 100; }
  if (i < two && !(b < 2)) { r = r + 1000; }
  if (c - 6 > 100 && -1 < i - -8) { r = r + 10000; }
  return r;
}
