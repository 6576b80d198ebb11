// sort [-nru] [FILE...]: say lines in order; -n by the number at their beginning, -r the other way
// round, -u equal ones once.

// The number at the beginning of a line, behind blanks: digits with a sign.
function number_at_start(line: string): int {
  var i = 0;
  while (i < len line && os::is_blank(line[i])) { i = i + 1; }
  var is_negative = i < len line && line[i] == '-';
  if (is_negative) { i = i + 1; }
  var sum: int = 0;
  while (i < len line && line[i] >= '0' && line[i] <= '9') {
    sum = sum * 10 + <unsafe int>(line[i] - '0');
    i = i + 1;
  }
  return is_negative ? -sum : sum;
}

// How two lines are ordered: 0 if they are equal, 1 if the first comes later, else 2.
function compare(a: string, b: string): byte {
  if (os::given('n')) {
    var x = number_at_start(a);
    var y = number_at_start(b);
    if (x != y) { return x > y ? 1 : 2; }
  }
  return whole::compare(a, b);
}

function comes_later(a: string, b: string): bool {
  return compare(a, b) == (os::given('r') ? 2 : 1);
}

function run(text: string): byte {
  var names = os::begin(text, "sort [-nru] [FILE...]", "nru");
  if (len names == 0) { std::vector::add<string>(&names, "-"); }
  var parts = whole::texts(len names);
  var count = 0;
  if (!parts) { return os::complain("sort", "no memory", ""); }
  for (var i = 0; i < len names; i = i + 1) {
    parts[i] = whole::file("sort", names[i]);
    if (!parts[i]) { return 1; }
  }
  for (var i = 0; i < len names; i = i + 1) {
    for (var at = 0; at < len parts[i]; at = at + 1) {
      if (parts[i][at] == '\n' || at + 1 == len parts[i]) { count = count + 1; }
    }
  }
  var lines = whole::texts(count);
  var other = whole::texts(count);
  if (!lines || !other) { return os::complain("sort", "too many lines", ""); }
  var at = 0;
  for (var i = 0; i < len names; i = i + 1) {
    var own = whole::lines(parts[i]);
    if (!own) { return os::complain("sort", "too many lines", ""); }
    for (var k = 0; k < len own; k = k + 1) {
      lines[at] = own[k];
      at = at + 1;
    }
  }
  lines = whole::sort(lines, other, comes_later);
  for (var i = 0; i < len lines; i = i + 1) {
    if (i == 0 || !os::given('u') || compare(lines[i - 1], lines[i]) != 0) { os::say_line(lines[i]); }
  }
  return 0;
}

function main(text: string): byte {
  os::gather();
  return os::finish(run(text));
}
