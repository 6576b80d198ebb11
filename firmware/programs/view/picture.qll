// picture.qll: what all formats have in common: a header, octets of a file, and what can be wrong.
//
// A function that may fail gives a sentence about what is wrong, or null.

.constant global MOST_SIDE: byte = 32767;      // pixels; sums of colours stay far below 2^32 with that

type picture = struct {
  format: string;
  is_qoi: bool;
  width: byte;
  height: byte;
  most: byte;                                  // a sample is 0 to that
  kind: byte;                                  // of netpbm 1 to 6, of QOI the samples of a pixel
};

function cannot_read(): string { return "cannot read"; }
function no_picture(): string { return "neither a netpbm nor a QOI picture"; }
function bad_header(): string { return "its header is damaged"; }
function too_short(): string { return "it ends too early"; }

// Whether a picture may have this size.
function check_size(p: * picture): string {
  if (p->width == 0 || p->height == 0) { return "the picture has no pixels"; }
  if (p->width > MOST_SIDE || p->height > MOST_SIDE) {
    return "the picture has a side of more than 32767 pixels";
  }
  return null;
}

// A file, octet by octet.
namespace octets {
  .constant global END: byte = 0xFFFFFFFF;     // no octet
  .constant global BLOCK: byte = 2048;

  global ended: bool = false;                  // more was asked for than there is
  global failed: bool = false;                 // because of the disk
  global _handle: byte = 0;
  global _block: byte[] = null;
  global _at: byte = 0;                        // in the block
  global _behind: byte = 0;                    // octets of the file that are not in a block yet

  // From the beginning of a file of a size.
  function begin(handle: byte, size: byte): void {
    if (!_block) { _block = new byte[BLOCK]; }
    len _block = 0;
    _at = 0;
    _handle = handle;
    _behind = size;
    ended = false;
    failed = false;
  }

  function next(): byte {
    if (_at == len _block && !_fill()) { return END; }
    _at = _at + 1;
    return _block[_at - 1];
  }

  function _fill(): bool {
    len _block = cap _block;
    var count = ended ? 0 : os::read(_handle, _block);
    failed = failed || count == os::FAILED;
    ended = count == 0 || count == os::FAILED;
    len _block = ended ? 0 : count;
    _at = 0;
    _behind = _behind - std::math::min(_behind, len _block);
    return !ended;
  }

  // How many there are still.
  function left(): byte {
    return _behind + len _block - _at;
  }
}
