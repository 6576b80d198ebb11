// clear: an empty screen.

function main(): byte {
  os::say("\x1b[2J\x1b[H");
  return 0;
}
