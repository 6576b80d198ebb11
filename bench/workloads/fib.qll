// fib: doubly recursive, 21891 calls.
//
// Expect: 6765

function fib(n: byte): byte {
  if (n < 2) { return n; }
  return fib(n - 1) + fib(n - 2);
}

function main(): byte { return fib(20); }
