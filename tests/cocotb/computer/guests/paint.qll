// paint: a white dot on black that the keys `a` and `d` move; `q` ends it.

function main(text: string): byte {
  var fb = display::open(0, 0);
  if (fb.pixels == null) { return 1; }
  var x = fb.width / 2;
  while (!keyboard::key('q')) {
    graphics::fill_rect(&fb, 0, 0, fb.width, fb.height, graphics::color::BLACK);
    graphics::fill_rect(&fb, x, fb.height / 2, 1, 1, graphics::color::WHITE);
    display::flip();
    if (keyboard::key('a') && x != 0) { x = x - 1; }
    if (keyboard::key('d') && x != fb.width - 1) { x = x + 1; }
  }
  display::close();
  return 0;
}
