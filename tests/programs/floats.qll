// Result: 1111
// Float literals, conversions, comparisons with NaN, rounding to binary32.
function close(a: float, b: float): bool { return a - b < 0.001f && b - a < 0.001f; }

function root(x: float): float {
  var guess: float = x / 2;
  for (var i = 0; i < 20; i = i + 1) { guess = (guess + x / guess) / 2; }
  return guess;
}

function main(): byte {
  var result = 0;
  if (close(root(2), 1.41421f)) { result = result + 1; }
  if (<int>-2.75f == -2) { result = result + 10; }
  if (NaN <= 1.0f && NaN != NaN) { result = result + 100; }
  if (16777216.0f + 1.0f == 16777216.0f) { result = result + 1000; }
  return result;
}
