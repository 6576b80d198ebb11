// qoi.qll: QOI, whose pixels are told by how they differ from those before, octet by octet:
//
//   00iiiiii                    the pixel that was last at place i of 64; a pixel's place is
//                               (3 red + 5 green + 7 blue + 11 alpha) mod 64
//   01rrggbb                    small differences to the pixel before, each with 2 added
//   10gggggg rrrrbbbb           that of green with 32 added; how red's and blue's differ from it, 8 added
//   11nnnnnn                    the pixel before n + 1 times more, n below 62
//   11111110 red green blue
//   11111111 red green blue alpha
//
// Before the first pixel is an opaque black one, and all 64 places are 0. Behind the last one are seven
// octets 0 and one 1.

namespace qoi {
  .constant global RGB: byte = 0xFE;
  .constant global RGBA: byte = 0xFF;
  .constant global MOST_RUN: byte = 62;
  .constant global END_OCTETS: byte = 8;
  .constant global BACKGROUND: byte = 128;     // what is seen through a pixel, of each colour

  type pixel = struct { red: byte; green: byte; blue: byte; alpha: byte; };

  global _seen: pixel[64] = [pixel { }; 64];

  function _next_word(): byte {
    var word = 0;
    for (var i = 0; i < 4; i = i + 1) { word = word << 8 | octets::next(); }
    return word;
  }

  // Behind the 'q'.
  function read_header(p: * picture): string {
    if (octets::next() != 'o' || octets::next() != 'i' || octets::next() != 'f') {
      return no_picture();
    }
    p->is_qoi = true;
    p->width = _next_word();
    p->height = _next_word();
    p->kind = octets::next();
    p->most = 255;
    var space = octets::next();
    if (octets::ended) { return too_short(); }
    if ((p->kind != 3 && p->kind != 4) || space > 1) { return bad_header(); }
    p->format = _format(p->kind);
    var wrong = check_size(p);
    if (wrong) { return wrong; }
    var least = (p->width * p->height + MOST_RUN - 1) / MOST_RUN + END_OCTETS;
    return octets::left() < least ? too_short() : null;
  }

  function _format(samples: byte): string {
    if (samples == 3) { return "QOI"; }
    return "QOI with alpha";
  }

  function draw(p: * picture): string {
    var now = pixel { alpha = 255 };
    var run = 0;
    for (var i = 0; i < len _seen; i = i + 1) { _seen[i] = pixel { }; }
    for (var y = 0; y < p->height; y = y + 1) {
      for (var x = 0; x < p->width; x = x + 1) {
        if (run == 0) {
          run = _take(&now);
          if (octets::ended) { return too_short(); }
          _seen[_place(&now)] = now;
        }
        run = run - 1;
        _put(&now, p->kind == 4);
      }
      if (!canvas::end_row()) { return null; }
    }
    for (var i = 1; i <= END_OCTETS; i = i + 1) {
      if (octets::next() != i / END_OCTETS) { return "its end is damaged or missing"; }
    }
    return null;
  }

  function _place(now: * pixel): byte {
    return now->red * 3 + now->green * 5 + now->blue * 7 + now->alpha * 11 & 63;
  }

  // The pixel of the next octets, out of the one before; how many times it is there.
  function _take(now: * pixel): byte {
    var tag = octets::next();
    var low = tag & 63;
    if (tag == RGB || tag == RGBA) {
      now->red = octets::next();
      now->green = octets::next();
      now->blue = octets::next();
      if (tag == RGBA) { now->alpha = octets::next(); }
    } else if (tag < 0x40) {
      *now = _seen[low];
    } else if (tag < 0x80) {
      _change(now, (low >> 4) - 2, (low >> 2 & 3) - 2, (low & 3) - 2);
    } else if (tag < 0xC0) {
      var more = octets::next();
      _change(now, low - 32 + (more >> 4) - 8, low - 32, low - 32 + (more & 15) - 8);
    } else {
      return low + 1;
    }
    return 1;
  }

  function _change(now: * pixel, red: byte, green: byte, blue: byte): void {
    now->red = now->red + red & 255;
    now->green = now->green + green & 255;
    now->blue = now->blue + blue & 255;
  }

  function _put(now: * pixel, has_alpha: bool): void {
    if (!has_alpha || now->alpha == 255) {
      canvas::put(now->red, now->green, now->blue);
    } else {
      canvas::put(_mixed(now->red, now->alpha), _mixed(now->green, now->alpha),
                  _mixed(now->blue, now->alpha));
    }
  }

  function _mixed(colour: byte, alpha: byte): byte {
    return (colour * alpha + BACKGROUND * (255 - alpha) + 127) / 255;
  }
}
