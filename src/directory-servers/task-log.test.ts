import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finishedFile, readTaskLogLine } from './task-log.ts';
import { readTaskState } from './task-state.ts';

const lines: readonly (readonly [string, ReturnType<typeof readTaskLogLine>])[] = [
  [
    '[23/Nov/2026:22:12:11 +0000] severity="ERROR" msgCount=1 msgID=org.opends.messages.tool-261 message="no backend ID "nope""',
    { severity: 'error', messageId: 'tool-261', text: 'no backend ID "nope"' },
  ],
  [
    '[23/Nov/2026:22:26:13 +0000] category=TOOLS severity=ERROR msgID=261 msg=no backend ID "nope"',
    { severity: 'error', messageId: 'tool-261', text: 'no backend ID "nope"' },
  ],
  [
    '[21/Apr/2025:21:34:02 +0000] severity="SEVERE_WARNING" msgCount=4 msgID=9896306 message="slow"',
    { severity: 'warning', messageId: '9896306', text: 'slow' },
  ],
  [
    'Restore task 7 has been successfully completed',
    { severity: 'info', messageId: undefined, text: 'Restore task 7 has been successfully completed' },
  ],
];

for (const [line, expected] of lines) {
  test(`readTaskLogLine() reads ${line.slice(0, 60)}`, () => {
    assert.deepEqual(readTaskLogLine(line), expected);
  });
}

test('finishedFile() names the file and nothing of other lines', () => {
  assert.equal(finishedFile('Archived backup file: 00000000.jdb'), '00000000.jdb');
  assert.equal(finishedFile('Restored backup file: 00000000.jdb (size 750407)'), '00000000.jdb');
  assert.equal(finishedFile('Starting backup for backend userRoot'), undefined);
});

const states = [
  ['COMPLETED_SUCCESSFULLY', 'success'],
  ['completed-successfully', 'success'],
  ['completedsuccessfully', 'success'],
  ['completed_with_errors', 'failed'],
  ['stopped_by_shutdown', 'failed'],
  ['stopped_by_administrator', 'canceled'],
  ['canceled_before_starting', 'canceled'],
  ['RUNNING', 'running'],
  ['waiting_on_start_time', 'pending'],
  [undefined, 'pending'],
  ['something_new', 'failed'],
] as const;

for (const [state, expected] of states) {
  test(`readTaskState() takes ${state ?? 'no state'} for ${expected}`, () => {
    assert.equal(readTaskState(state), expected);
  });
}
