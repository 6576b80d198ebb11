// timing.qll: how long a pipeline took, in seconds and, where the machine has counters, in cycles and
// instructions. They count for the whole machine: what others did meanwhile is in them.

namespace timing {
  type moment = struct { ms: byte; counts: byte[4]; are_counted: bool; };

  function now(is_wanted: bool): moment {
    var m = moment { ms = os::clock() };
    if (is_wanted) { m.are_counted = os::counters(&m.counts[0]) == 0; }
    return m;
  }

  function tell(since: moment): void {
    var until = now(true);
    var ms = until.ms - since.ms;
    var digits: byte[12];
    var text = texts::make();
    texts::append_number(&text, ms / 1000);
    texts::add(&text, '.');
    texts::append(&text, std::str::utoa(ms % 1000 + 1000, digits, 10)[1:4]);
    texts::append(&text, " s");
    if (until.are_counted && since.are_counted) {
      append_count(&text, &since.counts[0], &until.counts[0], " cycles");
      append_count(&text, &since.counts[2], &until.counts[2], " instructions");
    }
    texts::add(&text, '\n');
    os::write(run::now.errors, text);
    texts::drop(text);
  }

  // ", 12345 cycles": the difference of two counts of 64 bits.
  function append_count(text: * string, from: * byte, to: * byte, what: string): void {
    var low = to[unsafe 0] - from[unsafe 0];
    var high = to[unsafe 1] - from[unsafe 1] - (to[unsafe 0] < from[unsafe 0] ? 1 : 0);
    var limbs: byte[4] = [high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF];
    var digits: byte[20];
    var at = len digits;
    var is_more = true;
    while (is_more) {
      var rest = 0;
      is_more = false;
      for (var i = 0; i < 4; i = i + 1) {
        var all = rest << 16 | limbs[i];
        limbs[i] = all / 10;
        rest = all % 10;
        if (limbs[i] != 0) { is_more = true; }
      }
      at = at - 1;
      digits[at] = '0' + rest;
    }
    texts::append(text, ", ");
    texts::append(text, digits[at:len digits]);
    texts::append(text, what);
  }
}
