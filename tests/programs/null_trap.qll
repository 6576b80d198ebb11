// Result: 0xE0000000
// A null check belongs to the place, and comes before the right-hand side.
type box = struct { value: byte; };
global touched: byte = 0;
function touch(): byte { touched = 1; return 1; }
function main(): byte {
  var p: * box = null;
  p->value = touch();
  return touched;
}
