// matmul: the product of two 16 by 16 matrices of floats; the bits of element 100.
//
// Expect: 1107987317

function bits(x: float): byte { var p = &x; return *<unsafe * byte>p; }

function from_bits(x: byte): float { var p = &x; return *<unsafe * float>p; }

function main(): byte {
  var a: float[256];
  var b: float[256];
  var c: float[256];
  for (var i = 0; i < 256; i = i + 1) {
    a[i] = from_bits(0x3f800000 + i * 4096);
    b[i] = from_bits(0x40000000 + i * 2048);
  }
  for (var i = 0; i < 16; i = i + 1) {
    for (var j = 0; j < 16; j = j + 1) {
      var sum = 0.0f;
      for (var k = 0; k < 16; k = k + 1) {
        sum = sum + a[i * 16 + k] * b[k * 16 + j];
      }
      c[i * 16 + j] = sum;
    }
  }
  return bits(c[100]);
}
