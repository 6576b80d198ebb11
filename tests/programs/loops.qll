// Loops of many kinds: how they count, and what goes round in them beside the counter.
// Result: 0
global failures: byte = 0;

function expect(number: byte, found: byte, wanted: byte): void {
  if (found != wanted) { failures = failures | 1 << number; }
}

function doubling(): byte {
  var sum = 0;
  var i = 1;
  while (i < 100) {
    sum = sum + i;
    i = i * 2;
  }
  return sum;
}

function shrinking(): byte {
  var sum = 0;
  var i = 100;
  while (i != 0) {
    sum = sum + i;
    i = i >> 1;
  }
  return sum;
}

// What is one behind the counter begins with something else.
function behind(): byte {
  var last = 5;
  var left = 9;
  var sum = 0;
  while (left) {
    sum = sum + last;
    left = left - 1;
    last = left;
  }
  return sum;
}

function ahead(): byte {
  var next = 40;
  var i = 3;
  var sum = 0;
  while (next < 50) {
    next = i + 2;
    i = i + 2;
    sum = sum + next;
  }
  return sum;
}

// Only the inner loop changes `x`.
function inner_while(n: byte): byte {
  var x = 0;
  var sum = 0;
  for (var i = 0; i < n; i = i + 1) {
    while (x < i * 3) { x = x + 2; }
    sum = sum * 3 + x;
  }
  return sum;
}

function inner_for(n: byte): byte {
  var x = 0;
  var sum = 0;
  var i = 0;
  while (i < n) {
    for (x = x; x < i * 3; x = x + 2) { }
    sum = sum * 3 + x;
    i = i + 1;
  }
  return sum;
}

function inner_if(n: byte): byte {
  var x = 0;
  var sum = 0;
  for (var i = 0; i < n; i = i + 1) {
    if (i % 3 == 1) { x = x + i; } else { if (i % 2) { x = x * 2; } }
    sum = sum * 3 + x;
  }
  return sum;
}

// As many words in one round as there may be pointers for, and one more.
function eight(a: byte[], n: byte): byte {
  var sum = 0;
  for (var i = 0; i < n; i = i + 1) {
    sum = sum * 3 + a[i * 2] + a[i * 3] + a[i * 4] + a[i * 5] + a[i * 6] + a[i * 7] + a[i * 9]
      + a[i * 10];
  }
  return sum;
}

function nine(a: byte[], n: byte): byte {
  var sum = 0;
  for (var i = 0; i < n; i = i + 1) {
    sum = sum * 3 + a[i * 2] + a[i * 3] + a[i * 4] + a[i * 5] + a[i * 6] + a[i * 7] + a[i * 9]
      + a[i * 10] + a[i * 11];
  }
  return sum;
}

function main(): byte {
  expect(0, doubling(), 127);
  expect(1, shrinking(), 100 + 50 + 25 + 12 + 6 + 3 + 1);
  expect(2, behind(), 5 + 8 + 7 + 6 + 5 + 4 + 3 + 2 + 1);
  expect(3, ahead(), 672);
  expect(4, inner_while(6), 628);
  expect(5, inner_for(6), inner_while(6));
  expect(6, inner_if(9), 4396);
  var table = [0; 60];
  for (var i = 0; i < len table; i = i + 1) { table[i] = i * i; }
  expect(7, eight(table, 5), 33920);
  expect(8, nine(table, 5), 46746);
  return failures;
}
