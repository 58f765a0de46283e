import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReportProgress } from '../foundation/progress.ts';
import { bareLook } from './look.ts';
import { barProgress, jsonProgress, lineProgress, type ProgressOptions, type ProgressOutput } from './progress-output.ts';

const MiB = 1024 * 1024;

interface Scene {
  readonly written: string[];
  readonly output: ProgressOutput;
  readonly report: ReportProgress;
  readonly pass: (milliseconds: number) => void;
}

function scene(make: (options: ProgressOptions) => ProgressOutput, columns = 80): Scene {
  const written: string[] = [];
  let time = Date.UTC(2026, 10, 23);
  const clock = { now: () => new Date(time), sleep: () => Promise.resolve() };
  const output = make({ write: (text) => written.push(text), clock, look: bareLook, columns: () => columns });
  return { written, output, report: output.report, pass: (milliseconds) => void (time += milliseconds) };
}

describe('lineProgress()', () => {
  test('writes a line at begin and end, and one every five seconds between', () => {
    const { written, report, pass } = scene(lineProgress);

    report({ kind: 'begin', step: 'archive', total: 100 * MiB, unit: 'bytes' });
    for (let second = 1; second <= 9; second += 1) {
      pass(1000);
      report({ kind: 'advance', step: 'archive', done: second * 10 * MiB });
    }
    pass(1000);
    report({ kind: 'end', step: 'archive', note: '7 files' });

    assert.deepEqual(written, [
      '· archive\n',
      '· archive: 50.0 MiB of 100 MiB (50 %), 10.0 MiB/s, 5.0 s left\n',
      '✓ archive: 7 files, 90.0 MiB in 10.0 s\n',
    ]);
  });

  test('takes control characters out of what a server said', () => {
    const { written, report } = scene(lineProgress);

    report({ kind: 'note', level: 'warning', text: 'task \u001b[2Jsays\u0007 hello' });

    assert.deepEqual(written, ['! task says hello\n']);
  });

  test('leaves out what a server says while all goes well', () => {
    const { written, report } = scene(lineProgress);

    report({ kind: 'note', level: 'info', text: 'Archived backup file: 00000000.jdb' });

    assert.deepEqual(written, []);
  });
});

test('the plan and its stages are for --json alone: at a terminal it was read before', () => {
  const events = [{ kind: 'plan', stages: [{ key: 'fetch', text: 'fetch it' }] } as const, { kind: 'stage', key: 'fetch' } as const];
  for (const make of [lineProgress, barProgress]) {
    const { written, report } = scene(make);
    events.forEach(report);
    assert.deepEqual(written, []);
  }
  const { written, report } = scene(jsonProgress);
  events.forEach(report);
  assert.deepEqual(
    written.map((line) => JSON.parse(line) as unknown),
    [
      { event: 'plan', time: '2026-11-23T00:00:00.000Z', stages: [{ key: 'fetch', text: 'fetch it' }] },
      { event: 'stage', time: '2026-11-23T00:00:00.000Z', key: 'fetch' },
    ],
  );
});

describe('jsonProgress()', () => {
  test('writes each event as one JSON line, those of advance at most once a second', () => {
    const { written, report, pass } = scene(jsonProgress);

    report({ kind: 'begin', step: 'fetch', total: 4, unit: 'files' });
    report({ kind: 'advance', step: 'fetch', done: 1 });
    pass(500);
    report({ kind: 'advance', step: 'fetch', done: 2 });
    pass(500);
    report({ kind: 'advance', step: 'fetch', done: 3 });
    report({ kind: 'end', step: 'fetch' });

    assert.deepEqual(
      written.map((line) => JSON.parse(line) as unknown),
      [
        { event: 'begin', time: '2026-11-23T00:00:00.000Z', step: 'fetch', total: 4, unit: 'files' },
        { event: 'advance', time: '2026-11-23T00:00:00.000Z', step: 'fetch', done: 1 },
        { event: 'advance', time: '2026-11-23T00:00:01.000Z', step: 'fetch', done: 3 },
        { event: 'end', time: '2026-11-23T00:00:01.000Z', step: 'fetch' },
      ],
    );
  });
});

describe('barProgress()', () => {
  test('draws a bar in place, and a line for what has ended', () => {
    const { written, report, pass } = scene(barProgress);

    report({ kind: 'begin', step: 'archive', total: 100 * MiB, unit: 'bytes' });
    pass(2000);
    report({ kind: 'advance', step: 'archive', done: 50 * MiB });
    pass(2000);
    report({ kind: 'end', step: 'archive' });

    assert.deepEqual(written, [
      `· archive ${'╌'.repeat(16)} 0 B of 100 MiB (0 %)\n`,
      `\r\u001b[1A\u001b[J· archive ${'━'.repeat(8)}${'╌'.repeat(8)} 50.0 MiB of 100 MiB (50 %), 25.0 MiB/s, 2.0 s left\n`,
      '\r\u001b[1A\u001b[J✓ archive: 50.0 MiB in 4.0 s\n',
    ]);
  });

  test('draws at most ten times a second', () => {
    const { written, report, pass } = scene(barProgress);

    report({ kind: 'begin', step: 'archive', total: 1000, unit: 'entries' });
    for (let done = 1; done <= 1000; done += 1) {
      pass(1);
      report({ kind: 'advance', step: 'archive', done });
    }

    assert.equal(written.length, 11);
  });

  test('never fills the width of the terminal, however long the name of a step is', () => {
    const { written, report } = scene(barProgress, 40);

    report({ kind: 'begin', step: 'a step with quite a long name that goes on', total: 1000, unit: 'bytes' });

    assert.ok(written.join('').trimEnd().length < 40);
  });

  test('pause() takes the bars away', () => {
    const { written, output, report } = scene(barProgress);

    report({ kind: 'begin', step: 'one' });
    report({ kind: 'begin', step: 'two' });
    output.pause();

    assert.equal(written.at(-1), '\r\u001b[2A\u001b[J');
  });
});
