// sieve: primes below 8,192.
//
// Expect: 0x00000404

global flag: byte[8192] = [0; 8192];

.export function kernel(): byte {
  var count = 0;
  for (var i = 0; i < 8192; i = i + 1) { flag[i] = 1; }
  for (var i = 2; i < 8192; i = i + 1) {
    if (flag[i]) {
      count = count + 1;
      for (var j = i + i; j < 8192; j = j + i) { flag[j] = 0; }
    }
  }
  return count;
}

function main(): byte {
  kernel();
  return kernel();
}
