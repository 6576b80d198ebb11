// compute: the sum of i * j for i below 1000 and j below 100.
//
// Expect: 2472525000

function main(): byte {
  var sum = 0;
  for (var i = 0; i < 1000; i = i + 1) {
    for (var j = 0; j < 100; j = j + 1) {
      sum = sum + i * j;
    }
  }
  return sum;
}
