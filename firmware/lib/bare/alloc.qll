// alloc.qll: what `new` and `delete` call, on the bare machine.
//
// The heap is 0x8000 to 0x17FFF, so the program must end below 0x8000.

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
      std::heap = <unsafe * byte>0x8000;
    }
  }
}
