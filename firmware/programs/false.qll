// false: fail.

function main(text: string): byte {
  os::begin(text, "false", "");
  return 1;
}
