// Result: 1234
// One name as type, function, namespace, local and member; lookup through using and outwards.
type thing = byte;
function thing(): thing { return 1; }
namespace thing {
  global thing: byte = 2;
  namespace inner { function outer(): byte { return later::value; } }
}
namespace later { global value: byte = 3; }
namespace user {
  function four(): byte { return helper() + thing::thing; }
  using tools;
}
namespace tools { function helper(): byte { return 2; } }

function main(): byte {
  var result: byte = thing() * 1000;
  if (result) { var thing: thing = result; result = thing; }
  return result + thing::thing * 100 + thing::inner::outer() * 10 + user::four();
}
