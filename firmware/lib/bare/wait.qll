// wait.qll: how to wait for a device on the bare machine.

namespace std {
  // Returns when *ptr is something else than `value`.
  function wait_while(ptr: * byte, value: byte): void {
    while (*ptr == value) {
    }
  }
}
