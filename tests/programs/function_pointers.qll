// Result: 7654321
// Calls by way of every kind of value that holds a function.
type holder = struct { call: (byte) => byte; };
global held: (byte) => byte = same;
global holders: holder[2] = [holder { call = same }, holder { call = twice }];
function same(x: byte): byte { return x; }
function twice(x: byte): byte { return 2 * x; }
function pick(first: byte): (byte) => byte { return first ? same : twice; }
function by(f: (byte) => byte, x: byte): byte { return f(x); }
function main(): byte {
  var local = twice;
  var pointer = &held;
  var total = held(1);
  total = total + local(10);
  total = total + holders[1].call(150);
  held = twice;
  total = total + held(2000);
  total = total + pick(1)(50000);
  total = total + by(twice, 300000);
  total = total + (total ? *pointer : same)(3500000);
  return total;
}
