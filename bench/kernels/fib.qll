// fib: fib(20), doubly recursive: exactly 21,891 calls.
//
// Expect: 0x00001a6d

global argument: byte = 20;

function fib(n: byte): byte { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

.export function kernel(): byte { return fib(argument); }

function main(): byte {
  kernel();
  return kernel();
}
