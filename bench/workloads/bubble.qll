// bubble: bubble sort of 200 words; the element at 100.
//
// Expect: 30226

function main(): byte {
  var a: byte[200];
  var seed = 12345;
  for (var i = 0; i < 200; i = i + 1) {
    seed = (seed * 1103515245 + 12345) % 65536;
    a[i] = seed;
  }
  for (var j = 0; j < 199; j = j + 1) {
    for (var i = 0; i < 199 - j; i = i + 1) {
      if (a[i] > a[i + 1]) {
        var t = a[i];
        a[i] = a[i + 1];
        a[i + 1] = t;
      }
    }
  }
  return a[100];
}
