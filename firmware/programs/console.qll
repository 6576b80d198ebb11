// console [display|serial]: put the console on the display and the keyboard, or back on the serial line;
// without a word, say where it is. In /.profile it is chosen at each start; a key that is held while the
// machine starts chooses the display, too.

function main(text: string): byte {
  var usage = "console [display|serial]";
  var words = os::begin(text, usage, "");
  if (len words > 1) { return os::misused(usage); }
  if (len words == 0) {
    if (os::screen(os::ASK) == os::DISPLAY) { os::say_line("display"); } else { os::say_line("serial"); }
    return 0;
  }
  var is_display = std::str::equal(words[0], "display");
  if (!is_display && !std::str::equal(words[0], "serial")) { return os::misused(usage); }
  if (os::screen(is_display ? os::DISPLAY : os::SERIAL_LINE) == os::FAILED) {
    return os::complain("console", "there is no display and keyboard, or no memory for it", "");
  }
  return 0;
}
