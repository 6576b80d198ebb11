// alloc.qll: the heap, a list of blocks in the order of their addresses, first fit.
//
// Owns:        `blocks`, which covers all HEAP_SIZE words from `heap` on without gaps.
// Invariants:  every block has a header of three words in front; `next` of a block is right
//              behind its last word; two free blocks are never neighbours.
// Interrupts:  call masked, or from one task only: the list is not whole at every moment.
// Units:       words; `size` of a block does not count its header.

namespace std {
  global HEAP_SIZE: byte = 0x10000;        // headers included
  global SPLIT_THRESHOLD: byte = 0x100;    // a rest no larger than this is not worth a block
  global heap: * byte = null;              // set by the target before the first allocation

  type block = struct {
    allocated: bool;
    size: byte;
    next: * block;
  };

  global blocks: * block = null;           // null until the first allocation

  // Memory of at least `size` words, or null. It is not cleared. A size of 0 is legal and gives
  // an address of its own.
  function alloc(size: byte): * byte {
    if (!blocks) {
      blocks = <unsafe * block>heap;
      *blocks = block { allocated = false, size = HEAP_SIZE - sizeof block, next = null };
    }
    for (var b = blocks; b; b = b->next) {
      if (!b->allocated && b->size >= size) {
        _split(b, size);
        b->allocated = true;
        return <unsafe * byte>(<unsafe byte>b + sizeof block);
      }
    }
    return null;
  }

  // Makes the end of a free block a block of its own, unless it would be too small.
  function _split(b: * block, size: byte): void {
    var rest = b->size - size;
    if (rest > sizeof block + SPLIT_THRESHOLD) {
      var behind = <unsafe * block>(<unsafe byte>b + sizeof block + size);
      *behind = block { allocated = false, size = rest - sizeof block, next = b->next };
      b->size = size;
      b->next = behind;
    }
  }

  // Gives memory back. Takes what `alloc` returned, or null, which is ignored.
  function dealloc(pointer: * byte): void {
    if (!pointer) {
      return;
    }
    var freed = <unsafe * block>(<unsafe byte>pointer - sizeof block);
    freed->allocated = false;
    // What is behind `freed` has no free neighbours; it is enough to look that far.
    for (var b = blocks; !!b && <unsafe byte>b <= <unsafe byte>freed; b = b->next) {
      while (!b->allocated && !!b->next && !b->next->allocated) {
        b->size = b->size + sizeof block + b->next->size;
        b->next = b->next->next;
      }
    }
  }
}
