// code.qll: instructions, jumps within a function, and references to what has its address later.
//
// Code and data grow in the lists of the assembler (as/lines.qll), behind what the assembly files made.

namespace code {
  .constant global INT: byte = 1;
  .constant global LOAD: byte = 2;
  .constant global STORE: byte = 3;
  .constant global MOV: byte = 4;
  .constant global CONSTANT: byte = 5;
  .constant global ADD: byte = 6;
  .constant global SUB: byte = 7;
  .constant global MUL: byte = 8;
  .constant global DIV: byte = 9;
  .constant global MOD: byte = 10;
  .constant global AND: byte = 11;
  .constant global OR: byte = 12;
  .constant global SHL: byte = 14;
  .constant global SHR: byte = 15;
  .constant global EQ: byte = 16;
  .constant global NEQ: byte = 17;
  .constant global LT: byte = 18;
  .constant global GT: byte = 19;
  .constant global JMP: byte = 20;
  .constant global JZ: byte = 21;
  .constant global JNZ: byte = 22;
  .constant global FADD: byte = 25;
  .constant global FSUB: byte = 26;
  .constant global FMUL: byte = 27;
  .constant global FDIV: byte = 28;
  .constant global FEQ: byte = 29;
  .constant global FLT: byte = 30;
  .constant global FGT: byte = 31;
  .constant global ITOF: byte = 32;
  .constant global FTOI: byte = 34;
  .constant global SLT: byte = 38;
  .constant global SGT: byte = 39;
  .constant global SDIV: byte = 40;
  .constant global SMOD: byte = 41;
  .constant global SAR: byte = 42;

  .constant global SCRATCH: byte = 30;   // free between any two steps of generation, as is the next one
  .constant global TARGET: byte = 31;    // where to jump
  .constant global ONE: byte = 62;
  .constant global STACK: byte = 63;

  .constant global NONE: byte = 0xFFFFFFFF;

  global base: byte = 0x1000;            // address of the first word of code
  global last: byte = 0xFFFFFFFF;        // the last instruction, if nothing jumps behind it

  function here(): byte { return lines::code.count; }

  function op(opcode: byte, d: byte, a: byte, b: byte): void {
    last = lines::code.count;
    memory::add(&lines::code, opcode << 24 | d << 16 | a << 8 | b);
  }

  function load(d: byte, from: byte): void { op(LOAD, d, from, 0); }

  function store(to: byte, from: byte): void { op(STORE, to, from, 0); }

  function constant(d: byte, word: byte): void {
    last = NONE;
    memory::add(&lines::code, CONSTANT << 24 | d << 16);
    memory::add(&lines::code, word);
  }

  // Move what the last instruction made, if it did: it is needed nowhere else.
  function move(d: byte, from: byte): void {
    if (d == from) { return; }
    if (last != NONE && last + 1 == lines::code.count) {
      var word = lines::code.words[unsafe last];
      var opcode = word >> 24;
      if ((word >> 16 & 0xFF) == from && opcode != STORE && opcode < FTOI + 20 && from < ONE
          && from < 32 && (opcode < JMP || opcode > JNZ) && opcode != INT && opcode != 0) {
        lines::code.words[unsafe last] = (word & 0xFF00FFFF) | d << 16;
        return;
      }
    }
    op(MOV, d, from, 0);
  }

  // --- jumps within a function -----------------------------------------------------------------

  global places: memory::list = memory::list { };   // of labels
  global jumps: memory::list = memory::list { };    // words that hold a label's address, and which

  function label(): byte {
    memory::add(&places, NONE);
    return places.count - 1;
  }

  function place(label: byte): void {
    places.words[unsafe label] = here();
    last = NONE;
  }

  function address_of_label(d: byte, label: byte): void {
    constant(d, 0);
    memory::add(&jumps, here() - 1);
    memory::add(&jumps, label);
  }

  function jump(label: byte): void {
    address_of_label(TARGET, label);
    op(JMP, 0, TARGET, 0);
    last = NONE;
  }

  function jump_if(opcode: byte, register: byte, label: byte): void {
    address_of_label(TARGET, label);
    op(opcode, 0, register, TARGET);
    last = NONE;
  }

  // All labels of a function are placed.
  function end_function(): void {
    for (var i = 0; i < jumps.count; i = i + 2) {
      lines::code.words[unsafe jumps.words[unsafe i]] = base + places.words[unsafe jumps.words[unsafe i + 1]];
    }
    jumps.count = 0;
    places.count = 0;
  }

  // --- what has its address at the end ---------------------------------------------------------

  // Words to which an address is to be added: where, and the function or global; 0 for the data.
  global in_code: memory::list = memory::list { };
  global in_data: memory::list = memory::list { };

  global wanted: memory::list = memory::list { };   // functions whose code is needed

  function want(e: * names::entity): void {
    if (e->is_wanted) { return; }
    e->is_wanted = true;
    if (e->kind == names::FUNCTION) { memory::add(&wanted, <unsafe byte>e); }
  }

  function address_of(d: byte, e: * names::entity, offset: byte): void {
    constant(d, offset);
    refer(&in_code, here() - 1, e);
  }

  function address_of_data(d: byte, offset: byte): void {
    constant(d, offset);
    memory::add(&in_code, here() - 1);
    memory::add(&in_code, 0);
  }

  function refer(list: * memory::list, at: byte, e: * names::entity): void {
    want(e);
    memory::add(list, at);
    memory::add(list, <unsafe byte>e);
  }

  // Room in the data, zeros; where it begins.
  function reserve(count: byte): byte {
    var at = lines::data.count;
    memory::reserve(&lines::data, count);
    for (var i = 0; i < count; i = i + 1) { memory::add(&lines::data, 0); }
    return at;
  }

  function fill_in(list: * memory::list, words: * byte, data_begin: byte): void {
    for (var i = 0; i < list->count; i = i + 2) {
      var at = list->words[unsafe i];
      var e = <unsafe * names::entity>list->words[unsafe i + 1];
      var begin = !e || e->is_data ? data_begin : base;
      words[unsafe at] = words[unsafe at] + begin + (e ? e->address : 0);
    }
  }
}
