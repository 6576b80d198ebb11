// Result: 1
// Target: bare
// Output: "red, green; red\n"
// A string literal that is returned stays valid, and each has storage of its own.
function colour(n: byte): string {
  if (n == 0) { return "red"; }
  return n == 1 ? "green" : "azure";
}

function main(): byte {
  var first = colour(0);
  var second = colour(1);
  std::console::print(first);
  std::console::print(", ");
  std::console::print(second);
  std::console::print("; ");
  std::console::print(colour(0));
  std::console::print("\n");
  return std::str::equal(first, colour(0));
}
