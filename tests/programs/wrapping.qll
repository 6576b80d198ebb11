// A loop that asks at its end alone may begin past its bound, and wrap around into it.
// Result: 3921

global start: byte = 0xFFFFFF80;
global limit: byte = 0xFF;

// How many rounds, by steps of 63, until the counter is no more below what is left of `most`.
function rounds(first: byte, most: byte): byte {
  var counter = first;
  var bound = most & 0xFF;
  var sum = 0;
  while (true) {
    sum = sum + 1;
    counter = counter + 63;
    if (counter >= bound) { break; }
  }
  return sum;
}

function main(): byte {
  var all = 0;
  for (var begin = 0; begin < 4; begin = begin + 1) {
    all = all * 10 + rounds(start + 128 + begin * 63, limit) - 1;
  }
  return all + rounds(start, limit) - 1 + 100 * (rounds(start + 64, limit) - 5);
}
