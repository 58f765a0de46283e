import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../foundation/secret.ts';
import { createLogger, type Logger, type LoggerOptions } from './logger.ts';
import { Scrubber } from './scrubber.ts';

const clock = { now: () => new Date('2026-11-23T10:46:46Z'), sleep: () => Promise.resolve() };

function logInto(lines: string[], options: Partial<LoggerOptions> = {}): Logger {
  return createLogger({ level: 'info', format: 'json', clock, scrubber: new Scrubber(), write: (line) => lines.push(line), ...options });
}

test('createLogger() writes one JSON object a line with time, level, facts and message', () => {
  const lines: string[] = [];

  logInto(lines).warn({ attempt: 2 }, 'request tried again');

  assert.deepEqual(lines, ['{"level":"warn","time":"2026-11-23T10:46:46.000Z","attempt":2,"msg":"request tried again"}\n']);
});

test('createLogger() writes a line for people in the format text', () => {
  const lines: string[] = [];

  logInto(lines, { format: 'text' }).info({ key: 'a/b', why: 'it is slow', err: new Error('reset') }, 'request tried again');

  assert.deepEqual(lines, ['10:46:46 INFO  request tried again key=a/b why="it is slow" error=reset\n']);
});

test('createLogger() leaves out what is below its level', () => {
  const lines: string[] = [];

  logInto(lines, { level: 'warn' }).info({}, 'quiet');

  assert.deepEqual(lines, []);
});

test('createLogger() shows no secret: not as a Secret, not under a telling name, not inside a message of others', () => {
  const lines: string[] = [];
  const scrubber = new Scrubber();
  const secret = new Secret('hunter "2"');
  scrubber.add(secret);

  const log = logInto(lines, { scrubber });
  log.error({ secret, server: { password: 'plain' }, err: new Error('bind as admin with hunter "2" failed') }, 'bind failed');
  log.error({ basic: Buffer.from('hunter "2"').toString('base64') }, 'bind failed');

  assert.doesNotMatch(lines.join(''), /hunter|plain|aHVudGVy/);
  assert.match(lines[0] ?? '', /"secret":"\*\*\*".*"password":"\*\*\*".*with \*\*\* failed/);
});
