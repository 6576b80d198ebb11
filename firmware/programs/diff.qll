// diff [-q] OLD NEW: say which lines differ: of OLD behind `<`, of NEW behind `>`, with their numbers; -q
// only whether any do. Status 0 if none do, 1 if some do, 2 if something could not be read.

.constant global TROUBLE: byte = 2;
.constant global MOST_CHANGES: byte = 1000;  // more are told as one: to find them costs its square

global a: string[] = null;
global b: string[] = null;

// A line is told by where it stands: what is not in the other file is marked.
global a_differs: byte[] = null;
global b_differs: byte[] = null;

function marks(count: byte): byte[] {
  var start = whole::take(count + 1);
  if (start == null) { return null; }
  var words = std::slice<byte> { pointer = start, length = count + 1, capacity = count + 1 };
  return *<* byte[]>&words;
}

// Find the fewest lines that differ between a[begin:a_end] and b[begin:b_end], by Myers's method: for
// each number of changes, how far one comes on each diagonal k = x - y. `trail` keeps that for the way
// back. False if there are too many changes, or no memory.
function compare(begin: byte, a_end: byte, b_end: byte): bool {
  var n = a_end - begin;
  var m = b_end - begin;
  var most = std::math::min(n + m, MOST_CHANGES);
  var trail = marks(most + 2);
  if (!trail) { return false; }
  var before: byte[] = null;
  for (var d = 0; d <= most; d = d + 1) {
    var reached = marks(2 * d + 2);       // index d + k
    if (!reached) { return false; }
    trail[d] = <unsafe byte><unsafe * byte>reached;
    for (var i = 0; i <= 2 * d; i = i + 2) {
      var x = step(before, d, i);
      var y = x + d - i;
      while (x < n && y < m && std::str::equal(a[begin + x], b[begin + y])) {
        x = x + 1;
        y = y + 1;
      }
      reached[i] = x;
      if (x >= n && y >= m) {
        walk_back(trail, d, i, begin);
        return true;
      }
    }
    before = reached;
  }
  return false;
}

// Where a diagonal is entered with one change more: from above, by a line of `b`, or from the left, by
// one of `a`. `i` is d + k; in the list of d - 1 changes the same diagonal has i - 1.
function step(before: byte[], d: byte, i: byte): byte {
  if (d == 0) { return 0; }
  if (comes_from_above(before, d, i)) { return before[i]; }
  return before[i - 2] + 1;
}

function comes_from_above(before: byte[], d: byte, i: byte): bool {
  return i == 0 || (i != 2 * d && before[i - 2] < before[i]);
}

// Mark what differs, from the last change to the first.
function walk_back(trail: byte[], d: byte, i: byte, begin: byte): void {
  while (d != 0) {
    var words = std::slice<byte> {
      pointer = <unsafe * byte>trail[d - 1], length = 2 * d, capacity = 2 * d
    };
    var before = *<* byte[]>&words;
    if (comes_from_above(before, d, i)) {
      b_differs[begin + before[i] + d - 1 - i] = 1;
    } else {
      a_differs[begin + before[i - 2]] = 1;
      i = i - 2;
    }
    d = d - 1;
  }
}

// --- what is said -----------------------------------------------------------------------------------

// "3" or "3,5", for the lines from..to, which count from 0; for none of them, the line before.
function say_range(from: byte, to: byte): void {
  os::say_number(from + (from == to ? 0 : 1));
  if (to > from + 1) {
    os::say(",");
    os::say_number(to);
  }
}

function say_lines(lines: string[], from: byte, to: byte, sign: string): void {
  for (var i = from; i < to; i = i + 1) {
    os::say(sign);
    os::say_line(lines[i]);
  }
}

function tell(): void {
  var i = 0;
  var j = 0;
  while (i < len a || j < len b) {
    var x = i;
    var y = j;
    while (x < len a && a_differs[x] != 0) { x = x + 1; }
    while (y < len b && b_differs[y] != 0) { y = y + 1; }
    if (x != i || y != j) {
      say_range(i, x);
      os::say(x == i ? "a" : y == j ? "d" : "c");
      say_range(j, y);
      os::say("\n");
      say_lines(a, i, x, "< ");
      if (x != i && y != j) { os::say("---\n"); }
      say_lines(b, j, y, "> ");
    }
    i = x + 1;
    j = y + 1;
  }
}

function run(text: string): byte {
  var usage = "diff [-q] OLD NEW";
  var names = os::begin(text, usage, "q");
  if (len names != 2) { return os::misused(usage); }
  var old = whole::file("diff", names[0]);
  if (!old) { return TROUBLE; }
  var changed = whole::file("diff", names[1]);
  if (!changed) { return TROUBLE; }
  if (std::str::equal(old, changed)) { return 0; }
  if (os::given('q')) {
    os::say_line("the files differ");
    return 1;
  }
  a = whole::lines(old);
  b = whole::lines(changed);
  a_differs = marks(len a);
  b_differs = marks(len b);
  if (!a || !b || !a_differs || !b_differs) {
    os::complain("diff", "the files are too large", "");
    return TROUBLE;
  }
  var begin = 0;
  while (begin < len a && begin < len b && std::str::equal(a[begin], b[begin])) { begin = begin + 1; }
  var a_end = len a;
  var b_end = len b;
  while (a_end > begin && b_end > begin && std::str::equal(a[a_end - 1], b[b_end - 1])) {
    a_end = a_end - 1;
    b_end = b_end - 1;
  }
  if (!compare(begin, a_end, b_end)) {
    for (var i = begin; i < a_end; i = i + 1) { a_differs[i] = 1; }
    for (var i = begin; i < b_end; i = i + 1) { b_differs[i] = 1; }
  }
  tell();
  return 1;
}

function main(text: string): byte {
  os::gather();
  return os::finish(run(text));
}
