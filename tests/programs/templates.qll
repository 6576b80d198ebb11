// Result: 16933
// Inference through aliases, pointers, function types and the context; instances by type.
type vec<T> = T[];
type pair<A, B> = struct { first: A; second: B; };
function make<A, B>(a: A, b: B): pair<A, B> { return pair<A, B> { first = a, second = b }; }
function map<A, B>(from: vec<A>, to: vec<B>, by: (A) => B): vec<B> {
  for (var i = 0; i < len from; i = i + 1) { to[i] = by(from[i]); }
  return to;
}
function words<T>(): byte { return sizeof T; }
function zero<T>(): T { var z: T; return z; }
function square(x: byte): int { return <unsafe int>(x * x); }
function main(): byte {
  var out: int[3];
  var numbers: byte[] = [1, 2, 13];
  var squares = map(numbers, out[:], square);
  var p = make(squares[2], 'x');
  var i: int = zero();
  return <unsafe byte>(p.first + i) * 100 + words<pair<byte[], int>>() * 8
       + words<byte>() + (p.second == 'x' ? 0 : 5000);
}
