// Result: 35
// The address of an interrupt function is a word; forward uses of functions and globals.
.interrupt function handler(): void {
  var sum = 0;
  for (var i = 0; i < 8; i = i + 1) { sum = sum + i; }
  hits = hits + sum;
}
global hits: byte = 0;
function main(): byte {
  var keep = 7;
  var run: () => void = later;
  run();
  return hits + keep;
}
function later(): void { hits = <unsafe byte>handler ? 28 : 0; }
