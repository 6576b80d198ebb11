// bricks: a game. The arrows left and right move the bat, blank serves, escape ends it. Keep the ball in
// play until no brick is left; there are three balls.

.constant global UNIT: byte = 16;            // positions count sixteenths of a pixel
.constant global BALL: byte = 4;             // pixels
.constant global BAT: byte = 6;              // how often the bat goes into the width
.constant global COLUMNS: byte = 10;
.constant global ROWS: byte = 5;
.constant global FRAME_MS: byte = 25;

global width: byte = 0;                      // of the display
global height: byte = 0;
global brick_width: byte = 0;
global brick_height: byte = 0;
global bricks: bool[COLUMNS * ROWS] = [true; COLUMNS * ROWS];
global left: byte = COLUMNS * ROWS;          // bricks that are left
global balls: byte = 3;
global bat: int = 0;                         // its left end, in pixels
global is_served: bool = false;
global x: int = 0;                           // the ball, in sixteenths
global y: int = 0;
global dx: int = 0;
global dy: int = 0;

function bat_width(): int { return <unsafe int>(width / BAT); }
function bat_row(): int { return <unsafe int>(height - 2 * BALL); }
function pixel(position: int): int { return position / <unsafe int>UNIT; }

// The ball lies on the middle of the bat.
function lay_ball(): void {
  var unit = <unsafe int>UNIT;
  is_served = false;
  x = (bat + bat_width() / 2) * unit;
  y = (bat_row() - <unsafe int>BALL) * unit;
}

function serve(): void {
  is_served = true;
  dx = <unsafe int>(width / 8);
  dy = -<unsafe int>(height / 4);
}

function move_bat(keys: byte): void {
  var step = <unsafe int>(width / 40 + 1);
  if (keyboard::held(keys, keyboard::KEY_LEFT)) { bat = bat - step; }
  if (keyboard::held(keys, keyboard::KEY_RIGHT)) { bat = bat + step; }
  var end = <unsafe int>width - bat_width();
  if (bat < 0) { bat = 0; }
  if (bat > end) { bat = end; }
}

// Take away the brick at a pixel, if there is one.
function hits(at_x: int, at_y: int): bool {
  if (at_x < 0 || at_y < <unsafe int>brick_height) { return false; }
  var column = <unsafe byte>at_x / brick_width;
  var row = <unsafe byte>at_y / brick_height - 1;
  if (column >= COLUMNS || row >= ROWS || !bricks[row * COLUMNS + column]) { return false; }
  bricks[row * COLUMNS + column] = false;
  left = left - 1;
  return true;
}

// From the bat the ball goes where it was hit: to the side at its ends, straight up in its middle.
function meet_bat(): void {
  var from_middle = pixel(x) - bat - bat_width() / 2;
  if (dy <= 0 || pixel(y) + <unsafe int>BALL < bat_row()) { return; }
  if (from_middle < -(bat_width() / 2) - <unsafe int>BALL || from_middle > bat_width() / 2) { return; }
  dy = -dy;
  dx = dx + from_middle * 2;
  y = (bat_row() - <unsafe int>BALL) * <unsafe int>UNIT;
}

// One step of the ball; false when it is lost.
function move_ball(): bool {
  var most = <unsafe int>((width - BALL) * UNIT);
  var next_x = x + dx;
  if (next_x < 0 || next_x > most) {
    dx = -dx;
  } else if (hits(pixel(next_x), pixel(y))) {
    dx = -dx;
  } else {
    x = next_x;
  }
  if (y + dy < 0 || hits(pixel(x), pixel(y + dy))) {
    dy = -dy;
  } else {
    y = y + dy;
  }
  meet_bat();
  return pixel(y) < <unsafe int>height;
}

function draw(fb: * graphics::framebuffer): void {
  var colours: byte[ROWS] = [graphics::color::RED, graphics::rgb(255, 128, 0), graphics::color::YELLOW,
                             graphics::color::GREEN, graphics::color::CYAN];
  graphics::clear(fb, graphics::rgb(16, 16, 40));
  for (var i = 0; i < COLUMNS * ROWS; i = i + 1) {
    if (bricks[i]) {
      graphics::fill_rect(fb, i % COLUMNS * brick_width, (i / COLUMNS + 1) * brick_height,
                          brick_width - 1, brick_height - 1, colours[i / COLUMNS]);
    }
  }
  for (var i = 1; i < balls; i = i + 1) {
    graphics::fill_rect(fb, i * 2 * BALL, 1, BALL, BALL, graphics::color::WHITE);
  }
  graphics::fill_rect(fb, <unsafe byte>bat, <unsafe byte>bat_row(), <unsafe byte>bat_width(), BALL,
                      graphics::color::WHITE);
  graphics::fill_rect(fb, <unsafe byte>pixel(x), <unsafe byte>pixel(y), BALL, BALL,
                      graphics::color::WHITE);
  display::flip();
}

function play(fb: * graphics::framebuffer): void {
  lay_ball();
  while (balls != 0 && left != 0) {
    var keys = keyboard::read();
    if (keyboard::held(keys, keyboard::KEY_ESCAPE)) { return; }
    move_bat(keys);
    if (!is_served) {
      lay_ball();
      if (keyboard::held(keys, keyboard::KEY_SPACE)) { serve(); }
    } else if (!move_ball()) {
      balls = balls - 1;
      lay_ball();
    }
    draw(fb);
    os::sleep(FRAME_MS);
  }
}

function main(text: string): byte {
  if (len os::begin(text, "bricks", "") != 0) { return os::misused("bricks"); }
  var fb = display::open(0, 0);
  if (fb.pixels == null) { return os::complain("bricks", "no display", ""); }
  if (fb.width < 64 || fb.height < 48) {
    return os::complain("bricks", "the display is too small", "");
  }
  width = fb.width;
  height = fb.height;
  brick_width = width / COLUMNS;
  brick_height = height / 20 + 2;
  bat = <unsafe int>(width / 2) - bat_width() / 2;
  play(&fb);
  os::say("Bricks hit: ");
  os::say_number(COLUMNS * ROWS - left);
  os::say("\n");
  return 0;
}
