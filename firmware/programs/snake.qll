// snake: a game. Arrow keys steer, escape ends it. Do not bite yourself or the wall.

.constant global CELL: byte = 8;
.constant global MOST: byte = 512;

type cell = struct { x: byte; y: byte; };

global body: cell[MOST] = [cell { }; MOST];  // a ring: `head` is the newest
global head: byte = 0;
global length: byte = 0;
global columns: byte = 0;
global rows: byte = 0;
global food: cell = cell { };
global seed: byte = 1;
global dx: byte = 1;
global dy: byte = 0;

function random(below: byte): byte {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % below;
}

function part(back: byte): * cell {
  return &body[(head - back) & (MOST - 1)];
}

function is_body(x: byte, y: byte): bool {
  for (var i = 0; i < length; i = i + 1) {
    var p = part(i);
    if (p->x == x && p->y == y) { return true; }
  }
  return false;
}

function place_food(): void {
  food.x = random(columns);
  food.y = random(rows);
  while (is_body(food.x, food.y)) {
    food.x = random(columns);
    food.y = random(rows);
  }
}

// Turn where an arrow key says, but not right around.
function steer(keys: byte): void {
  if (keyboard::held(keys, keyboard::KEY_LEFT) && dx != 1) { dx = -1; dy = 0; }
  else if (keyboard::held(keys, keyboard::KEY_RIGHT) && dx != -1) { dx = 1; dy = 0; }
  else if (keyboard::held(keys, keyboard::KEY_UP) && dy != 1) { dx = 0; dy = -1; }
  else if (keyboard::held(keys, keyboard::KEY_DOWN) && dy != -1) { dx = 0; dy = 1; }
}

// One step; false if it was the last.
function step(): bool {
  var x = part(0)->x + dx;
  var y = part(0)->y + dy;
  if (x >= columns || y >= rows || is_body(x, y)) { return false; }
  head = (head + 1) & (MOST - 1);
  body[head] = cell { x = x, y = y };
  if (x == food.x && y == food.y) {
    if (length < MOST) { length = length + 1; }
    if (length == columns * rows) { return false; }  // all is snake: won
    place_food();
  }
  return true;
}

function draw(fb: * graphics::framebuffer): void {
  var digits: byte[12];
  graphics::clear(fb, graphics::rgb(16, 24, 32));
  graphics::fill_circle(fb, food.x * CELL + CELL / 2, food.y * CELL + CELL / 2, CELL / 2 - 1,
                        graphics::color::RED);
  for (var i = 0; i < length; i = i + 1) {
    var p = part(i);
    graphics::fill_rect(fb, p->x * CELL, p->y * CELL, CELL - 1, CELL - 1,
                        i == 0 ? graphics::color::YELLOW : graphics::color::GREEN);
  }
  graphics::font::draw_string(fb, 2, 2, std::str::utoa(length - 3, digits, 10), graphics::color::WHITE,
                        graphics::rgb(16, 24, 32));
  display::flip();
}

function main(text: string): byte {
  if (len os::begin(text, "snake", "") != 0) { return os::misused("snake"); }
  var fb = display::open(0, 0);
  if (fb.pixels == null) { return os::complain("snake", "no display", ""); }
  columns = fb.width / CELL;
  rows = fb.height / CELL;
  if (columns < 8 || rows < 4) { return os::complain("snake", "the display is too small", ""); }
  seed = clock::now() + 1;
  length = 3;
  head = 2;
  for (var i = 0; i < 3; i = i + 1) { body[i] = cell { x = 2 + i, y = rows / 2 }; }
  place_food();
  var alive = true;
  while (alive) {
    var keys = keyboard::read();
    if (keyboard::held(keys, keyboard::KEY_ESCAPE)) { alive = false; }
    steer(keys);
    if (!step()) { alive = false; }
    draw(&fb);
    os::sleep(80);
  }
  os::say("Score: ");
  os::say_number(length - 3);
  os::say("\n");
  return 0;
}
