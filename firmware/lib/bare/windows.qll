// windows.qll: the usual places of the devices. Generated from isa by
// `python -m system windows`: do not edit.

namespace _windows {
  .constant global TIMER: byte = 0x300;
  .constant global CLOCK: byte = 0x301;
  .constant global DEBUG_BREAK: byte = 0x302;
  .constant global CONSOLE_OUTPUT: byte = 0x303;
  .constant global CONSOLE_INPUT: byte = 0x403;
  .constant global HOST_FILE: byte = 0x503;
  .constant global DISPLAY: byte = 0x603;
  .constant global KEYBOARD: byte = 0x607;
  .constant global TABLE: byte = 0x200;
  .constant global COUNTERS_IDENTIFIER: byte = 0x50;
}
