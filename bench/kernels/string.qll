// string: 8 times copy, length and compare of 1,000 characters, terminated by zero.
//
// Expect: 0x194a1d7c

global first: byte[1004] = [0; 1004];
global second: byte[1004] = [0; 1004];

function after(p: * byte): * byte { return &p[unsafe 1]; }

function copy(to: * byte, from: * byte): void {
  while (true) {
    var c = *from;
    *to = c;
    if (!c) { return; }
    to = after(to);
    from = after(from);
  }
}

function length(s: * byte): byte {
  var p = s;
  while (*p) { p = after(p); }
  return <unsafe byte>p - <unsafe byte>s;
}

function compare(a: * byte, b: * byte): byte {
  while (*a != 0 && *a == *b) {
    a = after(a);
    b = after(b);
  }
  return *a - *b;
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
