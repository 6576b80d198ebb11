// Result: 3628807
// Functions in structs, arrays and globals; a function that takes and gives functions.
type op = struct { name: byte; apply: (byte, byte) => byte; };
function add(a: byte, b: byte): byte { return a + b; }
function mul(a: byte, b: byte): byte { return a * b; }
global ops: op[] = [op { name = '+', apply = add }, op { name = '*', apply = mul }];
function find(name: byte): (byte, byte) => byte {
  for (var i = 0; i < len ops; i = i + 1) { if (ops[i].name == name) { return ops[i].apply; } }
  return add;
}
function fold(f: (byte, byte) => byte, from: byte, to: byte): byte {
  var result = from;
  for (var i = from + 1; i <= to; i = i + 1) { result = f(result, i); }
  return result;
}
function main(): byte {
  var times = find('*');
  return fold(times, 1, 10) + find('?')(3, 4);
}
