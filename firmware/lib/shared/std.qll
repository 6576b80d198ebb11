// std.qll: slices, linked lists, vectors, strings, formatted output.
//
// Needs `std::console::print` and `std::wait_while` of the target, and its `new` and `delete`.

namespace std {
  // What a slice is made of; interchangeable with T[].
  type slice<T> = struct {
    pointer: * T;
    length: byte;
    capacity: byte;
  };

  // Copies as much of `source` as the capacity of `destination` allows, in ascending order. Every
  // store is checked against the length of `destination`.
  function copy<T>(destination: T[], source: T[]): void {
    var count = math::min(cap destination, len source);
    for (var i = 0; i < count; i = i + 1) {
      destination[i] = source[i];
    }
  }

  // Copies `length` elements, in ascending order, without any check.
  function unsafe_copy<T>(destination: * T, source: * T, length: byte): void {
    for (var i = 0; i < length; i = i + 1) {
      destination[unsafe i] = source[unsafe i];
    }
  }
}

namespace std::math {
  function max(i: byte, j: byte): byte {
    return i > j ? i : j;
  }

  function min(i: byte, j: byte): byte {
    return i < j ? i : j;
  }
}

// Linked lists through a member. T is always a pointer to a struct with a member `next` of type T;
// a list is a variable of type T, null when empty.
namespace std::ilist {
  // Appends; false only if there is no list to append to. `el->next` must be null: it is not
  // touched.
  function add<T>(ilist: * T, el: T): bool {
    if (!ilist) {
      return false;
    }
    var at = ilist;
    while (*at) {
      at = &(*at)->next;
    }
    *at = el;
    return true;
  }

  // Unlinks the first occurrence, if there is one; `el->next` keeps its value.
  function remove<T>(ilist: * T, el: T): void {
    var at = ilist;
    while (*at) {
      if (*at == el) {
        *at = el->next;
        return;
      }
      at = &(*at)->next;
    }
  }

  // The element behind `el`, the first one if it is the last; null if `el` is not in the list.
  function next<T>(ilist: T, el: T): T {
    for (var p = ilist; p; p = p->next) {
      if (p == el) {
        if (p->next) {
          return p->next;
        }
        return ilist;
      }
    }
    return null;
  }

  // Calls `fn` for each; which one is next is read after the call.
  function foreach<T>(ilist: T, fn: (T) => void): void {
    for (var p = ilist; p; p = p->next) {
      fn(p);
    }
  }

  function length<T>(ilist: T): byte {
    var count = 0;
    for (var p = ilist; p; p = p->next) {
      count = count + 1;
    }
    return count;
  }
}

// Growing slices: the length is the number of elements, the capacity the room.
namespace std {
  type vector<T> = T[];
}

namespace std::vector {
  // Heap room for `n` elements, none in it yet.
  function create<T>(n: byte): vector<T> {
    var vec = new T[n];
    len vec = 0;
    return vec;
  }

  // Frees the memory; the caller's slice still points there.
  function destroy<T>(vec: vector<T>): void {
    delete vec;
  }

  // A vector over the same data, full. The data may not be from the heap: do not add or destroy.
  // The descriptor on the heap that it is made of is never freed.
  function from_array<T>(arr: T[]): vector<T> {
    return *(new T[] = arr);
  }

  // Appends; traps (capacity) if the vector cannot grow, be it for want of memory or because it
  // has capacity 0, which twice over is still 0.
  function add<T>(vec: * vector<T>, element: T): void {
    if (len *vec == cap *vec) {
      _increase_capacity<T>(vec);
    }
    var at = len *vec;
    len *vec = at + 1;
    (*vec)[at] = element;
  }

  // Moves to new memory of twice the capacity, and frees the old.
  function _increase_capacity<T>(vec: * vector<T>): void {
    var old = *vec;
    var bigger = new T[cap old * 2];
    len bigger = len old;
    std::copy<T>(bigger, old);
    *vec = bigger;
    delete old;
  }

  // Closes the gap at `index`, which must be below the length (traps otherwise).
  function remove<T>(vec: * vector<T>, index: byte): void {
    var rest = *vec;
    rest[index];
    for (var i = index + 1; i < len rest; i = i + 1) {
      rest[i - 1] = rest[i];
    }
    len *vec = len rest - 1;
  }

  // Index of the first element that equals `el`, or -1. T must be comparable.
  function find<T>(vec: vector<T>, el: T): byte {
    for (var i = 0; i < len vec; i = i + 1) {
      if (vec[i] == el) {
        return i;
      }
    }
    return -1;
  }

  // Index of the first element for which `fn` is true, or -1.
  function find_by<T, C>(vec: vector<T>, fn: (T, C) => bool, context: C): byte {
    for (var i = 0; i < len vec; i = i + 1) {
      if (fn(vec[i], context)) {
        return i;
      }
    }
    return -1;
  }

  // Removes the first element for which `fn` is true, if there is one.
  function remove_by<T, C>(vec: * vector<T>, fn: (T, C) => bool, context: C): void {
    var index = find_by<T, C>(*vec, fn, context);
    if (index != -1) {
      remove<T>(vec, index);
    }
  }

  function foreach<T>(vec: vector<T>, fn: (T) => void): void {
    for (var i = 0; i < len vec; i = i + 1) {
      fn(vec[i]);
    }
  }
}

// Strings: one code point to a word.
namespace std::str {
  // A copy on the heap; the null slice if there is no room, as in `concat`.
  function from_string(s: string): string {
    return concat(s, s[:0]);
  }

