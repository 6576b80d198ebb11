// Result: 70402
// Target: bare
// The forms of new and delete.
type pair = struct { a: byte; b: byte; };
type block = byte[4];

function main(): byte {
  var one = new pair = pair { a = 3, b = 4 };
  var many = new pair[3] ... *one;
  many[1].a = 10;
  var copy = new pair[5] = many;
  var text = new byte[] = "abc";
  var zeroed = new block;
  var listed = new byte[2] [8, 9];
  var total = copy[1].a + copy[4].b + copy[2].b + len text + zeroed[3] + listed[1] + cap listed;
  delete one;
  delete many;
  delete text;
  var nothing: * byte = null;
  delete nothing;
  return (total - 21) * 10000 + len many * 1000 + (text ? 1 : 4) * 100 + len zeroed - 2;
}
