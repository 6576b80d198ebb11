// netpbm.qll: PBM, PGM and PPM, as text (P1 to P3) and binary (P4 to P6).

namespace netpbm {
  .constant global BITS: byte = 1;             // kinds, as text; binary is 3 more
  .constant global GRAYS: byte = 2;
  .constant global BINARY: byte = 3;
  .constant global MOST: byte = 65535;         // a sample, at most
  .constant global BAD: byte = 0xFFFFFFFE;     // no number; and octets::END where nothing is

  global _levels: byte[256] = [0; 256];        // 0 to 255 for the samples, where they are that few

  function _is_space(c: byte): bool {
    return c == ' ' || (c >= 9 && c <= 13);
  }

  // The next octet that is neither blank nor in a comment, or END.
  function _next_mark(): byte {
    var c = octets::next();
    while (_is_space(c) || c == '#') {
      if (c == '#') { _skip_comment(); }
      c = octets::next();
    }
    return c;
  }

  function _skip_comment(): void {
    var c = octets::next();
    while (c != '\n' && c != '\r' && c != octets::END) { c = octets::next(); }
  }

  // The next number, and the one octet behind it, which must be a blank or begin a comment.
  function _next_number(): byte {
    var number = 0;
    var c = _next_mark();
    if (c == octets::END) { return c; }
    while (c >= '0' && c <= '9' && number < 100000000) {
      number = number * 10 + c - '0';
      c = octets::next();
      if (_is_space(c) || c == octets::END) { return number; }
      if (c == '#') {
        _skip_comment();
        return number;
      }
    }
    return BAD;
  }

  // Behind the 'P'.
  function read_header(p: * picture): string {
    p->kind = octets::next() - '0';
    if (p->kind == 0 || p->kind > 6) { return no_picture(); }
    var c = octets::next();
    if (c == '#') { _skip_comment(); }
    else if (!_is_space(c)) { return no_picture(); }
    p->format = _format(p->kind);
    p->most = 1;
    var wrong = _take_number(&p->width);
    if (!wrong) { wrong = _take_number(&p->height); }
    if (!wrong && p->kind % 3 != BITS) { wrong = _take_number(&p->most); }
    if (!wrong) { wrong = check_size(p); }
    if (wrong) { return wrong; }
    if (p->most == 0 || p->most > MOST) { return bad_header(); }
    return octets::left() / _row_octets(p) < p->height ? too_short() : null;
  }

  // A number of the header.
  function _take_number(number: * byte): string {
    *number = _next_number();
    if (*number == octets::END) { return too_short(); }
    return *number == BAD ? bad_header() : null;
  }

  function _format(kind: byte): string {
    if (kind == 1) { return "PBM as text"; }
    if (kind == 2) { return "PGM as text"; }
    if (kind == 3) { return "PPM as text"; }
    if (kind == 4) { return "PBM"; }
    return kind == 5 ? "PGM" : "PPM";
  }

  // What a row has, at least; of a text without the blanks.
  function _row_octets(p: * picture): byte {
    if (p->kind == BITS + BINARY) { return (p->width + 7) / 8; }
    var samples = p->kind % 3 == 0 ? 3 * p->width : p->width;
    return p->kind > BINARY && p->most > 255 ? 2 * samples : samples;
  }

  function draw(p: * picture): string {
    for (var i = 0; i <= std::math::min(p->most, 255); i = i + 1) {
      _levels[i] = (i * 255 + p->most / 2) / p->most;
    }
    for (var y = 0; y < p->height; y = y + 1) {
      var wrong: string = null;
      if (p->kind % 3 == BITS) { wrong = _draw_bits(p); }
      else { wrong = _draw_samples(p); }
      if (wrong) { return wrong; }
      if (!canvas::end_row()) { return null; }
    }
    return null;
  }

  // A row of bits: 1 is black.
  function _draw_bits(p: * picture): string {
    var packed = 0;
    for (var x = 0; x < p->width; x = x + 1) {
      if (p->kind == BITS) {
        packed = _next_mark() - '0';
        if (octets::ended) { return too_short(); }
        if (packed > 1) { return "a pixel is neither 0 nor 1"; }
      } else {
        packed = (x & 7) == 0 ? octets::next() : packed << 1;
        if (octets::ended) { return too_short(); }
      }
      var is_black = p->kind == BITS ? packed : packed >> 7 & 1;
      var level = is_black ? 0 : 255;
      canvas::put(level, level, level);
    }
    return null;
  }

  // A row of grays or colours.
  function _draw_samples(p: * picture): string {
    for (var x = 0; x < p->width; x = x + 1) {
      var red = _next_sample(p);
      var green = red;
      var blue = red;
      if (p->kind % 3 == 0) {
        green = _next_sample(p);
        blue = _next_sample(p);
      }
      if (red == octets::END || green == octets::END || blue == octets::END) {
        return too_short();
      }
      if (red > 255 || green > 255 || blue > 255) {
        return "a sample is no number, or above the maximum";
      }
      canvas::put(red, green, blue);
    }
    return null;
  }

  // 0 to 255; END, or BAD for what cannot be.
  function _next_sample(p: * picture): byte {
    var sample = 0;
    if (p->kind < BINARY + BITS) { sample = _next_number(); }
    else if (p->most < 256) { sample = octets::next(); }
    else {
      sample = octets::next() << 8;
      sample = sample | octets::next();
    }
    if (sample == octets::END) { return sample; }
    if (sample > p->most) { return BAD; }
    return sample < 256 ? _levels[sample] : (sample * 255 + p->most / 2) / p->most;
  }
}
