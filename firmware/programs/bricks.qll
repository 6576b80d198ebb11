// bricks: a game. Arrow keys move the paddle, the blank serves the ball, p makes a pause, escape or q
// ends it. Every brick counts, those on top the most; without a brick left the next level begins.
//
// The game goes on in steps of a fixed time, as many as the clock says, so that it has the same speed
// on every machine. All sizes follow the display's. Coordinates of what moves are in units of 1/256
// pixel.

.constant global STEP_MS: byte = 10;
.constant global MOST_STEPS: byte = 10;        // at once: after a longer halt the game is late, not lost
.constant global UNIT: int = 256;              // of a pixel
.constant global BAR: byte = 10;               // pixels on top, for score, level and lives
.constant global ROWS: byte = 6;
.constant global MOST_COLUMNS: byte = 16;
.constant global LIVES: byte = 3;
.constant global BEST_LEVEL: byte = 10;        // from there on the ball gets no faster
.constant global LEAST_WIDTH: byte = 128;
.constant global LEAST_HEIGHT: byte = 80;
.constant global POINTS: byte = 10;            // of a brick in the lowest row

.constant global BACKGROUND: byte = 0xff101820;
.constant global BAR_COLOUR: byte = 0xff203040;
.constant global PADDLE_COLOUR: byte = 0xffc0d0e0;
.constant global BALL_COLOUR: byte = 0xffffffff;
.constant global ROW_COLOURS: byte[6] = [
  0xffd05050, 0xffd09040, 0xffd0d050, 0xff60c060, 0xff50a0d0, 0xff9070d0
];

type moving = struct { x: int; y: int; dx: int; dy: int; };  // corner, and way in a step
type place = struct { x: byte; y: byte; };                   // in pixels

global fb: graphics::framebuffer = graphics::framebuffer { };

// Sizes in pixels, set once.
global columns: byte = 0;
global brick_width: byte = 0;
global brick_height: byte = 0;
global wall_x: byte = 0;
global wall_y: byte = 0;
global ball_size: byte = 0;
global paddle_width: byte = 0;
global paddle_y: byte = 0;

// The game.
global bricks: bool[96] = [false; 96];         // row by row, each of MOST_COLUMNS
global left: byte = 0;                         // bricks that are left
global score: byte = 0;
global level: byte = 1;
global lives: byte = LIVES;
global served: bool = false;
global to_right: bool = true;                  // where the next ball goes
global ball: moving = moving { };
global paddle: int = 0;

// What the display shows.
global drawn_ball: place = place { };
global drawn_paddle: byte = 0;
global bar_changed: bool = true;
global wall_changed: bool = true;

// The display can be too small.
function set_sizes(): bool {
  if (fb.width < LEAST_WIDTH || fb.height < LEAST_HEIGHT) { return false; }
  columns = std::math::min(MOST_COLUMNS, fb.width / 20);
  brick_width = fb.width / columns;
  brick_height = fb.height / 25;
  wall_x = (fb.width - columns * brick_width) / 2;
  wall_y = BAR + fb.height / 12;
  ball_size = std::math::max(2, fb.height / 50);
  paddle_width = fb.width / 7;
  paddle_y = fb.height - 3 * ball_size;
  return true;
}

function units(pixels: byte): int {
  return <unsafe int>pixels * UNIT;
}

function in_pixels(coordinate: int): byte {
  return <unsafe byte>(coordinate >> 8);
}

// How far the ball rises or falls in a step: in 1.6 s from top to bottom, and in half of that at best.
function speed(): int {
  var levels = <unsafe int>(std::math::min(level, BEST_LEVEL) + 9);
  return units(fb.height) * levels / 1600;
}

// --- the game --------------------------------------------------------------------------------------

// Four walls take turns: a whole one, stripes, a chessboard, and a roof.
function has_brick(row: byte, column: byte): bool {
  var kind = level & 3;
  if (kind == 2) { return column % 4 != 3; }
  if (kind == 3) { return (row + column & 1) == 0; }
  if (kind == 0) { return column >= row && column + row < columns; }
  return true;
}

function begin_level(): void {
  left = 0;
  for (var row = 0; row < ROWS; row = row + 1) {
    for (var column = 0; column < columns; column = column + 1) {
      var there = has_brick(row, column);
      bricks[row * MOST_COLUMNS + column] = there;
      if (there) { left = left + 1; }
    }
  }
  served = false;
  bar_changed = true;
  wall_changed = true;
}

