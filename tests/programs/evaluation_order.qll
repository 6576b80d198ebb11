// Result: 123456789
// Operands run from left to right, the members of a literal in the order of their declaration.
type triple = struct { a: byte; b: byte; c: byte; };
global log: byte = 0;
global cells: byte[4] = [0, 0, 0, 0];

function t(digit: byte): byte { log = log * 10 + digit; return digit; }
function three(a: byte, b: byte, c: byte): byte { return a + b + c; }

function main(): byte {
  cells[t(1) - 1] = t(2);
  three(t(3), t(4) * t(5), cells[0]);
  var x = triple { c = t(8), a = t(6), b = t(7) };
  if (x.a == 6 && t(9) == 9) { }
  return log;
}
