// A client of the Debug Adapter Protocol, the one that adapters for VS Code are tested with. It talks to
// a server on a port, and writes what it got to standard output, as JSON.
//
//     node client.js PORT PROGRAM LINE

const { DebugClient } = require("@vscode/debugadapter-testsupport");

const [port, program, line] = process.argv.slice(2);
const got = {};
const client = new DebugClient("node", "", "quince");

async function top() {
    const threads = (await client.threadsRequest()).body.threads;
    const trace = (await client.stackTraceRequest({ threadId: threads[0].id })).body;
    return { threads, frames: trace.stackFrames, total: trace.totalFrames };
}

async function locals(frameId) {
    const scopes = (await client.scopesRequest({ frameId })).body.scopes;
    const variables = {};
    for (const scope of scopes.filter((one) => one.name !== "Registers")) {
        const found = await client.variablesRequest({ variablesReference: scope.variablesReference });
        for (const one of found.body.variables) variables[one.name] = one;
    }
    return variables;
}

const values = (variables) =>
    Object.fromEntries(Object.entries(variables).map(([name, one]) => [name, one.value]));

async function stopped(request) {
    const [event] = await Promise.all([client.waitForEvent("stopped"), request]);
    return event.body;
}

async function main() {
    let output = "";
    client.on("output", (event) => { output += event.body.output; });
    await client.start(Number(port));
    const initialized = client.waitForEvent("initialized");
    got.capabilities = (await client.initializeRequest()).body;
    await client.launchRequest({ program, engine: "model" });
    await initialized;
    got.breakpoints = (await client.setBreakpointsRequest({
        source: { path: program }, breakpoints: [{ line: Number(line), condition: "i == 3" }, { line: 99999 }],
    })).body.breakpoints;
    got.stop = await stopped(client.configurationDoneRequest());
    let here = await top();
    got.threads = here.threads;
    got.frames = here.frames;
    const at = await locals(here.frames[0].id);
    got.locals = values(at);
    got.parts = values(Object.fromEntries((await client.variablesRequest({
        variablesReference: at.corner.variablesReference })).body.variables.map((one) => [one.name, one])));
    got.evaluated = (await client.evaluateRequest({
        expression: "i * 10", frameId: here.frames[0].id })).body.result;
    got.memory = (await client.send("readMemory", {
        memoryReference: at.table.memoryReference, count: 12 })).body;
    got.code = (await client.send("disassemble", {
        memoryReference: here.frames[0].instructionPointerReference, instructionOffset: -2,
        instructionCount: 5 })).body.instructions;

    got.next = await stopped(client.nextRequest({ threadId: 1 }));
    got.nextLine = (await top()).frames[0].line;
    got.back = await stopped(client.stepBackRequest({ threadId: 1 }));
    got.backLine = (await top()).frames[0].line;
    await stopped(client.setBreakpointsRequest({
        source: { path: program }, breakpoints: [{ line: Number(line), condition: "i == 1" }],
    }).then(() => client.reverseContinueRequest({ threadId: 1 })));
    here = await top();
    got.earlier = values(await locals(here.frames[0].id)).i;
    await client.setBreakpointsRequest({ source: { path: program }, breakpoints: [] });
    const exited = client.waitForEvent("exited");
    await stopped(client.continueRequest({ threadId: 1 }));
    got.exited = (await exited).body.exitCode;
    got.wrong = await client.evaluateRequest({ expression: "nonsense" }).catch((error) => error.message);
    got.repl = (await client.evaluateRequest({ expression: "info history", context: "repl" })).body.result;
    got.output = output;
    await client.disconnectRequest();
    process.stdout.write(JSON.stringify(got));
    process.exit(0);
}

main().catch((error) => { console.error(error); process.exit(1); });
