#!/usr/bin/env node
// Starts the program with Node 24 or newer. This file alone must also run on older versions, so that it can say what is missing.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';

const neededMajor = 24;
const pathOf = (/** @type {string} */ relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));

if (Number.parseInt(process.versions.node, 10) >= neededMajor) {
  // A checkout has the sources and runs them as they are; a packed package has only what was built from them.
  const source = pathOf('src/cli/main.ts');
  await import(pathToFileURL(existsSync(source) ? source : pathOf('dist/program/main.js')).href);
} else {
  const newerNode = pathOf('node_modules/node/bin/node');
  if (existsSync(newerNode)) {
    runWith(newerNode);
  } else {
    process.stderr.write(
      `rootcellar: cannot start: it needs Node ${neededMajor} or newer and this is ${process.versions.node}; ` +
        `install a newer Node, or run "npm ci" in a checkout, which brings one\n`,
    );
    process.exitCode = 1;
  }
}

/** Runs this same command line under `node`, passes signals on to it, and ends the way it ended. */
function runWith(/** @type {string} */ node) {
  const child = spawn(node, [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`rootcellar: cannot start ${node}: ${error.message}; run "npm ci" to install it again\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    // Our own handlers would swallow the signal; without them it ends us as it ended the child.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 1000);
  });
}
