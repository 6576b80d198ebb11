// clock.qll: time on the bare machine, from the clock at its usual place.

namespace clock {
  .constant global _CLOCK_BASE: byte = _windows::CLOCK;

  // Milliseconds since the machine started.
  function now(): byte {
    return *<unsafe * byte>_CLOCK_BASE;
  }
}