  // Both, one behind the other, in new memory on the heap.
  function concat(a: string, b: string): string {
    var both = new byte[len a + len b];
    if (!both) {
      return null;
    }
    for (var i = 0; i < len a; i = i + 1) {
      both[i] = a[i];
    }
    for (var i = 0; i < len b; i = i + 1) {
      both[len a + i] = b[i];
    }
    return both;
  }

  // In place.
  function reverse(buffer: string): void {
    for (var i = 0; i < len buffer / 2; i = i + 1) {
      var mirrored = len buffer - 1 - i;
      var kept = buffer[i];
      buffer[i] = buffer[mirrored];
      buffer[mirrored] = kept;
    }
  }

  function equal(a: string, b: string): bool {
    return len a == len b && starts_with(a, b);
  }

  // First position of a character, or -1.
  function index_of(haystack: string, needle: byte): byte {
    for (var i = 0; i < len haystack; i = i + 1) {
      if (haystack[i] == needle) {
        return i;
      }
    }
    return -1;
  }

  function starts_with(s: string, prefix: string): bool {
    if (len s < len prefix) {
      return false;
    }
    for (var i = 0; i < len prefix; i = i + 1) {
      if (s[i] != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  function ends_with(s: string, suffix: string): bool {
    return len s >= len suffix && starts_with(s[len s - len suffix:], suffix);
  }

  // In place, ASCII letters only.
  function to_upper(s: string): void {
    for (var i = 0; i < len s; i = i + 1) {
      if (s[i] >= 'a' && s[i] <= 'z') {
        s[i] = s[i] - 'a' + 'A';
      }
    }
  }

  // In place, ASCII letters only.
  function to_lower(s: string): void {
    for (var i = 0; i < len s; i = i + 1) {
      if (s[i] >= 'A' && s[i] <= 'Z') {
        s[i] = s[i] - 'A' + 'a';
      }
    }
  }

  // Numbers as text. All of these write from the start of the memory of `buffer`, of which they
  // use the whole capacity, and return the part that they wrote; `buffer` itself keeps its length.
  // One element more than there are digits is needed, for a sign; with less the result is empty.

  // Unsigned, in bases 2 to 36, with lower-case letters.
  function utoa(number: byte, buffer: string, base: byte): string {
    var room = buffer[:cap buffer];
    var text = room[:_put_digits(number, room, base)];
    reverse(text);
    return text;
  }

  // The same.
  function ntoa(number: byte, buffer: string, base: byte): string {
    return utoa(number, buffer, base);
  }

  // Signed.
  function itoa(number: int, buffer: string, base: byte): string {
    if (number >= 0) {
      return utoa(<unsafe byte>number, buffer, base);
    }
    var room = buffer[:cap buffer];
    // The least number is its own negative, which as an unsigned number is right.
    var count = _put_digits(<unsafe byte>-number, room, base);
    if (count) {
      room[count] = '-';
      count = count + 1;
    }
    var text = room[:count];
    reverse(text);
    return text;
  }

  // Puts the digits of a number, the last one first; returns how many, or 0 if with one element
  // more they do not fit.
  function _put_digits(number: byte, room: string, base: byte): byte {
    for (var count = 1; count < len room; count = count + 1) {
      var digit = number % base;
      room[count - 1] = digit < 10 ? '0' + digit : 'a' + digit - 10;
      number = number / base;
      if (number == 0) {
        return count;
      }
    }
    return 0;
  }
}

// Formatted output: `std::fmt::print([fs("n="), fu(n), nl])`.
namespace std {
  // One item to print. `fmt_type` says which of n, i, s, p counts; `base` 0 stands for the usual.
  type fmt = struct {
    fmt_type: fmt::fmt_type;
    n: byte;
    i: int;
    base: byte;
    s: string;
    p: * byte;
  };
}

namespace std::fmt {
  type fmt_type = byte;

  namespace fmt_type {
    .constant global S: fmt_type = 1;
    .constant global U: fmt_type = 2;
    .constant global I: fmt_type = 3;
    .constant global P: fmt_type = 4;
  }

  // Text; it is not copied, so it must live as long as the item.
  function fs(s: string): fmt {
    return fmt { fmt_type = fmt_type::S, s = s };
  }

  // A signed number, decimal.
  function fi(n: int): fmt {
    return fmt { fmt_type = fmt_type::I, i = n };
  }

  // An unsigned number, decimal.
  function fu(n: byte): fmt {
    return fmt { fmt_type = fmt_type::U, n = n };
  }

  // A pointer, hexadecimal without prefix.
  function fp(p: * byte): fmt {
    return fmt { fmt_type = fmt_type::P, p = p };
  }

  global nl: fmt = fs("\n");

  // Prints the items in order; false at the first that is of no kind or does not fit.
  function print(formats: fmt[]): bool {
    var digits: byte[33];    // 32 binary ones and a spare
    for (var i = 0; i < len formats; i = i + 1) {
      var item = &formats[i];
      var text = item->s;
      if (item->fmt_type == fmt_type::U) {
        text = str::utoa(item->n, digits, item->base || 10);
      } else if (item->fmt_type == fmt_type::I) {
        text = str::itoa(item->i, digits, item->base || 10);
      } else if (item->fmt_type == fmt_type::P) {
        text = str::utoa(<unsafe byte>item->p, digits, item->base || 16);
      } else if (item->fmt_type != fmt_type::S) {
        return false;
      }
      if (item->fmt_type != fmt_type::S && len text == 0) {
        return false;
      }
      console::print(text);
    }
    return true;
  }
}
