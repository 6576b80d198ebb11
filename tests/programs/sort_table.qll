// Result: 12345
// A table of structs, sorted through a function pointer; structs are copied whole.
type entry = struct { key: byte; value: byte; };

function before(a: entry, b: entry): bool { return a.key < b.key; }

function sort(table: entry[], less: (entry, entry) => bool): void {
  for (var i = 1; i < len table; i = i + 1) {
    for (var j = i; j > 0 && less(table[j], table[j - 1]); j = j - 1) {
      var swapped = table[j];
      table[j] = table[j - 1];
      table[j - 1] = swapped;
    }
  }
}

function main(): byte {
  var table = [entry { key = 40, value = 4 }, entry { key = 20, value = 2 },
               entry { key = 50, value = 5 }, entry { key = 10, value = 1 },
               entry { value = 3, key = 30 }];
  sort(table, before);
  var digits = 0;
  for (var i = 0; i < len table; i = i + 1) { digits = digits * 10 + table[i].value; }
  return digits;
}
