// matmul: the product of two 20 by 20 matrices of integers, folded into one word.
//
// Expect: 0xd21d6885

type matrix = (int[20])[20];

global a: matrix = [[0; 20]; 20];
global b: matrix = [[0; 20]; 20];
global c: matrix = [[0; 20]; 20];
global seed: byte = 0;

function random(): byte {
  seed = seed * 1664525 + 1013904223;
  return seed;
}

function xor(a: byte, b: byte): byte { return (a | b) - (a & b); }

.export function kernel(): byte {
  seed = 777;
  for (var i = 0; i < 20; i = i + 1) {
    for (var j = 0; j < 20; j = j + 1) {
      a[i][j] = <unsafe int>(random() >> 20) - 2048;
      b[i][j] = <unsafe int>(random() >> 20) - 2048;
    }
  }
  for (var i = 0; i < 20; i = i + 1) {
    for (var j = 0; j < 20; j = j + 1) {
      var sum: int = 0;
      for (var k = 0; k < 20; k = k + 1) { sum = sum + a[i][k] * b[k][j]; }
      c[i][j] = sum;
    }
  }
  var hash = 0;
  for (var i = 0; i < 20; i = i + 1) {
    for (var j = 0; j < 20; j = j + 1) {
      hash = xor(hash << 1 | hash >> 31, <unsafe byte>c[i][j]);
    }
  }
  return hash;
}

function main(): byte {
  kernel();
  return kernel();
}
