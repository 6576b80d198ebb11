// counters.qll: cycles and instructions of the bare machine, where counters are fitted.
//
// Interrupts:  may come at any time, and a handler may take the counts, too: whoever finds that
//              somebody has stored to `take` since takes them again.

namespace counters {
  // A count of 64 bits.
  type count = struct {
    low: byte;
    high: byte;
  };

  // Both counts, of the same moment.
  type counts = struct {
    cycles: count;
    instructions: count;
  };

  // The device's words.
  type _window = struct {
    take: byte;
    counts: counts;
  };

  // An entry of the table of peripherals.
  type _fitted = struct {
    identifier: byte;
    window: * _window;
  };

  global _place: * _window = null;

  // Whether the machine has counters. They are at no usual place: the table says where.
  function are_fitted(): bool {
    if (_place == null) {
      var table = <unsafe * _fitted>(_windows::TABLE + 1);
      for (var n = 0; n < *<unsafe * byte>_windows::TABLE; n = n + 1) {
        if (table[unsafe n].identifier == _windows::COUNTERS_IDENTIFIER) {
          _place = table[unsafe n].window;
        }
      }
    }
    return _place != null;
  }

  // Both counts, since reset; all zeros without counters.
  function take(): counts {
    if (!are_fitted()) {
      return counts { };
    }
    while (true) {
      var mine = _place->take + 1;
      _place->take = mine;
      var found = _place->counts;
      if (_place->take == mine) {
        return found;
      }
    }
    return counts { };
  }

  // How much later one count is than another.
  function between(earlier: count, later: count): count {
    var high = later.high - earlier.high;
    if (later.low < earlier.low) {
      high = high - 1;
    }
    return count { low = later.low - earlier.low, high = high };
  }
}
