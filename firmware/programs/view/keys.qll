// keys.qll: what the person wants, by keys of the display's keyboard.

namespace keys {
  .constant global NONE: byte = 0;
  .constant global NEXT: byte = 1;
  .constant global PREVIOUS: byte = 2;
  .constant global QUIT: byte = 4;
  .constant global PAUSE_MS: byte = 20;        // between looks

  global has_next: bool = false;
  global has_previous: bool = false;
  global _held: byte = NEXT | PREVIOUS | QUIT; // at the last look; what is held at the start says nothing
  global _pressed: byte = NONE;

  function _look(): byte {
    var state = keyboard::read();
    var wishes = NONE;
    if (keyboard::held(state, keyboard::KEY_ESCAPE) || keyboard::key('q')) { wishes = QUIT; }
    if (keyboard::held(state, keyboard::KEY_RIGHT | keyboard::KEY_SPACE) || keyboard::key('n')) {
      wishes = wishes | NEXT;
    }
    if (keyboard::held(state, keyboard::KEY_LEFT) || keyboard::key('p')) {
      wishes = wishes | PREVIOUS;
    }
    return wishes;
  }

  // Whether a key was pressed that leads away from this picture.
  function is_pressed(): bool {
    if (_pressed == NONE) {
      var now = _look();
      var fresh = now - (now & _held);
      _held = now;
      if (fresh & QUIT) { _pressed = QUIT; }
      else if ((fresh & NEXT) != 0 && has_next) { _pressed = NEXT; }
      else if ((fresh & PREVIOUS) != 0 && has_previous) { _pressed = PREVIOUS; }
    }
    return _pressed != NONE;
  }

  // Wait for such a key.
  function take(): byte {
    while (!is_pressed()) { os::sleep(PAUSE_MS); }
    var key = _pressed;
    _pressed = NONE;
    return key;
  }
}
