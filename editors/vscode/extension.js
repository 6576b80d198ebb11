// The extension: starts the language server and the debugger's adapter, which are commands of Quince.

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");
const { quince } = require("./command");

let client;

function command() {
  const places = (vscode.workspace.workspaceFolders || []).map((folder) => folder.uri.fsPath);
  const editor = vscode.window.activeTextEditor;
  if (editor && editor.document.uri.scheme === "file") places.push(editor.document.fileName);
  return quince(vscode.workspace.getConfiguration("quince").get("command"), places);
}

async function activate(context) {
  context.subscriptions.push(
    vscode.debug.registerDebugAdapterDescriptorFactory("quince", {
      createDebugAdapterDescriptor: () =>
        new vscode.DebugAdapterExecutable(command(), ["debug", "--dap"]),
    }),
    vscode.debug.registerDebugConfigurationProvider("quince", {
      // F5 without a launch.json: the program that is open.
      resolveDebugConfiguration: (folder, configuration) => {
        if (configuration.type) return configuration;
        const editor = vscode.window.activeTextEditor;
        if (!editor || !["qll", "qasm"].includes(editor.document.languageId)) return undefined;
        return { type: "quince", request: "launch", name: "Quince", program: editor.document.fileName };
      },
    })
  );
  const target = vscode.workspace.getConfiguration("quince").get("target");
  client = new LanguageClient(
    "quince",
    "Quince",
    { command: command(), args: ["lsp"] },
    {
      documentSelector: ["file", "untitled"].flatMap((scheme) =>
        ["qll", "qasm"].map((language) => ({ scheme, language }))
      ),
      initializationOptions: target === "auto" ? {} : { target },
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.{qll,qasm}") },
    }
  );
  try {
    await client.start();
  } catch (error) {
    vscode.window.showErrorMessage(
      `Quince: '${command()} lsp' cannot be started. Run any make target in the checkout, or set quince.command.`
    );
  }
}

function deactivate() {
  return client && client.stop();
}

module.exports = { activate, deactivate };
