// Result: 0xE0000002
function main(): byte {
  var room: byte[5];
  var s: byte[] = room[1:2];
  len s = 4;
  len s = 5;
  return 0;
}
