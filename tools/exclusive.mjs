// Plain JavaScript for Node 20: tools/with-node-24.mjs needs it before a newer Node is installed.
import { createHash } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Runs `work` while no other process of this machine runs work of the same `name`; the others wait their turn.
 *
 * The lock is a listening local socket: the operating system frees it when its holder ends, however it ends, so it
 * cannot go stale. On Linux the socket has no file at all; two containers that share a folder do not see each other's,
 * so what `work` makes must also be put in place atomically.
 *
 * @template T
 * @param {string} name any text, for instance the path of what is being made
 * @param {() => Promise<T>} work
 * @param {() => void} [onWait] called once when another process holds the lock
 * @returns {Promise<T>}
 */
export async function exclusively(name, work, onWait) {
  const address = addressOf(name);
  let waited = false;
  for (;;) {
    const server = await tryListen(address);
    if (server !== undefined) {
      try {
        return await work();
      } finally {
        await closed(server);
      }
    }
    if (!waited) onWait?.();
    waited = true;
    await holderGone(address);
  }
}

/** @param {string} name */
function addressOf(name) {
  const id = `rootcellar-${createHash('sha256')
    .update(`${process.getuid?.() ?? ''} ${name}`)
    .digest('hex')
    .slice(0, 24)}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${id}`;
  return process.platform === 'linux' ? `\0${id}` : path.join(tmpdir(), id);
}

/**
 * @param {string} address
 * @returns {Promise<HeldLock | undefined>} undefined when another holds it
 * @typedef {{ server: net.Server, waiting: Set<net.Socket> }} HeldLock
 */
function tryListen(address) {
  return new Promise((resolve, reject) => {
    /** @type {Set<net.Socket>} */
    const waiting = new Set();
    const server = net.createServer((socket) => {
      waiting.add(socket);
      socket.on('error', () => {}).on('close', () => waiting.delete(socket));
    });
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      server.unref();
      resolve({ server, waiting });
    });
  });
}

/** @param {HeldLock} held */
function closed({ server, waiting }) {
  const done = new Promise((resolve) => {
    server.close(() => resolve(undefined));
  });
  for (const socket of waiting) socket.destroy();
  return done;
}

/**
 * Resolves when the process that listens at `address` closed our connection: it finished, or it ended.
 *
 * @param {string} address
 * @returns {Promise<void>}
 */
function holderGone(address) {
  return new Promise((resolve) => {
    const socket = net.connect(address);
    socket.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      // A socket file whose owner was killed (never on Linux): nobody listens, so it only stands in the way.
      if (error.code === 'ECONNREFUSED' && address.startsWith(path.sep)) unlinkSync(address);
    });
    socket.on('close', () => resolve());
    socket.resume();
  });
}
