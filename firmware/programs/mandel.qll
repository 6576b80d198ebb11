// mandel [once]: the Mandelbrot set, drawn from coarse to fine; escape ends it.

.constant global ROUNDS: byte = 48;

// Rounds until a point leaves the circle of radius 2; numbers are 4.12 fixed point.
function rounds(cx: int, cy: int): byte {
  var x: int = 0;
  var y: int = 0;
  for (var n = 0; n < ROUNDS; n = n + 1) {
    var xx = x * x >> 12;
    var yy = y * y >> 12;
    if (xx + yy > 16384) { return n; }
    y = (x * y >> 11) + cy;
    x = xx - yy + cx;
  }
  return ROUNDS;
}

function colour(n: byte): byte {
  if (n == ROUNDS) { return graphics::color::BLACK; }
  return graphics::rgb((n * 9) & 255, (n * 5 + 40) & 255, (n * 21 + 80) & 255);
}

// Squares of a size; false if escape was pressed.
function draw(fb: * graphics::framebuffer, size: byte): bool {
  var step = 12288 / fb->width;
  for (var y = 0; y < fb->height; y = y + size) {
    if (keyboard::held(keyboard::read(), keyboard::KEY_ESCAPE)) { return false; }
    for (var x = 0; x < fb->width; x = x + size) {
      var cx = <unsafe int>(x * step) - 8704;
      var cy = <unsafe int>(y * step) - <unsafe int>(fb->height * step / 2);
      graphics::fill_rect(fb, x, y, size, size, colour(rounds(cx, cy)));
    }
  }
  display::flip();
  return true;
}

function main(text: string): byte {
  var words = os::begin(text, "mandel [once]", "");
  var once = len words == 1 && std::str::equal(words[0], "once");
  if (len words != 0 && !once) { return os::misused("mandel [once]"); }
  var fb = display::open(0, 0);
  if (fb.pixels == null) { return os::complain("mandel", "no display", ""); }
  for (var size = 16; size != 0; size = size / 2) {
    if (!draw(&fb, size)) { return 0; }
  }
  while (!once && !keyboard::held(keyboard::read(), keyboard::KEY_ESCAPE)) {
    os::sleep(20);
  }
  return 0;
}