// The ball lies in the middle of the paddle.
function lay_ball(): void {
  ball.x = paddle + units(paddle_width - ball_size) / 2;
  ball.y = units(paddle_y - ball_size);
}

function serve(): void {
  served = true;
  ball.dy = -speed();
  ball.dx = to_right ? speed() / 2 : -speed() / 2;
  to_right = !to_right;
}

// Take away the bricks that the ball touches; true if there were any.
function hit_bricks(): bool {
  var x = in_pixels(ball.x);
  var y = in_pixels(ball.y);
  if (y + ball_size <= wall_y || x + ball_size <= wall_x) { return false; }
  var first = x < wall_x ? 0 : (x - wall_x) / brick_width;
  var last = (x + ball_size - 1 - wall_x) / brick_width;
  var top = y < wall_y ? 0 : (y - wall_y) / brick_height;
  var bottom = (y + ball_size - 1 - wall_y) / brick_height;
  var hit = false;
  for (var row = top; row <= bottom && row < ROWS; row = row + 1) {
    for (var column = first; column <= last && column < columns; column = column + 1) {
      if (bricks[row * MOST_COLUMNS + column]) {
        take_brick(row, column);
        hit = true;
      }
    }
  }
  return hit;
}

function take_brick(row: byte, column: byte): void {
  bricks[row * MOST_COLUMNS + column] = false;
  left = left - 1;
  score = score + (ROWS - row) * POINTS;
  bar_changed = true;
  draw_brick(row, column, BACKGROUND);
}

// Walls and bricks throw the ball back where it was.
function move_across(): void {
  var x = ball.x;
  ball.x = x + ball.dx;
  if (ball.x < 0 || ball.x > units(fb.width - ball_size) || hit_bricks()) {
    ball.x = x;
    ball.dx = -ball.dx;
  }
}

function move_along(): void {
  var y = ball.y;
  ball.y = y + ball.dy;
  if (ball.y < units(BAR) || hit_bricks()) {
    ball.y = y;
    ball.dy = -ball.dy;
  }
}

// The paddle throws the ball to the side on which it was hit, the more the further from its middle.
function meet_paddle(): void {
  var size = units(ball_size);
  var width = units(paddle_width);
  if (ball.dy < 0 || ball.y + size <= units(paddle_y) || ball.y >= units(paddle_y + ball_size)
      || ball.x + size <= paddle || ball.x >= paddle + width) {
    return;
  }
  var off = (ball.x + size / 2 - paddle - width / 2) / UNIT;
  var dx = off * speed() * 5 / (2 * <unsafe int>(paddle_width + ball_size));
  var least = speed() / 8;                     // or the ball could go up and down for ever
  if (dx > -least && dx < least) { dx = ball.dx < 0 ? -least : least; }
  ball.dx = dx;
  ball.dy = -speed();
  ball.y = units(paddle_y) - size;
}

// All that happens in a step; false if it was the last one.
function step(keys: byte): bool {
  var way = units(fb.width) / 90;
  if (keyboard::held(keys, keyboard::KEY_LEFT)) { paddle = paddle - way; }
  if (keyboard::held(keys, keyboard::KEY_RIGHT)) { paddle = paddle + way; }
  var most = units(fb.width - paddle_width);
  if (paddle < 0) { paddle = 0; }
  if (paddle > most) { paddle = most; }
  if (!served) {
    lay_ball();
    if (keyboard::held(keys, keyboard::KEY_SPACE)) { serve(); }
    return true;
  }
  move_across();
  move_along();
  meet_paddle();
  if (left == 0) {
    level = level + 1;
    begin_level();
    lay_ball();
  } else if (ball.y >= units(fb.height)) {
    lives = lives - 1;
    served = false;
    bar_changed = true;
    lay_ball();
  }
  return lives != 0;
}

// --- the picture -----------------------------------------------------------------------------------

function draw_brick(row: byte, column: byte, colour: byte): void {
  graphics::fill_rect(&fb, wall_x + column * brick_width, wall_y + row * brick_height,
                      brick_width - 1, brick_height - 1, colour);
}

function draw_wall(): void {
  for (var row = 0; row < ROWS; row = row + 1) {
    for (var column = 0; column < columns; column = column + 1) {
      if (bricks[row * MOST_COLUMNS + column]) { draw_brick(row, column, ROW_COLOURS[row]); }
    }
  }
}

