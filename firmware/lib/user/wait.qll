// wait.qll: how to wait under the kernel.

namespace std {
  // Returns when *ptr is something else than `value`; other processes run in the meantime.
  function wait_while(ptr: * byte, value: byte): void {
    while (*ptr == value) {
      lib::yield();
    }
  }
}
