// floats X: every instruction of the FPU but utof, which the compiler never uses, with results that
// are known. X has one character, so that its length is a 1 that the compiler does not know.

function check(good: bool, what: string): void {
  if (!good) {
    os::say("FAILED ");
    os::say_line(what);
  }
}

function main(text: string): byte {
  var one = <float>(len text);
  var less: int = 6;
  var seven = <float>(<unsafe int>(len text) - less - 2);  // -7
  var half = one / (one + one);
  check(half == 0.5f, "fdiv");
  check(one + half == 1.5f, "fadd");
  check(one - half == 0.5f, "fsub");
  check(seven * half == -3.5f, "fmul, itof");
  check(half < one && !(one < half), "flt");
  check(one > half && !(half > one), "fgt");
  check(<float>(len text + 0x7FFFFFFF) == 0.0f - 2147483648.0f, "itof of the lowest");
  check(<byte>(one * 3.75f) == 3, "ftoi");
  os::say("done\n");
  return 0;
}
