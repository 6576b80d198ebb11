// plasma [FRAMES]: a moving pattern of colours; escape ends it.

global wave: byte[256] = [0; 256];

// A parabola for each half: close enough to a sine for the eye.
function fill_wave(): void {
  for (var i = 0; i < 128; i = i + 1) {
    var height = i * (127 - i) / 32;
    wave[i] = 128 + height / 1;
    wave[i + 128] = 127 - height / 1;
  }
}

function draw(fb: * graphics::framebuffer, t: byte): void {
  for (var y = 0; y < fb->height; y = y + 1) {
    var row = wave[(y * 3 + t * 2) & 255];
    for (var x = 0; x < fb->width; x = x + 1) {
      var v = wave[(x * 2 + t) & 255] + row + wave[(x + y + t * 3) & 255];
      fb->pixels[unsafe y * fb->width + x] =
        graphics::rgb(v & 255, (v >> 1) & 255, 255 - (v & 255));
    }
  }
}

function main(text: string): byte {
  var words = os::begin(text, "plasma [FRAMES]", "");
  var frames = len words != 0 ? os::number_of(words[0]) : os::FAILED;
  if (len words > 1 || (len words == 1 && frames == os::FAILED)) {
    return os::misused("plasma [FRAMES]");
  }
  var fb = display::open(0, 0);
  if (fb.pixels == null) { return os::complain("plasma", "no display", ""); }
  fill_wave();
  for (var t = 0; t < frames; t = t + 1) {
    if (keyboard::held(keyboard::read(), keyboard::KEY_ESCAPE)) { return 0; }
    draw(&fb, t);
    display::flip();
  }
  return 0;
}
