// false: fail.

function main(): byte {
  return 1;
}
