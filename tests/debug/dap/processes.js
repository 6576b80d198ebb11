// The same client, with the operating system: two programs that a pipe connects are two threads, and
// each has its own calls and variables. It writes what it got to standard output, as JSON.
//
//     node processes.js PORT DISK

const { DebugClient } = require("@vscode/debugadapter-testsupport");

const [port, disk] = process.argv.slice(2);
const got = {};
const client = new DebugClient("node", "", "quince");

async function calls() {
    const found = {};
    for (const thread of (await client.threadsRequest()).body.threads) {
        const frames = (await client.stackTraceRequest({ threadId: thread.id })).body.stackFrames;
        found[thread.name] = frames.map((one) => one.name);
    }
    return found;
}

async function stopped(request) {
    const [event] = await Promise.all([client.waitForEvent("stopped", 60000), request]);
    return event.body;
}

async function main() {
    await client.start(Number(port));
    const initialized = client.waitForEvent("initialized", 60000);
    await client.initializeRequest();
    await client.launchRequest({ engine: "model", disk, stopOnEntry: true });
    await initialized;
    const entry = await stopped(client.configurationDoneRequest());
    await client.evaluateRequest({ expression: "type cat | wc\\r", context: "repl" });
    got.breakpoints = (await client.setFunctionBreakpointsRequest({
        breakpoints: [{ name: "wc:main" }] })).body.breakpoints;
    const stop = await stopped(client.continueRequest({ threadId: entry.threadId }));
    got.thread = (await client.threadsRequest()).body.threads.find((one) => one.id === stop.threadId).name;
    got.calls = await calls();
    got.step = await stopped(client.nextRequest({ threadId: stop.threadId }));
    got.same = got.step.threadId === stop.threadId;
    await client.disconnectRequest();
    process.stdout.write(JSON.stringify(got));
    process.exit(0);
}

main().catch((error) => { console.error(error); process.exit(1); });
