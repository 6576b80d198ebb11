// display.qll: one process at a time has the display, and draws into memory of its own.
//
// Owns:        the display's window, `owner`, and `shown`, where the device reads.
// Invariants:  the device always reads its own width times height words, whatever a process asked
//              for. So a framebuffer of just that size is shown as it is; any other is copied at
//              each flip into `shown`, which is the kernel's. While nobody has the display the
//              device's pointer is null.
// Interrupts:  call masked.
// Sleeps:      a flip blocks until the device has taken the picture; it has no interrupt, so each
//              tick looks.

namespace display {
  global owner: * process::process = null;
  global pixels: byte = 0;   // the owner's framebuffer: address, width, height
  global width: byte = 0;
  global height: byte = 0;
  global shown: byte = 0;    // 0 if the framebuffer itself is shown

  function device_words(): byte {
    return peripherals::display->width * peripherals::display->height;
  }

  // Map a framebuffer of a size, 0 for the device's own; false if that is not possible. It takes
  // several calls until all of it is black; then the device shows it.
  function open(p: * process::process, w: byte, h: byte): bool {
    var device = peripherals::display;
    if (owner == p && p->progress != 0) {
      clear_part(p);
      return true;
    }
    if (device == null || owner != null) { return false; }
    if (w == 0) { w = device->width; }
    if (h == 0) { h = device->height; }
    if (w > limits::FRAMEBUFFER_WORDS || h > limits::FRAMEBUFFER_WORDS / w) { return false; }
    var is_same = w == device->width && h == device->height;
    shown = is_same ? 0 : memory::take(device_words());
    pixels = shown == 0 && !is_same ? 0 : memory::take(w * h);
    var flags = machine::PRESENT | machine::READ | machine::WRITE;
    if (pixels == 0 || !memory::map_apart(&p->table, limits::FRAMEBUFFER, pixels, w * h, flags)) {
      if (pixels != 0) { memory::give(pixels, w * h); }
      if (shown != 0) { memory::give(shown, device_words()); }
      shown = 0;
      return false;
    }
    width = w;
    height = h;
    owner = p;
    if (p->foreground) { console::begin_keys(); }
    p->progress = 1;  // and the words that are black
    clear_part(p);
    return true;
  }

  // Some words more become black, of the framebuffer and then of what is shown in its place.
  function clear_part(p: * process::process): void {
    var done = p->progress - 1;
    var own = width * height;
    var all = own + (shown == 0 ? 0 : device_words());
    var end = done < own ? own : all;
    var part = std::math::min(end - done, limits::DEMAND_MOST);
    var at = done < own ? pixels + done : shown + done - own;
    support::fill(<unsafe * byte>at, 0, part);
    p->progress = p->progress + part;
    if (p->progress - 1 < all) {
      scheduler::pause();
    } else {
      peripherals::display->pixels = <unsafe * byte>(shown == 0 ? pixels : shown);
    }
  }

  // Copy what fits of the framebuffer into the picture that the device shows, from the corner: some
  // rows, from `row` on. The next row, or as many as there are.
  function copy_rows(row: byte): byte {
    var device = peripherals::display;
    var columns = std::math::min(width, device->width);
    var rows = std::math::min(height, device->height);
    for (var words = 0; row < rows && words < limits::DEMAND_MOST; words = words + columns) {
      support::copy(<unsafe * byte>(shown + row * device->width),
                    <unsafe * byte>(pixels + row * width), columns);
      row = row + 1;
    }
    return row;
  }

  // Show the framebuffer; returns when the device has taken all of it. 0 or -1.
  function flip(p: * process::process): byte {
    var device = peripherals::display;
    if (owner != p) { return -1; }
    var rows = shown == 0 ? 0 : std::math::min(height, device->height);
    if (p->progress < rows) {
      p->progress = copy_rows(p->progress);
      return scheduler::pause();
    }
    if (p->progress == rows) {
      p->progress = rows + 1;
      device->control = machine::DISPLAY_FLIP;
    }
    if (device->control == machine::DISPLAY_PENDING) {
      return wait();
    }
    return device->control == machine::DISPLAY_READY ? 0 : -1;
  }

  // Each tick: has the device taken the picture?
  function poll(): void {
    if (peripherals::display->control != machine::DISPLAY_PENDING) {
      scheduler::chores = scheduler::chores - scheduler::FLIPPED;
      scheduler::wake(scheduler::FLIP, 0);
    }
  }

  // Block the running process until the device has taken the picture.
  function wait(): byte {
    scheduler::chores = scheduler::chores | scheduler::FLIPPED;
    return scheduler::block(scheduler::FLIP, 0);
  }

  // The device shows nothing any more. The framebuffer stays in the page table. False if the device
  // is still taking a picture: then the running process, which has the display, is blocked.
  function leave(p: * process::process): bool {
    if (owner != p) { return true; }
    var device = peripherals::display;
    if (device->control == machine::DISPLAY_PENDING) {
      wait();
      return false;
    }
    device->pixels = null;
    if (shown != 0) { memory::give(shown, device_words()); }
    shown = 0;
    owner = null;
    console::forget_keys();
    screen::resume();
    return true;
  }

  // 0 or -1.
  function close(p: * process::process): byte {
    if (owner != p) { return -1; }
    if (!leave(p)) { return 0; }  // blocked: the call is made again
    memory::unmap(&p->table, limits::FRAMEBUFFER);
    memory::give(pixels, width * height);
    return 0;
  }
}
