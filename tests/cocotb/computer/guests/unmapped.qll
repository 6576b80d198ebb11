// unmapped: draw, give the picture's memory back, and draw once more, which no process can.

function main(text: string): byte {
  var picture: byte[3] = [0; 3];
  if (os::display_open(&picture[0], 0, 0) != 0) { return 1; }
  var pixel = <unsafe * byte>picture[0];
  *pixel = 0x123456;
  if (*pixel == 0x123456) { os::say("it was there\n"); }
  os::display_close();
  *pixel = 0x654321;
  os::say("it is still there\n");
  return 0;
}
