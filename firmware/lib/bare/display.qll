// display.qll: the display of the bare machine, where it is if one is fitted.
//
// The framebuffer lies in the middle of the heap: a program that draws must not allocate so much
// that the heap reaches 0x10000.

namespace display {
  .constant global READY: byte   = 0;
  .constant global FLIP: byte    = 1;
  .constant global PENDING: byte = 2;

  .constant global _DISPLAY_BASE: byte = _windows::DISPLAY;
  .constant global _FB_ADDR: byte      = 0x10000;
  .constant global _control: * byte    = <unsafe * byte>_windows::DISPLAY;

  // The framebuffer, in the size that the device has, whatever was asked for.
  function open(width: byte, height: byte): graphics::framebuffer {
    var pixels = <unsafe * byte>_FB_ADDR;
    _control[unsafe 3] = _FB_ADDR;
    return graphics::framebuffer {
      pixels = pixels,
      width = _control[unsafe 1],
      height = _control[unsafe 2],
    };
  }

  // Shows what has been drawn.
  function flip(): void {
    *_control = FLIP;
    std::wait_while(_control, PENDING);
  }

  function close(): void {
  }
}
