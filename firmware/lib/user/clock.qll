// clock.qll: time under the kernel.

namespace clock {
  // Milliseconds since the machine started.
  function now(): byte {
    return lib::support::syscall(lib::support::CLOCK_NOW_SYSCALL);
  }
}