// Score on the left, level or what is the matter in the middle, lives on the right.
function draw_bar(paused: bool): void {
  var digits: byte[12];
  var name: byte[16];
  var message: string = "game over";
  if (paused) { message = "paused"; }
  if (lives != 0 && !paused) {
    var number = std::str::utoa(level, digits, 10);
    message = name[:6 + len number];
    std::copy<byte>(message, "level ");
    std::copy<byte>(message[6:], number);
  }
  graphics::fill_rect(&fb, 0, 0, fb.width, BAR, BAR_COLOUR);
  graphics::font::draw_string(&fb, 2, 1, std::str::utoa(score, digits, 10), BALL_COLOUR, BAR_COLOUR);
  graphics::font::draw_string(&fb, (fb.width - len message * graphics::font::WIDTH) / 2, 1, message,
                              BALL_COLOUR, BAR_COLOUR);
  for (var i = 1; i <= lives; i = i + 1) {
    graphics::fill_rect(&fb, fb.width - i * 8, 2, 6, 6, PADDLE_COLOUR);
  }
}

// Draw what is not as the display shows it; false if the display is gone.
function draw(paused: bool): bool {
  var now = place { x = in_pixels(ball.x), y = in_pixels(ball.y) };
  var x = in_pixels(paddle);
  var moved = now.x != drawn_ball.x || now.y != drawn_ball.y || x != drawn_paddle;
  if (!moved && !bar_changed && !wall_changed) { return true; }
  if (moved) {
    graphics::fill_rect(&fb, drawn_ball.x, drawn_ball.y, ball_size, ball_size, BACKGROUND);
    graphics::fill_rect(&fb, drawn_paddle, paddle_y, paddle_width, ball_size, BACKGROUND);
  }
  if (wall_changed) { draw_wall(); }
  if (moved) {
    graphics::fill_rect(&fb, now.x, now.y, ball_size, ball_size, BALL_COLOUR);
    graphics::fill_rect(&fb, x, paddle_y, paddle_width, ball_size, PADDLE_COLOUR);
    drawn_ball = now;
    drawn_paddle = x;
  }
  if (bar_changed) { draw_bar(paused); }
  bar_changed = false;
  wall_changed = false;
  return os::display_flip() != os::FAILED;
}

// --- the player ------------------------------------------------------------------------------------

function wants_end(keys: byte): bool {
  return keyboard::held(keys, keyboard::KEY_ESCAPE) || keyboard::key('q');
}

// Until it is lost or the player ends it; false if the display is gone.
function play(): bool {
  var then = clock::now();
  var paused = false;
  var p_was_held = false;
  var keys = keyboard::read();
  while (!wants_end(keys)) {
    var p_is_held = keyboard::key('p');
    if (p_is_held && !p_was_held) {
      paused = !paused;
      bar_changed = true;
    }
    p_was_held = p_is_held;
    var steps = (clock::now() - then) / STEP_MS;
    then = then + steps * STEP_MS;
    if (paused) { steps = 0; }
    for (var i = 0; i < std::math::min(steps, MOST_STEPS); i = i + 1) {
      if (!step(keys)) { return tell_end(); }
    }
    if (!draw(paused)) { return false; }
    os::sleep(STEP_MS);
    keys = keyboard::read();
  }
  return true;
}

// The last picture stays until a key is pressed.
function tell_end(): bool {
  if (!draw(false)) { return false; }
  while (!wants_end(keyboard::read()) && !keyboard::held(keyboard::read(), keyboard::KEY_ENTER)) {
    os::sleep(STEP_MS);
  }
  return true;
}

function main(text: string): byte {
  if (len os::begin(text, "bricks", "") != 0) { return os::misused("bricks"); }
  fb = display::open(0, 0);
  if (fb.pixels == null) {
    return os::complain("bricks", "there is no display, or another program has it", "");
  }
  if (!set_sizes()) { return os::complain("bricks", "the display is too small", ""); }
  paddle = units(fb.width - paddle_width) / 2;
  begin_level();
  lay_ball();
  graphics::clear(&fb, BACKGROUND);
  var good = play();
  os::say("Score: ");
  os::say_number(score);
  os::say(", level ");
  os::say_number(level);
  os::say("\n");
  return good ? 0 : os::complain("bricks", "the display is gone", "");
}
