// memory: a local array filled with its indices, then summed 100 times.
//
// Expect: 52377600

function main(): byte {
  var a: byte[1024];
  for (var i = 0; i < 1024; i = i + 1) { a[i] = i; }
  var sum = 0;
  for (var round = 0; round < 100; round = round + 1) {
    for (var i = 0; i < 1024; i = i + 1) { sum = sum + a[i]; }
  }
  return sum;
}
