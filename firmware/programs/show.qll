// show FILE: show a picture on the display until escape is pressed, or ctrl-C typed. The file is a PPM or
// PGM of octets (P6, P5), as many programs write them; it is made smaller, or larger by whole numbers, to
// fill the display.

type picture = struct { columns: byte; rows: byte; is_grey: bool; data: string; };

// The next number of the head, behind blanks and comments; FAILED if there is none.
function number(text: string, position: * byte): byte {
  var at = *position;
  while (at < len text && (os::is_blank(text[at]) || text[at] == '#')) {
    if (text[at] == '#') {
      while (at < len text && text[at] != '\n') { at = at + 1; }
    } else {
      at = at + 1;
    }
  }
  var begin = at;
  while (at < len text && text[at] >= '0' && text[at] <= '9') { at = at + 1; }
  *position = at;
  return os::number_of(text[begin:at]);
}

// What a file holds; a sentence of what is wrong with it, or null.
function read(text: string, p: * picture): string {
  var at = 2;
  if (len text < 2 || text[0] != 'P' || (text[1] != '5' && text[1] != '6')) {
    return "is no picture that begins with P6 or P5";
  }
  p->is_grey = text[1] == '5';
  p->columns = number(text, &at);
  p->rows = number(text, &at);
  var most = number(text, &at);
  if (p->columns == os::FAILED || p->rows == os::FAILED || most == os::FAILED || at == len text) {
    return "lacks width, height or the largest value";
  }
  if (most != 255) { return "has other values than 0 to 255"; }
  if (p->columns == 0 || p->rows == 0 || p->columns > 0x4000 || p->rows > 0x4000) {
    return "is empty, or more than 16384 wide or high";
  }
  p->data = text[at + 1:len text];
  if (len p->data < p->columns * p->rows * (p->is_grey ? 1 : 3)) { return "ends early"; }
  return null;
}

function colour(p: * picture, x: byte, y: byte): byte {
  var at = y * p->columns + x;
  if (p->is_grey) { return graphics::rgb(p->data[at], p->data[at], p->data[at]); }
  return graphics::rgb(p->data[at * 3], p->data[at * 3 + 1], p->data[at * 3 + 2]);
}

// In the middle: each pixel `larger` wide and high, or every `smaller`-th of them.
function draw(fb: * graphics::framebuffer, p: * picture): void {
  var larger = std::math::min(fb->width / p->columns, fb->height / p->rows);
  var smaller = 1;
  if (larger == 0) {
    larger = 1;
    smaller = std::math::max((p->columns + fb->width - 1) / fb->width,
                             (p->rows + fb->height - 1) / fb->height);
  }
  var columns = p->columns / smaller * larger;
  var rows = p->rows / smaller * larger;
  var left = (fb->width - columns) / 2;
  var top = (fb->height - rows) / 2;
  for (var y = 0; y < rows; y = y + larger) {
    for (var x = 0; x < columns; x = x + larger) {
      graphics::fill_rect(fb, left + x, top + y, larger, larger,
                          colour(p, x / larger * smaller, y / larger * smaller));
    }
  }
}

function main(text: string): byte {
  var names = os::begin(text, "show FILE", "");
  var p: picture;
  if (len names != 1) { return os::misused("show FILE"); }
  var contents = whole::file("show", names[0]);
  if (!contents) { return 1; }
  var wrong = read(contents, &p);
  if (!!wrong) { return os::complain("show", wrong, names[0]); }
  var fb = display::open(0, 0);
  if (fb.pixels == null) { return os::complain("show", "no display", ""); }
  draw(&fb, &p);
  display::flip();
  while (!keyboard::held(keyboard::read(), keyboard::KEY_ESCAPE)) { os::sleep(50); }
  return 0;
}
