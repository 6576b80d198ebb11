// gcd: 300 greatest common divisors of 31-bit numbers, by remainder.
//
// Expect: 0x000003de

global seed: byte = 0;

function random(): byte {
  seed = seed * 1664525 + 1013904223;
  return seed;
}

.export function kernel(): byte {
  seed = 99;
  var sum = 0;
  for (var i = 0; i < 300; i = i + 1) {
    var a = random() >> 1 | 1;
    var b = random() >> 1 | 1;
    while (b) {
      var t = a % b;
      a = b;
      b = t;
    }
    sum = sum + a;
  }
  return sum;
}

function main(): byte {
  kernel();
  return kernel();
}
