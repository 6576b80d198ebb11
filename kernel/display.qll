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

  // Map a framebuffer of a size, 0 for the device's own; false if that is not possible.
  function open(p: * process::process, w: byte, h: byte): bool {
    var device = peripherals::display;
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
      return false;
    }
    support::fill(<unsafe * byte>pixels, 0, w * h);
    if (!is_same) { support::fill(<unsafe * byte>shown, 0, device_words()); }
    width = w;
    height = h;
    device->pixels = <unsafe * byte>(is_same ? pixels : shown);
    owner = p;
    if (p->foreground) { console::begin_keys(); }
    return true;
  }

  // Copy what fits of the framebuffer into the picture that the device shows, from the corner.
  function copy_picture(): void {
    var device = peripherals::display;
    var columns = std::math::min(width, device->width);
    for (var row = 0; row < height && row < device->height; row = row + 1) {
      support::copy(<unsafe * byte>(shown + row * device->width),
                    <unsafe * byte>(pixels + row * width), columns);
    }
  }

  // Show the framebuffer; returns when the device has taken all of it. 0 or -1.
  function flip(p: * process::process): byte {
    var device = peripherals::display;
    if (owner != p) { return -1; }
    if (p->progress == 0) {
      p->progress = 1;
      if (shown != 0) { copy_picture(); }
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
