// sieve: primes below 5000.
//
// Expect: 669

function main(): byte {
  var flag: byte[5000];
  for (var i = 0; i < 5000; i = i + 1) { flag[i] = 1; }
  var count = 0;
  for (var p = 2; p < 5000; p = p + 1) {
    if (flag[p]) {
      count = count + 1;
      for (var m = p + p; m < 5000; m = m + p) { flag[m] = 0; }
    }
  }
  return count;
}
