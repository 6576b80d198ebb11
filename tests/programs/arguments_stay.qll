// Result: 1333345
// An argument keeps the value that it had when it was evaluated, whatever the ones behind it do.
type block = struct { words: byte[40]; };
global a: block = block { };
global seen: byte = 0;
function change(): byte { a.words[3] = a.words[3] + 1; return 7; }
function same(): byte { return 7; }
function see(x: block): void { seen = seen * 10 + x.words[3]; }
function first(x: block, y: byte): void { see(x); }
function early(x: block, y: byte, z: byte): void { see(x); }
function last(y: byte, x: block): void { see(x); }
function both(x: block, y: block, z: byte): void { see(x); see(y); }
function by(x: block, f: () => byte): void { see(x); f(); }
function main(): byte {
  first(a, change());
  early(a, 7, change());
  last(change(), a);
  first(a, 4);
  both(a, a, change());
  by(a, change);
  first(a, same());
  return seen;
}
