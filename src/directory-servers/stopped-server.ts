import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { Failure } from '../foundation/failure.ts';
import { type ConfigFile, readConfigLdif } from './config-ldif.ts';

/** @throws Failure E_TOOL_MISSING when `home` is no folder of a server */
export async function readConfigFile(home: string): Promise<ConfigFile> {
  return readConfigLdif(await readConfigText(home));
}

/** The text of the configuration; rejects as {@link readConfigFile}. */
export async function readConfigText(home: string): Promise<string> {
  const file = path.join(home, 'config', 'config.ldif');
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Failure('E_TOOL_MISSING', `Cannot read ${file}: the server's configuration is not there or not readable`, {
      hint: "set server.home to the server's root folder, as rootcellar sees it",
      cause: error,
    });
  }
}

/**
 * Makes sure that the server does not run: a program that works on the files of a running one backs up what is half written, and the
 * server's own locks do not hinder it (tried). Its process may be out of sight in another container, so its ports are asked as well.
 *
 * @throws Failure E_SERVER_RUNNING
 */
export async function assertStopped(home: string, attempt: string): Promise<void> {
  const pid = Number((await readFile(path.join(home, 'logs', 'server.pid'), 'utf8').catch(() => '')).trim());
  if (pid > 0 && isAlive(pid)) throw running(attempt, `it is process ${pid}`);
  for (const port of (await readConfigFile(home)).listenPorts) {
    if (await answers(port)) throw running(attempt, `port ${port} answers`);
  }
}

function running(attempt: string, sign: string): Failure {
  return new Failure('E_SERVER_RUNNING', `Cannot ${attempt} offline: the server runs, ${sign}`, {
    hint: 'set server.mode to online, or stop the server first',
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It is there, but belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 2000 });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once('connect', () => settle(true))
      .once('error', () => settle(false))
      .once('timeout', () => settle(false));
  });
}
