// The grammars, as VS Code itself reads them: how some lines are told apart.

const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const test = require("node:test");
const oniguruma = require("vscode-oniguruma");
const { INITIAL, Registry, parseRawGrammar } = require("vscode-textmate");

const root = path.join(__dirname, "..");
const extension = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
const wasm = fs.readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
const ready = oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));

const registry = new Registry({
  onigLib: ready.then(() => ({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  })),
  loadGrammar: async (scope) => {
    const entry = extension.contributes.grammars.find((each) => each.scopeName === scope);
    const file = path.join(root, entry.path);
    return parseRawGrammar(fs.readFileSync(file, "utf8"), file);
  },
});

// Pieces of a text with the last part of their innermost scope, blanks left out.
async function pieces(scope, text) {
  const grammar = await registry.loadGrammar(scope);
  const found = [];
  let state = INITIAL;
  for (const line of text.split("\n")) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    for (const token of tokens) {
      const word = line.slice(token.startIndex, token.endIndex).trim();
      if (word) found.push([word, token.scopes.at(-1)]);
    }
  }
  return found;
}

async function check(scope, text, expected) {
  const found = await pieces(scope, text);
  for (const [word, name] of expected) {
    assert.ok(
      found.some(([other, innermost]) => other === word && innermost.startsWith(name)),
      `${word} should be ${name} in ${JSON.stringify(found)}`
    );
  }
}

test("declarations of QLL", () =>
  check("source.qll", ".export function f(a: * byte): point[] { }", [
    [".export", "storage.modifier.tag"], ["function", "storage.type.function"], ["f", "entity.name.function"],
    ["byte", "support.type.primitive"], ["point", "variable.other"], ["*", "keyword.operator"],
  ]));

test("expressions of QLL", () =>
  check("source.qll", "if (std::str::equal(s, \"a\\n\\q\") && x->y != 0x1F) { return 1.5f; } // if", [
    ["if", "keyword.control"], ["std", "entity.name.namespace"], ["equal", "entity.name.function.call"],
    ["\\n", "constant.character.escape"], ["\\q", "invalid.illegal.escape"], ["->", "keyword.operator"],
    ["0x1F", "constant.numeric.hex"], ["1.5f", "constant.numeric.float"], ["// if", "comment.line"],
  ]));

test("a member is no tag, and a literal ends with its line", async () => {
  const found = await pieces("source.qll", "p.left = 'x\nvar y = 1;");
  assert.ok(!found.some(([, scope]) => scope.startsWith("storage.modifier")));
  assert.ok(found.some(([word, scope]) => word === "var" && scope.startsWith("storage.type.variable")));
});

test("QASM", () =>
  check("source.qasm.quince", "@a::b:\n  constant r63 @`x y` ; add\n  add r64 ip LIMIT\ndata @d 'it\\'s' -0x5\n  ret", [
    ["@a::b", "entity.name.function.label"], ["constant", "keyword.mnemonic"],
    ["r63", "variable.language.register"], ["@`x y`", "entity.name.function.reference"],
    ["; add", "comment.line"], ["r64", "variable.other.constant"], ["ip", "variable.language.register"],
    ["data", "keyword.other.directive"], ["\\'", "constant.character.escape"],
    ["-0x5", "constant.numeric.hex"], ["ret", "variable.other.constant"],
  ]));

test("every file that the extension names is there", () => {
  const { grammars, languages } = extension.contributes;
  for (const file of [...grammars.map((each) => each.path), ...languages.map((each) => each.configuration)]) {
    JSON.parse(fs.readFileSync(path.join(root, file), "utf8"));
  }
});

test("the command is the one of the settings, of the checkout or of the PATH", () => {
  const { quince } = require("../command");
  const folder = fs.mkdtempSync(path.join(require("node:os").tmpdir(), "quince-"));
  assert.equal(quince("/opt/quince", [folder]), "/opt/quince");
  assert.equal(quince("", [folder]), "quince");
  fs.mkdirSync(path.join(folder, ".venv", "bin"), { recursive: true });
  const own = path.join(folder, ".venv", "bin", "quince");
  fs.writeFileSync(own, "");
  assert.equal(quince("", [folder]), own);
  assert.equal(quince("", [path.join(folder, "kernel", "file.qll")]), own);
  fs.rmSync(folder, { recursive: true });
});
