// keyboard.qll: the keyboard of the bare machine, where it is if one is fitted.

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

  .constant global _KEYBOARD_BASE: byte = _windows::KEYBOARD;

  // Which of the keys above are held now, a bit each.
  function read(): byte {
    return *<unsafe * byte>_KEYBOARD_BASE;
  }

  // Whether what `read` returned has a bit of `key`.
  function held(keys: byte, key: byte): bool {
    return (keys & key) != 0;
  }

  // Whether the key of an ASCII character is held now.
  function key(ascii: byte): bool {
    if (ascii > 127) {
      return false;
    }
    var state = <unsafe * byte>(_KEYBOARD_BASE + 1);
    return (state[unsafe ascii >> 5] >> (ascii & 31) & 1) != 0;
  }
}
