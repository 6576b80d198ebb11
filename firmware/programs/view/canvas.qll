// canvas.qll: pixels of a picture, row by row, to the middle of the display: each as a square of
// `zoom` pixels, or `step` by `step` of them as one that has their mean. No more is kept of the
// picture than sums for one row of the display, so that it may have any size.

namespace canvas {
  .constant global LEAST: byte = 16;           // pixels of a display's side
  .constant global SHOW_MS: byte = 200;        // between views of a picture that takes long to read

  global fb: graphics::framebuffer = graphics::framebuffer { };
  global step: byte = 1;
  global zoom: byte = 1;
  global _width: byte = 0;                     // of the picture
  global _height: byte = 0;
  global _left: byte = 0;                      // of what is drawn, on the display
  global _y: byte = 0;                         // of the next row
  global _sums: byte[] = null;                 // red, green, blue for each pixel of a row
  global _at: byte = 0;                        // the sums that the next pixel belongs to
  global _within: byte = 0;                    // pixels of this row that are in them
  global _rows: byte = 0;                      // rows that are in them
  global _rows_left: byte = 0;                 // of the picture
  global _shown_ms: byte = 0;
  global _looked_ms: byte = 0;                 // at the keys

  // The display, when it is needed first; false if there is none.
  function open(): bool {
    if (fb.pixels != null) { return true; }
    fb = display::open(0, 0);
    return fb.width >= LEAST && fb.height >= LEAST;
  }

  // Why it could not be opened.
  function lack(): string {
    if (fb.pixels == null) { return "there is no display, or another program has it"; }
    return "the display is too small";
  }

  function _ratio(a: byte, b: byte): byte {
    return (a + b - 1) / b;
  }

  // Room for a picture.
  function begin(width: byte, height: byte): string {
    step = std::math::max(_ratio(width, fb.width), _ratio(height, fb.height));
    zoom = std::math::max(1, std::math::min(fb.width / width, fb.height / height));
    _width = width;
    _height = height;
    var columns = _ratio(width, step);
    _left = (fb.width - columns * zoom) / 2;
    _y = (fb.height - _ratio(height, step) * zoom) / 2;
    if (_sums) { delete _sums; }
    _sums = new byte[3 * columns];
    if (!_sums) { return "not enough memory"; }
    _at = 0;
    _within = 0;
    _rows = 0;
    _rows_left = height;
    _shown_ms = clock::now();
    graphics::clear(&fb, graphics::color::BLACK);
    return null;
  }

  // The next pixel of a row; from 0 to 255.
  function put(red: byte, green: byte, blue: byte): void {
    _sums[_at] = _sums[_at] + red;
    _sums[_at + 1] = _sums[_at + 1] + green;
    _sums[_at + 2] = _sums[_at + 2] + blue;
    _within = _within + 1;
    if (_within == step) {
      _at = _at + 3;
      _within = 0;
    }
  }

  // A row is complete; false if the person wants to see no more of it.
  function end_row(): bool {
    _at = 0;
    _within = 0;
    _rows = _rows + 1;
    _rows_left = _rows_left - 1;
    if (_rows == step || _rows_left == 0) { _draw_row(); }
    var now = clock::now();
    if (now - _looked_ms < keys::PAUSE_MS) { return true; }
    _looked_ms = now;
    if (now - _shown_ms >= SHOW_MS) {
      os::display_flip();
      _shown_ms = now;
    }
    return !keys::is_pressed();
  }

  function _draw_row(): void {
    var x = _left;
    for (var i = 0; i < len _sums; i = i + 3) {
      var count = std::math::min(step, _width - i / 3 * step) * _rows;
      var colour = graphics::rgb(_mean(_sums[i], count), _mean(_sums[i + 1], count),
                                 _mean(_sums[i + 2], count));
      graphics::fill_rect(&fb, x, _y, zoom, zoom, colour);
      _sums[i] = 0;
      _sums[i + 1] = 0;
      _sums[i + 2] = 0;
      x = x + zoom;
    }
    _y = _y + zoom;
    _rows = 0;
  }

  function _mean(sum: byte, count: byte): byte {
    return count == 1 ? sum : (sum + count / 2) / count;
  }

  // Show what there is; false if the display is gone.
  function end(): bool {
    return os::display_flip() != os::FAILED;
  }
}
