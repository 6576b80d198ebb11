// qsort: recursive quicksort (Hoare, middle pivot) of 1,000 words.
//
// Expect: 0x91e2623c

global array: byte[1000] = [0; 1000];
global seed: byte = 0;

function random(): byte {
  seed = seed * 1664525 + 1013904223;
  return seed;
}

// The word at an address, as C's pointers see it: nothing is checked.
function word(address: byte): byte { return (<unsafe byte[1]>address)[0]; }

function set(address: byte, value: byte): void { (<unsafe byte[1]>address)[0] = value; }

// Sorts the words from address `low` to address `high`, both included.
function sort(low: byte, high: byte): void {
  if (low >= high) { return; }
  var pivot = word(low + ((high - low) >> 1));
  var i = low;
  var j = high;
  while (i <= j) {
    while (word(i) < pivot) { i = i + 1; }
    while (word(j) > pivot) { j = j - 1; }
    if (i <= j) {
      var t = word(i);
      set(i, word(j));
      set(j, t);
      i = i + 1;
      j = j - 1;
    }
  }
  sort(low, j);
  sort(i, high);
}

.export function kernel(): byte {
  seed = 42;
  for (var i = 0; i < 1000; i = i + 1) { array[i] = random(); }
  sort(<unsafe byte>&array[0], <unsafe byte>&array[999]);
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
