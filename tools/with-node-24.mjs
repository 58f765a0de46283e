// node tools/with-node-24.mjs SCRIPT [ARGUMENT…]
//
// Makes a clean clone ready and runs SCRIPT under Node 24 or newer: installs the packages when they are absent or older than
// package-lock.json, then uses this process's Node if it is new enough, else the one that the package "node" brought.
// Plain JavaScript without packages, for Node 20.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { exclusively } from './exclusive.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = path.join(root, 'node_modules', '.rootcellar-installed');
const packagedNode = path.join(root, 'node_modules', 'node', 'bin', 'node');
const ownNodeIsNew = Number.parseInt(process.versions.node, 10) >= 24;

const [script, ...scriptArguments] = process.argv.slice(2);
if (script === undefined) {
  process.stderr.write('usage: node tools/with-node-24.mjs SCRIPT [ARGUMENT…]\n');
  process.exit(2);
}
if (!isInstalled()) await exclusively(`install ${root}`, install, () => say('waiting for another run to install the packages'));
const node = ownNodeIsNew ? process.execPath : packagedNode;
const pathWithNode = [path.dirname(node), path.join(root, 'node_modules', '.bin'), process.env['PATH']].join(path.delimiter);
endLike(await run(node, [script, ...scriptArguments], { ...process.env, PATH: pathWithNode }));

/** What package-lock.json asks for, to be compared with what was installed. */
function lockDigest() {
  return createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
}

function isInstalled() {
  if (!ownNodeIsNew && !existsSync(packagedNode)) return false;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockDigest()) return true;
  // Somebody ran "npm ci" by hand: npm leaves this file when it is done.
  const marker = path.join(root, 'node_modules', '.package-lock.json');
  return existsSync(marker) && statSync(marker).mtimeMs > statSync(path.join(root, 'package-lock.json')).mtimeMs;
}

async function install() {
  if (isInstalled()) return;
  const digest = lockDigest();
  const begin = Date.now();
  say('installing the packages of package-lock.json with "npm ci" (about half a minute)');
  // Under "npm run" the settings of that npm are in the environment; a second npm would take them for its own command line.
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  const npm = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], environment);
  if (npm.code !== 0) {
    say('cannot install the packages: "npm ci" failed; its own words are above');
    endLike(npm);
  }
  if (!ownNodeIsNew && !existsSync(packagedNode)) {
    say('cannot find Node 24: the package "node" did not bring it; allow its install script, or install Node 24 or newer');
    process.exit(1);
  }
  writeFileSync(stamp, digest);
  say(`installed in ${Math.round((Date.now() - begin) / 1000)} s`);
}

/**
 * Runs a program in this terminal; signals sent to us alone are passed on to it.
 *
 * @param {string} program
 * @param {readonly string[]} programArguments
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null }>}
 */
function run(program, programArguments, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, programArguments, { cwd: root, env, stdio: 'inherit' });
    const passOn = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
    const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
    for (const signal of signals) process.on(signal, passOn);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const each of signals) process.off(each, passOn);
      resolve({ code, signal });
    });
  });
}

/**
 * @param {{ code: number | null, signal: NodeJS.Signals | null }} end
 * @returns {never}
 */
function endLike({ code, signal }) {
  process.exit(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
}

/** @param {string} text */
function say(text) {
  process.stderr.write(`rootcellar: ${text}\n`);
}
