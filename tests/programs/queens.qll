// Result: 92
// Eight queens: recursion, arrays in globals, nested conditions.
global columns: byte[8] = [0; 8];
global rising: byte[15] = [0; 15];
global falling: byte[15] = [0; 15];

function place(row: byte): byte {
  if (row == 8) { return 1; }
  var found = 0;
  for (var column = 0; column < 8; column = column + 1) {
    if (columns[column] || rising[row + column] || falling[row + 7 - column]) { continue; }
    columns[column] = 1; rising[row + column] = 1; falling[row + 7 - column] = 1;
    found = found + place(row + 1);
    columns[column] = 0; rising[row + column] = 0; falling[row + 7 - column] = 0;
  }
  return found;
}

function main(): byte { return place(0); }
