// clear: an empty screen.

function main(text: string): byte {
  if (len os::begin(text, "clear", "") != 0) { return os::misused("clear"); }
  os::say("\x1b[2J\x1b[H");
  return 0;
}
