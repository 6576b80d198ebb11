// Result: 0
// A recursion that passes one parameter on as itself, and as another one too.
type mixed = struct { n: int; f: float; };
global hash: int = 0;
global fuel: byte = 60;
function f6(p10: * int, p11: * mixed): int {
  if (fuel == 0) { return 0; }
  fuel = fuel - 1;
  hash = (p10 ? p11->n : *p10) + *p10;
  f6(&p11->n, p11);
  return p11->n * *p10;
}
function main(): byte {
  var i: int = 77; var m = mixed { f = 3.25f };
  f6(&i, &m);
  return <unsafe byte>hash;
}
