// pattern WIDTH HEIGHT: a framebuffer of that size in which each pixel is y * 256 + x, shown once.

function main(text: string): byte {
  var words = os::arguments(text);
  var fb = display::open(os::number_of(words[0]), os::number_of(words[1]));
  if (fb.pixels == null) { return os::complain("pattern", "no display", ""); }
  for (var y = 0; y < fb.height; y = y + 1) {
    for (var x = 0; x < fb.width; x = x + 1) {
      graphics::set_pixel(&fb, x, y, y * 256 + x);
    }
  }
  display::flip();
  os::say_number(fb.width);
  os::say(" x ");
  os::say_number(fb.height);
  os::say("\n");
  display::close();
  return 0;
}
