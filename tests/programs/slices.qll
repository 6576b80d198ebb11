// Result: 4120311
// Slices share memory; subslices move the start; the capacity shrinks with it.
function fill(s: byte[], from: byte): void {
  for (var i = 0; i < len s; i = i + 1) { s[i] = from + i; }
}

function main(): byte {
  var store: byte[8];
  fill(store, 0);
  var middle: byte[] = store[2:6];
  fill(middle, 10);
  var tail = middle[3:];
  len tail = 4 - 1;
  tail[1] = 30;
  var aliased = &tail[0];
  return len middle * 1000000 + store[4] * 10000
       + (store[6] == 30 ? 300 : 0) + cap tail * 10 - 19 + aliased[unsafe 0] - 13;
}
