// display.qll: one process at a time has the display, and draws into memory of its own.
//
// Owns:        the display's window, `owner`.
// Invariants:  while there is an owner, its framebuffer is mapped at FRAMEBUFFER. The device shows from
//              there or, as its own size cannot be changed, from a `screen` of that size into which
//              a framebuffer of another size is copied. Without an owner its pointer is null.
// Interrupts:  call masked.
// Sleeps:      a flip blocks until the device has taken the picture; it has no interrupt, so each
//              tick looks.

namespace display {
  global owner: * process::process = null;
  global pixels: * byte = null;   // the framebuffer
  global width: byte = 0;
  global height: byte = 0;
  global screen: * byte = null;   // what the device shows, if that is another
  global flipping: bool = false;

  // Map a framebuffer of a size, 0 for the device's own; false if that is not possible.
  function open(p: * process::process, w: byte, h: byte): bool {
    var device = peripherals::display;
    if (device == null || owner != null) { return false; }
    if (w == 0) { w = device->width; }
    if (h == 0) { h = device->height; }
    if (w > limits::FRAMEBUFFER_WORDS || h > limits::FRAMEBUFFER_WORDS / w) { return false; }
    var words = w * h;
    var at = memory::take(words);
    if (at == 0) { return false; }
    var flags = machine::PRESENT | machine::READ | machine::WRITE;
    if (!memory::map(&p->table, limits::FRAMEBUFFER, at, words, flags)) {
      memory::give(at, words);
      return false;
    }
    support::fill(<unsafe * byte>at, 0, words);
    pixels = <unsafe * byte>at;
    width = w;
    height = h;
    owner = p;
    if (w == device->width && h == device->height) {
      device->pixels = pixels;
      return true;
    }
    screen = <unsafe * byte>memory::take(device->width * device->height);
    if (screen == null) {
      close(p);
      return false;
    }
    support::fill(screen, 0, device->width * device->height);
    device->pixels = screen;
    return true;
  }

  // Bring what fits of a framebuffer of another size onto the screen.
  function copy_to_screen(): void {
    var device = peripherals::display;
    var columns = std::math::min(width, device->width);
    for (var y = 0; y < height && y < device->height; y = y + 1) {
      support::copy(&screen[unsafe y * device->width], &pixels[unsafe y * width], columns);
    }
  }

  // Show the framebuffer; returns when the device has taken all of it. 0 or -1.
  function flip(p: * process::process): byte {
    var device = peripherals::display;
    if (owner != p) { return -1; }
    if (p->progress == 0) {
      p->progress = 1;
      if (screen != null) { copy_to_screen(); }
      device->control = machine::DISPLAY_FLIP;
    }
    if (device->control == machine::DISPLAY_PENDING) {
      flipping = true;
      return scheduler::block(scheduler::FLIP, 0);
    }
    return device->control == machine::DISPLAY_READY ? 0 : -1;
  }

  // Each tick: has the device taken the picture?
  function poll(): void {
    if (peripherals::display->control != machine::DISPLAY_PENDING) {
      flipping = false;
      scheduler::wake(scheduler::FLIP, 0);
    }
  }

  // The device shows nothing any more. The framebuffer stays in the page table.
  function leave(p: * process::process): void {
    if (owner != p) { return; }
    var device = peripherals::display;
    while (device->control == machine::DISPLAY_PENDING) { }
    device->pixels = null;
    if (screen != null) {
      memory::give(<unsafe byte>screen, device->width * device->height);
      screen = null;
    }
    owner = null;
  }

  function close(p: * process::process): bool {
    if (owner != p) { return false; }
    leave(p);
    var found = memory::look_up(&p->table, limits::FRAMEBUFFER, machine::READ);
    memory::unmap(&p->table, limits::FRAMEBUFFER);
    memory::give(found.physical, found.words);
    return true;
  }
}
