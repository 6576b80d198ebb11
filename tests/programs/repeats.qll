// Result: 10330
// An element that is repeated is evaluated for each place, and never for none.
type none = byte[0];
global calls: byte = 0;
function nothing(): none { calls = calls + 1; var a: none; return a; }
function next(): byte { calls = calls + 1; return calls; }
function main(): byte {
  var never: none[0] = [nothing(); 0];
  var three: none[3] = [nothing(); 3];
  var total = calls;
  calls = 0;
  var two = [next(); 2];
  total = total + 10 * two[0] + 10 * two[1];
  var many: byte[100] = [next(); 100];
  return total + 100 * many[99] + len many + len never + len three - 6;
}
