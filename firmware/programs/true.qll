// true: succeed.

function main(text: string): byte {
  os::begin(text, "true", "");
  return 0;
}
