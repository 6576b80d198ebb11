// Result: 2143
// The right side is complete before the left side changes; results do not overlap arguments.
type w = struct { u: byte; v: byte; };
function swapped(x: w): w { return w { u = x.v, v = x.u }; }
function main(): byte {
  var a = w { u = 1, v = 2 };
  a = w { v = a.u, u = a.v };
  var b = w { u = 3, v = 4 };
  b = swapped(b);
  return a.u * 1000 + a.v * 100 + b.u * 10 + b.v;
}
