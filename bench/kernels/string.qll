// string: 8 times copy, length and compare of 1,000 characters, terminated by zero.
//
// Expect: 0x194a1d7c

global first: byte[1004] = [0; 1004];
global second: byte[1004] = [0; 1004];

function copy(to: * byte, from: * byte): void {
  var i = 0;
  while (true) {
    var c = from[unsafe i];
    to[unsafe i] = c;
    if (!c) { return; }
    i = i + 1;
  }
}

function length(s: * byte): byte {
  var i = 0;
  while (s[unsafe i]) { i = i + 1; }
  return i;
}

function compare(a: * byte, b: * byte): byte {
  var i = 0;
  while (true) {
    var x = a[unsafe i];
    var y = b[unsafe i];
    if (x == 0 || x != y) { return x - y; }
    i = i + 1;
  }
  return 0;
}

.export function kernel(): byte {
  var hash = 0;
  for (var round = 0; round < 8; round = round + 1) {
    for (var i = 0; i < 1000; i = i + 1) { first[i] = 'a' + ((i + round) & 15); }
    first[1000] = 0;
    copy(&second[0], &first[0]);
    second[999] = second[999] + (round & 1);
    hash = hash * 31 + length(&second[0]) + compare(&first[0], &second[0]);
  }
  return hash;
}

function main(): byte {
  kernel();
  return kernel();
}
