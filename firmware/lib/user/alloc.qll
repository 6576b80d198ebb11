// alloc.qll: what `new` and `delete` call, in a program under the kernel.
//
// The kernel maps the heap of a flat image at 0xA000, 0x10000 words.

namespace system {
  .export function alloc(size: byte): * byte {
    _place_heap();
    return std::alloc(size);
  }

  .export function dealloc(pointer: * byte): void {
    _place_heap();
    std::dealloc(pointer);
  }

  function _place_heap(): void {
    if (!std::heap) {
      std::heap = <unsafe * byte>0xa000;
    }
  }
}
