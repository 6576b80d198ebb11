// true: succeed.

function main(): byte {
  return 0;
}
