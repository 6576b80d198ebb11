// qsort: recursive quicksort (Hoare, middle pivot) of 1,000 words.
//
// Expect: 0x91e2623c

global array: byte[1000] = [0; 1000];
global seed: byte = 0;

function random(): byte {
  seed = seed * 1664525 + 1013904223;
  return seed;
}

function sort(a: * byte, low: int, high: int): void {
  if (low >= high) { return; }
  var pivot = a[unsafe (low + high) >> 1];
  var i = low;
  var j = high;
  while (i <= j) {
    while (a[unsafe i] < pivot) { i = i + 1; }
    while (a[unsafe j] > pivot) { j = j - 1; }
    if (i <= j) {
      var t = a[unsafe i];
      a[unsafe i] = a[unsafe j];
      a[unsafe j] = t;
      i = i + 1;
      j = j - 1;
    }
  }
  sort(a, low, j);
  sort(a, i, high);
}

.export function kernel(): byte {
  seed = 42;
  for (var i = 0; i < 1000; i = i + 1) { array[i] = random(); }
  sort(&array[0], 0, 999);
  var hash = 0;
  var sorted = true;
  for (var i = 0; i < 1000; i = i + 1) {
    hash = hash * 31 + array[i];
    if (i > 0 && array[i - 1] > array[i]) { sorted = false; }
  }
  return sorted ? hash : 0xdead;
}

function main(): byte {
  kernel();
  return kernel();
}
