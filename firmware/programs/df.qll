// df: say how much of the disk and of the memory is free, in KiB.

function row(what: string, kib: byte): void {
  os::say_column(kib, 9);
  os::say(" KiB ");
  os::say_line(what);
}

function main(text: string): byte {
  if (len os::begin(text, "df", "") != 0) { return os::misused("df"); }
  row("free on the disk", os::free_space(os::FREE_SECTORS) / 2);
  row("of memory free for programs", os::free_space(os::FREE_MEMORY) / 256);
  row("of memory free in the kernel's heap", os::free_space(os::FREE_HEAP) / 256);
  return 0;
}
