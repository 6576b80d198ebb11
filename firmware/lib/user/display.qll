// display.qll: display and keyboard under the kernel.

namespace display {
  // A framebuffer of the size asked for, or all zeros if there is none to be had.
  function open(width: byte, height: byte): graphics::framebuffer {
    var fb: graphics::framebuffer;
    var result = lib::support::syscall3(lib::support::DISPLAY_OPEN_SYSCALL, <unsafe byte>&fb,
                                        width, height);
    if (result == -1) {
      return graphics::framebuffer { };
    }
    return fb;
  }

  // Shows what has been drawn.
  function flip(): void {
    lib::support::syscall(lib::support::DISPLAY_FLIP_SYSCALL);
  }

  function close(): void {
    lib::support::syscall(lib::support::DISPLAY_CLOSE_SYSCALL);
  }
}

namespace keyboard {
  .constant global KEY_LEFT: byte      = 0x1;
  .constant global KEY_RIGHT: byte     = 0x2;
  .constant global KEY_UP: byte        = 0x4;
  .constant global KEY_DOWN: byte      = 0x8;
  .constant global KEY_SPACE: byte     = 0x10;
  .constant global KEY_ESCAPE: byte    = 0x20;
  .constant global KEY_ENTER: byte     = 0x40;
  .constant global KEY_TAB: byte       = 0x80;
  .constant global KEY_BACKSPACE: byte = 0x100;
  .constant global KEY_DELETE: byte    = 0x200;
  .constant global KEY_SHIFT: byte     = 0x400;
  .constant global KEY_CTRL: byte      = 0x800;
  .constant global KEY_ALT: byte       = 0x1000;
  .constant global KEY_META: byte      = 0x2000;

  // Which of the keys above are held now, a bit each.
  function read(): byte {
    return lib::support::syscall(lib::support::KEY_STATE_SYSCALL);
  }

  // Whether what `read` returned has a bit of `key`.
  function held(keys: byte, key: byte): bool {
    return (keys & key) != 0;
  }

  // Whether the key of an ASCII character is held now.
  function key(ascii: byte): bool {
    return lib::support::syscall1(lib::support::KEY_ASCII_SYSCALL, ascii);
  }
}
